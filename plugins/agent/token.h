/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* The type of the credential that stands for a token. Its owner is the name of a site. */
#define AGENT_TOKEN_TYPE "enrolment"

/* What the store knows of a token; all texts but the hash. */
#define AGENT_TOKEN_HASH "hash"
#define AGENT_TOKEN_MADE "made"
#define AGENT_TOKEN_USED "used"

/* A token is ID.SECRET; the store has only the SHA-256 of it. */
AmtProvCredential *amt_prov_agent_token_new (const char *site, AmtProvSecret **token);
/* The ID, or NULL when the text cannot be a token. */
char *amt_prov_agent_token_dup_id (const char *token);
/* In a time that does not depend on how much of it is right. */
gboolean amt_prov_agent_token_matches (AmtProvCredential *credential, const char *token);
/* Notes the time under a name. */
void amt_prov_agent_token_stamp (AmtProvCredential *credential, const char *name);
/* When it was used last, NULL for never. */
GDateTime *amt_prov_agent_token_get_time (AmtProvCredential *credential, const char *name);

G_END_DECLS
