/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-file.h"

/* Every refusal with its offset, strict and lenient. */

static void
assert_place (const char *sentence, guint64 offset, const char *says)
{
  g_autofree char *place = g_strdup_printf (
      "setup.bin, offset %" G_GUINT64_FORMAT " (0x%" G_GINT64_MODIFIER "x)", offset, offset);

  g_assert_true (g_str_has_prefix (sentence, place));
  if (strstr (sentence, says) == NULL)
    g_error ("\"%s\" does not say \"%s\"", sentence, says);
}

/* A strict decoder stops there; a lenient one notes it as the first error and reaches the end. */
static void
assert_broken (GByteArray *file, AmtProvSetupBinRule rule, guint64 offset, const char *says)
{
  g_autoptr (GError) error = NULL, lenient_error = NULL;
  g_autoptr (ReadFile) strict = read_file (file, FALSE, &error);
  g_autoptr (ReadFile) lenient = read_file (file, TRUE, &lenient_error);
  AmtProvSetupBinProblem *found = NULL;

  g_assert_null (strict);
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  assert_place (error->message, offset, says);
  g_assert_no_error (lenient_error);
  for (guint i = 0; found == NULL && i < lenient->problems->len; i++)
    if (amt_prov_setup_bin_problem_is_error (lenient->problems->pdata[i]))
      found = lenient->problems->pdata[i];
  g_assert_nonnull (found);
  g_assert_cmpstr (amt_prov_setup_bin_problem_get_sentence (found), ==, error->message);
  g_assert_cmpint (amt_prov_setup_bin_problem_get_rule (found), ==, rule);
  g_assert_cmpuint (amt_prov_setup_bin_problem_get_offset (found), ==, offset);
}

typedef struct {
  gsize at;
  const char *hex;
  AmtProvSetupBinRule rule;
  guint64 offset;
  const char *says;
} Damage;

static const Damage damages[] = {
    {0x000, "00", AMT_PROV_SETUP_BIN_RULE_GUID, 0, "does not begin with the GUID"},
    {0x00f, "00", AMT_PROV_SETUP_BIN_RULE_GUID, 0, "does not begin with the GUID"},
    {0x010, "0000", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x10, "0 chunks"},
    {0x010, "0200", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x10, "2 chunks"},
    {0x012, "2c00", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x12, "44 bytes"},
    {0x014, "01000000", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x14, "the number of the header is 1"},
    {0x018, "03", AMT_PROV_SETUP_BIN_RULE_VERSION, 0x18, "belongs to version 4"},
    {0x01a, "0300", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x1a, "0x0003"},
    {0x01c, "00000000", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x1c, "no records"},
    {0x024, "0000", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x24, "0 chunks"},
    {0x026, "0100", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x26, "reserved"},
    {0x02a, "0000 0200", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x12, "1 modules"},
    {0x02e, "01", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x2c, "does not end in zeros"},
    {0x1ff, "01", AMT_PROV_SETUP_BIN_RULE_HEADER, 0x2c, "does not end in zeros"},
    {0x200, "02", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x200, "record type is 2"},
    {0x200, "00", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x204, "the type says"},
    {0x204, "05", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x204, "0x00000005"},
    {0x208, "01", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x208, "reserved"},
    {0x20f, "01", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x208, "reserved"},
    {0x210, "0000", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x210, "0 chunks"},
    {0x212, "1000", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x212, "16 bytes"},
    {0x214, "02", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x214, "number 2"},
    {0x21e, "01", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x21e, "reserved field of variable 1/1"},
    {0x225, "01", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x225, "fill variable 1/1"},
    {0x278, "85ff", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x278, "variable 2/8"},
    {0x278, "8501", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x278,
     "have 389 bytes, but the record ends after 388"},
    {0x2ac, "01", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x2ac, "does not end in zeros"},
    {0x3ff, "01", AMT_PROV_SETUP_BIN_RULE_VARIABLES, 0x2ac, "does not end in zeros"},
    {0x220, "01", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x218, "character 1 is not printable"},
    {0x230, "70", AMT_PROV_SETUP_BIN_RULE_PASSWORD, 0x228, "an upper-case letter"},
    {0x230, "3a", AMT_PROV_SETUP_BIN_RULE_PASSWORD, 0x228, "character that AMT refuses"},
    {0x240, "02", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x238, "the value is 2; known are 0 to 1"},
    {0x23c, "02", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x238, "2 bytes, not 1"},
    {0x24c, "c3", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x244, "pki-dns-suffix: character 1"},
    {0x27c, "04", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x274, "hash algorithm 4"},
    {0x29d, "0a", AMT_PROV_SETUP_BIN_RULE_VALUE, 0x274, "10 bytes, but 11 follow"},
};

static void
test_damages (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autoptr (GByteArray) file = example_file ();
    const Damage *damage = &damages[i];

    g_test_message ("byte 0x%zx", damage->at);
    put_hex (file, damage->at, damage->hex);
    assert_broken (file, damage->rule, damage->offset, damage->says);
  }
}

/* Where nothing follows that could be read, a lenient decoder stops too. */
static void
test_cut (void)
{
  static const gsize sizes[] = {0, 1, 47, 511, 512, 513, 535, 1023};

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gboolean lenient = FALSE; lenient <= TRUE; lenient++) {
      g_autoptr (GByteArray) file = example_file ();
      g_autoptr (GError) error = NULL;

      g_byte_array_set_size (file, sizes[i]);
      g_assert_null (read_file (file, lenient, &error));
      g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
      assert_place (error->message, sizes[i], "the file ends");
    }
}

/* A lenient reader that has met the end hears of it once more when it finishes. */
static void
test_cut_leniently (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (AmtProvSetupBinDecoder) decoder = amt_prov_setup_bin_decoder_new (TRUE);
  g_autoptr (AmtProvSetupBinHeader) header = NULL;
  g_autoptr (GPtrArray) problems = NULL;

  header = amt_prov_setup_bin_decoder_decode_header (decoder, file->data, 512, NULL);
  g_assert_true (amt_prov_setup_bin_decoder_finish (decoder, 700, NULL));
  problems = amt_prov_setup_bin_decoder_take_problems (decoder);
  g_assert_cmpuint (problems->len, ==, 2);
  assert_place (amt_prov_setup_bin_problem_get_sentence (problems->pdata[0]), 700, "700 bytes");
  assert_place (amt_prov_setup_bin_problem_get_sentence (problems->pdata[1]), 512, "there are 0");
  g_assert_cmpuint (amt_prov_setup_bin_problem_get_record (problems->pdata[0]), ==, 0);
}

static void
test_bytes_behind (void)
{
  g_autoptr (GByteArray) file = example_file ();

  g_byte_array_append (file, (const guint8 *)"", 1);
  assert_broken (file, AMT_PROV_SETUP_BIN_RULE_SIZE, 1024, "1025 bytes");
}

static void
test_too_large (void)
{
  /* The header and 8388607 records make 4 GiB. */
  g_autoptr (AmtProvSetupBinHeader) most = amt_prov_setup_bin_header_new ("1", 8388606, TRUE, NULL);
  g_autoptr (AmtProvSetupBinHeader) more = amt_prov_setup_bin_header_new ("1", 8388607, TRUE, NULL);
  g_autoptr (AmtProvSetupBinEncoder) encoder = amt_prov_setup_bin_encoder_new ();
  g_autoptr (AmtProvSetupBinEncoder) refuses = amt_prov_setup_bin_encoder_new ();
  g_autoptr (AmtProvSetupBinDecoder) decoder = amt_prov_setup_bin_decoder_new (FALSE);
  g_autoptr (GBytes) fits = NULL, too_large = amt_prov_setup_bin_header_encode (more);
  g_autoptr (GError) error = NULL, read_error = NULL;

  fits = amt_prov_setup_bin_encoder_encode_header (encoder, most, NULL);
  g_assert_nonnull (fits);
  g_assert_cmpuint (amt_prov_setup_bin_header_get_file_size (more), ==,
                    G_GUINT64_CONSTANT (1) << 32);
  g_assert_null (amt_prov_setup_bin_encoder_encode_header (refuses, more, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  assert_place (error->message, 0x1c, "4 GiB");
  g_assert_null (amt_prov_setup_bin_decoder_decode_header (
      decoder, g_bytes_get_data (too_large, NULL), 512, &read_error));
  assert_place (read_error->message, 0x1c, "4 GiB");
}

#define PAIR "pid", "0000037M", "pps", "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ"

typedef struct {
  const char *name;
  AmtProvSetupBinRule rule;
  guint64 offset;
  const char *says;
  const char *variables[16];
} BadRecord;

/* 0x218 is where the first variable begins. */
static const BadRecord bad_records[] = {
    {"empty", AMT_PROV_SETUP_BIN_RULE_RECORD, 0x200, "no variables", {NULL}},
    {"initial password stays",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x200,
     "new-mebx-password must follow",
     {"current-mebx-password", "admin", "remote-configuration-enabled", "1"}},
    {"new before current",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x228,
     "current-mebx-password comes too late",
     {"new-mebx-password", "P@ssw0rd", "current-mebx-password", "admin"}},
    {"password behind a setting",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x234,
     "new-mebx-password comes too late",
     {"current-mebx-password", "admin", "dhcp", "2", "new-mebx-password", "P@ssw0rd"}},
    {"manageability behind module 2",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x244,
     "manageability-feature-selection comes too late",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "dhcp", "2",
      "manageability-feature-selection", "1"}},
    {"server behind halt",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x244,
     "provisioning-server-address must stand before",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
      "me-provisioning-halt-active", "1", "provisioning-server-address", "10.1.2.3"}},
    {"twice",
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x244,
     "dhcp stands in the record twice",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "dhcp", "2", "dhcp", "1"}},
    {"pid alone",
     AMT_PROV_SETUP_BIN_RULE_PAIR,
     0x200,
     "a PID without its PPS",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "pid", "0000037M"}},
    {"pps alone",
     AMT_PROV_SETUP_BIN_RULE_PAIR,
     0x200,
     "a PPS without its PID",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "pps",
      "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ"}},
    {"pid mistyped",
     AMT_PROV_SETUP_BIN_RULE_PAIR,
     0x238,
     "should be M",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "pid", "0000037N"}},
    {"pps mistyped",
     AMT_PROV_SETUP_BIN_RULE_PAIR,
     0x248,
     "check character of group 8",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "pid", "0000037M", "pps",
      "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XK"}},
    {"short password",
     AMT_PROV_SETUP_BIN_RULE_PASSWORD,
     0x228,
     "has 7 characters",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0r"}},
    {"only an underscore",
     AMT_PROV_SETUP_BIN_RULE_PASSWORD,
     0x228,
     "a special character",
     {"current-mebx-password", "admin", "new-mebx-password", "Location_1"}},
};

static AmtProvSetupBinRecord *
make_bad_record (const BadRecord *bad)
{
  AmtProvSetupBinRecord *record = amt_prov_setup_bin_record_new (1);

  for (gsize i = 0; bad->variables[i] != NULL; i += 2) {
    g_autoptr (AmtProvSetupBinVariable) variable =
        amt_prov_setup_bin_variable_new_from_text (bad->variables[i], bad->variables[i + 1], NULL);

    g_assert_nonnull (variable);
    amt_prov_setup_bin_record_append (record, variable);
  }
  return record;
}

/* What is not read is not written. */
static void
test_bad_records (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_records); i++) {
    const BadRecord *bad = &bad_records[i];
    g_autoptr (AmtProvSetupBinRecord) record = make_bad_record (bad);
    g_autoptr (GByteArray) file = make_file ("4", record);
    g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("4", 1, TRUE, NULL);
    g_autoptr (GPtrArray) records = g_ptr_array_new ();
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", bad->name);
    assert_broken (file, bad->rule, bad->offset, bad->says);
    g_ptr_array_add (records, record);
    g_assert_null (write_file (header, records, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
    assert_place (error->message, bad->offset, bad->says);
  }
}

static void
test_fourth_hash (void)
{
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", NULL);
  g_autoptr (GByteArray) file = NULL;
  g_autofree char *hex = g_strnfill (40, 'a');
  g_autofree char *hash = g_strdup_printf ("sha1:%s", hex);

  for (guint i = 0; i < 4; i++)
    g_assert_true (amt_prov_setup_bin_record_put_text (record, "user-defined-certificate-addition",
                                                       hash, NULL));
  file = make_file ("3", record);
  assert_broken (file, AMT_PROV_SETUP_BIN_RULE_ORDER, 0x238 + 3 * 32, "for the fourth time");
}

/* Records 1 and 3 have the same pair; record 3 stores it with dashes. */
static void
test_one_pid_twice (void)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("1", 3, TRUE, NULL);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (records, make_record ("current-mebx-password", "admin", "new-mebx-password",
                                         "P@ssw0rd", PAIR, NULL));
  g_ptr_array_add (records, make_record ("current-mebx-password", "admin", "new-mebx-password",
                                         "P@ssw0rd", "pid", "OKRSGI18", "pps",
                                         "RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX", NULL));
  g_ptr_array_add (records, make_record ("current-mebx-password", "admin", "new-mebx-password",
                                         "P@ssw0rd", "pid", "0000-037M", "pps",
                                         "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ", NULL));
  g_assert_null (write_file (header, records, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  assert_place (error->message, 3 * 512 + 0x38,
                "record 3: PID 0000037M stands in record 1 already");
}

static void
test_fewer_records_than_announced (void)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("1", 2, TRUE, NULL);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (records, make_record ("current-mebx-password", "admin", "new-mebx-password",
                                         "P@ssw0rd", NULL));
  g_assert_null (write_file (header, records, &error));
  assert_place (error->message, 1024, "announces 2 records, but there are 1");
}

/* No secret is shown by what is said of it. */
static void
test_errors_show_no_secret (void)
{
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "Curr3nt", "new-mebx-password", "Sesame", "pid",
                   "0000037M", "pps", "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XK", NULL);
  g_autoptr (GByteArray) file = make_file ("1", record);
  g_autoptr (ReadFile) read = read_file (file, TRUE, NULL);

  g_assert_cmpuint (read->problems->len, ==, 2);
  for (guint i = 0; i < read->problems->len; i++) {
    const char *sentence = amt_prov_setup_bin_problem_get_sentence (read->problems->pdata[i]);

    g_assert_null (strstr (sentence, "Curr3nt"));
    g_assert_null (strstr (sentence, "Sesame"));
    g_assert_null (strstr (sentence, "69X"));
  }
}

typedef struct {
  const char *version;
  gboolean consumable;
  AmtProvSetupBinRule rule;
  guint64 offset;
  const char *says;
  const char *variables[16];
} Warning;

static const Warning warnings[] = {
    {"1",
     FALSE,
     AMT_PROV_SETUP_BIN_RULE_CONSUMABLE,
     0x1a,
     "version 1 are always meant",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd"}},
    {"2",
     FALSE,
     AMT_PROV_SETUP_BIN_RULE_CONSUMABLE,
     0x238,
     "every machine gets the PID 0000037M",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", PAIR}},
    {"2",
     TRUE,
     AMT_PROV_SETUP_BIN_RULE_VERSION,
     0x238,
     "host-name came with version 2.1, the file has version 2.0",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "host-name", "pc-1"}},
    {"2",
     TRUE,
     AMT_PROV_SETUP_BIN_RULE_ORDER,
     0x238,
     "user-defined-certificate-configuration should stand before it",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
      "user-defined-certificate-addition", "sha1:72b4433ae39d27a2cc46a01b11186545f986dd5c:Lab"}},
    {"2.1",
     TRUE,
     AMT_PROV_SETUP_BIN_RULE_VERSION,
     0x244,
     "know SHA-1 only",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
      "user-defined-certificate-configuration", "1", "user-defined-certificate-addition",
      "sha256:e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e:Lab"}},
    {"3",
     TRUE,
     AMT_PROV_SETUP_BIN_RULE_VALUE,
     0x238,
     "write 1",
     {"current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", "provisioning-mode", "0"}},
    {"3",
     TRUE,
     AMT_PROV_SETUP_BIN_RULE_PASSWORD,
     0x200,
     "cannot log in",
     {"new-mebx-password", "P@ssw0rd"}},
};

/* A warning stops nobody. */
static void
test_warnings (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (warnings); i++) {
    const Warning *row = &warnings[i];
    BadRecord source = {0};
    g_autoptr (AmtProvSetupBinRecord) record = NULL;
    g_autoptr (GByteArray) file = NULL;
    g_autoptr (ReadFile) read = NULL;
    g_autoptr (GError) error = NULL;
    AmtProvSetupBinProblem *problem;

    memcpy (source.variables, row->variables, sizeof source.variables);
    record = make_bad_record (&source);
    file = make_file (row->version, record);
    file->data[0x1a] = !row->consumable;
    read = read_file (file, FALSE, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (read->problems->len, ==, 1);
    problem = read->problems->pdata[0];
    g_assert_false (amt_prov_setup_bin_problem_is_error (problem));
    g_assert_cmpint (amt_prov_setup_bin_problem_get_rule (problem), ==, row->rule);
    assert_place (amt_prov_setup_bin_problem_get_sentence (problem), row->offset, row->says);
  }
}

static void
assert_header_warning (gsize at, const char *hex, AmtProvSetupBinRule rule, const char *says)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ReadFile) read = NULL;

  put_hex (file, at, hex);
  read = read_file (file, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->problems->len, ==, 1);
  g_assert_cmpint (amt_prov_setup_bin_problem_get_rule (read->problems->pdata[0]), ==, rule);
  assert_place (amt_prov_setup_bin_problem_get_sentence (read->problems->pdata[0]), at, says);
}

static void
test_header_warnings (void)
{
  g_autoptr (AmtProvSetupBinDecoder) decoder = amt_prov_setup_bin_decoder_new (FALSE);
  g_autoptr (AmtProvSetupBinHeader) many = amt_prov_setup_bin_header_new ("4", 3, FALSE, NULL);
  g_autoptr (AmtProvSetupBinHeader) header = NULL;
  g_autoptr (GBytes) bytes = amt_prov_setup_bin_header_encode (many);
  g_autoptr (GPtrArray) problems = NULL;

  assert_header_warning (0x19, "01", AMT_PROV_SETUP_BIN_RULE_VERSION, "newer than 4.0");
  assert_header_warning (0x20, "01000000", AMT_PROV_SETUP_BIN_RULE_COUNTER,
                         "counts 1 used records, but 0 are marked");
  header =
      amt_prov_setup_bin_decoder_decode_header (decoder, g_bytes_get_data (bytes, NULL), 512, NULL);
  g_assert_nonnull (header);
  problems = amt_prov_setup_bin_decoder_take_problems (decoder);
  g_assert_cmpuint (problems->len, ==, 1);
  assert_place (amt_prov_setup_bin_problem_get_sentence (problems->pdata[0]), 0x1a,
                "record 1 only, of 3");
}

/* All that is wrong with a file, not only the first. */
static void
test_lenient_lists_all (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (ReadFile) read = NULL;
  static const guint64 offsets[] = {0x10, 0x24, 0x208, 0x228, 0x238, 0x400};

  put_hex (file, 0x010, "0000");
  put_hex (file, 0x024, "0000");
  put_hex (file, 0x208, "01");
  put_hex (file, 0x230, "3a");
  put_hex (file, 0x240, "09");
  g_byte_array_append (file, (const guint8 *)"x", 1);
  read = read_file (file, TRUE, NULL);
  g_assert_cmpuint (read->problems->len, ==, G_N_ELEMENTS (offsets));
  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    g_assert_cmpuint (amt_prov_setup_bin_problem_get_offset (read->problems->pdata[i]), ==,
                      offsets[i]);
  g_assert_cmpuint (amt_prov_setup_bin_record_get_variables (read->records->pdata[0])->len, ==, 6);
}

static void
test_rule_names (void)
{
  guint count = 0;

  while (amt_prov_setup_bin_rule_to_string (count) != NULL)
    count++;
  g_assert_cmpuint (count, ==, AMT_PROV_SETUP_BIN_RULE_ORDER + 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/setup-bin/rules/damages", test_damages);
  g_test_add_func ("/setup-bin/rules/cut", test_cut);
  g_test_add_func ("/setup-bin/rules/cut-leniently", test_cut_leniently);
  g_test_add_func ("/setup-bin/rules/bytes-behind", test_bytes_behind);
  g_test_add_func ("/setup-bin/rules/too-large", test_too_large);
  g_test_add_func ("/setup-bin/rules/bad-records", test_bad_records);
  g_test_add_func ("/setup-bin/rules/fourth-hash", test_fourth_hash);
  g_test_add_func ("/setup-bin/rules/one-pid-twice", test_one_pid_twice);
  g_test_add_func ("/setup-bin/rules/fewer-records", test_fewer_records_than_announced);
  g_test_add_func ("/setup-bin/rules/no-secret-shown", test_errors_show_no_secret);
  g_test_add_func ("/setup-bin/rules/warnings", test_warnings);
  g_test_add_func ("/setup-bin/rules/header-warnings", test_header_warnings);
  g_test_add_func ("/setup-bin/rules/lenient-lists-all", test_lenient_lists_all);
  g_test_add_func ("/setup-bin/rules/names", test_rule_names);
  return g_test_run ();
}
