/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pki-method.h"

static void
candidate_free (Candidate *candidate)
{
  g_free (candidate->group);
  g_clear_pointer (&candidate->certificate, amt_prov_provisioning_certificate_unref);
  g_free (candidate);
}

static Candidate *
load_candidate (AmtProvSettings *settings, GError **error)
{
  g_autofree char *certificate = amt_prov_settings_dup_path (settings, "certificate");
  g_autofree char *key = amt_prov_settings_dup_path (settings, "key");
  g_autofree char *passphrase_file = amt_prov_settings_dup_path (settings, "passphrase-file");
  g_autoptr (AmtProvSecret) passphrase = NULL;
  AmtProvProvisioningCertificate *loaded;
  Candidate *candidate;

  if (passphrase_file != NULL) {
    passphrase = amt_prov_secret_new_from_file (passphrase_file, error);
    if (passphrase == NULL)
      return NULL;
  }
  loaded = amt_prov_provisioning_certificate_new (certificate, key, passphrase, error);
  if (loaded == NULL)
    return NULL;
  candidate = g_new0 (Candidate, 1);
  candidate->group = g_strdup (amt_prov_settings_get_group (settings));
  candidate->certificate = loaded;
  return candidate;
}

GPtrArray *
amt_prov_pki_load_candidates (AmtProvSite *site, GError **error)
{
  g_autoptr (GPtrArray) groups = amt_prov_site_list_settings (site, METHOD_ID);
  g_autoptr (GPtrArray) candidates =
      g_ptr_array_new_with_free_func ((GDestroyNotify)candidate_free);

  for (guint i = 0; i < groups->len; i++) {
    Candidate *candidate = load_candidate (groups->pdata[i], error);

    if (candidate == NULL)
      return NULL;
    g_ptr_array_add (candidates, candidate);
  }
  return g_steal_pointer (&candidates);
}

/* A hello on behalf of a machine, made by an operator, lists no roots: that says nothing. */
static AmtProvHello *
hello_with_roots (AmtProvSession *session)
{
  AmtProvHello *hello = amt_prov_session_get_hello (session);
  GPtrArray *hashes = hello != NULL ? amt_prov_hello_get_hashes (hello) : NULL;

  return hashes != NULL && hashes->len > 0 ? hello : NULL;
}

/* As long as the release is not known, only what holds for every release is judged. */
static GPtrArray *
check (Candidate *candidate, AmtProvSession *session)
{
  return amt_prov_provisioning_certificate_check (
      candidate->certificate, amt_prov_session_get_suffix (session), hello_with_roots (session),
      amt_prov_session_knows_release (session) ? amt_prov_session_get_capabilities (session)
                                               : NULL);
}

static void
append_checks (GString *text, GPtrArray *checks, AmtProvCheckResult result)
{
  for (guint i = 0; i < checks->len; i++) {
    if (amt_prov_check_get_result (checks->pdata[i]) == result)
      g_string_append_printf (text, " %s", amt_prov_check_get_sentence (checks->pdata[i]));
  }
}

/* What our own checks say about a certificate that the machine has refused. */
char *
amt_prov_pki_describe (Candidate *candidate, AmtProvSession *session)
{
  g_autoptr (GPtrArray) checks = check (candidate, session);
  GString *text = g_string_new (NULL);

  append_checks (text, checks, AMT_PROV_CHECK_RESULT_FAIL);
  append_checks (text, checks, AMT_PROV_CHECK_RESULT_UNKNOWN);
  if (text->len == 0)
    g_string_append (text, " Every rule that can be checked from here holds.");
  return g_string_free (text, FALSE);
}

static gboolean
fits (Candidate *candidate, AmtProvSession *session, GString *complaints)
{
  g_autoptr (GPtrArray) checks = check (candidate, session);
  gsize before;

  g_string_append_printf (complaints, " [%s]:", candidate->group);
  before = complaints->len;
  append_checks (complaints, checks, AMT_PROV_CHECK_RESULT_FAIL);
  return complaints->len == before;
}

static gboolean
knows_only_sha1 (AmtProvHello *hello)
{
  GPtrArray *hashes = amt_prov_hello_get_hashes (hello);

  for (guint i = 0; i < hashes->len; i++) {
    if (amt_prov_cert_hash_get_algorithm (hashes->pdata[i]) != AMT_PROV_HASH_ALGORITHM_SHA1)
      return FALSE;
  }
  return TRUE;
}

static void
append_kind (GPtrArray *to, GPtrArray *from, gboolean sha1)
{
  for (guint i = 0; i < from->len; i++) {
    Candidate *candidate = from->pdata[i];

    if (amt_prov_provisioning_certificate_uses_sha1 (candidate->certificate) == sha1)
      g_ptr_array_add (to, candidate);
  }
}

/* The certificates that the machine may accept, the best first. Firmware that lists only SHA-1
 * roots is old and gets a SHA-1 chain first; all other firmware a SHA-2 chain. */
GPtrArray *
amt_prov_pki_choose (GPtrArray *candidates, AmtProvSession *session, char **complaints)
{
  AmtProvHello *hello = hello_with_roots (session);
  gboolean sha1_first = hello != NULL && knows_only_sha1 (hello);
  g_autoptr (GPtrArray) fitting = g_ptr_array_new ();
  GPtrArray *ordered = g_ptr_array_new ();
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < candidates->len; i++) {
    if (fits (candidates->pdata[i], session, text))
      g_ptr_array_add (fitting, candidates->pdata[i]);
  }
  append_kind (ordered, fitting, sha1_first);
  append_kind (ordered, fitting, !sha1_first);
  *complaints = g_string_free (text, FALSE);
  return ordered;
}
