/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/change.h>

struct _AmtProvChange {
  gatomicrefcount refs;
  AmtProvVerb verb;
  AmtProvRecord *record;
  AmtProvCondition condition;
  guint group;
  gint64 now;
  gboolean applied;
};

G_DEFINE_BOXED_TYPE (AmtProvChange, amt_prov_change, amt_prov_change_ref, amt_prov_change_unref)

/**
 * amt_prov_change_new:
 * @verb: what to do
 * @record: the record to write, or one that names the record to remove
 * @condition: when to do it
 *
 * Makes a change. Its `now` is the present time.
 *
 * Returns: (transfer full): the change
 *
 * Since: 0.1
 */
AmtProvChange *
amt_prov_change_new (AmtProvVerb verb, AmtProvRecord *record, AmtProvCondition condition)
{
  AmtProvChange *self;

  g_return_val_if_fail (record != NULL, NULL);

  self = g_new0 (AmtProvChange, 1);
  g_atomic_ref_count_init (&self->refs);
  self->verb = verb;
  self->record = amt_prov_record_ref (record);
  self->condition = condition;
  self->now = g_get_real_time ();
  return self;
}

/**
 * amt_prov_change_new_event:
 * @uuid: the machine
 * @state: in one word what it is about: the state of the machine, or what was done
 * @text: what happened, in a sentence
 *
 * Makes a change that notes an event, with the present time, for those who read `amtprov events`.
 *
 * Returns: (transfer full): the change
 *
 * Since: 0.1
 */
AmtProvChange *
amt_prov_change_new_event (const char *uuid, const char *state, const char *text)
{
  g_autoptr (AmtProvRecord) record = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);
  GVariantDict body = G_VARIANT_DICT_INIT (NULL);

  g_return_val_if_fail (uuid != NULL, NULL);
  g_return_val_if_fail (state != NULL && text != NULL, NULL);

  g_variant_dict_insert (&body, "time", "s", time);
  g_variant_dict_insert (&body, "text", "s", text);
  record = amt_prov_record_new (AMT_PROV_KIND_EVENT, NULL);
  amt_prov_record_set_state (record, state);
  amt_prov_record_set_owner (record, uuid);
  amt_prov_record_set_body (record, g_variant_dict_end (&body));
  return amt_prov_change_new (AMT_PROV_VERB_PUT, record, AMT_PROV_CONDITION_NONE);
}

/**
 * amt_prov_change_ref:
 * @self: a #AmtProvChange
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvChange *
amt_prov_change_ref (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

/**
 * amt_prov_change_unref:
 * @self: (transfer full): a #AmtProvChange
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
amt_prov_change_unref (AmtProvChange *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  amt_prov_record_unref (self->record);
  g_free (self);
}

/**
 * amt_prov_change_get_verb:
 * @self: a #AmtProvChange
 *
 * Tells what the change does.
 *
 * Returns: the verb
 *
 * Since: 0.1
 */
AmtProvVerb
amt_prov_change_get_verb (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_VERB_PUT);

  return self->verb;
}

/**
 * amt_prov_change_get_record:
 * @self: a #AmtProvChange
 *
 * Gets the record that is written or removed.
 *
 * Returns: (transfer none): the record
 *
 * Since: 0.1
 */
AmtProvRecord *
amt_prov_change_get_record (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->record;
}

/**
 * amt_prov_change_get_condition:
 * @self: a #AmtProvChange
 *
 * Tells when the change is made.
 *
 * Returns: the condition
 *
 * Since: 0.1
 */
AmtProvCondition
amt_prov_change_get_condition (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, AMT_PROV_CONDITION_NONE);

  return self->condition;
}

/**
 * amt_prov_change_get_group:
 * @self: a #AmtProvChange
 *
 * Tells the group: changes of one group are all made or none of them.
 *
 * Returns: the number of the group
 *
 * Since: 0.1
 */
guint
amt_prov_change_get_group (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->group;
}

/**
 * amt_prov_change_set_group:
 * @self: a #AmtProvChange
 * @group: the number of the group
 *
 * Sets the group. A store makes the groups in the order of their numbers and the changes of one
 * group in the order given. A #AmtProvDatabase makes one group of each request and sets this
 * itself.
 *
 * Since: 0.1
 */
void
amt_prov_change_set_group (AmtProvChange *self, guint group)
{
  g_return_if_fail (self != NULL);

  self->group = group;
}

/**
 * amt_prov_change_get_now:
 * @self: a #AmtProvChange
 *
 * Tells the time that %AMT_PROV_CONDITION_LEASE compares with.
 *
 * Returns: microseconds since 1970, UTC
 *
 * Since: 0.1
 */
gint64
amt_prov_change_get_now (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->now;
}

/**
 * amt_prov_change_set_now:
 * @self: a #AmtProvChange
 * @microseconds: microseconds since 1970, UTC
 *
 * Sets the time that %AMT_PROV_CONDITION_LEASE compares with.
 *
 * Since: 0.1
 */
void
amt_prov_change_set_now (AmtProvChange *self, gint64 microseconds)
{
  g_return_if_fail (self != NULL);

  self->now = microseconds;
}

/**
 * amt_prov_change_is_applied:
 * @self: a #AmtProvChange
 *
 * Tells whether the store made the change.
 *
 * Returns: %TRUE once it is durable
 *
 * Since: 0.1
 */
gboolean
amt_prov_change_is_applied (AmtProvChange *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->applied;
}

/**
 * amt_prov_change_set_applied:
 * @self: a #AmtProvChange
 * @applied: whether it was made
 *
 * Sets the result; for stores, after the commit.
 *
 * Since: 0.1
 */
void
amt_prov_change_set_applied (AmtProvChange *self, gboolean applied)
{
  g_return_if_fail (self != NULL);

  self->applied = applied;
}
