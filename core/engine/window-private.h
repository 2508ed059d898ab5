/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/provisioner.h>
#include <amtprov/session.h>

G_BEGIN_DECLS

typedef struct _AmtProvWindows AmtProvWindows;

AmtProvWindows *amt_prov_windows_new (AmtProvProvisioner *provisioner);
void amt_prov_windows_free (AmtProvWindows *self);
/* The fact `window-closes`, in microseconds of real time; 0 when it is not known. */
gint64 amt_prov_window_get_end (AmtProvDevice *device);
/* The same for the window of which a hello tells; %NULL: it is the one that is known. */
char *amt_prov_window_dup_new_end (AmtProvDevice *device,
                                   AmtProvHello *hello,
                                   AmtProvCapabilities *capabilities);
/* The window is open for so many hours from now on … */
void amt_prov_session_note_window (AmtProvSession *self, gint64 hours);
/* … or, after a hello, for as long as the release has it open. */
void amt_prov_session_note_hello (AmtProvSession *self);

G_END_DECLS
