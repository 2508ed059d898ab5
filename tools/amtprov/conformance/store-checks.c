/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-subject.h"

#include <string.h>

#include "store-changes.h"

/* What one process sees of one store. */

#define MANY      10000
#define PAGE      3000
#define BIG_BYTES (4 * 1024 * 1024)

static AmtProvRecord *
only (Check *check, GPtrArray *found, const char *what)
{
  if (found->len == 1)
    return found->pdata[0];
  check_fail (check, "query() for %s gave %u records where there is exactly one", what, found->len);
  return NULL;
}

static void
check_put (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "a-ключ-✓ '\";%");
  g_autoptr (GBytes) sealed = g_bytes_new ("\0\1\2\0", 4);
  g_autoptr (GPtrArray) found = NULL;
  const gint64 due = G_GINT64_CONSTANT (1700000000000000);
  AmtProvRecord *got;

  if (store == NULL)
    return;
  amt_prov_record_set_owner (record, "büro");
  amt_prov_record_set_state (record, "known");
  amt_prov_record_set_due (record, due);
  amt_prov_record_set_body (record, g_variant_new_parsed ("{'host': <'größe-日本'>}"));
  amt_prov_record_set_sealed (record, sealed);
  CHECK (check,
         store_try (check, store,
                    amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)),
         "a put without a condition was not made");
  CHECK (check,
         amt_prov_record_get_sequence (record) > 0 && amt_prov_record_get_revision (record) == 1,
         "after its first put a record has sequence %" G_GUINT64_FORMAT
         " and revision %" G_GUINT64_FORMAT
         " where a number above 0 and revision 1 are due: sessions compare them later",
         amt_prov_record_get_sequence (record), amt_prov_record_get_revision (record));
  found =
      store_find (check, store, AMT_PROV_KIND_DEVICE, amt_prov_record_get_key (record), NULL, NULL);
  got = only (check, found, "a key that is not ASCII");
  if (got == NULL)
    return;
  CHECK (check,
         g_strcmp0 (amt_prov_record_get_key (got), amt_prov_record_get_key (record)) == 0 &&
             g_strcmp0 (amt_prov_record_get_owner (got), "büro") == 0 &&
             g_strcmp0 (amt_prov_record_get_state (got), "known") == 0 &&
             amt_prov_record_get_due (got) == due &&
             amt_prov_record_get_sequence (got) == amt_prov_record_get_sequence (record),
         "key, owner, state, due or sequence of a record came back changed (owner “%s”, state "
         "“%s”): UTF-8 and 64-bit times are kept as they are",
         amt_prov_record_get_owner (got), amt_prov_record_get_state (got));
  CHECK (check,
         amt_prov_record_get_body (got) != NULL &&
             g_variant_equal (amt_prov_record_get_body (got), amt_prov_record_get_body (record)),
         "the body of a record came back changed: a store keeps it without looking inside");
  CHECK (check,
         amt_prov_record_get_sealed (got) != NULL &&
             g_bytes_equal (amt_prov_record_get_sealed (got), sealed),
         "sealed bytes came back changed (bytes of value 0 are bytes as all others): the secret in "
         "them is lost");
}

static void
check_kinds (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (GPtrArray) changes = NULL;

  if (store == NULL)
    return;
  changes = changes_new (NULL, NULL);
  for (AmtProvKind kind = AMT_PROV_KIND_META; kind <= AMT_PROV_KIND_EVENT; kind++)
    g_ptr_array_add (changes, put_new (kind, "same", NULL, NULL, AMT_PROV_CONDITION_NONE, kind));
  store_apply (check, store, changes);
  for (AmtProvKind kind = AMT_PROV_KIND_META; kind <= AMT_PROV_KIND_EVENT; kind++) {
    g_autoptr (GPtrArray) found = store_find (check, store, kind, "same", NULL, NULL);

    if (only (check, found, "one kind and a key that records of all kinds have") == NULL)
      return;
    CHECK (check, amt_prov_record_get_kind (found->pdata[0]) == kind,
           "query() for kind %d gave a record of kind %d", kind,
           amt_prov_record_get_kind (found->pdata[0]));
  }
}

static void
check_delete (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "gone");

  if (store == NULL)
    return;
  store_try (check, store,
             amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GPtrArray) found = NULL;

    CHECK (check,
           store_try (check, store,
                      amt_prov_change_new (AMT_PROV_VERB_DELETE, record, AMT_PROV_CONDITION_NONE)),
           "removing a record that is %s was not made; it is done in both cases",
           i == 0 ? "there" : "not there any more");
    found = store_find (check, store, AMT_PROV_KIND_DEVICE, "gone", NULL, NULL);
    CHECK (check, found->len == 0, "a record was still found after it had been removed");
  }
}

static void
check_empty_parts (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) empty = amt_prov_record_new (AMT_PROV_KIND_META, "empty");
  g_autoptr (GBytes) no_bytes = g_bytes_new (NULL, 0);
  g_autoptr (GPtrArray) bare = NULL, found = NULL;
  GBytes *sealed;
  AmtProvRecord *got;

  if (store == NULL)
    return;
  store_try (check, store,
             put_new (AMT_PROV_KIND_META, "bare", NULL, NULL, AMT_PROV_CONDITION_NONE, 0));
  bare = store_find (check, store, AMT_PROV_KIND_META, "bare", NULL, NULL);
  got = only (check, bare, "a record with nothing but a key");
  if (got == NULL)
    return;
  CHECK (check,
         amt_prov_record_get_owner (got) == NULL && amt_prov_record_get_state (got) == NULL &&
             amt_prov_record_get_body (got) == NULL && amt_prov_record_get_sealed (got) == NULL,
         "a part that was not set came back set: not set and empty are not the same");
  amt_prov_record_set_owner (empty, "");
  amt_prov_record_set_sealed (empty, no_bytes);
  store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_PUT, empty, AMT_PROV_CONDITION_NONE));
  found = store_find (check, store, AMT_PROV_KIND_META, "empty", NULL, NULL);
  got = only (check, found, "a record with empty parts");
  if (got == NULL)
    return;
  sealed = amt_prov_record_get_sealed (got);
  CHECK (check, sealed != NULL && g_bytes_get_size (sealed) == 0,
         "sealed bytes of length 0 came back as none: not set and empty are not the same");
  CHECK (check, g_strcmp0 (amt_prov_record_get_owner (got), "") == 0,
         "an owner of length 0 came back as none: not set and empty are not the same");
}

static void
check_absent (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (GPtrArray) found = NULL;

  if (store == NULL)
    return;
  CHECK (check,
         store_try (check, store,
                    put_new (AMT_PROV_KIND_DEVICE, "k", "1", NULL, AMT_PROV_CONDITION_ABSENT, 0)),
         "a put with the condition “absent” was not made though there is no such record");
  CHECK (check,
         !store_try (check, store,
                     put_new (AMT_PROV_KIND_DEVICE, "k", "2", NULL, AMT_PROV_CONDITION_ABSENT, 0)),
         "a put with the condition “absent” was made though the record exists: an import would "
         "overwrite a machine that is in work");
  found = store_find (check, store, AMT_PROV_KIND_DEVICE, "k", NULL, NULL);
  CHECK (check,
         found->len == 1 && g_strcmp0 (amt_prov_record_get_owner (found->pdata[0]), "1") == 0,
         "a put whose condition “absent” had failed changed the record all the same");
}

static void
check_revision (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "k");
  g_autoptr (AmtProvRecord) late = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "k");
  const AmtProvCondition revision = AMT_PROV_CONDITION_REVISION;
  guint64 sequence;

  if (store == NULL)
    return;
  CHECK (check,
         !store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, revision)) &&
             amt_prov_record_get_revision (record) == 0,
         "a put with the condition “revision” was made though there is no record whose revision "
         "could agree: a machine that was removed would come back");
  store_try (check, store,
             amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE));
  sequence = amt_prov_record_get_sequence (record);
  amt_prov_record_set_revision (late, 1);
  CHECK (check,
         store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_PUT, record, revision)) &&
             amt_prov_record_get_revision (record) == 2 &&
             amt_prov_record_get_sequence (record) == sequence,
         "a put of a record at its own revision 1 was not made, or left it at revision "
         "%" G_GUINT64_FORMAT " and sequence %" G_GUINT64_FORMAT
         ": a replaced record has its next revision and its old sequence",
         amt_prov_record_get_revision (record), amt_prov_record_get_sequence (record));
  CHECK (check, !store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_PUT, late, revision)),
         "a put at revision 1 was made though the record is at 2: what somebody else wrote in "
         "between is lost");
  CHECK (check, amt_prov_record_get_revision (late) == 1,
         "a put that was refused changed the revision of the caller's record");
  CHECK (check,
         !store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_DELETE, late, revision)),
         "a delete at revision 1 was made though the record is at 2");
  CHECK (check,
         store_try (check, store, amt_prov_change_new (AMT_PROV_VERB_DELETE, record, revision)),
         "a delete at the record's own revision was not made");
}

static gboolean
lease (
    Check *check, AmtProvStore *store, const char *owner, gint64 due, gint64 now, AmtProvVerb verb)
{
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_LEASE, "machine");
  AmtProvChange *change;

  amt_prov_record_set_owner (record, owner);
  amt_prov_record_set_due (record, due);
  change = amt_prov_change_new (verb, record, AMT_PROV_CONDITION_LEASE);
  amt_prov_change_set_now (change, now);
  return store_try (check, store, change);
}

static void
check_lease (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  const struct {
    const char *owner;
    gint64 due, now;
    AmtProvVerb verb;
    gboolean made;
    const char *what;
  } cases[] = {
      {"one", 200, 100, AMT_PROV_VERB_PUT, TRUE, "takes a lease that is free"},
      {"two", 300, 150, AMT_PROV_VERB_PUT, FALSE, "takes another's lease before its end"},
      {"two", 300, 200, AMT_PROV_VERB_PUT, FALSE, "takes another's lease at its very end"},
      {"one", 250, 150, AMT_PROV_VERB_PUT, TRUE, "renews its own lease"},
      {"two", 300, 201, AMT_PROV_VERB_PUT, FALSE, "takes another's lease that was renewed"},
      {"two", 400, 251, AMT_PROV_VERB_PUT, TRUE, "takes another's lease after its end"},
      {"one", 0, 300, AMT_PROV_VERB_DELETE, FALSE, "gives back another's lease"},
      {"two", 0, 300, AMT_PROV_VERB_DELETE, TRUE, "gives back its own lease"},
      {"one", 500, 300, AMT_PROV_VERB_PUT, TRUE, "takes a lease that was given back"},
  };

  for (guint i = 0; store != NULL && i < G_N_ELEMENTS (cases); i++)
    CHECK (check,
           lease (check, store, cases[i].owner, cases[i].due, cases[i].now, cases[i].verb) ==
               cases[i].made,
           "somebody %s: this was %s; by its lease one daemon at a time works on a machine, and "
           "time is that of amt_prov_change_get_now(), not the clock's",
           cases[i].what, cases[i].made ? "refused" : "made");
}

static void
check_groups (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  /* Group 2 fails at its second change; its changes stand apart from each other. */
  g_autoptr (GPtrArray) changes = changes_new (
      put_new (AMT_PROV_KIND_DEVICE, "a", NULL, NULL, AMT_PROV_CONDITION_NONE, 1),
      put_new (AMT_PROV_KIND_DEVICE, "x", NULL, NULL, AMT_PROV_CONDITION_NONE, 2),
      put_new (AMT_PROV_KIND_DEVICE, "c", NULL, NULL, AMT_PROV_CONDITION_NONE, 3),
      put_new (AMT_PROV_KIND_DEVICE, "b", NULL, NULL, AMT_PROV_CONDITION_REVISION, 2),
      put_new (AMT_PROV_KIND_DEVICE, "y", NULL, NULL, AMT_PROV_CONDITION_NONE, 2), NULL);
  const gboolean made[] = {TRUE, FALSE, TRUE, FALSE, FALSE};

  if (store == NULL || !store_apply (check, store, changes))
    return;
  for (guint i = 0; i < changes->len; i++) {
    const char *key = amt_prov_record_get_key (amt_prov_change_get_record (changes->pdata[i]));
    g_autoptr (GPtrArray) found = store_find (check, store, AMT_PROV_KIND_DEVICE, key, NULL, NULL);

    CHECK (check, amt_prov_change_is_applied (changes->pdata[i]) == made[i],
           "a change of a group %s is marked %s: all changes of a group are made or none",
           made[i] ? "whose conditions hold" : "of which one condition fails",
           made[i] ? "not applied" : "applied");
    CHECK (check, found->len == (made[i] ? 1 : 0),
           "a record of a group %s is %s: all changes of a group are made or none, since half of "
           "them (a password without its machine's new state) would be a lie",
           made[i] ? "whose conditions hold" : "of which one condition fails",
           made[i] ? "not in the store" : "in the store");
  }
}

static void
check_group_order (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) second = amt_prov_record_new (AMT_PROV_KIND_DEVICE, "a");
  g_autoptr (GPtrArray) changes = NULL, found = NULL;
  AmtProvChange *change;

  if (store == NULL)
    return;
  amt_prov_record_set_revision (second, 1);
  amt_prov_record_set_owner (second, "second");
  change = amt_prov_change_new (AMT_PROV_VERB_PUT, second, AMT_PROV_CONDITION_REVISION);
  amt_prov_change_set_group (change, 2);
  changes = changes_new (
      change, put_new (AMT_PROV_KIND_DEVICE, "a", "first", NULL, AMT_PROV_CONDITION_NONE, 1), NULL);
  store_apply (check, store, changes);
  found = store_find (check, store, AMT_PROV_KIND_DEVICE, "a", NULL, NULL);
  CHECK (check,
         found->len == 1 && g_strcmp0 (amt_prov_record_get_owner (found->pdata[0]), "second") == 0,
         "of one apply(), group 2 did not see what group 1 had written: groups are made in the "
         "order of their numbers, wherever their changes stand");
}

static void
check_sequence (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (GPtrArray) changes = changes_new (
      put_new (AMT_PROV_KIND_EVENT, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0),
      put_new (AMT_PROV_KIND_EVENT, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0),
      put_new (AMT_PROV_KIND_JOURNAL, NULL, "o", NULL, AMT_PROV_CONDITION_NONE, 0), NULL);
  guint64 last = 0;

  if (store == NULL || !store_apply (check, store, changes))
    return;
  for (guint i = 0; i < changes->len; i++) {
    AmtProvRecord *record = amt_prov_change_get_record (changes->pdata[i]);
    guint64 sequence = amt_prov_record_get_sequence (record);
    g_autofree char *key = g_strdup_printf ("%" G_GUINT64_FORMAT, sequence);
    g_autoptr (GPtrArray) found = NULL;

    CHECK (check, sequence > last,
           "a later record got sequence %" G_GUINT64_FORMAT " after %" G_GUINT64_FORMAT
           ": sequences grow over all kinds, a cursor depends on it",
           sequence, last);
    last = sequence;
    CHECK (check, g_strcmp0 (amt_prov_record_get_key (record), key) == 0,
           "a record without a key got the key “%s”, its sequence number %s is due",
           amt_prov_record_get_key (record), key);
    found = store_find (check, store, amt_prov_record_get_kind (record), key, NULL, NULL);
    CHECK (check, found->len == 1, "a record is not found by the key that the store gave it");
  }
}

static void
check_sequence_kept (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  guint64 last = 0;

  for (guint i = 0; store != NULL && i < 3; i++) {
    g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_EVENT, NULL);

    store_try (check, store,
               amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE));
    CHECK (check, amt_prov_record_get_sequence (record) > last,
           "sequence %" G_GUINT64_FORMAT
           " was given again after its record had been removed: whoever follows the events by a "
           "cursor never sees the new one",
           amt_prov_record_get_sequence (record));
    last = amt_prov_record_get_sequence (record);
    store_try (check, store,
               amt_prov_change_new (AMT_PROV_VERB_DELETE, record, AMT_PROV_CONDITION_NONE));
  }
}

static void
check_filters (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
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

  if (store == NULL)
    return;
  store_apply (check, store, changes);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) found = store_find (check, store, AMT_PROV_KIND_DEVICE, cases[i].key,
                                              cases[i].owner, cases[i].state);

    CHECK (check, found->len == cases[i].count,
           "query() with key %s, owner %s and state %s gave %u records, %u agree with it: every "
           "filter that is set counts",
           cases[i].key ? cases[i].key : "(any)", cases[i].owner ? cases[i].owner : "(any)",
           cases[i].state ? cases[i].state : "(any)", found->len, cases[i].count);
  }
}

static GPtrArray *
read_page (Check *check, AmtProvStore *store, guint64 after)
{
  g_autoptr (AmtProvQuery) query = amt_prov_query_new (AMT_PROV_KIND_DEVICE);

  amt_prov_query_set_after (query, after);
  amt_prov_query_set_limit (query, PAGE);
  return store_read (check, store, query, "query() with a cursor");
}

static void
put_many (Check *check, AmtProvStore *store)
{
  g_autoptr (GPtrArray) changes = changes_new (NULL, NULL);

  for (guint i = 0; i < MANY; i++) {
    g_autofree char *key = g_strdup_printf ("device-%u", i);

    g_ptr_array_add (changes, put_new (AMT_PROV_KIND_DEVICE, key, i % 2 ? "odd" : "even", "known",
                                       AMT_PROV_CONDITION_NONE, i));
  }
  store_apply (check, store, changes);
}

/* Between the pages a record that was read already is replaced, and a new one comes. */
static void
check_pages (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  guint64 after = 0;
  guint total = 0, pages = 0;

  if (store == NULL)
    return;
  put_many (check, store);
  for (;; pages++) {
    g_autoptr (GPtrArray) page = read_page (check, store, after);
    g_autofree char *key = g_strdup_printf ("late-%u", pages);

    if (page == NULL || page->len == 0)
      break;
    CHECK (check, page->len <= PAGE, "query() gave %u records at a limit of %d", page->len, PAGE);
    for (guint i = 0; i < page->len; i++) {
      CHECK (check, amt_prov_record_get_sequence (page->pdata[i]) > after,
             "query() after sequence %" G_GUINT64_FORMAT " gave sequence %" G_GUINT64_FORMAT
             ": records come in growing order behind the cursor, else a reader sees some twice or "
             "never ends",
             after, amt_prov_record_get_sequence (page->pdata[i]));
      after = amt_prov_record_get_sequence (page->pdata[i]);
    }
    total += page->len;
    if (pages > 1)
      continue;
    store_try (check, store,
               put_new (AMT_PROV_KIND_DEVICE, "device-0", NULL, NULL, AMT_PROV_CONDITION_NONE, 0));
    store_try (check, store,
               put_new (AMT_PROV_KIND_DEVICE, key, NULL, NULL, AMT_PROV_CONDITION_NONE, 0));
  }
  CHECK (check, total == MANY + 2 && pages == 4,
         "reading page by page, while one record was replaced and two were added, gave %u records "
         "on %u pages; %d on 4 are due, each once",
         total, pages, MANY + 2);
}

static void
check_big (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_begin (check, subject);
  g_autoptr (AmtProvRecord) record = amt_prov_record_new (AMT_PROV_KIND_JOURNAL, NULL);
  g_autofree char *text = g_strnfill (BIG_BYTES, 'x');
  g_autoptr (GPtrArray) found = NULL;
  GVariantDict body;

  g_variant_dict_init (&body, NULL);
  g_variant_dict_insert (&body, "text", "s", text);
  g_variant_dict_insert (&body, "number", "t", G_MAXUINT64 - 1);
  amt_prov_record_set_body (record, g_variant_dict_end (&body));
  if (store == NULL)
    return;
  CHECK (check,
         store_try (check, store,
                    amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE)),
         "a record with a body of 4 MiB was not written");
  found = store_find (check, store, AMT_PROV_KIND_JOURNAL, NULL, NULL, NULL);
  CHECK (check,
         found->len == 1 && amt_prov_record_get_body (found->pdata[0]) != NULL &&
             g_variant_equal (amt_prov_record_get_body (found->pdata[0]),
                              amt_prov_record_get_body (record)),
         "a body of 4 MiB with a 64-bit number came back changed or not at all");
}

const CheckRow store_checks[] = {
    {"put", "a record comes back as it was put, with its sequence and revision 1", check_put},
    {"kinds", "one key names another record in each kind", check_kinds},
    {"delete", "a removed record is gone; removing it again is done, too", check_delete},
    {"empty-parts", "parts that are not set stay so, empty parts stay empty", check_empty_parts},
    {"condition-absent", "“absent” refuses what exists, and changes nothing then", check_absent},
    {"condition-revision", "“revision” refuses what somebody else has changed", check_revision},
    {"condition-lease", "“lease” lets in the owner, and others after the end only", check_lease},
    {"groups", "the changes of a group are all made, or none of them", check_groups},
    {"group-order", "groups of one apply() are made in the order of their numbers",
     check_group_order},
    {"sequence", "sequences grow, and name records that have no key", check_sequence},
    {"sequence-kept", "a sequence is never given twice", check_sequence_kept},
    {"filters", "key, owner and state narrow a query, together and alone", check_filters},
    {"pages", "a cursor leads through many records once, while others write", check_pages},
    {"big", "a body of 4 MiB is kept", check_big},
    {NULL},
};
