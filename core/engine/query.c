/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/query.h>

struct _AmtProvQuery {
  gatomicrefcount refs;
  AmtProvKind kind;
  char *key;
  char *owner;
  char *state;
  guint64 after;
  guint limit;
};

G_DEFINE_BOXED_TYPE (AmtProvQuery, amt_prov_query, amt_prov_query_ref, amt_prov_query_unref)

/**
 * amt_prov_query_new:
 * @kind: the kind of records to read
 *
 * Makes a query for all records of one kind.
 *
 * Returns: (transfer full): the query
 *
 * Since: 0.1
 */
AmtProvQuery *
amt_prov_query_new (AmtProvKind kind)
{
  AmtProvQuery *self = g_new0 (AmtProvQuery, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = kind;
  return self;
}

/**
 * amt_prov_query_ref:
 * @self: a #AmtProvQuery
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvQuery *
amt_prov_query_ref (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * amt_prov_query_unref:
 * @self: (transfer full): a #AmtProvQuery
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_query_unref (AmtProvQuery *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->key);
  g_free (self->owner);
  g_free (self->state);
  g_free (self);
}

/**
 * amt_prov_query_get_kind:
 * @self: a #AmtProvQuery
 *
 * Tells the kind of records to read.
 *
 * Returns: the kind
 *
 * Since: 0.1
 */
AmtProvKind
amt_prov_query_get_kind (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_KIND_META);

  return self->kind;
}

/**
 * amt_prov_query_get_key:
 * @self: a #AmtProvQuery
 *
 * Tells the only key to read.
 *
 * Returns: (nullable) (transfer none): the key; %NULL: any
 *
 * Since: 0.1
 */
const char *
amt_prov_query_get_key (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->key;
}

/**
 * amt_prov_query_set_key:
 * @self: a #AmtProvQuery
 * @key: (nullable): the key; %NULL: any
 *
 * Reads only records with this key.
 *
 * Since: 0.1
 */
void
amt_prov_query_set_key (AmtProvQuery *self, const char *key)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->key;
  self->key = g_strdup (key);
}

/**
 * amt_prov_query_get_owner:
 * @self: a #AmtProvQuery
 *
 * Tells the only owner to read.
 *
 * Returns: (nullable) (transfer none): the owner; %NULL: any
 *
 * Since: 0.1
 */
const char *
amt_prov_query_get_owner (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->owner;
}

/**
 * amt_prov_query_set_owner:
 * @self: a #AmtProvQuery
 * @owner: (nullable): the owner; %NULL: any
 *
 * Reads only records with this owner.
 *
 * Since: 0.1
 */
void
amt_prov_query_set_owner (AmtProvQuery *self, const char *owner)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->owner;
  self->owner = g_strdup (owner);
}

/**
 * amt_prov_query_get_state:
 * @self: a #AmtProvQuery
 *
 * Tells the only state to read.
 *
 * Returns: (nullable) (transfer none): the state; %NULL: any
 *
 * Since: 0.1
 */
const char *
amt_prov_query_get_state (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->state;
}

/**
 * amt_prov_query_set_state:
 * @self: a #AmtProvQuery
 * @state: (nullable): the state; %NULL: any
 *
 * Reads only records with this state.
 *
 * Since: 0.1
 */
void
amt_prov_query_set_state (AmtProvQuery *self, const char *state)
{
  g_autofree char *old = NULL;

  g_return_if_fail (self != NULL);

  old = self->state;
  self->state = g_strdup (state);
}

/**
 * amt_prov_query_get_after:
 * @self: a #AmtProvQuery
 *
 * Tells the cursor.
 *
 * Returns: a sequence number; 0: from the start
 *
 * Since: 0.1
 */
guint64
amt_prov_query_get_after (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->after;
}

/**
 * amt_prov_query_set_after:
 * @self: a #AmtProvQuery
 * @sequence: a sequence number; 0: from the start
 *
 * Reads only records that come after this one.
 *
 * Since: 0.1
 */
void
amt_prov_query_set_after (AmtProvQuery *self, guint64 sequence)
{
  g_return_if_fail (self != NULL);

  self->after = sequence;
}

/**
 * amt_prov_query_get_limit:
 * @self: a #AmtProvQuery
 *
 * Tells how many records to read at most.
 *
 * Returns: a number of records; 0: all
 *
 * Since: 0.1
 */
guint
amt_prov_query_get_limit (AmtProvQuery *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->limit;
}

/**
 * amt_prov_query_set_limit:
 * @self: a #AmtProvQuery
 * @limit: a number of records; 0: all
 *
 * Reads at most this many records.
 *
 * Since: 0.1
 */
void
amt_prov_query_set_limit (AmtProvQuery *self, guint limit)
{
  g_return_if_fail (self != NULL);

  self->limit = limit;
}
