/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The instances of a machine: those of the data file with the machine's values filled in, those
 * that a client has written, and those that stand for keys and certificates. */
#include "model.h"

#include <string.h>

static char *
uuid_bytes (SimModel *self, gboolean base64)
{
  guint8 bytes[AMT_PROV_UUID_LENGTH] = {0};
  GString *out;

  amt_prov_uuid_to_wire (self->settings->uuid, bytes);
  if (base64)
    return g_base64_encode (bytes, sizeof bytes);
  out = g_string_new (NULL);
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (out, "%02X", bytes[i]);
  return g_string_free (out, FALSE);
}

char *
sim_store_mac (SimModel *self, const char *separator)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_MD5, self->settings->uuid, -1);
  GString *out = g_string_new ("02");

  for (guint i = 0; i < 5; i++)
    g_string_append_printf (out, "%s%.2s", separator, hash + 2 * i);
  return g_string_free (out, FALSE);
}

/* NULL: the property is left out. */
static char *
fill_in (SimModel *self, const char *word)
{
  AmtProvCapabilities *row = self->capabilities;
  gboolean plain = amt_prov_capabilities_get_boolean (row, "plain-port");

  if (strcmp (word, "{realm}") == 0)
    return g_strdup (self->realm);
  if (strcmp (word, "{suffix}") == 0)
    return g_strdup (self->suffix);
  if (strcmp (word, "{otp}") == 0)
    return sim_model_encode_otp (self);
  if (strcmp (word, "{state}") == 0)
    return g_strdup_printf ("%u", sim_model_get_provisioning_state (self));
  if (strcmp (word, "{control-mode}") == 0)
    return g_strdup (self->state == SIM_STATE_OPERATIONAL ? "2" : "0");
  if (strcmp (word, "{nonce}") == 0)
    return g_base64_encode (self->nonce, sizeof self->nonce);
  if (strcmp (word, "{time-source}") == 0)
    return g_strdup (self->clock_set ? "1" : "0");
  if (strcmp (word, "{version}") == 0)
    return g_strdup (amt_prov_capabilities_get_string (row, "sample-firmware"));
  if (strcmp (word, "{build}") == 0)
    return g_strdup (amt_prov_capabilities_get_string (row, "sample-build"));
  if (strcmp (word, "{sku}") == 0)
    return g_strdup_printf ("%u", sim_model_get_sku (self));
  if (strcmp (word, "{plain}") == 0)
    return g_strdup (plain ? "true" : "false");
  if (strcmp (word, "{no-plain}") == 0)
    return g_strdup (plain ? "false" : "true");
  if (strcmp (word, "{uuid-hex}") == 0)
    return uuid_bytes (self, FALSE);
  if (strcmp (word, "{uuid-base64}") == 0)
    return uuid_bytes (self, TRUE);
  if (strcmp (word, "{mac}") == 0)
    return sim_store_mac (self, "-");
  if (strcmp (word, "{serial}") == 0)
    return g_ascii_strup (self->settings->uuid + strlen (self->settings->uuid) - 12, -1);
  if (strcmp (word, "{mac-plain}") == 0)
    return sim_store_mac (self, "");
  return g_strdup (word);
}

static SimInstance *
expand (SimModel *self, const SimInstance *template)
{
  SimInstance *instance = sim_instance_new (template->class_name);
  guint release = sim_release_number (self->settings->amt);

  for (guint i = 0; i < template->properties->len; i++) {
    const SimProperty *property = template->properties->pdata[i];
    g_autofree char *value = NULL;

    if (property->since > release)
      continue;
    value = !property->raw && *property->value == '{' ? fill_in (self, property->value)
                                                      : g_strdup (property->value);
    if (value != NULL)
      g_ptr_array_add (instance->properties,
                       sim_property_new (property->name, value, property->raw));
  }
  return instance;
}

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)sim_instance_free);
}

static void
list_keys (SimModel *self, GPtrArray *list)
{
  for (guint i = 0; i < self->keys->len; i++) {
    SimKey *key = self->keys->pdata[i];
    g_autofree char *id = g_strdup_printf ("Intel(r) AMT Key: Handle: %u", i);
    g_autofree char *der = NULL;
    SimInstance *instance;

    if (key == NULL)
      continue;
    der = g_base64_encode (g_bytes_get_data (key->public_pkcs1, NULL),
                           g_bytes_get_size (key->public_pkcs1));
    instance = sim_instance_new ("AMT_PublicPrivateKeyPair");
    sim_instance_add (instance, "DERKey", der, FALSE);
    sim_instance_add (instance, "ElementName", "Intel(r) AMT Key", FALSE);
    sim_instance_add (instance, "InstanceID", id, FALSE);
    g_ptr_array_add (list, instance);
  }
}

static void
list_certificates (SimModel *self, GPtrArray *list)
{
  for (guint i = 0; i < self->certs->len; i++) {
    SimCert *cert = self->certs->pdata[i];
    g_autofree char *id = g_strdup_printf ("Intel(r) AMT Certificate: Handle: %u", i);
    g_autofree char *der = NULL;
    g_autofree char *issuer = NULL;
    g_autofree char *subject = NULL;
    SimInstance *instance;

    if (cert == NULL)
      continue;
    der = g_base64_encode (g_bytes_get_data (cert->der, NULL), g_bytes_get_size (cert->der));
    issuer = sim_cert_dup_name (cert, TRUE);
    subject = sim_cert_dup_name (cert, FALSE);
    instance = sim_instance_new ("AMT_PublicKeyCertificate");
    sim_instance_add (instance, "ElementName", "Intel(r) AMT Certificate", FALSE);
    sim_instance_add (instance, "InstanceID", id, FALSE);
    sim_instance_add (instance, "Issuer", issuer, FALSE);
    sim_instance_add (instance, "ReadOnlyCertificate", "false", FALSE);
    sim_instance_add (instance, "Subject", subject, FALSE);
    sim_instance_add (instance, "TrustedRootCertficate", cert->root ? "true" : "false", FALSE);
    sim_instance_add (instance, "X509Certificate", der, FALSE);
    g_ptr_array_add (list, instance);
  }
}

static void
list_context (SimModel *self, GPtrArray *list)
{
  g_autofree char *id =
      g_strdup_printf ("Intel(r) AMT Certificate: Handle: %d", self->context_cert);
  g_autofree char *cert = NULL;
  g_autofree char *collection = NULL;
  SimInstance *instance;

  if (self->context_cert < 0)
    return;
  cert = sim_reference ("AMT_PublicKeyCertificate", "InstanceID", id, NULL);
  collection = sim_reference ("AMT_TLSProtocolEndpointCollection", "ElementName",
                              "TLSProtocolEndpoint Instances Collection", NULL);
  instance = sim_instance_new ("AMT_TLSCredentialContext");
  sim_instance_add (instance, "ElementInContext", cert, TRUE);
  sim_instance_add (instance, "ElementProvidingContext", collection, TRUE);
  g_ptr_array_add (list, instance);
}

static void
list_hashes (SimModel *self, GPtrArray *list)
{
  for (guint i = 0; i < self->hashes->len; i++) {
    SimHash *slot = self->hashes->pdata[i];
    g_autofree char *id = g_strdup_printf ("Intel(r) AMT: Provisioning Certificate Hash %u", i);
    g_autofree char *type =
        g_strdup_printf ("%d", (int)amt_prov_cert_hash_get_algorithm (slot->hash));
    gsize length;
    const guint8 *data = amt_prov_cert_hash_get_data (slot->hash, &length);
    g_autofree char *text = g_base64_encode (data, length);
    SimInstance *instance = sim_instance_new ("AMT_ProvisioningCertificateHash");

    sim_instance_add (instance, "Description", slot->name, FALSE);
    sim_instance_add (instance, "ElementName", "Intel(r) AMT: Provisioning Certificate Hash",
                      FALSE);
    sim_instance_add (instance, "Enabled", slot->active ? "true" : "false", FALSE);
    sim_instance_add (instance, "HashData", text, FALSE);
    sim_instance_add (instance, "HashType", type, FALSE);
    sim_instance_add (instance, "InstanceID", id, FALSE);
    sim_instance_add (instance, "IsDefault", slot->is_default ? "true" : "false", FALSE);
    g_ptr_array_add (list, instance);
  }
}

static gboolean
list_living (SimModel *self, const char *class, GPtrArray *list)
{
  if (strcmp (class, "AMT_PublicPrivateKeyPair") == 0)
    list_keys (self, list);
  else if (strcmp (class, "AMT_PublicKeyCertificate") == 0)
    list_certificates (self, list);
  else if (strcmp (class, "AMT_TLSCredentialContext") == 0)
    list_context (self, list);
  else if (strcmp (class, "AMT_ProvisioningCertificateHash") == 0)
    list_hashes (self, list);
  else
    return FALSE;
  return TRUE;
}

static void
append_all (SimModel *self, GPtrArray *source, GPtrArray *list)
{
  for (guint i = 0; i < source->len; i++)
    g_ptr_array_add (list, expand (self, source->pdata[i]));
}

/* All instances of a class, ready to be written; a base class gives those of its parts. */
GPtrArray *
sim_store_list (SimModel *self, SimClass *class)
{
  GPtrArray *written = g_hash_table_lookup (self->written, class->name);
  GPtrArray *list = new_list ();

  for (guint i = 0; class->parts[i] != NULL; i++) {
    SimClass *part =
        *class->parts[i] != '\0' ? sim_catalog_lookup (self->catalog, class->parts[i]) : NULL;
    g_autoptr (GPtrArray) items = part != NULL ? sim_store_list (self, part) : NULL;

    for (guint j = 0; items != NULL && j < items->len; j++)
      g_ptr_array_add (list, sim_instance_copy (items->pdata[j]));
  }
  if (!list_living (self, class->name, list))
    append_all (self, written != NULL ? written : class->instances, list);
  return list;
}

/* The machine's own copy of a class, made at the first write. */
GPtrArray *
sim_store_edit (SimModel *self, SimClass *class)
{
  GPtrArray *written = g_hash_table_lookup (self->written, class->name);

  if (written != NULL)
    return written;
  written = new_list ();
  for (guint i = 0; i < class->instances->len; i++)
    g_ptr_array_add (written, sim_instance_copy (class->instances->pdata[i]));
  g_hash_table_insert (self->written, g_strdup (class->name), written);
  return written;
}

char *
sim_store_get (SimModel *self, const char *class_name, const char *instance, const char *name)
{
  SimClass *class = sim_catalog_lookup (self->catalog, class_name);
  g_autoptr (GPtrArray) list = sim_store_list (self, class);

  for (guint i = 0; i < list->len; i++) {
    if (instance == NULL ||
        g_strcmp0 (sim_instance_get (list->pdata[i], "InstanceID"), instance) == 0)
      return g_strdup (sim_instance_get (list->pdata[i], name));
  }
  return NULL;
}

void
sim_store_set (
    SimModel *self, const char *class_name, guint index, const char *name, const char *value)
{
  GPtrArray *list = sim_store_edit (self, sim_catalog_lookup (self->catalog, class_name));

  if (index < list->len)
    sim_instance_set (list->pdata[index], name, value);
}
