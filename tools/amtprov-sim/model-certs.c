/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and certificates in the machine. A handle is a place in an array, the lowest free one is
 * taken (wsman-examples.md §5.8). */
#include "model.h"

#include <string.h>

static guint
put_lowest (GPtrArray *array, gpointer item)
{
  for (guint i = 0; i < array->len; i++) {
    if (array->pdata[i] == NULL) {
      array->pdata[i] = item;
      return i;
    }
  }
  g_ptr_array_add (array, item);
  return array->len - 1;
}

guint
sim_model_generate_key (SimModel *self, guint bits, guint *handle)
{
  SimKey *key;

  if (bits != 1024 && bits != 1536 && bits != 2048 && bits != 3072)
    return SIM_PT_INVALID_PARAMETER;
  key = sim_key_pool_get (self->key_pool, bits, self->keys->len + 1);
  if (key == NULL)
    return SIM_PT_INTERNAL_ERROR;
  *handle = put_lowest (self->keys, key);
  return SIM_PT_SUCCESS;
}

guint
sim_model_add_key (SimModel *self, GBytes *pkcs1, guint *handle)
{
  SimKey *key = sim_key_new_from_pkcs1 (pkcs1);

  if (key == NULL)
    return SIM_PT_INVALID_KEY;
  for (guint i = 0; i < self->keys->len; i++) {
    SimKey *other = self->keys->pdata[i];

    if (other != NULL && g_bytes_equal (other->public_pkcs1, key->public_pkcs1)) {
      sim_key_unref (key);
      return SIM_PT_DUPLICATE;
    }
  }
  *handle = put_lowest (self->keys, key);
  sim_model_emit (self, "secret-received", "private key");
  return SIM_PT_SUCCESS;
}

guint
sim_model_add_certificate (SimModel *self, GBytes *der, gboolean root, guint *handle)
{
  /* The biggest certificate chain that a device stores (pki.md §2 row 10). */
  const gsize most = 4100;
  SimCert *cert = g_bytes_get_size (der) <= most ? sim_cert_new (der, root) : NULL;

  if (cert == NULL)
    return SIM_PT_INVALID_CERTIFICATE;
  for (guint i = 0; i < self->certs->len; i++) {
    SimCert *other = self->certs->pdata[i];

    if (other != NULL && g_bytes_equal (other->der, der)) {
      sim_cert_free (cert);
      return SIM_PT_DUPLICATE;
    }
  }
  if (root && self->mutual) {
    sim_cert_free (cert);
    return SIM_PT_NOT_PERMITTED;
  }
  *handle = put_lowest (self->certs, cert);
  return SIM_PT_SUCCESS;
}

static SimCert *
get_cert (SimModel *self, guint handle)
{
  return handle < self->certs->len ? self->certs->pdata[handle] : NULL;
}

SimKey *
sim_model_key_of_certificate (SimModel *self, guint handle)
{
  SimCert *cert = get_cert (self, handle);

  for (guint i = 0; cert != NULL && i < self->keys->len; i++) {
    SimKey *key = self->keys->pdata[i];

    if (key != NULL && sim_key_fits (key, cert->crt))
      return key;
  }
  return NULL;
}

guint
sim_model_bind_certificate (SimModel *self, guint handle)
{
  if (get_cert (self, handle) == NULL)
    return SIM_PT_INVALID_CERTIFICATE;
  if (sim_model_key_of_certificate (self, handle) == NULL)
    return SIM_PT_KEY_MISMATCH;
  self->context_cert = (int)handle;
  return SIM_PT_SUCCESS;
}

guint
sim_model_delete_certificate (SimModel *self, guint handle)
{
  if ((int)handle == self->context_cert || (self->tls && (int)handle == self->tls_cert))
    return SIM_PT_NOT_PERMITTED;
  sim_cert_free (self->certs->pdata[handle]);
  self->certs->pdata[handle] = NULL;
  return SIM_PT_SUCCESS;
}

guint
sim_model_delete_key (SimModel *self, guint handle)
{
  for (guint i = 0; i < self->certs->len; i++) {
    if (sim_model_key_of_certificate (self, i) == self->keys->pdata[handle])
      return SIM_PT_NOT_PERMITTED;
  }
  sim_key_unref (self->keys->pdata[handle]);
  self->keys->pdata[handle] = NULL;
  return SIM_PT_SUCCESS;
}

void
sim_model_forget_certificates (SimModel *self)
{
  g_ptr_array_set_size (self->certs, 0);
  g_ptr_array_set_size (self->keys, 0);
  self->context_cert = self->tls_cert = -1;
  g_clear_pointer (&self->own, sim_identity_free);
}

gboolean
sim_model_has_trusted_root (SimModel *self)
{
  for (guint i = 0; i < self->certs->len; i++) {
    SimCert *cert = self->certs->pdata[i];

    if (cert != NULL && cert->root)
      return TRUE;
  }
  return FALSE;
}

static SimIdentity *
make_self_signed (SimModel *self)
{
  gint64 bits = amt_prov_capabilities_get_int (self->capabilities, "device-key-bits");
  const char *signature = amt_prov_capabilities_get_string (self->capabilities, "device-signature");
  g_autofree char *host = sim_store_get (self, "AMT_GeneralSettings", NULL, "HostName");
  SimKey *key = sim_key_pool_get (self->key_pool, bits > 0 ? bits : 2048, 0);
  SimIdentity *identity = NULL;

  if (key != NULL)
    identity = sim_identity_new_self_signed (key, host != NULL && *host != '\0' ? host : "AMT",
                                             g_strcmp0 (signature, "sha1") != 0,
                                             sim_model_get_time (self));
  sim_key_unref (key);
  return identity;
}

/* The certificate of the next handshake: the bound one once committed, else a self-signed one. */
SimIdentity *
sim_model_get_identity (SimModel *self, GError **error)
{
  if (self->own != NULL)
    return self->own;
  if (self->state == SIM_STATE_OPERATIONAL && self->tls_cert >= 0)
    self->own = sim_identity_new (sim_model_key_of_certificate (self, self->tls_cert),
                                  get_cert (self, self->tls_cert));
  else
    self->own = make_self_signed (self);
  if (self->own == NULL)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_FAILED,
                 "GnuTLS could not make the "
                 "certificate of the machine");
  return self->own;
}
