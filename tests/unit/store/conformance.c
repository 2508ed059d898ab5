/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conformance.h"

#include <string.h>

AmtProvChange *
put_new (AmtProvKind kind,
         const char *key,
         const char *owner,
         const char *state,
         AmtProvCondition condition,
         guint group)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (kind, key);
  AmtProvChange *change;

  amt_prov_record_set_owner (record, owner);
  amt_prov_record_set_state (record, state);
  change = amt_prov_change_new (AMT_PROV_VERB_PUT, record, condition);
  amt_prov_change_set_group (change, group);
  return change;
}

GPtrArray *
changes_new (AmtProvChange *first, ...)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  va_list rest;

  va_start (rest, first);
  for (AmtProvChange *change = first; change != NULL; change = va_arg (rest, AmtProvChange *))
    g_ptr_array_add (changes, change);
  va_end (rest);
  return changes;
}

GPtrArray *
read_all (
    AmtProvStore *store, AmtProvKind kind, const char *key, const char *owner, const char *state)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (kind);
  g_autoptr (GError) error = NULL;
  GPtrArray *records;

  amt_prov_query_set_key (query, key);
  amt_prov_query_set_owner (query, owner);
  amt_prov_query_set_state (query, state);
  records = amt_prov_store_query (store, query, &error);
  g_assert_no_error (error);
  g_assert_nonnull (records);
  return records;
}

static void
apply (AmtProvStore *store, GPtrArray *changes)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (amt_prov_store_apply (store, changes, &error));
  g_assert_no_error (error);
}

/* One change alone: was it made? */
static gboolean
try (AmtProvStore *store, AmtProvChange *change)
{
  g_autoptr (GPtrArray) changes = changes_new (change, NULL);

  apply (store, changes);
  return amt_prov_change_is_applied (change);
}

static void
test_put_get_delete (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "a-ключ-✓");
  g_autoptr (GBytes) sealed = g_bytes_new ("\0\1\2", 3);
  g_autoptr (GPtrArray) found = NULL, none = NULL;
  AmtProvRecord *got;
  const char *text;

  amt_prov_record_set_owner (record, "büro");
  amt_prov_record_set_state (record, "known");
  amt_prov_record_set_due (record, G_GINT64_CONSTANT (1700000000000000));
  amt_prov_record_set_body (record, g_variant_new_parsed ("{'host': <'größe-日本'>}"));
  amt_prov_record_set_sealed (record, sealed);
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)));
  g_assert_cmpuint (amt_prov_record_get_sequence (record), >, 0);
  g_assert_cmpuint (amt_prov_record_get_revision (record), ==, 1);

  found = read_all (store, AMT_PROV_KIND_DEVICE, "a-ключ-✓", NULL, NULL);
  g_assert_cmpuint (found->len, ==, 1);
  got = found->pdata[0];
  g_assert_cmpstr (amt_prov_record_get_key (got), ==, "a-ключ-✓");
  g_assert_cmpstr (amt_prov_record_get_owner (got), ==, "büro");
  g_assert_cmpstr (amt_prov_record_get_state (got), ==, "known");
  g_assert_cmpint (amt_prov_record_get_due (got), ==, G_GINT64_CONSTANT (1700000000000000));
  g_assert_true (g_bytes_equal (amt_prov_record_get_sealed (got), sealed));
  g_assert_true (g_variant_lookup (amt_prov_record_get_body (got), "host", "&s", &text));
  g_assert_cmpstr (text, ==, "größe-日本");
  g_assert_cmpuint (amt_prov_record_get_sequence (got), ==, amt_prov_record_get_sequence (record));

  /* The same key of another kind is another record. */
  none = read_all (store, AMT_PROV_KIND_LEASE, "a-ключ-✓", NULL, NULL);
  g_assert_cmpuint (none->len, ==, 0);
  g_ptr_array_unref (none);

  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_DELETE, record, AMT_PROV_CONDITION_NONE)));
  none = read_all (store, AMT_PROV_KIND_DEVICE, "a-ключ-✓", NULL, NULL);
  g_assert_cmpuint (none->len, ==, 0);
  /* Removing what is not there is done. */
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_DELETE, record, AMT_PROV_CONDITION_NONE)));
}

static void
test_empty_parts (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) found = NULL;

  g_assert_true (
      try (store, put_new (AMT_PROV_KIND_META, "bare", NULL, NULL, AMT_PROV_CONDITION_NONE, 0)));
  found = read_all (store, AMT_PROV_KIND_META, "bare", NULL, NULL);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_null (amt_prov_record_get_owner (found->pdata[0]));
  g_assert_null (amt_prov_record_get_state (found->pdata[0]));
  g_assert_null (amt_prov_record_get_body (found->pdata[0]));
  g_assert_null (amt_prov_record_get_sealed (found->pdata[0]));
}

static void
test_condition_absent (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) found = NULL;

  g_assert_true (
      try (store, put_new (AMT_PROV_KIND_DEVICE, "k", "1", NULL, AMT_PROV_CONDITION_ABSENT, 0)));
  g_assert_false (
      try (store, put_new (AMT_PROV_KIND_DEVICE, "k", "2", NULL, AMT_PROV_CONDITION_ABSENT, 0)));
  found = read_all (store, AMT_PROV_KIND_DEVICE, "k", NULL, NULL);
  g_assert_cmpstr (amt_prov_record_get_owner (found->pdata[0]), ==, "1");
}

static void
test_condition_revision (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "k");
  g_autoptr (AmtProvRecord) late = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "k");
  guint64 sequence;

  /* A record that does not exist has no revision to agree with. */
  g_assert_false (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_REVISION)));
  g_assert_cmpuint (amt_prov_record_get_revision (record), ==, 0);
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)));
  sequence = amt_prov_record_get_sequence (record);
  amt_prov_record_set_revision (late, 1);
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_REVISION)));
  g_assert_cmpuint (amt_prov_record_get_revision (record), ==, 2);
  g_assert_cmpuint (amt_prov_record_get_sequence (record), ==, sequence);
  g_assert_false (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, late, AMT_PROV_CONDITION_REVISION)));
  g_assert_cmpuint (amt_prov_record_get_revision (late), ==, 1);
  g_assert_false (
      try (store, amt_prov_change_new (AMT_PROV_VERB_DELETE, late, AMT_PROV_CONDITION_REVISION)));
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_DELETE, record, AMT_PROV_CONDITION_REVISION)));
}

static gboolean
lease (AmtProvStore *store, const char *owner, gint64 due, gint64 now, AmtProvVerb verb)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_LEASE, "machine");
  AmtProvChange *change;

  amt_prov_record_set_owner (record, owner);
  amt_prov_record_set_due (record, due);
  change = amt_prov_change_new (verb, record, AMT_PROV_CONDITION_LEASE);
  amt_prov_change_set_now (change, now);
  return try (store, change);
}

static void
test_condition_lease (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();

  g_assert_true (lease (store, "one", 200, 100, AMT_PROV_VERB_PUT));
  g_assert_false (lease (store, "two", 300, 150, AMT_PROV_VERB_PUT));
  g_assert_false (lease (store, "two", 300, 200, AMT_PROV_VERB_PUT));
  g_assert_true (lease (store, "one", 250, 150, AMT_PROV_VERB_PUT));
  g_assert_false (lease (store, "two", 300, 201, AMT_PROV_VERB_PUT));
  g_assert_true (lease (store, "two", 400, 251, AMT_PROV_VERB_PUT));
  g_assert_false (lease (store, "one", 0, 300, AMT_PROV_VERB_DELETE));
  g_assert_true (lease (store, "two", 0, 300, AMT_PROV_VERB_DELETE));
  g_assert_true (lease (store, "one", 500, 300, AMT_PROV_VERB_PUT));
}

static void
test_groups (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) changes = NULL, found = NULL;

  g_assert_true (
      try (store, put_new (AMT_PROV_KIND_DEVICE, "b", NULL, NULL, AMT_PROV_CONDITION_NONE, 0)));
  /* Group 2 fails at its second change; its changes stand apart from each other. */
  changes = changes_new (
      put_new (AMT_PROV_KIND_DEVICE, "a", NULL, NULL, AMT_PROV_CONDITION_ABSENT, 1),
      put_new (AMT_PROV_KIND_DEVICE, "x", NULL, NULL, AMT_PROV_CONDITION_ABSENT, 2),
      put_new (AMT_PROV_KIND_DEVICE, "c", NULL, NULL, AMT_PROV_CONDITION_ABSENT, 3),
      put_new (AMT_PROV_KIND_DEVICE, "b", NULL, NULL, AMT_PROV_CONDITION_ABSENT, 2),
      put_new (AMT_PROV_KIND_DEVICE, "y", NULL, NULL, AMT_PROV_CONDITION_NONE, 2), NULL);
  apply (store, changes);
  g_assert_true (amt_prov_change_is_applied (changes->pdata[0]));
  g_assert_false (amt_prov_change_is_applied (changes->pdata[1]));
  g_assert_true (amt_prov_change_is_applied (changes->pdata[2]));
  g_assert_false (amt_prov_change_is_applied (changes->pdata[3]));
  g_assert_false (amt_prov_change_is_applied (changes->pdata[4]));
  found = read_all (store, AMT_PROV_KIND_DEVICE, NULL, NULL, NULL);
  g_assert_cmpuint (found->len, ==, 3);
}

/* A later group sees what an earlier group of the same commit did. */
static void
test_groups_in_order (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) changes = changes_new (
      put_new (AMT_PROV_KIND_DEVICE, "a", "second", NULL, AMT_PROV_CONDITION_ABSENT, 2),
      put_new (AMT_PROV_KIND_DEVICE, "a", "first", NULL, AMT_PROV_CONDITION_ABSENT, 1), NULL);
  g_autoptr (GPtrArray) found = NULL;

  apply (store, changes);
  g_assert_false (amt_prov_change_is_applied (changes->pdata[0]));
  g_assert_true (amt_prov_change_is_applied (changes->pdata[1]));
  found = read_all (store, AMT_PROV_KIND_DEVICE, "a", NULL, NULL);
  g_assert_cmpstr (amt_prov_record_get_owner (found->pdata[0]), ==, "first");
}

static void
test_sequence (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) changes = changes_new (
      put_new (AMT_PROV_KIND_EVENT, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0),
      put_new (AMT_PROV_KIND_EVENT, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0),
      put_new (AMT_PROV_KIND_JOURNAL, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0), NULL);
  guint64 last = 0;

  apply (store, changes);
  for (guint i = 0; i < changes->len; i++) {
    AmtProvRecord *record = amt_prov_change_get_record (changes->pdata[i]);
    g_autofree char *key =
        g_strdup_printf ("%" G_GUINT64_FORMAT, amt_prov_record_get_sequence (record));
    g_autoptr (GPtrArray) found = NULL;

    g_assert_cmpuint (amt_prov_record_get_sequence (record), >, last);
    g_assert_cmpstr (amt_prov_record_get_key (record), ==, key);
    last = amt_prov_record_get_sequence (record);
    found = read_all (store, amt_prov_record_get_kind (record), key, NULL, NULL);
    g_assert_cmpuint (found->len, ==, 1);
  }
}

static void
test_filters (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) changes =
      changes_new (put_new (AMT_PROV_KIND_DEVICE, "1", "x", "a", AMT_PROV_CONDITION_NONE, 0),
                   put_new (AMT_PROV_KIND_DEVICE, "2", "x", "b", AMT_PROV_CONDITION_NONE, 0),
                   put_new (AMT_PROV_KIND_DEVICE, "3", "y", "a", AMT_PROV_CONDITION_NONE, 0),
                   put_new (AMT_PROV_KIND_LEASE, "1", "x", "a", AMT_PROV_CONDITION_NONE, 0), NULL);
  const struct {
    const char *key, *owner, *state;
    guint count;
  } cases[] = {
      {NULL, NULL, NULL, 3}, {NULL, "x", NULL, 2}, {NULL, NULL, "a", 2},       {NULL, "x", "a", 1},
      {"2", NULL, NULL, 1},  {"2", "y", NULL, 0},  {"3", "y", "a", 1},         {"3", NULL, "a", 1},
      {"4", NULL, NULL, 0},  {NULL, "", NULL, 0},  {"1' OR 1", NULL, NULL, 0},
  };

  apply (store, changes);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) found =
        read_all (store, AMT_PROV_KIND_DEVICE, cases[i].key, cases[i].owner, cases[i].state);

    g_assert_cmpuint (found->len, ==, cases[i].count);
  }
}

static void
test_many_with_cursor (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (GPtrArray) changes =
      g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_change_unref);
  guint64 after = 0;
  guint total = 0, pages = 0;

  for (guint i = 0; i < 10000; i++) {
    g_autofree char *key = g_strdup_printf ("device-%u", i);

    g_ptr_array_add (changes, put_new (AMT_PROV_KIND_DEVICE, key, i % 2 ? "odd" : "even", "known",
                                       AMT_PROV_CONDITION_ABSENT, i));
  }
  apply (store, changes);
  for (;;) {
    g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);
    g_autoptr (GPtrArray) page = NULL;

    amt_prov_query_set_after (query, after);
    amt_prov_query_set_limit (query, 3000);
    page = amt_prov_store_query (store, query, NULL);
    g_assert_nonnull (page);
    if (page->len == 0)
      break;
    for (guint i = 0; i < page->len; i++) {
      g_assert_cmpuint (amt_prov_record_get_sequence (page->pdata[i]), >, after);
      after = amt_prov_record_get_sequence (page->pdata[i]);
    }
    total += page->len;
    pages++;
  }
  g_assert_cmpuint (total, ==, 10000);
  g_assert_cmpuint (pages, ==, 4);
}

static void
test_big_body (gconstpointer data)
{
  g_autoptr (AmtProvStore) store = ((ConformanceMake)data) ();
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_JOURNAL, NULL);
  g_autofree char *text = g_strnfill (4 * 1024 * 1024, 'x');
  g_autoptr (GPtrArray) found = NULL;
  const char *got;
  GVariantDict body;

  g_variant_dict_init (&body, NULL);
  g_variant_dict_insert (&body, "text", "s", text);
  g_variant_dict_insert (&body, "number", "t", G_MAXUINT64 - 1);
  amt_prov_record_set_body (record, g_variant_dict_end (&body));
  g_assert_true (
      try (store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)));
  found = read_all (store, AMT_PROV_KIND_JOURNAL, NULL, NULL, NULL);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_true (g_variant_lookup (amt_prov_record_get_body (found->pdata[0]), "text", "&s", &got));
  g_assert_cmpstr (got, ==, text);
  g_assert_true (g_variant_equal (amt_prov_record_get_body (found->pdata[0]),
                                  amt_prov_record_get_body (record)));
}

void
conformance_add (const char *prefix, ConformanceMake make)
{
  const struct {
    const char *name;
    GTestDataFunc test;
  } tests[] = {
      {"put-get-delete", test_put_get_delete},
      {"empty-parts", test_empty_parts},
      {"condition-absent", test_condition_absent},
      {"condition-revision", test_condition_revision},
      {"condition-lease", test_condition_lease},
      {"groups", test_groups},
      {"groups-in-order", test_groups_in_order},
      {"sequence", test_sequence},
      {"filters", test_filters},
      {"many-with-cursor", test_many_with_cursor},
      {"big-body", test_big_body},
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path = g_strdup_printf ("/%s/%s", prefix, tests[i].name);

    g_test_add_data_func (path, (gconstpointer)make, tests[i].test);
  }
}
