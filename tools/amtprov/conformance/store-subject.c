/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-subject.h"

#include "store-changes.h"

static AmtProvPluginSet *
load_plugins (AmtProvConfig *config)
{
  g_auto (GStrv) plugin_dirs = NULL;

  if (config != NULL)
    return amt_prov_plugin_set_new_for_config (config);
  plugin_dirs = amt_prov_config_get_default_plugin_dirs ();
  return amt_prov_plugin_set_new ((const char *const *)plugin_dirs, NULL, TRUE);
}

AmtProvStore *
store_make (Check *check, StoreSubject *subject)
{
  g_autoptr (GError) error = NULL;
  AmtProvStore *store;

  check_stage (check, "the plugins were loaded");
  if (subject->set == NULL)
    subject->set = load_plugins (subject->config);
  store = amt_prov_plugin_set_create_store (subject->set, subject->scheme, &error);
  if (store == NULL)
    check_fail (check,
                "%s. The .plugin file must state X-AmtProvProvides=store:%s, and its module must "
                "register an AmtProvStore; “amtprov plugins” tells why one is refused",
                error->message, subject->scheme);
  return store;
}

AmtProvStore *
store_open (Check *check, StoreSubject *subject)
{
  g_autoptr (AmtProvStore) store = store_make (check, subject);
  g_autoptr (GError) error = NULL;

  if (store == NULL)
    return NULL;
  check_stage (check, "open(\"%s\") ran", subject->location);
  if (!amt_prov_store_open (store, subject->location, &error)) {
    check_fail (check, "the store does not open: %s", error->message);
    return NULL;
  }
  return g_steal_pointer (&store);
}

static void
clear_kind (Check *check, AmtProvStore *store, AmtProvKind kind)
{
  g_autoptr (GPtrArray) found = store_find (check, store, kind, NULL, NULL, NULL);
  g_autoptr (GPtrArray) changes = changes_new (NULL, NULL);

  for (guint i = 0; i < found->len; i++)
    g_ptr_array_add (changes, amt_prov_change_new (AMT_PROV_VERB_DELETE, found->pdata[i],
                                                   AMT_PROV_CONDITION_NONE));
  if (changes->len > 0)
    store_apply (check, store, changes);
}

AmtProvStore *
store_begin (Check *check, StoreSubject *subject)
{
  g_autoptr (AmtProvStore) store = store_open (check, subject);

  if (store == NULL)
    return NULL;
  for (AmtProvKind kind = AMT_PROV_KIND_META; kind <= AMT_PROV_KIND_EVENT; kind++)
    clear_kind (check, store, kind);
  return check_has_failed (check) ? NULL : g_steal_pointer (&store);
}

gboolean
store_apply (Check *check, AmtProvStore *store, GPtrArray *changes)
{
  g_autoptr (GError) error = NULL;

  check_stage (check, "apply() ran with %u changes", changes->len);
  if (amt_prov_store_apply (store, changes, &error))
    return TRUE;
  check_fail (check, "apply() of %u changes failed: %s", changes->len, error->message);
  return FALSE;
}

gboolean
store_try (Check *check, AmtProvStore *store, AmtProvChange *change)
{
  g_autoptr (GPtrArray) changes = changes_new (change, NULL);

  return store_apply (check, store, changes) && amt_prov_change_is_applied (change);
}

GPtrArray *
store_read (Check *check, AmtProvStore *store, AmtProvQuery *query, const char *what)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *records;

  check_stage (check, "%s ran", what);
  records = amt_prov_store_query (store, query, &error);
  if (records != NULL)
    g_ptr_array_set_free_func (records, (GDestroyNotify)amt_prov_record_unref);
  else
    check_fail (check, "%s failed: %s", what, error->message);
  return records;
}

GPtrArray *
store_find (Check *check,
            AmtProvStore *store,
            AmtProvKind kind,
            const char *key,
            const char *owner,
            const char *state)
{
  g_autoptr (AmtProvQuery) query = query_new (kind, key, owner, state);
  GPtrArray *records = store_read (check, store, query, "query()");

  return records != NULL ? records : g_ptr_array_new ();
}

static void
check_loads (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_make (check, subject);
}

/* The checks write and remove records: they never touch a store that somebody uses. */
static void
check_empty (Check *check, gpointer subject)
{
  g_autoptr (AmtProvStore) store = store_open (check, subject);
  guint count = 0;

  if (store == NULL)
    return;
  for (AmtProvKind kind = AMT_PROV_KIND_META; kind <= AMT_PROV_KIND_EVENT; kind++) {
    g_autoptr (GPtrArray) found = store_find (check, store, kind, NULL, NULL, NULL);

    count += found->len;
  }
  CHECK (check, count == 0,
         "%s:%s holds %u records, and the checks write and remove records: nothing was changed; "
         "name a location that is empty",
         ((StoreSubject *)subject)->scheme, ((StoreSubject *)subject)->location, count);
}

const CheckRow store_first_checks[] = {
    {"loads", "the plugin is found, loads, and makes a store for the scheme", check_loads},
    {"empty", "the location opens and holds no record: the checks touch no data", check_empty},
    {NULL},
};
