/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes wrong on purpose: the setting fault=. */
#include "fault.h"
#include "mei-firmware.h"

#include <string.h>

/* What stands behind the word. */
typedef enum {
  AT_REQUEST,
  AT_METHOD, /* a status, then the method */
  AT_CLASS,
  AT_CLIENT,
  AT_COMMAND,
} Target;

static const struct {
  const char *word;
  SimFaultKind kind;
  Target target;
} words[] = {
    {"garbage@", SIM_FAULT_GARBAGE, AT_REQUEST},
    {"close@", SIM_FAULT_CLOSE, AT_REQUEST},
    {"hang@", SIM_FAULT_HANG, AT_REQUEST},
    {"huge@", SIM_FAULT_HUGE, AT_REQUEST},
    {"status:", SIM_FAULT_STATUS, AT_METHOD},
    {"fault@", SIM_FAULT_SOAP, AT_CLASS},
    {"mei-unknown@", SIM_FAULT_MEI_UNKNOWN, AT_CLIENT},
    {"mei-busy@", SIM_FAULT_MEI_BUSY, AT_CLIENT},
    {"mei-small@", SIM_FAULT_MEI_SMALL, AT_CLIENT},
    {"mei-reset@", SIM_FAULT_MEI_RESET, AT_COMMAND},
    {"mei-hang@", SIM_FAULT_MEI_HANG, AT_COMMAND},
    {"mei-empty@", SIM_FAULT_MEI_EMPTY, AT_COMMAND},
    {"mei-short@", SIM_FAULT_MEI_SHORT, AT_COMMAND},
    {"mei-long@", SIM_FAULT_MEI_LONG, AT_COMMAND},
    {"mei-padded@", SIM_FAULT_MEI_PADDED, AT_COMMAND},
    {"mei-command@", SIM_FAULT_MEI_COMMAND, AT_COMMAND},
    {"mei-length@", SIM_FAULT_MEI_LENGTH, AT_COMMAND},
    {"mei-split@", SIM_FAULT_MEI_SPLIT, AT_COMMAND},
};

void
sim_fault_free (SimFault *self)
{
  g_free (self->target);
  g_free (self);
}

static gboolean
is_client (const char *name)
{
  for (guint i = AMT_PROV_HECI_CLIENT_PTHI; i <= AMT_PROV_HECI_CLIENT_MKHI; i++) {
    if (strcmp (sim_mei_client_name (i), name) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_command (const char *name)
{
  for (guint i = AMT_PROV_HECI_CLIENT_PTHI; i <= AMT_PROV_HECI_CLIENT_MKHI; i++) {
    g_auto (GStrv) names = amt_prov_heci_list_commands (i);

    if (g_strv_contains ((const char *const *)names, name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
read_number (const char *text, guint64 least, guint64 most, guint *number)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, least, most, &value, NULL))
    return FALSE;
  *number = (guint)value;
  return TRUE;
}

static gboolean
read_target (SimFault *fault, Target target, const char *rest)
{
  const char *at = strchr (rest, '@');
  g_autofree char *status = at != NULL ? g_strndup (rest, (gsize)(at - rest)) : NULL;

  if (target == AT_REQUEST)
    return read_number (rest, 1, G_MAXUINT, &fault->request);
  if (target == AT_METHOD) {
    if (status == NULL || !read_number (status, 0, 65535, &fault->status))
      return FALSE;
    rest = at + 1;
  }
  fault->target = g_strdup (rest);
  if (target == AT_CLIENT)
    return is_client (rest);
  return target == AT_COMMAND ? is_command (rest) : *rest != '\0';
}

static gboolean
parse_one (GPtrArray *faults, const char *text, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    if (g_str_has_prefix (text, words[i].word)) {
      SimFault *fault = g_new0 (SimFault, 1);

      g_ptr_array_add (faults, fault);
      fault->kind = words[i].kind;
      if (read_target (fault, words[i].target, text + strlen (words[i].word)))
        return TRUE;
    }
  }
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
               "fault=%s: must be garbage@N, close@N, hang@N, huge@N, status:CODE@METHOD or "
               "fault@CLASS, or one of mei-unknown, mei-busy, mei-small with @pthi, @watchdog or "
               "@mkhi, or one of mei-reset, mei-hang, mei-empty, mei-short, mei-long, mei-padded, "
               "mei-command, mei-length, mei-split with @ and a HECI command; several joined by +",
               text);
  return FALSE;
}

GPtrArray *
sim_faults_parse (const char *text, GError **error)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new_with_free_func ((GDestroyNotify)sim_fault_free);
  g_auto (GStrv) parts = g_strsplit (text, "+", -1);

  for (guint i = 0; parts[i] != NULL; i++) {
    if (!parse_one (faults, parts[i], error))
      return NULL;
  }
  return g_steal_pointer (&faults);
}
