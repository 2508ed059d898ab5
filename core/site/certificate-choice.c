/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <amtprov/error.h>
#include <amtprov/site.h>

#define CERTIFICATE_KEY "certificate"

typedef struct {
  const char *suffix;
  AmtProvHello *hello;
  AmtProvCapabilities *capabilities;
  GString *complaints;
} Choice;

static AmtProvProvisioningCertificate *
get_certificate (AmtProvSettings *group)
{
  return amt_prov_settings_get_certificate (group, CERTIFICATE_KEY);
}

static gboolean
fits (AmtProvSettings *group, Choice *choice)
{
  g_autoptr (GPtrArray) checks = amt_prov_provisioning_certificate_check (
      get_certificate (group), choice->suffix, choice->hello, choice->capabilities);
  gsize before;

  g_string_append_printf (choice->complaints, " [%s]:", amt_prov_settings_get_group (group));
  before = choice->complaints->len;
  for (guint i = 0; i < checks->len; i++)
    if (amt_prov_check_get_result (checks->pdata[i]) == AMT_PROV_CHECK_RESULT_FAIL)
      g_string_append_printf (choice->complaints, " %s",
                              amt_prov_check_get_sentence (checks->pdata[i]));
  return choice->complaints->len == before;
}

static gboolean
knows_only_sha1 (AmtProvHello *hello)
{
  GPtrArray *hashes = hello != NULL ? amt_prov_hello_get_hashes (hello) : NULL;

  for (guint i = 0; hashes != NULL && i < hashes->len; i++)
    if (amt_prov_cert_hash_get_algorithm (hashes->pdata[i]) != AMT_PROV_HASH_ALGORITHM_SHA1)
      return FALSE;
  return hashes != NULL && hashes->len > 0;
}

static void
append_kind (GPtrArray *to, GPtrArray *from, gboolean sha1)
{
  for (guint i = 0; i < from->len; i++)
    if (amt_prov_provisioning_certificate_uses_sha1 (get_certificate (from->pdata[i])) == sha1)
      g_ptr_array_add (to, amt_prov_settings_ref (from->pdata[i]));
}

/**
 * amt_prov_site_choose_certificates:
 * @self: a #AmtProvSite
 * @prefix: first word of the headers of groups whose key `certificate` is a provisioning
 *   certificate
 * @suffix: (nullable): the DNS suffix of the machine, or %NULL if it is not known
 * @hello: (nullable): a hello of the machine, or %NULL; one without hashes says nothing
 * @capabilities: (nullable): what the machine's release can do, or %NULL if that is not known
 * @error: return location for an error
 *
 * The certificates of the site that a machine may accept: those for which no rule of
 * amt_prov_provisioning_certificate_check() fails. Firmware that lists only SHA-1 roots is old and
 * gets a SHA-1 chain first; all other firmware a SHA-2 chain.
 *
 * Returns: (transfer container) (element-type AmtProvSettings): their groups, the best first; %NULL
 *   with %AMT_PROV_ERROR_BLOCKED, whose message says of each certificate what is against it
 *
 * Since: 0.1
 */
GPtrArray *
amt_prov_site_choose_certificates (AmtProvSite *self,
                                   const char *prefix,
                                   const char *suffix,
                                   AmtProvHello *hello,
                                   AmtProvCapabilities *capabilities,
                                   GError **error)
{
  g_autoptr (GString) complaints = g_string_new (NULL);
  Choice choice = {suffix, hello, capabilities, complaints};
  gboolean sha1_first = knows_only_sha1 (hello);
  g_autoptr (GPtrArray) groups = NULL;
  g_autoptr (GPtrArray) fitting = g_ptr_array_new ();
  GPtrArray *ordered;

  g_return_val_if_fail (AMT_PROV_IS_SITE (self) && prefix != NULL, NULL);

  groups = amt_prov_site_list_settings (self, prefix);
  for (guint i = 0; i < groups->len; i++)
    if (get_certificate (groups->pdata[i]) != NULL && fits (groups->pdata[i], &choice))
      g_ptr_array_add (fitting, groups->pdata[i]);
  if (fitting->len == 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "no provisioning certificate of site %s fits this machine:%s",
                 amt_prov_site_get_name (self),
                 complaints->len > 0 ? complaints->str : " it has none");
    return NULL;
  }
  ordered = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_settings_unref);
  append_kind (ordered, fitting, sha1_first);
  append_kind (ordered, fitting, !sha1_first);
  return ordered;
}
