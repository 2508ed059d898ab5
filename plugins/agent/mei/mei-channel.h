/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mei-node.h"
#include "mei-recorder.h"

G_BEGIN_DECLS

#define AMT_PROV_TYPE_MEI_CHANNEL (amt_prov_mei_channel_get_type ())

G_DECLARE_FINAL_TYPE (AmtProvMeiChannel, amt_prov_mei_channel, AMT_PROV, MEI_CHANNEL, GObject)

/* Takes the descriptor of an open node. @recorder: (nullable) */
AmtProvMeiChannel *amt_prov_mei_channel_new (MeiNode *node, MeiRecorder *recorder);

/* A message as the answer of an operation; the bytes are wiped with it. */
GVariant *amt_prov_mei_make_message (const guint8 *data, gsize length);

G_END_DECLS
