/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* amtprov-sim: machines with AMT on loopback addresses, for trying servers and for tests. */
#include "config.h"
#include "fleet.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

#define EXIT_USAGE 2

static const char summary[] =
    "Simulates machines with Intel AMT on addresses in 127.0.0.0/8: they send hello messages, and "
    "can be set up and managed as real ones.";

static const char description[] =
    "Keys of --device and of the groups of a fleet file:\n"
    "  amt=RELEASE mode=psk|pki|factory|operational address=127.X.Y.Z port=16993\n"
    "  plain-port=16992 uuid= pid= pps= suffix= root=HASH[+HASH] password= otp=\n"
    "  digest=by-mode|none|required lenient=acl-hex+no-hostname window=HOURS split=BYTES\n"
    "  reneg=on|off clock=set|unset mebx-policy=setup|default-only|anytime\n"
    "  chipset-h=yes|no host=NAME eoi=all|certain seed=yes|no\n"
    "  stick=IMAGE confirm=ask|yes|no\n"
    "  mei=SOCKET bare-metal-hours=HOURS zero-touch=on|off enabled=yes|no|locked\n"
    "  sku=amt|ism|sbt link=up|down option15=DOMAIN\n"
    "  fault=garbage@N|close@N|hang@N|huge@N|status:CODE@METHOD|fault@CLASS|\n"
    "  mei-unknown|busy|small@CLIENT|\n"
    "  mei-reset|hang|empty|short|long|padded|command|length|split@COMMAND\n"
    "  fault-repeat=yes|no\n"
    "A fleet file also knows count=N (one address after the other) and psk-file=CSV.\n"
    "\n"
    "Example:\n"
    "  amtprov-sim --device amt=9.5,mode=psk,address=127.1.0.1,pid=0000-037M,\\\n"
    "pps=NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ \\\n"
    "    --server 127.0.0.1:9971 --until operational --timeout 60 --json\n";

static void
options_clear (SimOptions *options)
{
  g_strfreev (options->devices);
  g_free (options->fleet_file);
  g_free (options->server);
  g_free (options->until);
}

static gboolean
check_options (SimOptions *options, GError **error)
{
  static const char *const states[] = {"factory", "setup", "closed", "operational", NULL};

  if (options->devices == NULL && options->fleet_file == NULL) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                 "name at least one machine with --device or --fleet");
    return FALSE;
  }
  if (options->speed <= 0) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--speed must be above 0");
    return FALSE;
  }
  if (options->until != NULL && !g_strv_contains (states, options->until)) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--until must be factory, setup, closed or operational");
    return FALSE;
  }
  return TRUE;
}

static gboolean
parse_options (SimOptions *options, int *argc, char ***argv, GError **error)
{
  gboolean version = FALSE;
  GOptionEntry entries[] = {
      {"device", 'd', 0, G_OPTION_ARG_STRING_ARRAY, &options->devices, "A machine; may be repeated",
       "KEY=VALUE,..."},
      {"fleet", 'f', 0, G_OPTION_ARG_FILENAME, &options->fleet_file, "Machines from a key file",
       "FILE"},
      {"server", 's', 0, G_OPTION_ARG_STRING, &options->server,
       "Where hello messages go; without it none are sent", "HOST:PORT"},
      {"speed", 0, 0, G_OPTION_ARG_DOUBLE, &options->speed,
       "Seconds of the machines in one real second", "X"},
      {"until", 0, 0, G_OPTION_ARG_STRING, &options->until,
       "End when all machines are in this state", "factory|setup|closed|operational"},
      {"timeout", 0, 0, G_OPTION_ARG_INT, &options->timeout, "End after this many real seconds",
       "S"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "Events as JSON lines", NULL},
      {"trace", 0, 0, G_OPTION_ARG_NONE, &options->trace, "Print each request", NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL},
      {NULL},
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (version) {
    g_print ("amtprov-sim %s\n", AMT_PROV_VERSION);
    return TRUE;
  }
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "\"%s\" is no option", (*argv)[1]);
    return FALSE;
  }
  return check_options (options, error);
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static void
add_signal (int number, GMainLoop *loop, GMainContext *context)
{
  g_autoptr (GSource) source = g_unix_signal_source_new (number);

  g_source_set_callback (source, on_signal, loop, NULL);
  g_source_attach (source, context);
}

static int
run (const SimOptions *options)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GError) error = NULL;
  SimFleet *fleet;
  int code = 1;

  g_main_context_push_thread_default (context);
  fleet = sim_fleet_new (options, context, &error);
  if (fleet == NULL) {
    g_printerr ("amtprov-sim: %s\n", error->message);
  } else {
    add_signal (SIGTERM, loop, context);
    add_signal (SIGINT, loop, context);
    code = sim_fleet_run (fleet, loop);
    sim_fleet_free (fleet);
  }
  g_main_context_pop_thread_default (context);
  return code;
}

int
main (int argc, char **argv)
{
  SimOptions options = {.speed = 1};
  g_autoptr (GError) error = NULL;
  int code = 0;

  /* A peer that goes away must not take all machines with it. */
  signal (SIGPIPE, SIG_IGN);
  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("amtprov-sim: %s\n", error->message);
    code = EXIT_USAGE;
  } else if (options.devices != NULL || options.fleet_file != NULL) {
    code = run (&options);
  }
  options_clear (&options);
  return code;
}
