/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "channel/channel-private.h"
#include "fake-device.h"

#define PID          "OKRSGI18"
#define PPS          "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX"
#define PSK_CIPHERS  "PSK-AES128-CBC-SHA"
#define PSK_PRIORITY "NONE:+VERS-TLS1.2:+AES-128-CBC:+SHA1:+PSK:+CTYPE-X509:+COMP-NULL:+SIGN-ALL"
#define REALM        "Digest:0123456789ABCDEF0123456789ABCDEF"
#define NONCE        "AbCdEfGhIjKlMnOpQrStUvWxAbCdEfGh"

static const char general[] =
    "<g:AMT_GeneralSettings><g:DigestRealm>" REALM "</g:DigestRealm></g:AMT_GeneralSettings>";

static GPtrArray *
make_passwords (const char *first, ...)
{
  GPtrArray *passwords = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  va_list rest;

  va_start (rest, first);
  for (const char *text = first; text != NULL; text = va_arg (rest, const char *))
    g_ptr_array_add (passwords, amt_prov_secret_new_text (text));
  va_end (rest);
  return passwords;
}

static AmtProvChannel *
make_channel (FakeDevice *device)
{
  return fake_device_new_channel (device, NULL);
}

/* A device that asks for Digest and closes after each refusal, as AMT does. */
typedef struct {
  const char *password;
  const char *nonce; /* NULL: always the same one */
  gboolean holds;    /* who is in needs no log-in any more */
  guint bare;
  guint refused;
  guint accepted;
  guint held;
} Login;

static char *
take_parameter (const char *header, const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("[ ,]%s=(?:\"([^\"]*)\"|([^\", \r]*))", name);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_regex_match (regex, header, 0, &match))
    return g_strdup ("");
  g_autofree char *quoted = g_match_info_fetch (match, 1);
  return quoted != NULL && *quoted != '\0' ? g_steal_pointer (&quoted)
                                           : g_match_info_fetch (match, 2);
}

static char *
hash (const char *first, ...)
{
  g_autoptr (GString) text = g_string_new (first);
  va_list rest;

  va_start (rest, first);
  for (const char *part = va_arg (rest, const char *); part != NULL;
       part = va_arg (rest, const char *))
    g_string_append_printf (text, ":%s", part);
  va_end (rest);
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text->str, -1);
}

static gboolean
is_right (const char *header, const Login *login)
{
  g_autofree char *nonce = take_parameter (header, "nonce");
  g_autofree char *nc = take_parameter (header, "nc");
  g_autofree char *cnonce = take_parameter (header, "cnonce");
  g_autofree char *response = take_parameter (header, "response");
  g_autofree char *ha1 = hash ("admin", REALM, login->password, NULL);
  g_autofree char *ha2 = hash ("POST", "/wsman", NULL);
  g_autofree char *wanted = hash (ha1, nonce, nc, cnonce, "auth", ha2, NULL);

  return g_str_equal (wanted, response) &&
         g_str_equal (nonce, login->nonce == NULL ? NONCE : login->nonce);
}

static GString *
answer_login (const char *request, gpointer data)
{
  Login *login = data;
  const char *header = strstr (request, "Authorization: Digest");

  g_assert_null (strstr (request, "Expect:"));
  g_assert_null (strstr (request, "Basic"));
  /* The body goes out at once, also without a log-in. */
  g_assert_nonnull (strstr (request, "<a:Action>"));
  if (header != NULL && is_right (header, login)) {
    login->accepted++;
    return fake_soap (general);
  }
  if (header == NULL && login->holds && login->accepted > 0) {
    login->held++;
    return fake_soap (general);
  }
  *(header == NULL ? &login->bare : &login->refused) += 1;
  g_autofree char *headers = g_strdup_printf ("WWW-Authenticate: Digest realm=\"" REALM
                                              "\", nonce=\"%s\",stale=\"false\",qop=\"auth\"\r\n"
                                              "Content-Type: text/html\r\nConnection: close\r\n",
                                              login->nonce == NULL ? NONCE : login->nonce);
  return fake_http (401, headers, "<html>Log on failed</html>");
}

static void
test_second_password (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_login, &login);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GPtrArray) passwords = make_passwords ("Wrong1!x", "Right1!x", "Other1!x", NULL);
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_READ_GENERAL);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_channel_get_password (channel)), ==,
                   "Right1!x");
  g_assert_cmpuint (login.refused, ==, 1);
  g_assert_cmpuint (login.accepted, ==, 1);

  /* Already read: no request. */
  run_perform (channel, action, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (amt_prov_action_get_string (action, "realm"), ==, REALM);
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, 2);
}

static void
test_all_wrong (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_login, &login);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GPtrArray) passwords = make_passwords ("Wrong1!x", "Wrong2!x", NULL);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED);
  g_assert_nonnull (strstr (error->message, "all 2 passwords"));
  g_assert_null (strstr (error->message, "Wrong"));
  g_assert_cmpuint (login.refused, ==, 2);
  g_assert_null (amt_prov_channel_get_password (channel));
}

static void
test_no_password (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_login, &login);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GError) error = NULL;

  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED);
  g_assert_cmpuint (login.bare, ==, 1);
}

/* SetAdminAclEntryEx counts at once: the next request logs in anew, with the new password. */
static GString *
answer_change (const char *request, gpointer data)
{
  Login *login = data;
  GString *answer = answer_login (request, data);

  if (strstr (request, "SetAdminAclEntryEx<") == NULL || strstr (answer->str, " 401 ") != NULL)
    return answer;
  g_string_free (answer, TRUE);
  login->password = "Fresh1!x";
  login->accepted = 0;
  return fake_soap ("<g:SetAdminAclEntryEx_OUTPUT><g:ReturnValue>0</g:ReturnValue>"
                    "</g:SetAdminAclEntryEx_OUTPUT>");
}

static void
test_new_password (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_change, &login);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GPtrArray) passwords = make_passwords ("Right1!x", NULL);
  g_autoptr (AmtProvSecret) fresh = amt_prov_secret_new_text ("Fresh1!x");
  g_autoptr (AmtProvAction) change = amt_prov_action_new (AMT_PROV_ACTION_SET_ADMIN);
  g_autoptr (AmtProvAction) state = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  amt_prov_action_set_string (change, "user", "admin");
  amt_prov_action_set_secret (change, "password", fresh);
  run_perform (channel, change, &error);
  g_assert_no_error (error);
  /* The device answers with another class: what counts is that it let us in. */
  g_assert_false (run_perform (channel, state, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
  g_assert_cmpuint (login.refused, ==, 0);
  g_assert_true (amt_prov_secret_equal (amt_prov_channel_get_password (channel), fresh));
}

static AmtProvTlsPolicy *
make_psk_policy (void)
{
  g_autoptr (AmtProvPsk) psk = amt_prov_psk_new (PID, PPS, NULL);
  AmtProvTlsPolicy *policy =
      amt_prov_tls_policy_new (AMT_PROV_TLS_VERSION_1_2, AMT_PROV_TLS_VERSION_1_2, 0, PSK_CIPHERS);

  amt_prov_tls_policy_set_psk (policy, psk);
  return policy;
}

static AmtProvChannel *
open_by_psk (FakeDevice *device, AmtProvChannel *before)
{
  g_autoptr (AmtProvTlsPolicy) policy = make_psk_policy ();
  AmtProvChannel *channel = fake_device_new_channel (device, policy);
  g_autoptr (GPtrArray) passwords = make_passwords ("Right1!x", NULL);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  if (before != NULL)
    amt_prov_channel_follow (channel, before);
  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  return channel;
}

static void
ask_state (AmtProvChannel *channel)
{
  g_autoptr (AmtProvAction) state = amt_prov_action_new (AMT_PROV_ACTION_READ_STATE);
  g_autoptr (GError) error = NULL;

  /* The device answers with another class: what counts is that it let us in. */
  g_assert_false (run_perform (channel, state, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL);
}

static void
change_password (AmtProvChannel *channel)
{
  g_autoptr (AmtProvSecret) fresh = amt_prov_secret_new_text ("Fresh1!x");
  g_autoptr (AmtProvAction) change = amt_prov_action_new (AMT_PROV_ACTION_SET_ADMIN);
  g_autoptr (GError) error = NULL;

  amt_prov_action_set_string (change, "user", "admin");
  amt_prov_action_set_secret (change, "password", fresh);
  run_perform (channel, change, &error);
  g_assert_no_error (error);
}

static const FakeTls psk_tls = {.priority = PSK_PRIORITY, .pid = PID, .pps = PPS};

/* Over TLS a log-in holds for the connection. Another credential needs another connection, but the
 * nonce is still good there. */
static void
test_log_in_holds (void)
{
  Login login = {.password = "Right1!x", .holds = TRUE};
  g_autoptr (FakeDevice) device = fake_device_new (&psk_tls, answer_change, &login);
  g_autoptr (AmtProvChannel) channel = open_by_psk (device, NULL);

  ask_state (channel);
  g_assert_cmpuint (login.bare, ==, 1);
  g_assert_cmpuint (login.accepted, ==, 1);
  g_assert_cmpuint (login.held, ==, 1);
  g_assert_cmpuint (fake_device_count_connections (device), ==, 2);
  change_password (channel);
  ask_state (channel);
  ask_state (channel);
  g_assert_cmpuint (login.bare, ==, 1);
  g_assert_cmpuint (login.refused, ==, 0);
  g_assert_cmpuint (login.accepted, ==, 1);
  g_assert_cmpuint (fake_device_count_connections (device), ==, 3);
}

/* The nonce is good for the next channel to the machine, too: the channel before is asked anew. */
static void
test_nonce_follows (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (&psk_tls, answer_login, &login);
  g_autoptr (AmtProvChannel) before = open_by_psk (device, NULL);
  g_autoptr (AmtProvChannel) channel = open_by_psk (device, before);

  g_assert_cmpuint (login.bare, ==, 1);
  g_assert_cmpuint (login.refused, ==, 0);
  g_assert_cmpuint (login.accepted, ==, 2);
  g_assert_nonnull (amt_prov_channel_get_password (channel));
  amt_prov_channel_close (channel);
  ask_state (before);
  g_assert_cmpuint (login.bare, ==, 2);
}

/* A device that wants the log-in with every request, against its data: that costs one refusal. */
static void
test_log_in_does_not_hold (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (&psk_tls, answer_login, &login);
  g_autoptr (AmtProvChannel) channel = open_by_psk (device, NULL);

  ask_state (channel);
  ask_state (channel);
  ask_state (channel);
  g_assert_cmpuint (login.bare, ==, 2);
  g_assert_cmpuint (login.refused, ==, 0);
  g_assert_cmpuint (login.accepted, ==, 4);
}

static void
test_log_in_by_release (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (&psk_tls, answer_login, &login);
  g_autoptr (AmtProvChannel) channel = open_by_psk (device, NULL);
  const char *const folders[] = {NULL};
  g_autoptr (AmtProvCapabilityRegistry) registry = amt_prov_capability_registry_new (folders, NULL);
  g_autoptr (AmtProvVersion) release = amt_prov_version_parse ("5.2", NULL);
  g_autoptr (AmtProvCapabilities) old = amt_prov_capability_registry_lookup (registry, release);

  amt_prov_channel_set_capabilities (channel, old);
  ask_state (channel);
  ask_state (channel);
  g_assert_cmpuint (login.bare, ==, 1);
  g_assert_cmpuint (login.accepted, ==, 3);
}

/* Firmware may forget its nonces at any time; that is no reason to give the password up. */
static void
test_nonce_reset (void)
{
  Login login = {.password = "Right1!x"};
  g_autoptr (FakeDevice) device = fake_device_new (&psk_tls, answer_change, &login);
  g_autoptr (AmtProvChannel) channel = open_by_psk (device, NULL);

  change_password (channel);
  login.nonce = "WxUvStQrOpMnKlIjGhEfCdAbWxUvStQr";
  ask_state (channel);
  g_assert_cmpuint (login.accepted, ==, 1);
  g_assert_cmpstr (amt_prov_secret_peek_text (amt_prov_channel_get_password (channel)), ==,
                   "Fresh1!x");
}

/* A peer that wants the password in clear does not get it. */
static GString *
answer_basic (const char *request, gpointer data)
{
  g_assert_null (strstr (request, "Authorization"));
  return fake_http (401, "WWW-Authenticate: Basic realm=\"x\"\r\nConnection: close\r\n", "");
}

static void
test_basic_is_refused (void)
{
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_basic, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GPtrArray) passwords = make_passwords ("Right1!x", NULL);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_AUTH_FAILED);
}

static GString *
answer_general (const char *request, gpointer data)
{
  return fake_soap (general);
}

static void
test_no_challenge (void)
{
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_general, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GPtrArray) passwords = make_passwords ("Right1!x", NULL);
  g_autoptr (GError) error = NULL;

  amt_prov_channel_set_passwords (channel, "admin", passwords);
  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (amt_prov_channel_get_password (channel));
  g_assert_false (amt_prov_channel_is_tls (channel));
  g_assert_cmpstr (amt_prov_channel_get_interface (channel), ==, "wsman");
}

static void
test_reconnects_after_close (void)
{
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_general, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (AmtProvAction) action = amt_prov_action_new (AMT_PROV_ACTION_READ_GENERAL);
  g_autoptr (GError) error = NULL;

  run_open (channel, NULL, &error);
  g_assert_no_error (error);
  amt_prov_channel_close (channel);
  run_perform (channel, action, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fake_device_count_connections (device), ==, 2);
  g_assert_cmpuint (amt_prov_channel_get_request_count (channel), ==, 2);
}

typedef struct {
  const char *name;
  FakeReply reply;
  AmtProvError code;
  const char *text;
} Fault;

static GString *
answer_garbage (const char *request, gpointer data)
{
  return g_string_new ("\001\002\003 what?\r\n\r\n");
}

static GString *
answer_html (const char *request, gpointer data)
{
  return fake_http (200, "", "<html>\001hello</html>");
}

static GString *
answer_cut (const char *request, gpointer data)
{
  return g_string_new (
      "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\n<a:Env");
}

static GString *
answer_close (const char *request, gpointer data)
{
  return NULL;
}

static GString *
answer_huge (const char *request, gpointer data)
{
  GString *out = g_string_new ("HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
  gsize head = out->len;

  g_string_set_size (out, head + 100 * 1024 * 1024);
  memset (out->str + head, 'x', 100 * 1024 * 1024);
  return out;
}

static GString *
answer_hang (const char *request, gpointer data)
{
  return g_string_new (NULL);
}

static GString *
answer_404 (const char *request, gpointer data)
{
  return fake_http (404, "Connection: close\r\n", "<html>Not Found</html>");
}

static GString *
answer_503 (const char *request, gpointer data)
{
  return fake_http (503, "", "");
}

static GString *
answer_redirect (const char *request, gpointer data)
{
  return fake_http (303, "Location: /logon.htm\r\n", "");
}

static const Fault faults[] = {
    {"garbage", answer_garbage, AMT_PROV_ERROR_PROTOCOL, "HTTP"},
    {"html", answer_html, AMT_PROV_ERROR_PROTOCOL, "<html>.hello"},
    {"cut", answer_cut, AMT_PROV_ERROR_CONNECTION, "connection"},
    {"close", answer_close, AMT_PROV_ERROR_CONNECTION, "connection"},
    {"huge", answer_huge, AMT_PROV_ERROR_PROTOCOL, "1048576"},
    {"hang", answer_hang, AMT_PROV_ERROR_TIMEOUT, "in time"},
    {"404", answer_404, AMT_PROV_ERROR_NOT_SUPPORTED, "no WS-Man here"},
    {"503", answer_503, AMT_PROV_ERROR_PROTOCOL, "503"},
    {"redirect", answer_redirect, AMT_PROV_ERROR_PROTOCOL, "303"},
};

static void
test_fault (gconstpointer data)
{
  const Fault *fault = data;
  g_autoptr (FakeDevice) device = fake_device_new (NULL, fault->reply, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GError) error = NULL;

  if (fault->code == AMT_PROV_ERROR_TIMEOUT)
    amt_prov_channel_set_limits (channel, 1024 * 1024, 1000, 200);
  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, (int)fault->code);
  g_assert_nonnull (strstr (error->message, fault->text));
  g_assert_nonnull (strstr (error->message, "127.0.0.1:"));
}

static void
test_nobody_there (void)
{
  g_autoptr (GError) error = NULL;
  guint16 port;
  {
    g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_general, NULL);
    port = fake_device_get_port (device);
  }
  g_autoptr (AmtProvChannel) channel = amt_prov_channel_new ("127.0.0.1", port, NULL, NULL);

  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
}

static gboolean
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
test_cancel (void)
{
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_hang, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) source = g_timeout_source_new (50);
  g_autoptr (GError) error = NULL;

  g_source_set_callback (source, cancel, cancellable, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_assert_false (run_open (channel, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
close_channel (gpointer data)
{
  amt_prov_channel_close (data);
  return G_SOURCE_REMOVE;
}

static void
test_close_under_way (void)
{
  g_autoptr (FakeDevice) device = fake_device_new (NULL, answer_hang, NULL);
  g_autoptr (AmtProvChannel) channel = make_channel (device);
  g_autoptr (GSource) source = g_timeout_source_new (50);
  g_autoptr (GError) error = NULL;

  g_source_set_callback (source, close_channel, channel, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_assert_false (run_open (channel, NULL, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONNECTION);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_test_init (&argc, &argv, NULL);
  /* The default context is the host's: nothing here may need it. */
  g_main_context_push_thread_default (context);
  g_test_add_func ("/channel/http/second-password", test_second_password);
  g_test_add_func ("/channel/http/all-wrong", test_all_wrong);
  g_test_add_func ("/channel/http/no-password", test_no_password);
  g_test_add_func ("/channel/http/new-password", test_new_password);
  g_test_add_func ("/channel/http/log-in-holds", test_log_in_holds);
  g_test_add_func ("/channel/http/log-in-does-not-hold", test_log_in_does_not_hold);
  g_test_add_func ("/channel/http/log-in-by-release", test_log_in_by_release);
  g_test_add_func ("/channel/http/nonce-follows", test_nonce_follows);
  g_test_add_func ("/channel/http/nonce-reset", test_nonce_reset);
  g_test_add_func ("/channel/http/basic-is-refused", test_basic_is_refused);
  g_test_add_func ("/channel/http/no-challenge", test_no_challenge);
  g_test_add_func ("/channel/http/reconnects-after-close", test_reconnects_after_close);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++) {
    g_autofree char *path = g_strdup_printf ("/channel/http/fault/%s", faults[i].name);
    g_test_add_data_func (path, &faults[i], test_fault);
  }
  g_test_add_func ("/channel/http/nobody-there", test_nobody_there);
  g_test_add_func ("/channel/http/cancel", test_cancel);
  g_test_add_func ("/channel/http/close-under-way", test_close_under_way);
  int result = g_test_run ();
  g_main_context_pop_thread_default (context);
  return result;
}
