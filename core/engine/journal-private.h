/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/record.h>

G_BEGIN_DECLS

/* The state of a step in the journal: the machine has answered that it did not do it. */
#define AMT_PROV_JOURNAL_REFUSED "refused"
/* The machine cannot do it over the interface that is spoken; the setup goes on without. */
#define AMT_PROV_JOURNAL_SKIPPED "skipped"

/* What became of the steps of one machine; one record, so that a step costs no new one. */
typedef struct _AmtProvJournal AmtProvJournal;

AmtProvJournal *amt_prov_journal_new (const char *uuid, AmtProvRecord *record);
void amt_prov_journal_free (AmtProvJournal *self);
void amt_prov_journal_note (AmtProvJournal *self,
                            const char *step,
                            const char *time,
                            const char *state,
                            const char *reason);
const char *amt_prov_journal_get_state (AmtProvJournal *self, const char *step);
gboolean amt_prov_journal_is_changed (AmtProvJournal *self);
AmtProvRecord *amt_prov_journal_to_record (AmtProvJournal *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvJournal, amt_prov_journal_free)

G_END_DECLS
