/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine/journal-private.h"

/* Time, state and reason of a step; AMT_PROV_KIND_JOURNAL says so too. */
#define VALUE_TYPE "(sss)"

typedef struct {
  char *step;
  char *state;
  GVariant *item; /* of the body */
} Entry;

struct _AmtProvJournal {
  char *uuid;
  GArray *entries; /* in the order in which the steps were begun first */
  gboolean changed;
};

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->step);
  g_free (entry->state);
  g_variant_unref (entry->item);
}

static Entry *
find (AmtProvJournal *self, const char *step)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (g_str_equal (g_array_index (self->entries, Entry, i).step, step))
      return &g_array_index (self->entries, Entry, i);
  return NULL;
}

static void
put (AmtProvJournal *self, const char *step, const char *state, GVariant *value)
{
  GVariant *item =
      g_variant_new_dict_entry (g_variant_new_string (step), g_variant_new_variant (value));
  Entry entry = {g_strdup (step), g_strdup (state), g_variant_ref_sink (item)};
  Entry *present = find (self, step);

  /* In serial form it costs the records that follow only a copy. */
  g_variant_get_data (item);
  if (present != NULL) {
    entry_clear (present);
    *present = entry;
  } else {
    g_array_append_val (self->entries, entry);
  }
}

/* @record may be NULL: nothing has happened yet. */
AmtProvJournal *
amt_prov_journal_new (const char *uuid, AmtProvRecord *record)
{
  AmtProvJournal *self = g_new0 (AmtProvJournal, 1);
  GVariant *body = record == NULL ? NULL : amt_prov_record_get_body (record);
  GVariantIter iter;
  const char *step, *state;
  GVariant *value;

  self->uuid = g_strdup (uuid);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  if (body == NULL)
    return self;
  g_variant_iter_init (&iter, body);
  while (g_variant_iter_loop (&iter, "{&sv}", &step, &value))
    if (g_variant_is_of_type (value, G_VARIANT_TYPE (VALUE_TYPE))) {
      g_variant_get (value, "(&s&s&s)", NULL, &state, NULL);
      put (self, step, state, value);
    }
  return self;
}

void
amt_prov_journal_free (AmtProvJournal *self)
{
  g_array_unref (self->entries);
  g_free (self->uuid);
  g_free (self);
}

void
amt_prov_journal_note (
    AmtProvJournal *self, const char *step, const char *time, const char *state, const char *reason)
{
  put (self, step, state, g_variant_new (VALUE_TYPE, time, state, reason == NULL ? "" : reason));
  self->changed = TRUE;
}

const char *
amt_prov_journal_get_state (AmtProvJournal *self, const char *step)
{
  Entry *entry = find (self, step);

  return entry == NULL ? NULL : entry->state;
}

/* Since the record was made last. */
gboolean
amt_prov_journal_is_changed (AmtProvJournal *self)
{
  return self->changed;
}

AmtProvRecord *
amt_prov_journal_to_record (AmtProvJournal *self)
{
  AmtProvRecord *record = amt_prov_record_new (AMT_PROV_KIND_JOURNAL, self->uuid);
  GVariantBuilder body;

  g_variant_builder_init (&body, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < self->entries->len; i++)
    g_variant_builder_add_value (&body, g_array_index (self->entries, Entry, i).item);
  amt_prov_record_set_owner (record, self->uuid);
  amt_prov_record_set_body (record, g_variant_builder_end (&body));
  self->changed = FALSE;
  return record;
}
