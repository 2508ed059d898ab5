/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What went over a firmware client, as JSON that mei:replay: reads. */
typedef struct _MeiRecorder MeiRecorder;

MeiRecorder *amt_prov_mei_recorder_new (void);
MeiRecorder *amt_prov_mei_recorder_ref (MeiRecorder *self);
void amt_prov_mei_recorder_unref (MeiRecorder *self);
void amt_prov_mei_recorder_add_connect (MeiRecorder *self,
                                        const guint8 *guid,
                                        guint32 max_length,
                                        guint8 version);
/* @op: "write" or "read" */
void amt_prov_mei_recorder_add (MeiRecorder *self, const char *op, GBytes *message);
char *amt_prov_mei_recorder_to_json (MeiRecorder *self);

char *amt_prov_mei_to_hex (const guint8 *data, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MeiRecorder, amt_prov_mei_recorder_unref)

G_END_DECLS
