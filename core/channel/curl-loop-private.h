/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <curl/curl.h>
#include <glib.h>

G_BEGIN_DECLS

/* A multi handle of curl that a main context drives. */
typedef struct _AmtProvCurlLoop AmtProvCurlLoop;

/* Called when curl has done some work. It may free the loop. */
typedef void (*AmtProvCurlLoopFunc) (CURLM *multi, gpointer data);

AmtProvCurlLoop *
amt_prov_curl_loop_new (GMainContext *context, AmtProvCurlLoopFunc worked, gpointer data);
void amt_prov_curl_loop_free (AmtProvCurlLoop *self);
void amt_prov_curl_loop_add (AmtProvCurlLoop *self, CURL *easy);
void amt_prov_curl_loop_remove (AmtProvCurlLoop *self, CURL *easy);

G_END_DECLS
