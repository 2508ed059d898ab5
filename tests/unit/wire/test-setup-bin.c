/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup-bin-file.h"

/* What goes in comes out: reading, writing, and back. */

static GByteArray *
write_again (ReadFile *file)
{
  g_autoptr (GError) error = NULL;
  GByteArray *again = write_file (file->header, file->records, &error);

  g_assert_no_error (error);
  return again;
}

static ReadFile *
read_strict (GByteArray *file)
{
  g_autoptr (GError) error = NULL;
  ReadFile *read = read_file (file, FALSE, &error);

  g_assert_no_error (error);
  return read;
}

static const char *
peek_text (AmtProvSetupBinRecord *record, const char *name)
{
  AmtProvSetupBinVariable *variable = amt_prov_setup_bin_record_find (record, name);

  g_assert_nonnull (variable);
  return amt_prov_secret_peek_text (amt_prov_setup_bin_variable_get_value (variable));
}

static guint32
get_integer (AmtProvSetupBinRecord *record, const char *name)
{
  return amt_prov_setup_bin_variable_get_integer (amt_prov_setup_bin_record_find (record, name));
}

static void
test_example_reads (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, file->data, file->len);
  g_autoptr (ReadFile) read = read_strict (file);
  AmtProvSetupBinRecord *record = read->records->pdata[0];
  g_autofree char *hash = NULL;

  g_assert_cmpstr (sum, ==, EXAMPLE_SHA256);
  g_assert_cmpuint (read->problems->len, ==, 0);
  g_assert_cmpuint (amt_prov_setup_bin_header_get_major (read->header), ==, 4);
  g_assert_cmpuint (amt_prov_setup_bin_header_get_minor (read->header), ==, 0);
  g_assert_false (amt_prov_setup_bin_header_get_consumable (read->header));
  g_assert_cmpuint (amt_prov_setup_bin_header_get_n_consumed (read->header), ==, 0);
  g_assert_cmpuint (read->records->len, ==, 1);
  g_assert_cmpuint (read->next_available, ==, 1);
  g_assert_cmpuint (read->n_used, ==, 0);
  g_assert_cmpuint (amt_prov_setup_bin_record_get_number (record), ==, 1);
  g_assert_cmpint (amt_prov_setup_bin_record_get_state (record), ==,
                   AMT_PROV_SETUP_BIN_STATE_VALID);
  g_assert_false (amt_prov_setup_bin_record_get_scrambled (record));
  g_assert_cmpuint (amt_prov_setup_bin_record_get_variables (record)->len, ==, 6);
  g_assert_cmpstr (peek_text (record, "current-mebx-password"), ==, "admin");
  g_assert_cmpstr (peek_text (record, "new-mebx-password"), ==, "P@ssw0rd");
  g_assert_cmpuint (get_integer (record, "manageability-feature-selection"), ==, 1);
  g_assert_cmpstr (peek_text (record, "pki-dns-suffix"), ==, "amt-provisioning.test.com");
  g_assert_cmpuint (get_integer (record, "remote-configuration-enabled"), ==, 1);
  hash = amt_prov_setup_bin_variable_dup_text (
      amt_prov_setup_bin_record_find (record, "user-defined-certificate-addition"));
  g_assert_cmpstr (hash, ==,
                   "sha256:e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e:"
                   "AMT Test CA");
}

static void
test_example_is_written (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("4", 1, FALSE, NULL);
  g_autoptr (GPtrArray) records = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) written = NULL;
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (7);
  static const char *const settings[][2] = {
      {"user-defined-certificate-addition",
       "sha256:e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e:AMT Test CA"},
      {"remote-configuration-enabled", "1"},
      {"pki-dns-suffix", "amt-provisioning.test.com"},
      {"manageability-feature-selection", "1"},
      {"new-mebx-password", "P@ssw0rd"},
      {"current-mebx-password", "admin"}};

  /* Whatever the order in which they are put, they come out in that of the format. */
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    g_assert_true (
        amt_prov_setup_bin_record_put_text (record, settings[i][0], settings[i][1], NULL));
  g_ptr_array_add (records, record);
  written = write_file (header, records, &error);
  g_assert_no_error (error);
  assert_same (written, file);
  g_assert_cmpuint (amt_prov_setup_bin_record_get_number (record), ==, 1);
}

static void
test_versions (void)
{
  static const struct {
    const char *version;
    guint major, minor;
    const char *guid;
  } versions[] = {
      {"1", 1, 0, "b516fb7187cbf94ab441ca7b383578f9"},
      {"1.0", 1, 0, "b516fb7187cbf94ab441ca7b383578f9"},
      {"2", 2, 0, "96b28158cf6b724c8b91a15e512e99c4"},
      {"2.0", 2, 0, "96b28158cf6b724c8b91a15e512e99c4"},
      {"2.1", 2, 1, "96b28158cf6b724c8b91a15e512e99c4"},
      {"3", 3, 0, "a7f7f6c689c4f64793ede2e5020da51d"},
      {"4.0", 4, 0, "aaa93452e129a9448d4d081c07b96353"},
  };
  static const char *const bad[] = {"", "0", "1.1", "2.2", "5", "4.00", "v1", "2.", "3.1"};

  for (gsize i = 0; i < G_N_ELEMENTS (versions); i++) {
    g_autoptr (AmtProvSetupBinRecord) record =
        make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", NULL);
    g_autoptr (GByteArray) file = make_file (versions[i].version, record);
    g_autoptr (GByteArray) guid = g_byte_array_new ();
    g_autoptr (ReadFile) read = read_strict (file);
    g_autoptr (GByteArray) again = write_again (read);

    put_hex (guid, 0, versions[i].guid);
    g_assert_cmpmem (file->data, 16, guid->data, guid->len);
    g_assert_cmpuint (file->len, ==, 1024);
    g_assert_cmpuint (file->data[0x18], ==, versions[i].major);
    g_assert_cmpuint (file->data[0x19], ==, versions[i].minor);
    g_assert_cmpuint (amt_prov_setup_bin_header_get_major (read->header), ==, versions[i].major);
    g_assert_cmpuint (amt_prov_setup_bin_header_get_minor (read->header), ==, versions[i].minor);
    g_assert_cmpuint (read->problems->len, ==, 0);
    assert_same (again, file);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (amt_prov_setup_bin_header_new (bad[i], 1, TRUE, &error));
    g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  }
}

/* setup-bin.md §5 */
static void
test_scrambling (void)
{
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
                   "remote-configuration-enabled", "1", NULL);
  g_autoptr (GByteArray) plain = make_file ("4", record);
  g_autoptr (GByteArray) scrambled = NULL, again = NULL;
  g_autoptr (ReadFile) read = NULL;

  amt_prov_setup_bin_record_set_scrambled (record, TRUE);
  scrambled = make_file ("4", record);
  g_assert_cmpmem (plain->data + 0x238, 9, "\x02\0\x05\0\x01\0\0\0\x01", 9);
  g_assert_cmpmem (scrambled->data + 0x238, 9, "\x13\x11\x16\x11\x12\x11\x11\x11\x12", 9);
  g_assert_cmpuint (scrambled->data[0x204], ==, 3);
  for (gsize i = 0x218; i < 1024; i++)
    g_assert_cmpuint (scrambled->data[i], ==, (guint8)(plain->data[i] + 17));
  read = read_strict (scrambled);
  g_assert_true (amt_prov_setup_bin_record_get_scrambled (read->records->pdata[0]));
  g_assert_cmpstr (peek_text (read->records->pdata[0], "new-mebx-password"), ==, "P@ssw0rd");
  again = write_again (read);
  assert_same (again, scrambled);
}

/* Bytes above 0xee go around. */
static void
test_scrambling_wraps (void)
{
  g_autoptr (AmtProvSecret) value = amt_prov_secret_new ((const guint8 *)"\xf0\xff\xee\xef", 4);
  g_autoptr (AmtProvSetupBinVariable) variable =
      amt_prov_setup_bin_variable_new (9, 9, value, NULL);
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);
  g_autoptr (GByteArray) file = NULL, again = NULL;
  g_autoptr (ReadFile) read = NULL;

  amt_prov_setup_bin_record_append (record, variable);
  amt_prov_setup_bin_record_set_scrambled (record, TRUE);
  file = make_file ("4", record);
  g_assert_cmpmem (file->data + 0x220, 4, "\x01\x10\xff\x00", 4);
  read = read_strict (file);
  again = write_again (read);
  assert_same (again, file);
}

/* A BIOS that takes record 2 of 3: only its flags, its body and the counter change. */
static void
test_using_a_record (void)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("1", 3, TRUE, NULL);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  g_autoptr (GByteArray) file = NULL;

  for (guint i = 0; i < 3; i++) {
    AmtProvSetupBinRecord *record =
        make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", NULL);
    g_autoptr (AmtProvPsk) psk = amt_prov_psk_generate ();

    amt_prov_setup_bin_record_put_psk (record, psk);
    amt_prov_setup_bin_record_set_scrambled (record, TRUE);
    g_ptr_array_add (records, record);
  }
  file = write_file (header, records, NULL);
  for (guint wipe = 0; wipe < 2; wipe++) {
    g_autoptr (GByteArray) expected = g_byte_array_new ();
    g_autoptr (ReadFile) read = read_strict (file);
    g_autoptr (ReadFile) after = NULL;
    g_autoptr (GByteArray) used = NULL;

    g_byte_array_append (expected, file->data, file->len);
    expected->data[0x20] = 1;
    expected->data[1024 + 4] = 2;
    if (wipe)
      memset (expected->data + 1024 + 24, 0, 488);
    amt_prov_setup_bin_header_set_n_consumed (read->header, 1);
    amt_prov_setup_bin_record_set_state (read->records->pdata[1],
                                         wipe ? AMT_PROV_SETUP_BIN_STATE_WIPED
                                              : AMT_PROV_SETUP_BIN_STATE_USED);
    used = write_again (read);
    assert_same (used, expected);
    after = read_strict (used);
    g_assert_cmpuint (after->n_used, ==, 1);
    g_assert_cmpuint (after->next_available, ==, 1);
    g_assert_cmpuint (after->problems->len, ==, 0);
    g_assert_cmpint (amt_prov_setup_bin_record_get_state (after->records->pdata[1]), ==,
                     wipe ? AMT_PROV_SETUP_BIN_STATE_WIPED : AMT_PROV_SETUP_BIN_STATE_USED);
  }
}

static void
test_none_left (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (ReadFile) read = NULL;

  file->data[0x1a] = 0;
  file->data[0x20] = 1;
  file->data[0x204] = 0;
  read = read_strict (file);
  g_assert_cmpuint (read->next_available, ==, 0);
  g_assert_cmpuint (read->n_used, ==, 1);
}

/* Older files have no list of modules but the same length. */
static void
test_no_modules (void)
{
  g_autoptr (GByteArray) file = example_file ();
  g_autoptr (ReadFile) read = NULL;
  g_autoptr (GByteArray) again = NULL;
  gsize n_modules;

  put_hex (file, 0x28, "0000 0000");
  read = read_strict (file);
  amt_prov_setup_bin_header_get_modules (read->header, &n_modules);
  g_assert_cmpuint (n_modules, ==, 0);
  again = write_again (read);
  assert_same (again, file);
}

/* A record that is filled to its last byte has no end mark. */
static void
test_filled_record (void)
{
  g_autofree char *suffix = g_strnfill (230, 's');
  g_autofree char *host = g_strnfill (222, 'h');
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "Adm1n!Password", "pki-dns-suffix", suffix, NULL);
  g_autoptr (GByteArray) file = NULL, again = NULL;
  g_autoptr (ReadFile) read = NULL;
  g_autoptr (GError) error = NULL;

  /* 488 - (8 + 16) - (8 + 232) = 8 + 216 */
  host[216] = '\0';
  g_assert_true (amt_prov_setup_bin_record_put_text (record, "domain-name", host, NULL));
  file = make_file ("4", record);
  g_assert_cmpuint (file->data[1023], ==, 'h');
  read = read_strict (file);
  g_assert_cmpuint (amt_prov_setup_bin_record_get_variables (read->records->pdata[0])->len, ==, 3);
  again = write_again (read);
  assert_same (again, file);
  g_assert_true (amt_prov_setup_bin_record_put_text (record, "dhcp", "2", NULL));
  g_assert_null (amt_prov_setup_bin_record_encode (record, 1, &error));
  g_assert_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (error->message, "524 bytes"));
}

static void
test_larger_records (void)
{
  g_autoptr (AmtProvSetupBinHeader) header = amt_prov_setup_bin_header_new ("3", 2, TRUE, NULL);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_setup_bin_record_unref);
  g_autofree char *name = g_strnfill (255, 'n');
  g_autoptr (GByteArray) file = NULL, again = NULL;
  g_autoptr (ReadFile) read = NULL;

  amt_prov_setup_bin_header_set_record_chunks (header, 2);
  for (guint i = 0; i < 2; i++)
    g_ptr_array_add (records,
                     make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd",
                                  "pki-dns-suffix", name, "domain-name", name, NULL));
  file = write_file (header, records, NULL);
  g_assert_cmpuint (file->len, ==, 512 + 2 * 1024);
  read = read_strict (file);
  g_assert_cmpuint (amt_prov_setup_bin_header_get_record_chunks (read->header), ==, 2);
  g_assert_cmpstr (peek_text (read->records->pdata[1], "domain-name"), ==, name);
  again = write_again (read);
  assert_same (again, file);
}

/* Read, change one, write: those that nobody knows stay where and what they are. */
static void
test_unknown_variables_survive (void)
{
  g_autoptr (AmtProvSetupBinRecord) record =
      make_record ("current-mebx-password", "admin", "new-mebx-password", "P@ssw0rd", NULL);
  static const guint ids[][2] = {{1, 99}, {2, 9}, {2, 36}, {7, 1}, {65535, 65535}};
  g_autoptr (GByteArray) file = NULL, changed = NULL;
  g_autoptr (ReadFile) read = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autoptr (AmtProvSecret) value = amt_prov_secret_new ((const guint8 *)"\0\x01\xff\x7f", i);
    g_autoptr (AmtProvSetupBinVariable) variable =
        amt_prov_setup_bin_variable_new (ids[i][0], ids[i][1], value, NULL);

    g_assert_null (amt_prov_setup_bin_variable_get_name (variable));
    amt_prov_setup_bin_record_append (record, variable);
  }
  file = make_file ("4", record);
  read = read_strict (file);
  g_assert_true (amt_prov_setup_bin_record_put_text (read->records->pdata[0], "new-mebx-password",
                                                     "Q@ssw0rd", NULL));
  changed = write_again (read);
  g_assert_cmpuint (changed->data[0x230], ==, 'Q');
  changed->data[0x230] = 'P';
  assert_same (changed, file);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/setup-bin/example-reads", test_example_reads);
  g_test_add_func ("/setup-bin/example-is-written", test_example_is_written);
  g_test_add_func ("/setup-bin/versions", test_versions);
  g_test_add_func ("/setup-bin/scrambling", test_scrambling);
  g_test_add_func ("/setup-bin/scrambling-wraps", test_scrambling_wraps);
  g_test_add_func ("/setup-bin/using-a-record", test_using_a_record);
  g_test_add_func ("/setup-bin/none-left", test_none_left);
  g_test_add_func ("/setup-bin/no-modules", test_no_modules);
  g_test_add_func ("/setup-bin/filled-record", test_filled_record);
  g_test_add_func ("/setup-bin/larger-records", test_larger_records);
  g_test_add_func ("/setup-bin/unknown-variables-survive", test_unknown_variables_survive);
  return g_test_run ();
}
