/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/journal-private.h"

#define UUID "4c4c4544-0036-4a10-8052-b4c04f563233"

static void
assert_body (AmtProvRecord *record, const char *expected)
{
  g_autofree char *text = g_variant_print (amt_prov_record_get_body (record), FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_empty (void)
{
  g_autoptr (AmtProvJournal) journal = amt_prov_journal_new (UUID, NULL);

  g_assert_false (amt_prov_journal_is_changed (journal));
  g_assert_null (amt_prov_journal_get_state (journal, "commit"));
}

/* A step keeps its place, and a record does not change any more once it is made. */
static void
test_note (void)
{
  g_autoptr (AmtProvJournal) journal = amt_prov_journal_new (UUID, NULL);
  g_autoptr (AmtProvRecord) first = NULL;
  g_autoptr (AmtProvRecord) second = NULL;

  amt_prov_journal_note (journal, "identify", "T1", "begun", NULL);
  amt_prov_journal_note (journal, "set-psk", "T2", "skipped", "no SetTLSPSK");
  g_assert_true (amt_prov_journal_is_changed (journal));
  first = amt_prov_journal_to_record (journal);
  g_assert_false (amt_prov_journal_is_changed (journal));
  amt_prov_journal_note (journal, "identify", "T3", "done", NULL);
  g_assert_cmpstr (amt_prov_journal_get_state (journal, "identify"), ==, "done");
  second = amt_prov_journal_to_record (journal);
  g_assert_cmpint (amt_prov_record_get_kind (second), ==, AMT_PROV_KIND_JOURNAL);
  g_assert_cmpstr (amt_prov_record_get_key (second), ==, UUID);
  g_assert_cmpstr (amt_prov_record_get_owner (second), ==, UUID);
  assert_body (first, "{'identify': <('T1', 'begun', '')>, "
                      "'set-psk': <('T2', 'skipped', 'no SetTLSPSK')>}");
  assert_body (second, "{'identify': <('T3', 'done', '')>, "
                       "'set-psk': <('T2', 'skipped', 'no SetTLSPSK')>}");
}

/* What a newer version has written in another form is passed over. */
static void
test_read (void)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_JOURNAL, UUID);
  g_autoptr (AmtProvJournal) journal = NULL;

  amt_prov_record_set_body (
      record, g_variant_new_parsed ("{'commit': <('T1', 'begun', '')>, 'verify': <uint32 7>}"));
  journal = amt_prov_journal_new (UUID, record);
  g_assert_false (amt_prov_journal_is_changed (journal));
  g_assert_cmpstr (amt_prov_journal_get_state (journal, "commit"), ==, "begun");
  g_assert_null (amt_prov_journal_get_state (journal, "verify"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine/journal/empty", test_empty);
  g_test_add_func ("/engine/journal/note", test_note);
  g_test_add_func ("/engine/journal/read", test_read);
  return g_test_run ();
}
