/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enrol.h"

#include "agent-method.h"

/* How often a row that somebody else has changed meanwhile is read again. */
#define TRIES 5

typedef struct {
  AmtProvConfig *config;
  AmtProvDatabase *database;
  AmtProvSelector *selector;
  AmtProvSite *site;
  AgentReport *report;
  AmtProvDevice *device;
  gboolean known;
  AgentAnswer *answer;
  gboolean check;
  guint tries;
} Enrolment;

static void
enrolment_free (Enrolment *self)
{
  g_clear_object (&self->config);
  g_clear_object (&self->database);
  g_clear_object (&self->selector);
  g_clear_object (&self->site);
  g_clear_object (&self->device);
  g_clear_pointer (&self->report, amt_prov_agent_report_free);
  g_clear_pointer (&self->answer, amt_prov_agent_answer_free);
  g_free (self);
}

static void read_device (GTask *task);

/* ---- writing it down ---- */

static void
written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (amt_prov_database_apply_finish (AMT_PROV_DATABASE (source), result, &error)) {
    g_task_return_pointer (task, g_steal_pointer (&self->answer),
                           (GDestroyNotify)amt_prov_agent_answer_free);
    return;
  }
  if (g_error_matches (error, AMT_PROV_ERROR, AMT_PROV_ERROR_CONFLICT) && ++self->tries < TRIES)
    read_device (task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* A machine that an agent starts anew has nothing left of what stopped it before. */
static AmtProvChange *
row_change (Enrolment *self)
{
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);

  amt_prov_device_set_state (self->device, AMT_PROV_DEVICE_STATE_KNOWN);
  amt_prov_device_set_fact (self->device, "site", amt_prov_site_get_name (self->site));
  amt_prov_device_set_fact (self->device, "enrolled", time);
  amt_prov_device_set_fact (self->device, "error", NULL);
  amt_prov_device_set_fact (self->device, "step", NULL);
  amt_prov_device_set_fact (self->device, "window-closes", NULL);
  amt_prov_device_set_fact (self->device, "otp-set", self->answer->otp != NULL ? "yes" : NULL);
  record = amt_prov_device_to_record (self->device);
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record,
                              self->known ? AMT_PROV_CONDITION_REVISION
                                          : AMT_PROV_CONDITION_ABSENT);
}

static void
write_down (GTask *task, AmtProvChange *otp)
{
  Enrolment *self = g_task_get_task_data (task);
  const char *host = amt_prov_device_get_fact (self->device, "report-host");
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  g_autofree char *text =
      g_strdup_printf ("an agent on %s has reported it and may start%s", host != NULL ? host : "it",
                       self->answer->otp != NULL ? ", with a one-time password" : "");

  g_ptr_array_add (changes, row_change (self));
  if (otp != NULL)
    g_ptr_array_add (changes, otp);
  g_ptr_array_add (changes, amt_prov_change_new_event (self->report->uuid, "enrolled", text));
  amt_prov_database_apply_async (self->database, changes, g_task_get_cancellable (task), written,
                                 g_object_ref (task));
}

/* ---- the one-time password ---- */

static AmtProvChange *
make_otp (Enrolment *self, GError **error)
{
  const char *uuid = self->report->uuid;
  g_autoptr (AmtProvCredential) credential = amt_prov_credential_new ("otp", uuid, uuid, "pending");
  g_autoptr (AmtProvSecret) value = amt_prov_secret_generate_password ();
  g_autoptr (AmtProvRecord) record = NULL;

  if (value == NULL) {
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                         "the random generator of OpenSSL does not work");
    return NULL;
  }
  amt_prov_credential_set_value (credential, "otp", value);
  record = amt_prov_database_seal (self->database, credential, error);
  if (record == NULL)
    return NULL;
  self->answer->otp = g_steal_pointer (&value);
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_ABSENT);
}

static void
otp_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (AmtProvCredential) credential = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);
  AmtProvChange *change = NULL;

  if (records != NULL && records->len > 0)
    credential = amt_prov_database_unseal (self->database, records->pdata[0], &error);
  else if (records != NULL && amt_prov_agent_wants_otp (self->site))
    change = make_otp (self, &error);
  if (error != NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  /* One that was not used yet is the same again, and so is one that was imported. */
  if (credential != NULL)
    self->answer->otp = amt_prov_secret_ref (amt_prov_credential_get_value (credential, "otp"));
  write_down (task, change);
}

static void
read_otp (GTask *task)
{
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_CREDENTIAL);
  g_autofree char *key = g_strconcat ("otp:", self->report->uuid, NULL);

  amt_prov_query_set_key (query, key);
  amt_prov_database_query_async (self->database, query, g_task_get_cancellable (task), otp_read,
                                 g_object_ref (task));
}

/* ---- the machine ---- */

static void
decide (GTask *task)
{
  Enrolment *self = g_task_get_task_data (task);
  GError *error = NULL;

  g_clear_pointer (&self->answer, amt_prov_agent_answer_free);
  self->answer = amt_prov_agent_decide (self->config, self->selector, self->site, self->report,
                                        self->device, &error);
  if (self->answer == NULL)
    g_task_return_error (task, error);
  else if (self->check || self->answer->order != AGENT_ORDER_GO)
    g_task_return_pointer (task, g_steal_pointer (&self->answer),
                           (GDestroyNotify)amt_prov_agent_answer_free);
  else
    read_otp (task);
}

static void
device_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) records =
      amt_prov_database_query_finish (AMT_PROV_DATABASE (source), result, &error);

  if (records == NULL) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  g_clear_object (&self->device);
  self->known = records->len > 0;
  self->device = self->known ? amt_prov_device_new_from_record (records->pdata[0])
                             : amt_prov_device_new (self->report->uuid);
  decide (task);
}

static void
read_device (GTask *task)
{
  Enrolment *self = g_task_get_task_data (task);
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  amt_prov_query_set_key (query, self->report->uuid);
  amt_prov_database_query_async (self->database, query, g_task_get_cancellable (task), device_read,
                                 g_object_ref (task));
}

void
amt_prov_agent_enrol_async (AmtProvProvisioner *provisioner,
                            AmtProvSelector *selector,
                            AmtProvSite *site,
                            AgentReport *report,
                            gboolean check,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Enrolment *self = g_new0 (Enrolment, 1);

  g_task_set_source_tag (task, amt_prov_agent_enrol_async);
  self->config = g_object_ref (amt_prov_provisioner_get_config (provisioner));
  self->database = g_object_ref (amt_prov_provisioner_get_database (provisioner));
  self->selector = g_object_ref (selector);
  self->site = g_object_ref (site);
  self->report = report;
  self->check = check;
  g_task_set_task_data (task, self, (GDestroyNotify)enrolment_free);
  read_device (task);
}

AgentAnswer *
amt_prov_agent_enrol_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
