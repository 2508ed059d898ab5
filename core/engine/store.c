/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/error.h>
#include <amtprov/store.h>

/**
 * AmtProvStore:
 *
 * Where devices, sealed secrets, journal, leases and events are kept, usually from a plugin. A
 * store keeps records of six kinds (#AmtProvKind) and knows nothing of AMT. It sees no secret in
 * plain. All calls block and come from one thread that the core owns. A `.plugin` file names a
 * store with `X-AmtProvProvides=store:SCHEME`, and `[amtprov] store` chooses it by that scheme.
 *
 * Since: 0.1
 */
G_DEFINE_INTERFACE (AmtProvStore, amt_prov_store, G_TYPE_OBJECT)

static void
amt_prov_store_default_init (AmtProvStoreInterface *iface)
{
}

/* A script that raised an exception returns FALSE and sets no error. */
static void
check_contract (
    AmtProvStore *self, const char *call, gboolean failed, GError **error, GError *cause)
{
  if (!failed) {
    if (cause != NULL)
      g_critical ("%s of %s succeeded and set an error: %s", call, G_OBJECT_TYPE_NAME (self),
                  cause->message);
    g_clear_error (&cause);
    return;
  }
  if (cause == NULL)
    cause = g_error_new (AMT_PROV_ERROR, AMT_PROV_ERROR_PLUGIN_FAILED,
                         "%s of the store plugin %s failed without saying why; if it is a script, "
                         "its exception is on standard error",
                         call, G_OBJECT_TYPE_NAME (self));
  g_propagate_error (error, cause);
}

/**
 * amt_prov_store_open:
 * @self: a #AmtProvStore
 * @location: what stands after `SCHEME:` in `[amtprov] store`
 * @error: return location for an error
 *
 * Opens a store, creates or migrates its schema. Blocks. Called once, by the thread that makes all
 * later calls too. A store that a newer version has written is refused. Hosts use
 * amt_prov_database_open().
 *
 * Returns: %FALSE with %AMT_PROV_ERROR_STORE when it cannot be opened; nothing is changed then
 *
 * Since: 0.1
 */
gboolean
amt_prov_store_open (AmtProvStore *self, const char *location, GError **error)
{
  GError *cause = NULL;
  gboolean opened;

  g_return_val_if_fail (AMT_PROV_IS_STORE (self), FALSE);
  g_return_val_if_fail (location != NULL, FALSE);

  opened = AMT_PROV_STORE_GET_IFACE (self)->open (self, location, &cause);
  check_contract (self, "open()", !opened, error, cause);
  return opened;
}

/**
 * amt_prov_store_apply:
 * @self: a #AmtProvStore
 * @changes: (element-type AmtProvChange): what to do
 * @error: return location for an error
 *
 * Makes the changes in one commit that has reached the disk when the call returns. The groups come
 * in the order of their numbers, the changes of a group in the order given. A group is made as a
 * whole or not at all; one with a condition that fails is left out and the others are made. The
 * store says for each change amt_prov_change_set_applied(), and fills in key, sequence and revision
 * of each record that it wrote. Blocks.
 *
 * Returns: %FALSE only when nothing was committed
 *
 * Since: 0.1
 */
gboolean
amt_prov_store_apply (AmtProvStore *self, GPtrArray *changes, GError **error)
{
  GError *cause = NULL;
  gboolean applied;

  g_return_val_if_fail (AMT_PROV_IS_STORE (self), FALSE);
  g_return_val_if_fail (changes != NULL, FALSE);

  applied = AMT_PROV_STORE_GET_IFACE (self)->apply (self, changes, &cause);
  check_contract (self, "apply()", !applied, error, cause);
  return applied;
}

/**
 * amt_prov_store_query:
 * @self: a #AmtProvStore
 * @query: which records
 * @error: return location for an error
 *
 * Reads the records of a kind that match every filter that is set, in the order of their sequence
 * numbers, from the one after the cursor, and not more than the limit (0: all). Blocks.
 *
 * Returns: (nullable) (transfer full) (element-type AmtProvRecord): the records, perhaps none, in
 * an array that does not free them; %NULL on an error
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_store_query (AmtProvStore *self, AmtProvQuery *query, GError **error)
{
  GError *cause = NULL;
  GPtrArray *records;

  g_return_val_if_fail (AMT_PROV_IS_STORE (self), NULL);
  g_return_val_if_fail (query != NULL, NULL);

  records = AMT_PROV_STORE_GET_IFACE (self)->query (self, query, &cause);
  check_contract (self, "query()", records == NULL, error, cause);
  /* As scripts return and take an array whose elements are theirs. */
  if (records != NULL)
    g_ptr_array_set_free_func (records, NULL);
  return records;
}
