/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <openssl/x509_vfy.h>

G_BEGIN_DECLS

/* CAs in a file and in a folder. They are looked up when a chain needs them: OpenSSL by itself
 * would keep all of the file in memory, and a system has some hundred. */
typedef struct _AgentAuthorities AgentAuthorities;

/* @file: (nullable): in PEM form; @folder: (nullable): with hashed names */
AgentAuthorities *amt_prov_agent_authorities_new (const char *file, const char *folder);
/* Must live as long as @store. */
void amt_prov_agent_authorities_serve (AgentAuthorities *self, X509_STORE *store);
void amt_prov_agent_authorities_free (AgentAuthorities *self);

G_END_DECLS
