/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine/journal-private.h"

/* Time, state and reason of a step; AMT_PROV_KIND_JOURNAL says so too. */
#define VALUE_TYPE "(sss)"

typedef struct {
  char *step;
  char *state;
  char *reason;
  char *time;
  GVariant *item; /* of the body; NULL until it is written */
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
  g_free (entry->reason);
  g_free (entry->time);
  g_clear_pointer (&entry->item, g_variant_unref);
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
put (
    AmtProvJournal *self, const char *step, const char *time, const char *state, const char *reason)
{
  Entry entry = {.step = g_strdup (step),
                 .state = g_strdup (state),
                 .reason = g_strdup (reason),
                 .time = g_strdup (time)};
  Entry *present = find (self, step);

  if (present != NULL) {
    entry_clear (present);
    *present = entry;
  } else {
    g_array_append_val (self->entries, entry);
  }
}

/* In serial form, so that it costs the records that follow only a copy. */
static GVariant *
get_item (Entry *entry)
{
  if (entry->item == NULL) {
    entry->item = g_variant_ref_sink (
        g_variant_new_dict_entry (g_variant_new_string (entry->step),
                                  g_variant_new_variant (g_variant_new (
                                      VALUE_TYPE, entry->time, entry->state, entry->reason))));
    g_variant_get_data (entry->item);
  }
  return entry->item;
}

/* @record may be NULL: nothing has happened yet. */
AmtProvJournal *
amt_prov_journal_new (const char *uuid, AmtProvRecord *record)
{
  AmtProvJournal *self = g_new0 (AmtProvJournal, 1);
  GVariant *body = record == NULL ? NULL : amt_prov_record_get_body (record);
  GVariantIter iter;
  const char *step, *time, *state, *reason;
  GVariant *value;

  self->uuid = g_strdup (uuid);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);
  if (body == NULL)
    return self;
  g_variant_iter_init (&iter, body);
  while (g_variant_iter_loop (&iter, "{&sv}", &step, &value))
    if (g_variant_is_of_type (value, G_VARIANT_TYPE (VALUE_TYPE))) {
      g_variant_get (value, "(&s&s&s)", &time, &state, &reason);
      put (self, step, time, state, reason);
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
  put (self, step, time, state, reason == NULL ? "" : reason);
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
    g_variant_builder_add_value (&body, get_item (&g_array_index (self->entries, Entry, i)));
  amt_prov_record_set_owner (record, self->uuid);
  amt_prov_record_set_body (record, g_variant_builder_end (&body));
  self->changed = FALSE;
  return record;
}
