/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine answers to a program that runs on it, release by release and state by state. */
#include "bench.h"
#include "mei-firmware.h"

#include <string.h>

#define HOUR (3600 * G_TIME_SPAN_SECOND)
#define PSK  "mode=psk,pid=0000-037M,pps=NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"
#define UUID "d2ffc23e-9dd1-412d-860a-54b2039b72ff"

static AmtProvHeciMessage *
ask (Bench *bench, AmtProvHeciMessage *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = amt_prov_heci_message_encode (request, &error);
  g_autoptr (GBytes) answer = NULL;
  const char *command = NULL;
  AmtProvHeciMessage *response;

  g_assert_no_error (error);
  answer =
      sim_mei_answer (bench->model, amt_prov_heci_message_get_client (request), bytes, &command);
  g_assert_cmpstr (command, ==, amt_prov_heci_message_get_command (request));
  response = amt_prov_heci_message_decode_response (command, answer, &error);
  g_assert_no_error (error);
  amt_prov_heci_message_unref (request);
  return response;
}

static AmtProvHeciMessage *
ask_for (Bench *bench, const char *command)
{
  return ask (bench, amt_prov_heci_message_new_request (command));
}

static AmtProvHeciMessage *
ask_number (Bench *bench, const char *command, const char *name, guint32 number)
{
  AmtProvHeciMessage *request = amt_prov_heci_message_new_request (command);

  amt_prov_heci_message_set_value (request, name, g_variant_new_uint32 (number));
  return ask (bench, request);
}

static guint
status_of (AmtProvHeciMessage *response)
{
  guint status = amt_prov_heci_message_get_status (response);

  amt_prov_heci_message_unref (response);
  return status;
}

static guint
run (Bench *bench, const char *command)
{
  return status_of (ask_for (bench, command));
}

static guint
run_text (Bench *bench, const char *command, const char *name, const char *text)
{
  AmtProvHeciMessage *request = amt_prov_heci_message_new_request (command);

  amt_prov_heci_message_set_value (request, name, g_variant_new_string (text));
  return status_of (ask (bench, request));
}

static guint
run_flag (Bench *bench, const char *command, const char *name, gboolean flag)
{
  AmtProvHeciMessage *request = amt_prov_heci_message_new_request (command);

  amt_prov_heci_message_set_value (request, name, g_variant_new_boolean (flag));
  return status_of (ask (bench, request));
}

static guint
set_otp (Bench *bench, const char *otp)
{
  AmtProvHeciMessage *request = amt_prov_heci_message_new_request ("set-provisioning-server-otp");
  g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_text (otp);

  amt_prov_heci_message_set_secret (request, secret);
  return status_of (ask (bench, request));
}

static guint
start (Bench *bench)
{
  return amt_prov_version_at_least (bench->settings->amt, 6, 0)
             ? run_flag (bench, "start-configuration-ex", "ipv6", FALSE)
             : run (bench, "start-configuration");
}

static guint
number_of (Bench *bench, const char *command, const char *name)
{
  g_autoptr (AmtProvHeciMessage) response = ask_for (bench, command);

  g_assert_cmpuint (amt_prov_heci_message_get_status (response), ==, 0);
  return amt_prov_heci_message_get_number (response, name);
}

static void
run_until_closed (Bench *bench)
{
  for (gint64 due = sim_model_next_due (bench->model); due != 0;
       due = sim_model_next_due (bench->model)) {
    g_autoptr (AmtProvHello) hello = NULL;

    bench->now = due;
    hello = sim_model_tick (bench->model);
  }
  g_assert_cmpint (bench->model->state, ==, SIM_STATE_CLOSED);
}

/* What is asked on every release, with the state that the machine is in. */
static void
test_facts (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvHeciMessage) uuid = NULL;
  g_autoptr (AmtProvHeciMessage) suffix = NULL;
  g_autoptr (AmtProvHeciMessage) lan = NULL;
  g_autoptr (AmtProvHeciMessage) tcp = NULL;
  g_autoptr (AmtProvHeciMessage) security = NULL;

  bench_start (&bench, "amt=9.5,mode=pki,address=127.1.2.3,uuid=" UUID
                       ",suffix=corp.example.com,option15=site.example.com");
  uuid = ask_for (&bench, "get-uuid");
  g_assert_cmpstr (amt_prov_heci_message_get_string (uuid, "uuid"), ==, UUID);
  suffix = ask_for (&bench, "get-pki-fqdn-suffix");
  g_assert_cmpstr (amt_prov_heci_message_get_string (suffix, "suffix"), ==, "corp.example.com");
  lan = ask_number (&bench, "get-lan-interface-settings", "index", 0);
  g_assert_cmpstr (amt_prov_heci_message_get_string (lan, "address"), ==, "127.1.2.3");
  g_assert_true (amt_prov_heci_message_get_boolean (lan, "link"));
  g_assert_true (amt_prov_heci_message_get_boolean (lan, "dhcp"));
  g_assert_cmpuint (status_of (ask_number (&bench, "get-lan-interface-settings", "index", 1)), ==,
                    2501);
  tcp = ask_for (&bench, "get-tcpip-parameters");
  g_assert_cmpstr (amt_prov_heci_message_get_string (tcp, "domain"), ==, "site.example.com");
  security = ask_for (&bench, "get-security-parameters");
  g_assert_cmpuint (amt_prov_heci_message_get_number (security, "state"), ==, 1);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-state", "state"), ==, 1);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-tls-mode", "mode"), ==, 2);
  g_assert_cmpuint (number_of (&bench, "get-control-mode", "mode"), ==, 0);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-mode", "mode"), ==, 1);
  g_assert_cmpuint (run (&bench, "get-local-system-account"), ==, 0);
  g_assert_cmpuint (run (&bench, "get-pid"), ==, 2068);
  g_assert_cmpuint (run (&bench, "get-me-setup-audit-record"), ==, 2068);
  bench_stop (&bench);
  bench_start (&bench, "amt=9.5,mode=operational,password=P@ssw0rd");
  g_assert_cmpuint (number_of (&bench, "get-provisioning-state", "state"), ==, 2);
  g_assert_cmpuint (number_of (&bench, "get-control-mode", "mode"), ==, 2);
  bench_stop (&bench);
  bench_start (&bench, "amt=9.5," PSK);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-tls-mode", "mode"), ==, 1);
  g_assert_cmpuint (run (&bench, "get-pid"), ==, 0);
  bench_stop (&bench);
}

static const char *
find_row (GVariant *rows, const char *wanted)
{
  GVariantIter iter;
  const char *name, *value;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &value)) {
    if (strcmp (name, wanted) == 0)
      return value;
  }
  return NULL;
}

static void
test_versions (void)
{
  static const struct {
    const char *keys, *amt, *sku;
  } rows[] = {
      {"amt=2.2,mode=factory", "2.2.0", "0"},
      {"amt=3.2,mode=factory", "3.2.2", "12"},
      {"amt=6.2,mode=factory", "6.2.0", "16392"},
      {"amt=9.5,mode=factory", "9.5.61", "24584"},
      {"amt=11.8,mode=factory,sku=ism", "11.8.50", "16400"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    Bench bench = {0};
    g_autoptr (AmtProvHeciMessage) response = NULL;
    GVariant *list;

    bench_start (&bench, rows[i].keys);
    response = ask_for (&bench, "get-code-versions");
    list = amt_prov_heci_message_get_value (response, "versions");
    g_assert_cmpstr (find_row (list, "AMT"), ==, rows[i].amt);
    g_assert_cmpstr (find_row (list, "Sku"), ==, rows[i].sku);
    bench_stop (&bench);
  }
}

static void
test_hashes (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvHeciMessage) handles = NULL;
  g_autoptr (AmtProvHeciMessage) own = NULL;
  g_autoptr (AmtProvHeciMessage) embedded = NULL;
  const guint8 *data;
  gsize count;

  bench_start (&bench, "amt=9.5,mode=pki,root=00112233445566778899aabbccddeeff00112233");
  handles = ask_for (&bench, "enumerate-hash-handles");
  g_assert_cmpuint (g_variant_n_children (amt_prov_heci_message_get_value (handles, "handles")), ==,
                    bench.model->hashes->len);
  own = ask_number (&bench, "get-certificate-hash-entry", "handle", 0);
  g_assert_false (amt_prov_heci_message_get_boolean (own, "default"));
  g_assert_cmpuint (amt_prov_heci_message_get_number (own, "algorithm"), ==, 1);
  data = g_variant_get_fixed_array (amt_prov_heci_message_get_value (own, "hash"), &count, 1);
  g_assert_cmpmem (data, 4, "\x00\x11\x22\x33", 4);
  g_assert_cmpuint (count, ==, 64);
  embedded = ask_number (&bench, "get-certificate-hash-entry", "handle", 1);
  g_assert_true (amt_prov_heci_message_get_boolean (embedded, "default"));
  g_assert_true (amt_prov_heci_message_get_boolean (embedded, "active"));
  g_assert_cmpuint (status_of (ask_number (&bench, "get-certificate-hash-entry", "handle", 99)), ==,
                    2068);
  bench_stop (&bench);
}

/* Every command of an agent is refused where the release knows no setup by one. */
static void
test_release_gates (void)
{
  static const char *const agents[] = {"generate-rng-seed",      "get-rng-seed-status",
                                       "start-configuration",    "stop-configuration",
                                       "enumerate-hash-handles", "get-pki-fqdn-suffix",
                                       "get-zero-touch-enabled"};
  static const struct {
    const char *amt, *command;
    guint status;
  } rows[] = {
      {"5.2", "get-me-setup-audit-record", 2066},
      {"6.0", "get-me-setup-audit-record", 2068},
      {"6.1", "get-control-mode", 2066},
      {"6.2", "get-control-mode", 0},
      {"6.1", "get-local-system-account", 2066},
      {"6.2", "get-local-system-account", 0},
      {"10.0", "get-provisioning-mode", 0},
      {"11.0", "get-provisioning-mode", 2066},
      {"10.0", "get-pid", 2068},
      {"11.0", "get-pid", 2066},
      {"9.5", "get-current-power-policy", 2066},
  };
  static const char *const without[] = {"2.0", "2.1", "2.5"};
  static const char *const with[] = {"2.2", "2.6", "3.0"};

  for (gsize i = 0; i < G_N_ELEMENTS (without); i++) {
    g_autofree char *old_keys = g_strdup_printf ("amt=%s,mode=factory", without[i]);
    g_autofree char *new_keys = g_strdup_printf ("amt=%s,mode=factory", with[i]);

    for (gsize j = 0; j < G_N_ELEMENTS (agents); j++) {
      Bench bench = {0};

      bench_start (&bench, old_keys);
      g_assert_cmpuint (run (&bench, agents[j]), ==, 2066);
      bench_stop (&bench);
      bench_start (&bench, new_keys);
      g_assert_cmpuint (run (&bench, agents[j]), !=, 2066);
      bench_stop (&bench);
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *keys = g_strdup_printf ("amt=%s,mode=factory", rows[i].amt);
    Bench bench = {0};

    bench_start (&bench, keys);
    g_assert_cmpuint (run (&bench, rows[i].command), ==, rows[i].status);
    bench_stop (&bench);
  }
}

static void
check_raw (Bench *bench, AmtProvHeciClient client, const char *request, const char *answer)
{
  gsize size = strlen (request) / 2;
  guint8 *data = g_malloc (size);
  g_autoptr (GBytes) bytes = g_bytes_new_take (data, size);
  g_autoptr (GString) hex = g_string_new (NULL);
  g_autoptr (GBytes) got = NULL;
  const char *command;
  const guint8 *out;
  gsize length;

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)(g_ascii_xdigit_value (request[2 * i]) * 16 +
                       g_ascii_xdigit_value (request[2 * i + 1]));
  got = sim_mei_answer (bench->model, client, bytes, &command);
  out = g_bytes_get_data (got, &length);
  for (gsize i = 0; i < length; i++)
    g_string_append_printf (hex, "%02x", out[i]);
  g_assert_cmpstr (hex->str, ==, answer);
}

/* Answers have exactly the size of what is in them, also to what cannot be read. */
static void
test_bytes (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=9.5,mode=pki,suffix=corp.example.com");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_PTHI, "010100001100000400000000",
             "010100001100800408000000"
             "00000000"
             "01000000");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_PTHI, "01010000ff00000400000000",
             "01010000ff00800404000000"
             "12080000");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_PTHI, "010100001100000404000000",
             "010100001100800404000000"
             "04000000");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_WATCHDOG, "05025110", "02");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_MKHI, "ff020000",
             "ff820000"
             "05000900c40b3d0005000900c40b3d00");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_MKHI, "03020000ff000000", "03820089");
  bench_stop (&bench);
}

/* Bare-metal first; when its window has run out, a local agent may start it again. */
static void
test_windows (void)
{
  Bench bench = {0};
  gint64 begin;

  bench_start (&bench, "amt=9.5,mode=pki,suffix=corp.example.com,bare-metal-hours=3");
  begin = bench.now;
  g_assert_cmpuint (start (&bench), ==, 3);
  g_assert_cmpuint (set_otp (&bench, "0123456789abcdef"), ==, 3);
  g_assert_cmpuint (run_text (&bench, "set-pki-fqdn-suffix", "suffix", "x.example.com"), ==, 3);
  run_until_closed (&bench);
  g_assert_cmpint (bench.now - begin, ==, 3 * HOUR);
  g_assert_false (sim_model_secure_port_open (bench.model));
  g_assert_cmpuint (number_of (&bench, "get-provisioning-state", "state"), ==, 1);
  g_assert_cmpuint (set_otp (&bench, "0123456789abcdef"), ==, 0);
  g_assert_cmpuint (start (&bench), ==, 0);
  g_assert_cmpuint (start (&bench), ==, 3);
  g_assert_true (sim_model_secure_port_open (bench.model));
  begin = bench.now;
  run_until_closed (&bench);
  g_assert_cmpint (bench.now - begin, ==, 6 * HOUR);
  bench_stop (&bench);
}

/* 2.2 and 2.6 wait for an agent, as does a machine whose maker ships the window at 0. */
static void
test_agent_only (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvHello) hello = NULL;

  bench_start (&bench, "amt=2.6,mode=factory,suffix=corp.example.com");
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  g_assert_cmpuint (run (&bench, "generate-rng-seed"), ==, 0);
  bench.now += G_TIME_SPAN_MINUTE;
  g_assert_cmpuint (start (&bench), ==, 0);
  hello = sim_model_tick (bench.model);
  g_assert_cmpuint (amt_prov_hello_get_interface_version (hello), ==, 3);
  g_assert_false (sim_model_needs_login (bench.model));
  g_assert_cmpuint (sim_model_unprovision (bench.model, FALSE), ==, 0);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  bench_stop (&bench);
  bench_start (&bench, "amt=11.8,mode=pki,suffix=corp.example.com,bare-metal-hours=0");
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
  g_assert_cmpuint (start (&bench), ==, 0);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
  bench_stop (&bench);
}

static void
test_start_refusals (void)
{
  static const struct {
    const char *keys;
    guint status;
  } rows[] = {
      {"amt=9.5,mode=operational,password=P@ssw0rd", 3},
      {"amt=9.5,mode=factory,suffix=a.example.com,sku=sbt", 2},
      {"amt=9.5,mode=factory,suffix=a.example.com,zero-touch=off", 3},
      {"amt=9.5,mode=factory,suffix=a.example.com,link=down", 2},
      {"amt=9.5,mode=factory", 2},
      {"amt=9.5,mode=factory,option15=a.example.com", 0},
      {"amt=9.5,mode=factory,suffix=a.example.com,window=0", 16},
      {"amt=5.2,mode=factory", 48},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    Bench bench = {0};

    bench_start (&bench, rows[i].keys);
    g_assert_cmpuint (start (&bench), ==, rows[i].status);
    g_assert_cmpint (bench.model->state == SIM_STATE_SETUP, ==, rows[i].status == 0);
    bench_stop (&bench);
  }
}

/* What a machine is not to do by an agent it does not do by itself. */
static void
test_no_bare_metal (void)
{
  static const char *const keys[] = {"sku=sbt", "zero-touch=off", "enabled=no"};

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autofree char *all = g_strdup_printf ("amt=9.5,mode=pki,suffix=a.example.com,%s", keys[i]);
    Bench bench = {0};

    bench_start (&bench, all);
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
    g_assert_cmpint (sim_model_next_due (bench.model), ==, 0);
    bench_stop (&bench);
  }
}

static void
test_stop (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=9.5,mode=factory,suffix=a.example.com");
  g_assert_cmpuint (run (&bench, "stop-configuration"), ==, 3);
  g_assert_cmpuint (start (&bench), ==, 0);
  g_assert_cmpuint (run (&bench, "stop-configuration"), ==, 0);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-state", "state"), ==, 0);
  g_assert_false (sim_model_secure_port_open (bench.model));
  g_assert_cmpint (sim_model_next_due (bench.model), ==, 0);
  g_assert_cmpuint (start (&bench), ==, 0);
  bench_stop (&bench);
}

/* Before 6.0 random bytes come first, then a certificate made of them. */
static void
test_seed (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=5.2,mode=factory,suffix=a.example.com");
  g_assert_cmpuint (number_of (&bench, "get-rng-seed-status", "rng-status"), ==, 2);
  g_assert_cmpuint (start (&bench), ==, 48);
  g_assert_cmpuint (run (&bench, "generate-rng-seed"), ==, 0);
  g_assert_cmpuint (run (&bench, "generate-rng-seed"), ==, 47);
  g_assert_cmpuint (number_of (&bench, "get-rng-seed-status", "rng-status"), ==, 1);
  g_assert_cmpuint (start (&bench), ==, 48);
  bench.now += G_TIME_SPAN_SECOND / 2;
  g_assert_cmpuint (number_of (&bench, "get-rng-seed-status", "rng-status"), ==, 0);
  g_assert_cmpuint (start (&bench), ==, 49);
  bench.now += G_TIME_SPAN_SECOND / 2;
  g_assert_cmpuint (start (&bench), ==, 0);
  bench_stop (&bench);
  bench_start (&bench, "amt=6.0,mode=factory,suffix=a.example.com");
  g_assert_cmpuint (number_of (&bench, "get-rng-seed-status", "rng-status"), ==, 0);
  bench_stop (&bench);
  bench_start (&bench, "amt=5.2,mode=operational,password=P@ssw0rd");
  g_assert_cmpuint (run (&bench, "generate-rng-seed"), ==, 3);
  bench_stop (&bench);
}

static void
test_otp_and_names (void)
{
  Bench bench = {0};
  g_autofree char *long_name = g_strnfill (224, 'a');
  g_autofree char *read = NULL;
  g_autofree char *gone = NULL;

  bench_start (&bench, "amt=9.5,mode=factory");
  g_assert_cmpuint (set_otp (&bench, "0123456789abcdef"), ==, 0);
  read = sim_model_encode_otp (bench.model);
  g_assert_cmpstr (read, ==, "MDEyMzQ1Njc4OWFiY2RlZg==");
  g_assert_cmpuint (run_text (&bench, "set-pki-fqdn-suffix", "suffix", "corp.example.com"), ==, 0);
  g_assert_cmpstr (bench.model->suffix, ==, "corp.example.com");
  g_assert_cmpuint (run_text (&bench, "set-host-fqdn", "fqdn", "pc1.corp.example.com"), ==, 0);
  g_assert_cmpstr (bench.model->host_fqdn, ==, "pc1.corp.example.com");
  g_assert_cmpstr (bench.events->pdata[bench.events->len - 1], ==, "host-fqdn");
  bench.model->state = SIM_STATE_OPERATIONAL;
  gone = sim_model_encode_otp (bench.model);
  g_assert_cmpstr (gone, ==, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  g_assert_cmpuint (set_otp (&bench, "0123456789abcdef"), ==, 3);
  g_assert_cmpuint (run_text (&bench, "set-pki-fqdn-suffix", "suffix", "a.example.com"), ==, 3);
  bench_stop (&bench);
  bench_start (&bench, "amt=9.5,mode=factory");
  g_assert_cmpuint (sim_model_set_otp (bench.model, "seven77"), ==, 36);
  g_assert_cmpuint (sim_model_set_otp (bench.model, "123456789012345678901234567890123"), ==, 36);
  g_assert_null (bench.model->otp);
  g_assert_cmpuint (sim_model_set_suffix (bench.model, long_name), ==, 36);
  bench_stop (&bench);
}

/* AMTHI answers nothing, the watchdog can enable AMT. */
static void
test_disabled (void)
{
  Bench bench = {0};

  bench_start (&bench, "amt=9.5,mode=factory,enabled=no");
  check_raw (&bench, AMT_PROV_HECI_CLIENT_PTHI, "010100001100000400000000", "");
  g_assert_cmpuint (number_of (&bench, "is-change-to-amt-enabled", "flags"), ==, 0x01);
  g_assert_cmpuint (run (&bench, "change-to-amt"), ==, 0);
  g_assert_cmpuint (number_of (&bench, "is-change-to-amt-enabled", "flags"), ==, 0x03);
  g_assert_cmpuint (number_of (&bench, "get-provisioning-state", "state"), ==, 0);
  bench_stop (&bench);
  bench_start (&bench, "amt=9.5,mode=factory,enabled=locked");
  g_assert_cmpuint (number_of (&bench, "is-change-to-amt-enabled", "flags"), ==, 0);
  g_assert_cmpuint (run (&bench, "change-to-amt"), ==, 0x9e);
  bench_stop (&bench);
  bench_start (&bench, "amt=16.1,mode=factory,enabled=no");
  g_assert_cmpuint (number_of (&bench, "is-change-to-amt-enabled", "flags"), ==, 0x81);
  g_assert_cmpuint (run_flag (&bench, "set-amt-operational-state", "enabled", TRUE), ==, 0);
  g_assert_cmpuint (number_of (&bench, "is-change-to-amt-enabled", "flags"), ==, 0x83);
  bench_stop (&bench);
  bench_start (&bench, "amt=16.1,mode=factory,enabled=locked");
  g_assert_cmpuint (run_flag (&bench, "set-amt-operational-state", "enabled", TRUE), ==, 16);
  bench_stop (&bench);
  bench_start (&bench, "amt=16.1,mode=operational,password=P@ssw0rd");
  g_assert_cmpuint (run_flag (&bench, "set-amt-operational-state", "enabled", FALSE), ==, 3);
  bench_stop (&bench);
}

static void
test_mkhi (void)
{
  static const struct {
    const char *keys;
    guint rule, value;
  } rows[] = {
      {"amt=11.8,mode=factory", 29, 0x1002},         {"amt=11.8,mode=factory,sku=ism", 29, 0x2002},
      {"amt=11.8,mode=factory,sku=sbt", 29, 0x5002}, {"amt=11.8,mode=factory", 32, 4},
      {"amt=11.8,mode=factory,enabled=no", 32, 0},   {"amt=11.8,mode=factory,enabled=no", 0, 4},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    Bench bench = {0};
    g_autoptr (AmtProvHeciMessage) response = NULL;

    bench_start (&bench, rows[i].keys);
    response = ask_number (&bench, "get-rule", "rule", rows[i].rule);
    g_assert_cmpuint (amt_prov_heci_message_get_number (response, "value"), ==, rows[i].value);
    g_assert_cmpuint (status_of (ask_number (&bench, "get-rule", "rule", 1)), ==, 0x89);
    bench_stop (&bench);
  }
}

static void
test_faults (void)
{
  static const char *const bad[] = {"mei-busy@nobody", "mei-short@no-such-command", "mei-short@",
                                    "mei-reset@1", "status:x@get-uuid"};
  Bench bench = {0};

  bench_start (&bench, "amt=9.5,mode=factory,fault=status:1@get-uuid");
  g_assert_cmpuint (run (&bench, "get-uuid"), ==, 1);
  g_assert_cmpuint (run (&bench, "get-uuid"), ==, 0);
  bench_stop (&bench);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (sim_faults_parse (bad[i], &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/mei/facts", test_facts);
  g_test_add_func ("/sim/mei/versions", test_versions);
  g_test_add_func ("/sim/mei/hashes", test_hashes);
  g_test_add_func ("/sim/mei/release-gates", test_release_gates);
  g_test_add_func ("/sim/mei/bytes", test_bytes);
  g_test_add_func ("/sim/mei/windows", test_windows);
  g_test_add_func ("/sim/mei/agent-only", test_agent_only);
  g_test_add_func ("/sim/mei/start-refusals", test_start_refusals);
  g_test_add_func ("/sim/mei/no-bare-metal", test_no_bare_metal);
  g_test_add_func ("/sim/mei/stop", test_stop);
  g_test_add_func ("/sim/mei/seed", test_seed);
  g_test_add_func ("/sim/mei/otp-and-names", test_otp_and_names);
  g_test_add_func ("/sim/mei/disabled", test_disabled);
  g_test_add_func ("/sim/mei/mkhi", test_mkhi);
  g_test_add_func ("/sim/mei/faults", test_faults);
  return g_test_run ();
}
