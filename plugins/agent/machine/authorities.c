/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>

struct _AgentAuthorities {
  char *file;
  char *folder;
  X509_LOOKUP_METHOD *method; /* of looking up in the file */
};

/* The store gets the CA, and found the first one of the name. The caller of a lookup adds the
 * reference of found once more (X509_LOOKUP_meth_new(3)), so it is left off here. */
static int
take (X509_LOOKUP *lookup, X509 *authority, X509_OBJECT *found)
{
  if (!X509_STORE_add_cert (X509_LOOKUP_get_store (lookup), authority))
    return 0;
  if (X509_OBJECT_get0_X509 (found) == NULL && X509_OBJECT_set1_X509 (found, authority))
    X509_free (authority);
  return 1;
}

static int
find_in_file (X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name, X509_OBJECT *found)
{
  AgentAuthorities *self = X509_LOOKUP_get_method_data (lookup);
  BIO *file = type == X509_LU_X509 ? BIO_new_file (self->file, "r") : NULL;
  X509 *authority;
  int n_found = 0;

  while (file != NULL && (authority = PEM_read_bio_X509_AUX (file, NULL, NULL, NULL)) != NULL) {
    if (X509_NAME_cmp (X509_get_subject_name (authority), name) == 0)
      n_found += take (lookup, authority, found);
    X509_free (authority);
  }
  BIO_free (file);
  ERR_clear_error ();
  return n_found > 0;
}

AgentAuthorities *
amt_prov_agent_authorities_new (const char *file, const char *folder)
{
  AgentAuthorities *self = g_new0 (AgentAuthorities, 1);

  self->file = g_strdup (file);
  self->folder = g_strdup (folder);
  self->method = X509_LOOKUP_meth_new ("a file");
  X509_LOOKUP_meth_set_get_by_subject (self->method, find_in_file);
  return self;
}

void
amt_prov_agent_authorities_serve (AgentAuthorities *self, X509_STORE *store)
{
  if (self->folder != NULL)
    X509_LOOKUP_add_dir (X509_STORE_add_lookup (store, X509_LOOKUP_hash_dir ()), self->folder,
                         X509_FILETYPE_PEM);
  if (self->file != NULL)
    X509_LOOKUP_set_method_data (X509_STORE_add_lookup (store, self->method), self);
}

void
amt_prov_agent_authorities_free (AgentAuthorities *self)
{
  X509_LOOKUP_meth_free (self->method);
  g_free (self->file);
  g_free (self->folder);
  g_free (self);
}
