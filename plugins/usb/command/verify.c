/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command/command.h"
#include "command/fat-image.h"
#include "setup-bin-file.h"
#include "usb-commands.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Rules of the format are the values of AmtProvSetupBinRule, which are those of this type. */
#define LAST_RULE AMT_PROV_SETUP_BIN_RULE_ORDER

typedef enum {
  RESULT_PASS,
  RESULT_WARNING,
  RESULT_FAIL,
} Result;

static const char *const result_names[] = {"pass", "warning", "fail"};

typedef struct {
  char *rule;
  Result result;
  char *reason; /* NULL: it passed */
} Finding;

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  g_free (finding->rule);
  g_free (finding->reason);
  g_free (finding);
}

static Finding *
add_finding (GPtrArray *findings, const char *rule)
{
  Finding *finding = g_new0 (Finding, 1);

  finding->rule = g_strdup (rule);
  g_ptr_array_add (findings, finding);
  return finding;
}

/* The first reason stands for all; an error outweighs a warning. */
static void
set_result (Finding *finding, Result result, const char *reason)
{
  if (result <= finding->result)
    return;
  finding->result = result;
  g_free (finding->reason);
  finding->reason = g_strdup (reason);
}

static void
add_rule (GPtrArray *findings, const char *rule, gboolean passed, const char *reason)
{
  Finding *finding = add_finding (findings, rule);

  if (!passed)
    set_result (finding, RESULT_FAIL, reason);
}

/* ---- the format ---- */

typedef struct {
  AmtProvSetupBinHeader *header;
  gboolean has_pairs;
  guint hashes; /* bit of each algorithm that a root has */
} Content;

static void
content_clear (Content *content)
{
  g_clear_pointer (&content->header, amt_prov_setup_bin_header_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

static void
take_problems (UsbReader *reader, Finding **rules)
{
  g_autoptr (GPtrArray) problems =
      amt_prov_setup_bin_decoder_take_problems (usb_reader_get_decoder (reader));

  for (guint i = 0; i < problems->len; i++) {
    AmtProvSetupBinProblem *problem = problems->pdata[i];

    set_result (rules[amt_prov_setup_bin_problem_get_rule (problem)],
                amt_prov_setup_bin_problem_is_error (problem) ? RESULT_FAIL : RESULT_WARNING,
                amt_prov_setup_bin_problem_get_sentence (problem));
  }
}

static void
look_at_record (Content *content, AmtProvSetupBinRecord *record)
{
  GPtrArray *variables = amt_prov_setup_bin_record_get_variables (record);

  for (guint i = 0; i < variables->len; i++) {
    AmtProvSetupBinVariable *variable = variables->pdata[i];
    g_autoptr (AmtProvCertHash) hash = amt_prov_setup_bin_variable_dup_hash (variable, NULL);

    if (hash != NULL)
      content->hashes |= 1u << amt_prov_cert_hash_get_algorithm (hash);
    if (g_strcmp0 (amt_prov_setup_bin_variable_get_name (variable), "pid") == 0)
      content->has_pairs = TRUE;
  }
}

/* FALSE when nothing more can be read; what was read has been judged. */
static gboolean
read_records (UsbReader *reader, Content *content, Finding **rules, GError **error)
{
  gboolean more = TRUE, read;

  do {
    g_autoptr (AmtProvSetupBinRecord) record = NULL;

    read = usb_reader_next (reader, &record, error);
    more = read && record != NULL;
    if (more)
      look_at_record (content, record);
    take_problems (reader, rules);
  } while (more);
  return read;
}

static void
judge_format (const char *path, GPtrArray *findings, Content *content)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UsbReader) reader = usb_reader_open (path, TRUE, &error);
  Finding *rules[LAST_RULE + 1];
  Finding *readable = add_finding (findings, "readable");

  if (reader == NULL) {
    set_result (readable, RESULT_FAIL, error->message);
    return;
  }
  for (guint rule = 0; rule <= LAST_RULE; rule++)
    rules[rule] = add_finding (findings, amt_prov_setup_bin_rule_to_string (rule));
  content->header = amt_prov_setup_bin_header_ref (usb_reader_get_header (reader));
  if (!read_records (reader, content, rules, &error))
    set_result (readable, RESULT_FAIL, error->message);
}

/* ---- the stick ---- */

/* Of a file or of the stick itself; -1 when that cannot be said. */
static gint64
measure (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gint64 size = fd >= 0 ? lseek (fd, 0, SEEK_END) : -1;

  if (fd >= 0)
    close (fd);
  return size;
}

static void
judge_stick (const char *path, GPtrArray *findings)
{
  g_autoptr (GError) error = NULL;
  AmtprovFatLayout layout;

  if (!amtprov_fat_examine (path, &layout, &error)) {
    add_rule (findings, "stick-fat", FALSE, error->message);
    return;
  }
  add_rule (findings, "stick-fat", TRUE, NULL);
  if (layout.fat32)
    set_result (findings->pdata[findings->len - 1], RESULT_WARNING,
                "it is FAT32: AMT 2 to 5 read FAT16 only");
  add_rule (findings, "stick-root", layout.found, "there is no setup.bin in the root");
  if (layout.found) {
    add_rule (findings, "stick-first", layout.first, "setup.bin is not the first file in the root");
    add_rule (findings, "stick-contiguous", layout.contiguous,
              "setup.bin is fragmented, and a BIOS reads its sectors one after the other");
  }
  add_rule (findings, "stick-size", measure (path) > 16 * 1000 * 1000,
            "the stick is not larger than 16 MB");
}

/* ---- the release ---- */

/* A release that reads no setup.bin has no version of it. */
static void
judge_version (const char *known, AmtProvSetupBinHeader *header, GPtrArray *findings)
{
  guint major = amt_prov_setup_bin_header_get_major (header);
  guint minor = amt_prov_setup_bin_header_get_minor (header);
  g_autofree char *version = g_strdup_printf ("%u.%u", major, minor);
  g_autofree char *reason = NULL;

  if (known == NULL)
    return;
  reason = g_strdup_printf ("the file has version %s, and the release reads versions up to %s",
                            version, known);
  add_rule (findings, "release-version", strcmp (version, known) <= 0, reason);
}

static void
judge_method (AmtProvCapabilities *capabilities,
              const char *rule,
              const char *method,
              GPtrArray *findings)
{
  g_autofree char *reason = NULL;
  gboolean allowed = amt_prov_capabilities_allows_method (capabilities, method, &reason, NULL);

  add_rule (findings, rule, allowed, reason);
}

/* A release takes no root by an algorithm that it does not know. */
static void
judge_hashes (AmtProvCapabilities *capabilities, guint hashes, GPtrArray *findings)
{
  g_auto (GStrv) known = amt_prov_capabilities_get_list (capabilities, "hash-algorithms");
  g_autofree char *list = g_strjoinv (", ", known);
  g_autofree char *reason = NULL;

  for (guint algorithm = 0; algorithm < 32 && reason == NULL; algorithm++) {
    const char *name = amt_prov_hash_algorithm_to_string (algorithm);

    if ((hashes >> algorithm & 1) != 0 && !g_strv_contains ((const char *const *)known, name))
      reason = g_strdup_printf ("a root has a hash of %s, and the release knows %s", name,
                                *list != '\0' ? list : "none");
  }
  add_rule (findings, "release-hash", reason == NULL, reason);
}

static gboolean
judge_release (const char *release, const Content *content, GPtrArray *findings, GError **error)
{
  g_auto (GStrv) directories = amt_prov_config_get_default_capability_dirs ();
  g_autoptr (AmtProvVersion) version = amt_prov_version_parse (release, error);
  g_autoptr (AmtProvCapabilityRegistry) registry = NULL;
  g_autoptr (AmtProvCapabilities) capabilities = NULL;

  if (version == NULL)
    return FALSE;
  registry = amt_prov_capability_registry_new ((const char *const *)directories, error);
  if (registry == NULL)
    return FALSE;
  capabilities = amt_prov_capability_registry_lookup (registry, version);
  if (capabilities == NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_NOT_FOUND,
                 "no capability file has a group for AMT %s", release);
    return FALSE;
  }
  judge_method (capabilities, "release-usb", "usb", findings);
  if (content->header != NULL)
    judge_version (amt_prov_capabilities_get_string (capabilities, "setup-bin-version"),
                   content->header, findings);
  if (content->has_pairs)
    judge_method (capabilities, "release-psk", "psk", findings);
  if (content->hashes != 0)
    judge_hashes (capabilities, content->hashes, findings);
  return TRUE;
}

/* ---- printing ---- */

static void
print_text (GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++) {
    Finding *finding = findings->pdata[i];

    g_print ("%-8s %-18s%s%s\n", result_names[finding->result], finding->rule,
             finding->reason != NULL ? " " : "", finding->reason != NULL ? finding->reason : "");
  }
}

static void
print_json (GPtrArray *findings, gboolean passed)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "passed");
  json_builder_add_boolean_value (builder, passed);
  json_builder_set_member_name (builder, "rules");
  json_builder_begin_array (builder);
  for (guint i = 0; i < findings->len; i++) {
    Finding *finding = findings->pdata[i];

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "rule");
    json_builder_add_string_value (builder, finding->rule);
    json_builder_set_member_name (builder, "result");
    json_builder_add_string_value (builder, result_names[finding->result]);
    json_builder_set_member_name (builder, "reason");
    if (finding->reason != NULL)
      json_builder_add_string_value (builder, finding->reason);
    else
      json_builder_add_null_value (builder);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  amtprov_print_json (builder);
}

static gboolean
all_passed (GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    if (((Finding *)findings->pdata[i])->result == RESULT_FAIL)
      return FALSE;
  return TRUE;
}

/* amtprov usb verify FILE|IMG [--amt RELEASE] [--json] */
int
amtprov_usb_verify (int argc, char **argv)
{
  static const AmtprovUsage usage = {
      "FILE|IMG",
      "Holds a setup.bin, or a stick's image, against every rule of the format and of the stick, "
      "and\n"
      "says of each whether it passed. With --amt also whether that release takes it.",
      "amtprov usb verify stick.img --amt 6.0", 1, 1};
  g_autofree char *release = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {{"amt", 0, 0, G_OPTION_ARG_STRING, &release,
                                   "Also say whether this release takes it", "RELEASE"},
                                  {"json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL},
                                  G_OPTION_ENTRY_NULL};
  g_autoptr (GPtrArray) findings = g_ptr_array_new_with_free_func (finding_free);
  g_auto (Content) content = {0};
  g_autoptr (GError) error = NULL;

  if (!amtprov_parse_options (&usage, entries, &argc, &argv))
    return AMTPROV_EXIT_USAGE;
  judge_format (argv[1], findings, &content);
  if (amtprov_fat_is_image (argv[1]))
    judge_stick (argv[1], findings);
  if (release != NULL && !judge_release (release, &content, findings, &error))
    return amtprov_report (error);
  if (json)
    print_json (findings, all_passed (findings));
  else
    print_text (findings);
  return all_passed (findings) ? AMTPROV_EXIT_DONE : AMTPROV_EXIT_FAILED;
}
