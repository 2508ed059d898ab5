/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <amtprov/error.h>

#include "engine/facts-private.h"
#include "engine/intake-private.h"

/* A PTR record that takes longer than this is not waited for (design: suffix of a machine). */
#define PTR_SECONDS 2

static gboolean
caller_cancelled (GCancellable *cancellable, gpointer user_data)
{
  AmtProvIntake *self = user_data;

  amt_prov_intake_stop (self);
  return G_SOURCE_REMOVE;
}

static void
watch_caller (AmtProvIntake *self)
{
  GCancellable *cancellable = self->task != NULL ? g_task_get_cancellable (self->task) : NULL;

  if (cancellable == NULL)
    return;
  self->caller_cancels = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->caller_cancels, G_SOURCE_FUNC (caller_cancelled), self, NULL);
  g_source_attach (self->caller_cancels, g_task_get_context (self->task));
}

AmtProvIntake *
amt_prov_intake_new (AmtProvProvisioner *provisioner,
                     AmtProvHello *hello,
                     const char *address,
                     GTask *task)
{
  AmtProvIntake *self = g_new0 (AmtProvIntake, 1);

  self->provisioner = provisioner;
  self->hello = amt_prov_hello_ref (hello);
  self->address = g_strdup (address);
  self->task = task != NULL ? g_object_ref (task) : NULL;
  self->cancellable = g_cancellable_new ();
  watch_caller (self);
  return self;
}

/* A hello that the machine does not send any more: only its UUID counts. */
AmtProvIntake *
amt_prov_intake_new_resume (AmtProvProvisioner *provisioner, AmtProvDevice *device, guint attempt)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (AmtProvHello) hello =
      amt_prov_hello_new_pki (amt_prov_device_get_uuid (device), TRUE, 0, none);
  const char *address = amt_prov_device_get_fact (device, "address");
  AmtProvIntake *self =
      amt_prov_intake_new (provisioner, hello, address != NULL ? address : "", NULL);

  self->resume = TRUE;
  self->attempt = attempt;
  self->device = g_object_ref (device);
  return self;
}

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
amt_prov_intake_free (AmtProvIntake *self)
{
  drop_source (&self->ptr_limit);
  drop_source (&self->caller_cancels);
  if (self->in_work && self->provisioner != NULL)
    amt_prov_provisioner_leave (self->provisioner, amt_prov_intake_get_uuid (self));
  g_clear_object (&self->session);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->ptr_cancellable);
  g_clear_object (&self->device);
  g_clear_object (&self->task);
  g_clear_pointer (&self->hello, amt_prov_hello_unref);
  g_free (self->address);
  g_free (self->suffix);
  g_free (self->blocked);
  g_free (self->medium);
  g_free (self);
}

const char *
amt_prov_intake_get_uuid (AmtProvIntake *self)
{
  return amt_prov_hello_get_uuid (self->hello);
}

static gboolean
has_nil_uuid (AmtProvIntake *self)
{
  return g_str_equal (amt_prov_intake_get_uuid (self), AMT_PROV_NIL_UUID);
}

gboolean
amt_prov_intake_is_probe (AmtProvIntake *self)
{
  return self->task != NULL && has_nil_uuid (self);
}

void
amt_prov_intake_report (AmtProvIntake *self, GError *error)
{
  g_autoptr (GTask) task = self->task != NULL ? g_object_ref (self->task) : NULL;

  if (task == NULL || self->reported)
    return;
  self->reported = TRUE;
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_pointer (task, g_object_ref (self->device), g_object_unref);
}

void
amt_prov_intake_refuse (AmtProvIntake *unowned, GError *error)
{
  g_autoptr (AmtProvIntake) self = unowned;

  amt_prov_intake_report (self, error);
}

/* ---- the session ---- */

static void
session_changed (AmtProvSession *session, AmtProvIntake *self)
{
  if (self->provisioner != NULL)
    amt_prov_provisioner_emit_changed (self->provisioner, self->device);
}

/* A committed machine that could not be verified may be operational: nothing but we would ever look
 * at it again. The waits begin with what the capability data gives a commit, and double. */
static void
look_again (AmtProvIntake *self, GError *error)
{
  AmtProvCapabilities *capabilities = self->session->capabilities;
  gint64 seconds = amt_prov_capabilities_get_int (capabilities, "commit-wait-seconds") *
                   amt_prov_capabilities_get_int (capabilities, "commit-wait-tries");

  if (error == NULL)
    amt_prov_provisioner_forget_verification (self->provisioner, amt_prov_intake_get_uuid (self));
  else if (self->session->committed)
    amt_prov_provisioner_verify_later (self->provisioner, self->device, (guint)MAX (seconds, 1),
                                       self->attempt);
}

static void
session_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvIntake) self = user_data;
  AmtProvSession *session = AMT_PROV_SESSION (source);
  g_autoptr (GError) error = NULL;

  g_signal_handlers_disconnect_by_data (session, self);
  if (amt_prov_session_run_finish (session, result, &error) && amt_prov_intake_is_probe (self) &&
      !g_cancellable_set_error_if_cancelled (self->cancellable, &error)) {
    amt_prov_provisioner_provision_found (self->provisioner, self->hello, session->found_uuid,
                                          self->address, self->task);
    return;
  }
  if (self->provisioner != NULL) {
    /* Who hears of it may drop it. */
    g_autoptr (AmtProvProvisioner) provisioner = g_object_ref (self->provisioner);

    amt_prov_provisioner_emit_event (provisioner, amt_prov_intake_get_uuid (self),
                                     error != NULL ? error->message : "operational");
    look_again (self, error);
    amt_prov_provisioner_watch_window (provisioner, self->device);
  }
  amt_prov_intake_report (self, error);
}

static void
run_session (AmtProvIntake *self,
             AmtProvSite *site,
             AmtProvMethod *method,
             AmtProvCapabilities *capabilities,
             const char *why)
{
  AmtProvProvisioner *provisioner = self->provisioner;
  AmtProvSessionSetup setup = {
      .mode = self->resume                      ? AMT_PROV_SESSION_RESUME
              : amt_prov_intake_is_probe (self) ? AMT_PROV_SESSION_PROBE
                                                : AMT_PROV_SESSION_FULL,
      .device = self->device,
      .site = site,
      .hello = self->hello,
      .address = self->address,
      .suffix = self->suffix,
      .registry = provisioner->registry,
      .capabilities = capabilities,
      .database = provisioner->database,
      .plugins = provisioner->plugins,
      .method = method,
      .why = why,
      .medium = self->medium,
      .lease_owner = provisioner->lease_owner,
      .step_seconds = provisioner->step_seconds,
  };

  self->session = amt_prov_session_new (&setup);
  if (self->task == NULL && !self->resume)
    amt_prov_session_note_hello (self->session);
  g_signal_connect (self->session, "changed", G_CALLBACK (session_changed), self);
  amt_prov_provisioner_emit_session (provisioner, self->session);
  amt_prov_session_run_async (self->session, self->cancellable, session_ended, self);
}

/* ---- site, admission, method ---- */

static char *
refuse_admission (AmtProvIntake *self, AmtProvSite *site)
{
  gboolean otp = g_strcmp0 (amt_prov_device_get_fact (self->device, "otp-set"), "yes") == 0;
  AmtProvAdmission policy = amt_prov_site_get_admission (site);

  if (self->task == NULL && has_nil_uuid (self))
    return g_strdup ("its hello carries the UUID zero, which names no machine");
  if (self->task != NULL || policy == AMT_PROV_ADMISSION_ANY)
    return NULL;
  if (!self->imported)
    return g_strdup_printf ("site %s admits only known machines: import it with amtprov import",
                            amt_prov_site_get_name (site));
  if (policy == AMT_PROV_ADMISSION_OTP && !otp)
    return g_strdup_printf ("site %s admits only machines with a one-time password, and the store "
                            "has none for it: import it with its otp, or let an agent in the "
                            "machine report it",
                            amt_prov_site_get_name (site));
  return NULL;
}

static AmtProvSite *
find_site (AmtProvIntake *self)
{
  AmtProvConfig *config = self->provisioner->config;
  const char *name = amt_prov_device_get_fact (self->device, "site");
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (self->address);
  AmtProvSite *site = name != NULL ? amt_prov_config_find_site (config, name) : NULL;

  if (site != NULL || address == NULL)
    return site;
  return amt_prov_config_match_site (config, address, amt_prov_intake_get_uuid (self),
                                     self->suffix);
}

static void
start_method (AmtProvIntake *unowned, AmtProvSite *site)
{
  g_autoptr (AmtProvIntake) self = unowned;
  AmtProvSelector *selector = self->provisioner->selector;
  g_autoptr (AmtProvFacts) facts =
      amt_prov_facts_gather (self->device, self->hello, self->suffix, self->medium);
  g_autoptr (AmtProvCapabilities) capabilities = amt_prov_selector_lookup (selector, facts);
  g_autoptr (AmtProvVerdict) verdict = NULL;
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;
  AmtProvMethod *method;

  method = amt_prov_selector_select (selector, facts, site, &verdict, &error);
  if (method == NULL) {
    amt_prov_intake_block (g_steal_pointer (&self), error);
    return;
  }
  why = amt_prov_session_explain (amt_prov_verdict_get_reason (verdict),
                                  amt_prov_verdict_get_rule (verdict));
  run_session (g_steal_pointer (&self), site, method, capabilities, why);
}

/* Only verify is left, so nothing is selected: the method of the earlier session stands. */
static void
start_resume (AmtProvIntake *unowned, AmtProvSite *site)
{
  g_autoptr (AmtProvIntake) self = unowned;
  const char *id = amt_prov_device_get_fact (self->device, "method");
  g_autofree char *why = g_strdup (amt_prov_device_get_fact (self->device, "why"));
  g_autoptr (AmtProvFacts) facts =
      amt_prov_facts_gather (self->device, self->hello, self->suffix, self->medium);
  g_autoptr (AmtProvCapabilities) capabilities =
      amt_prov_selector_lookup (self->provisioner->selector, facts);
  AmtProvMethod *method =
      id != NULL ? amt_prov_plugin_set_find_method (self->provisioner->plugins, id) : NULL;

  if (method == NULL || capabilities == NULL)
    amt_prov_intake_turn_away (g_steal_pointer (&self),
                               "its setup was committed, but its method is not loaded");
  else
    run_session (g_steal_pointer (&self), site, method, capabilities, why);
}

static void
decide (AmtProvIntake *unowned)
{
  g_autoptr (AmtProvIntake) self = unowned;
  g_autoptr (GError) stopped = NULL;
  g_autofree char *refusal = NULL;
  AmtProvSite *site;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, &stopped)) {
    amt_prov_intake_report (self, stopped);
    return;
  }
  site = find_site (self);
  if (site == NULL) {
    amt_prov_intake_keep_out (
        g_steal_pointer (&self),
        "no site matches its address, UUID or DNS suffix: add it to [match] of its site, or "
        "name the site when importing it");
    return;
  }
  if (self->resume) {
    start_resume (g_steal_pointer (&self), site);
    return;
  }
  refusal = refuse_admission (self, site);
  if (refusal != NULL)
    amt_prov_intake_keep_out (g_steal_pointer (&self), refusal);
  else
    start_method (g_steal_pointer (&self), site);
}

/* ---- the DNS suffix ---- */

static void
name_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  AmtProvIntake *self = user_data;
  g_autofree char *name = g_resolver_lookup_by_address_finish (G_RESOLVER (source), result, NULL);
  const char *dot = name != NULL ? strchr (name, '.') : NULL;

  drop_source (&self->ptr_limit);
  if (dot != NULL)
    self->suffix = g_ascii_strdown (dot + 1, -1);
  decide (self);
}

static gboolean
ptr_too_slow (gpointer user_data)
{
  AmtProvIntake *self = user_data;

  g_cancellable_cancel (self->ptr_cancellable);
  return G_SOURCE_REMOVE;
}

/* A loopback or link-local address has no name that says anything about a site. */
static gboolean
has_name (GInetAddress *address)
{
  return address != NULL && !g_inet_address_get_is_loopback (address) &&
         !g_inet_address_get_is_link_local (address);
}

static void
find_suffix (AmtProvIntake *self)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (self->address);
  g_autoptr (GResolver) resolver = NULL;

  self->suffix = g_strdup (amt_prov_device_get_fact (self->device, "suffix"));
  if (self->suffix == NULL)
    self->suffix = g_strdup (amt_prov_device_get_fact (self->device, "report-suffix"));
  if (self->suffix != NULL || self->resume || !has_name (address)) {
    decide (self);
    return;
  }
  resolver = g_resolver_get_default ();
  self->ptr_cancellable = g_cancellable_new ();
  self->ptr_limit = g_timeout_source_new_seconds (PTR_SECONDS);
  g_source_set_callback (self->ptr_limit, ptr_too_slow, self, NULL);
  g_source_attach (self->ptr_limit, g_main_context_get_thread_default ());
  g_resolver_lookup_by_address_async (resolver, address, self->ptr_cancellable, name_found, self);
}

/* ---- what the store knows ---- */

/* NULL when it does not answer, which is reported. */
static GPtrArray *
take_records (AmtProvIntake *self, GObject *source, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *records = amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records != NULL)
    return records;
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_warning ("%s: %s", amt_prov_intake_get_uuid (self), error->message);
  amt_prov_intake_report (self, error);
  return NULL;
}

/* ---- the pair that the hello names ---- */

/* The session reads the pair again, and says what is wrong with it. */
static void
pair_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvIntake) self = user_data;
  g_autoptr (GPtrArray) records = take_records (self, source, result);
  GVariant *body = NULL;

  if (records == NULL)
    return;
  if (records->len > 0)
    body = amt_prov_record_get_body (records->pdata[0]);
  if (body != NULL)
    g_variant_lookup (body, "medium", "s", &self->medium);
  find_suffix (g_steal_pointer (&self));
}

static void
read_pair (AmtProvIntake *self)
{
  g_autoptr (AmtProvQuery) query = NULL;
  g_autofree char *key = NULL;
  const char *pid = amt_prov_hello_get_pid (self->hello);

  if (pid == NULL || self->resume) {
    find_suffix (self);
    return;
  }
  query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  key = g_strconcat ("psk:", pid, NULL);
  amt_prov_query_set_key (query, key);
  amt_prov_database_query_async (self->provisioner->database, query, self->cancellable, pair_read,
                                 self);
}

/* ---- the machine's row ---- */

static void
row_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AmtProvIntake) self = user_data;
  g_autoptr (GPtrArray) records = take_records (self, source, result);

  if (records == NULL)
    return;
  g_clear_object (&self->device);
  self->imported = records->len > 0;
  self->device = self->imported ? amt_prov_device_new_from_record (records->pdata[0])
                                : amt_prov_device_new (amt_prov_intake_get_uuid (self));
  /* A hello was faster: there is nothing left to verify. */
  if (self->resume && amt_prov_device_get_state (self->device) == AMT_PROV_DEVICE_STATE_OPERATIONAL)
    return;
  read_pair (g_steal_pointer (&self));
}

void
amt_prov_intake_start (AmtProvIntake *self)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  self->in_work = TRUE;
  amt_prov_query_set_key (query, amt_prov_intake_get_uuid (self));
  amt_prov_database_query_async (self->provisioner->database, query, self->cancellable, row_read,
                                 self);
}

void
amt_prov_intake_stop (AmtProvIntake *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->ptr_cancellable != NULL)
    g_cancellable_cancel (self->ptr_cancellable);
}

void
amt_prov_intake_orphan (AmtProvIntake *self)
{
  self->provisioner = NULL;
  amt_prov_intake_stop (self);
}
