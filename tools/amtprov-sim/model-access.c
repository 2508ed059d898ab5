/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may come in: ports, passwords, the pair for TLS-PSK. */
#include "model.h"

#include <string.h>

gboolean
sim_model_secure_port_open (SimModel *self)
{
  return self->state == SIM_STATE_SETUP || (self->state == SIM_STATE_OPERATIONAL && self->tls);
}

gboolean
sim_model_plain_port_open (SimModel *self)
{
  return self->state == SIM_STATE_OPERATIONAL && self->plain;
}

gboolean
sim_model_needs_login (SimModel *self)
{
  SimDigest digest = self->settings->digest;

  return self->state == SIM_STATE_OPERATIONAL || digest == SIM_DIGEST_REQUIRED ||
         (digest == SIM_DIGEST_BY_MODE && self->by_psk);
}

static char *
digest_of (SimModel *self, const char *password)
{
  g_autofree char *text = g_strdup_printf ("admin:%s:%s", self->realm, password);

  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);
}

void
sim_model_use_password (SimModel *self, const char *password)
{
  g_free (self->admin_ha1);
  self->admin_ha1 = digest_of (self, password);
  self->acl_generation++;
}

/* That of MEBx, which is the administrator's until a server sets another one. */
void
sim_model_set_password (SimModel *self, const char *password)
{
  g_free (self->mebx_password);
  self->mebx_password = g_strdup (password);
  sim_model_use_password (self, password);
}

/* Whether the password is still the factory one. */
gboolean
sim_model_has_default_admin (SimModel *self)
{
  g_autofree char *ha1 = digest_of (self, "admin");

  return strcmp (ha1, self->admin_ha1) == 0;
}

static char *
to_hex (const guint8 *data, gsize length)
{
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (out, "%02x", data[i]);
  return g_string_free (out, FALSE);
}

static gboolean
is_hex_digest (const char *text)
{
  return strlen (text) == 32 && strspn (text, "0123456789abcdefABCDEF") == 32;
}

/* The digest is base64 of 16 bytes; some servers send hex (wsman.md §5.3). It counts at once. */
guint
sim_model_set_admin (SimModel *self, const char *user, const char *digest)
{
  gsize length = 0;
  g_autofree guint8 *raw = NULL;

  if (strcmp (user, "admin") != 0)
    return SIM_PT_INVALID_PARAMETER;
  if (is_hex_digest (digest)) {
    if (!self->settings->lenient_acl_hex)
      return SIM_PT_INVALID_PARAMETER;
    g_free (self->admin_ha1);
    self->admin_ha1 = g_ascii_strdown (digest, -1);
  } else {
    raw = g_base64_decode (digest, &length);
    if (length != 16)
      return SIM_PT_INVALID_PARAMETER;
    g_free (self->admin_ha1);
    self->admin_ha1 = to_hex (raw, length);
  }
  self->acl_generation++;
  sim_model_emit (self, "secret-received", "digest of the administrator");
  return SIM_PT_SUCCESS;
}

static gboolean
policy_allows (SimModel *self)
{
  gboolean is_default = g_strcmp0 (self->mebx_password, SIM_FACTORY_PASSWORD) == 0;

  switch (self->settings->mebx_policy) {
  case SIM_MEBX_POLICY_ANYTIME:
    return TRUE;
  case SIM_MEBX_POLICY_DEFAULT_ONLY:
    return is_default && self->state == SIM_STATE_SETUP && !self->by_psk;
  case SIM_MEBX_POLICY_SETUP:
  default:
    return self->state == SIM_STATE_SETUP;
  }
}

guint
sim_model_set_mebx_password (SimModel *self, const char *password)
{
  g_autoptr (AmtProvSecret) secret = amt_prov_secret_new_text (password);

  if (!policy_allows (self))
    return SIM_PT_NOT_PERMITTED;
  if (!amt_prov_secret_check_password (secret, NULL))
    return SIM_PT_INVALID_PASSWORD;
  g_free (self->mebx_password);
  self->mebx_password = g_strdup (password);
  sim_model_emit (self, "secret-received", "MEBx password");
  return SIM_PT_SUCCESS;
}

/* Works from CommitChanges on; handshakes before use the old pair (wsman-examples.md §8 row 4). */
guint
sim_model_set_psk (SimModel *self, const char *pid, const char *pps)
{
  g_autofree char *good_pid = amt_prov_psk_parse_pid (pid, NULL);
  g_autoptr (AmtProvPsk) psk = NULL;

  if (good_pid == NULL)
    return SIM_PT_INVALID_PID;
  psk = amt_prov_psk_new (pid, pps, NULL);
  if (psk == NULL)
    return SIM_PT_INVALID_PPS;
  g_clear_pointer (&self->pending_psk, amt_prov_psk_unref);
  self->pending_psk = g_steal_pointer (&psk);
  sim_model_emit (self, "secret-received", "PID and PPS");
  return SIM_PT_SUCCESS;
}
