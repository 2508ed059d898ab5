/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_MEI_REPLAY (amt_prov_mei_replay_get_type ())

/* Answers as a recording says, by request and in any order. A request that was recorded more than
 * once is answered in the order of the recording, and with the last answer from then on. */
G_DECLARE_FINAL_TYPE (AmtProvMeiReplay, amt_prov_mei_replay, AMT_PROV, MEI_REPLAY, GObject)

/* @path: a recording; @guid: the firmware client to be connected. NULL with NOT_FOUND when no
 * connection to it was recorded. */
AmtProvMeiReplay *amt_prov_mei_replay_new (const char *path, const guint8 *guid, GError **error);

G_END_DECLS
