/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/amtprov.h>

#include "engine/session-private.h"
#include "site-folder.h"

/* A plugin whose functions do not return for a long time. The linker gives the core a clock that
 * stands still but for what those functions take, so that no test waits. */

static gint64 now = 1;

gint64 __wrap_g_get_monotonic_time (void);

gint64
__wrap_g_get_monotonic_time (void)
{
  return now;
}

/* Microseconds that each function takes. */
static gint64 duration;

#define SLOW_TYPE_PLUGIN (slow_plugin_get_type ())
G_DECLARE_FINAL_TYPE (SlowPlugin, slow_plugin, SLOW, PLUGIN, GObject)

/* Method, step and transport at once. */
struct _SlowPlugin {
  GObject parent_instance;
};

static void slow_plugin_method_init (AmtProvMethodInterface *iface);
static void slow_plugin_step_init (AmtProvStepInterface *iface);
static void slow_plugin_transport_init (AmtProvTransportInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SlowPlugin,
                               slow_plugin,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_METHOD, slow_plugin_method_init)
                                   G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_STEP, slow_plugin_step_init)
                                       G_IMPLEMENT_INTERFACE (AMT_PROV_TYPE_TRANSPORT,
                                                              slow_plugin_transport_init))

static void
slow_plugin_class_init (SlowPluginClass *klass)
{
}

static void
slow_plugin_init (SlowPlugin *self)
{
}

static const char *
get_method_id (AmtProvMethod *method)
{
  return "slow-method";
}

static const char *
get_step_id (AmtProvStep *step)
{
  return "slow-step";
}

static AmtProvVerdict *
evaluate (AmtProvMethod *method,
          AmtProvFacts *facts,
          AmtProvSite *site,
          AmtProvCapabilities *capabilities)
{
  now += duration;
  return amt_prov_verdict_new ("slow-method", TRUE, 0, "after a while", NULL);
}

static gboolean
answer (AmtProvOperation *operation)
{
  now += duration;
  amt_prov_operation_return_error (
      operation, g_error_new_literal (AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED, "at last"));
  return TRUE;
}

static gboolean
open_channel (AmtProvMethod *method,
              AmtProvSession *session,
              AmtProvOperation *operation,
              GError **error)
{
  return answer (operation);
}

static void
adjust_plan (AmtProvMethod *method, AmtProvSession *session, AmtProvPlan *plan)
{
  now += duration;
}

static gboolean
run_step (AmtProvStep *step, AmtProvSession *session, AmtProvOperation *operation, GError **error)
{
  return answer (operation);
}

static gboolean
open_stream (AmtProvTransport *transport,
             const char *uri,
             AmtProvSite *site,
             AmtProvOperation *operation,
             GError **error)
{
  return answer (operation);
}

static void
slow_plugin_method_init (AmtProvMethodInterface *iface)
{
  iface->get_id = get_method_id;
  iface->evaluate = evaluate;
  iface->open = open_channel;
  iface->adjust_plan = adjust_plan;
}

static void
slow_plugin_step_init (AmtProvStepInterface *iface)
{
  iface->get_id = get_step_id;
  iface->is_needed = run_step;
  iface->start = run_step;
}

static void
slow_plugin_transport_init (AmtProvTransportInterface *iface)
{
  iface->open_stream = open_stream;
}

/* ---- the calls ---- */

static void
ignore (GObject *source, GAsyncResult *result, gpointer user_data)
{
  (*(guint *)user_data)++;
}

/* Each session has steps of its own. */
static void
call_step (SlowPlugin *plugin)
{
  g_autoptr (SlowPlugin) step = g_object_new (SLOW_TYPE_PLUGIN, NULL);
  g_autoptr (AmtProvSession) session = g_object_new (AMT_PROV_TYPE_SESSION, NULL);
  guint answers = 0;

  session->method = AMT_PROV_METHOD (g_object_ref (plugin));
  amt_prov_step_is_needed_async (AMT_PROV_STEP (step), session, 0, NULL, ignore, &answers);
  amt_prov_step_run_async (AMT_PROV_STEP (step), session, 0, NULL, ignore, &answers);
  while (answers < 2)
    g_main_context_iteration (NULL, TRUE);
}

static void
call_all (SlowPlugin *plugin, AmtProvSite *site)
{
  g_autoptr (AmtProvFacts) facts = facts_new ("9.5", NULL);
  g_autoptr (AmtProvPlan) plan = amt_prov_plan_new ();
  g_autoptr (AmtProvVerdict) verdict =
      amt_prov_method_evaluate (AMT_PROV_METHOD (plugin), facts, site, NULL);
  guint answers = 0;

  g_assert_true (amt_prov_verdict_get_usable (verdict));
  amt_prov_method_adjust_plan (AMT_PROV_METHOD (plugin), NULL, plan);
  amt_prov_method_open_async (AMT_PROV_METHOD (plugin), NULL, 0, NULL, ignore, &answers);
  amt_prov_transport_open_stream_async (AMT_PROV_TRANSPORT (plugin), "slow:machine:16993", site, 0,
                                        NULL, ignore, &answers);
  while (answers < 2)
    g_main_context_iteration (NULL, TRUE);
  call_step (plugin);
}

static GLogWriterOutput
collect (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer warnings)
{
  for (gsize i = 0; i < n && level == G_LOG_LEVEL_WARNING; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (warnings, "%s\n", (const char *)fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

#define REST                                                                                       \
  " held everything else up for 2.5 s: it must return at once and answer its operation later "     \
  "(this is said once)\n"

static const char all_functions[] =
    "method slow-method (SlowPlugin): evaluate" REST
    "method slow-method (SlowPlugin): adjust_plan" REST "method slow-method (SlowPlugin): open" REST
    "transport slow:machine:16993 (SlowPlugin): open_stream" REST
    "step slow-step (SlowPlugin): is_needed" REST "step slow-step (SlowPlugin): start" REST;

/* Every function is named, once; one that takes just as long as it may is not. Another host in the
 * same process, which has objects of its own, hears it too. */
static void
test_blocking (void)
{
  g_autoptr (SiteFolder) folder = site_folder_new ("psk", NULL, SITE_TLS_ON);
  g_autoptr (GString) warnings = g_string_new (NULL);
  g_autoptr (SlowPlugin) plugin = g_object_new (SLOW_TYPE_PLUGIN, NULL);
  g_autoptr (SlowPlugin) other = g_object_new (SLOW_TYPE_PLUGIN, NULL);

  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (collect, warnings, NULL);
  duration = G_USEC_PER_SEC;
  call_all (plugin, folder->site);
  g_assert_cmpstr (warnings->str, ==, "");
  duration = G_USEC_PER_SEC * 5 / 2;
  call_all (plugin, folder->site);
  call_all (plugin, folder->site);
  g_assert_cmpstr (warnings->str, ==, all_functions);
  g_string_truncate (warnings, 0);
  call_all (other, folder->site);
  g_assert_cmpstr (warnings->str, ==, all_functions);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/blocking/named-once", test_blocking);
  return g_test_run ();
}
