/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* A device file that was opened and connected to a firmware client, or why not. */
typedef struct {
  char *path;
  int fd; /* -1: error says why */
  int error;
  gboolean connecting; /* it was open when the error came */
  guint32 max_length;
  guint8 version;
} MeiNode;

/* Opens the first of the paths that exists. "unix:PATH" is a socket that stands for a device file.
 * Blocks: the driver waits for the firmware. */
MeiNode *amt_prov_mei_node_open (const char *const *paths, const guint8 *guid);
void amt_prov_mei_node_free (MeiNode *self);

/* How long to wait before trying again, in milliseconds; 0: no more. @tries: how often the same
 * error came before. */
guint amt_prov_mei_node_get_wait (const MeiNode *self, guint tries);
/* What the error means, and what to do. */
GError *amt_prov_mei_node_make_error (const MeiNode *self, const char *guid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MeiNode, amt_prov_mei_node_free)

G_END_DECLS
