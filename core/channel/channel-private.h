/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/channel.h>

G_BEGIN_DECLS

void amt_prov_channel_open_with_async (AmtProvChannel *self,
                                       AmtProvAction *question,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
void amt_prov_channel_follow (AmtProvChannel *self, AmtProvChannel *before);
void amt_prov_channel_set_limits (AmtProvChannel *self,
                                  gsize max_answer,
                                  guint connect_milliseconds,
                                  guint answer_milliseconds);

G_END_DECLS
