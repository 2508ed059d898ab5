/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nobody can avoid: sessions of one POST with libcurl, each with a handle of its own, by
 * TLS-PSK or with a client certificate. Prints the microseconds of CPU for one of them. */
#include <string.h>

#include <curl/curl.h>
#include <glib.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "bench.h"

typedef struct {
  const char *url;
  char *body;
  const char *pid; /* PSK */
  const char *pps;
  STACK_OF (X509) * chain; /* PKI */
  EVP_PKEY *key;
} Setup;

static Setup setup;

static unsigned int
give_psk (SSL *ssl,
          const char *hint,
          char *identity,
          unsigned int identity_size,
          unsigned char *key,
          unsigned int key_size)
{
  g_strlcpy (identity, setup.pid, identity_size);
  memcpy (key, setup.pps, 32);
  return 32;
}

/* Certificate and key are parsed once: parsing them for each session would flatter us. */
static CURLcode
tune (CURL *easy, void *ssl_context, void *data)
{
  SSL_CTX *context = ssl_context;

  SSL_CTX_set_security_level (context, 0);
  SSL_CTX_set_min_proto_version (context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version (context, TLS1_2_VERSION);
  SSL_CTX_set_options (context, SSL_OP_LEGACY_SERVER_CONNECT);
  if (setup.key == NULL) {
    SSL_CTX_set_cipher_list (context, "PSK-AES128-CBC-SHA");
    SSL_CTX_set_psk_client_callback (context, give_psk);
    return CURLE_OK;
  }
  bench_need (SSL_CTX_use_certificate (context, sk_X509_value (setup.chain, 0)) == 1 &&
                  SSL_CTX_use_PrivateKey (context, setup.key) == 1,
              "OpenSSL does not take the certificate");
  for (int i = 1; i < sk_X509_num (setup.chain); i++)
    SSL_CTX_add1_chain_cert (context, sk_X509_value (setup.chain, i));
  return CURLE_OK;
}

static size_t
swallow (char *data, size_t size, size_t count, void *user_data)
{
  return size * count;
}

static void
post (void)
{
  struct curl_slist *headers =
      curl_slist_append (NULL, "Content-Type: application/soap+xml; charset=UTF-8");
  CURL *easy = curl_easy_init ();
  long status = 0;
  CURLcode code;

  curl_easy_setopt (easy, CURLOPT_URL, setup.url);
  curl_easy_setopt (easy, CURLOPT_POSTFIELDS, setup.body);
  curl_easy_setopt (easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt (easy, CURLOPT_WRITEFUNCTION, swallow);
  curl_easy_setopt (easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt (easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt (easy, CURLOPT_SSL_CTX_FUNCTION, tune);
  code = curl_easy_perform (easy);
  curl_easy_getinfo (easy, CURLINFO_RESPONSE_CODE, &status);
  bench_need (code == CURLE_OK, curl_easy_strerror (code));
  bench_need (status == 200, "the machine does not answer with HTTP 200");
  curl_easy_cleanup (easy);
  curl_slist_free_all (headers);
}

static void
read_certificates (const char *chain_file, const char *key_file)
{
  BIO *bio = BIO_new_file (chain_file, "r");
  X509 *certificate;

  setup.chain = sk_X509_new_null ();
  while (bio != NULL && (certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL)) != NULL)
    sk_X509_push (setup.chain, certificate);
  BIO_free (bio);
  bio = BIO_new_file (key_file, "r");
  setup.key = bio != NULL ? PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL) : NULL;
  BIO_free (bio);
  bench_need (setup.key != NULL && sk_X509_num (setup.chain) > 0, "no certificate or key");
}

int
main (int argc, char **argv)
{
  double begin;
  int rounds;

  bench_need (argc == 7 && (strcmp (argv[1], "psk") == 0 || strcmp (argv[1], "pki") == 0),
              "usage: post-once psk PID PPS URL BODY-FILE ROUNDS\n"
              "       post-once pki CHAIN KEY URL BODY-FILE ROUNDS");
  if (strcmp (argv[1], "pki") == 0)
    read_certificates (argv[2], argv[3]);
  setup.pid = argv[2];
  setup.pps = argv[3];
  setup.url = argv[4];
  rounds = atoi (argv[6]);
  bench_need (g_file_get_contents (argv[5], &setup.body, NULL, NULL), "no body");
  curl_global_init (CURL_GLOBAL_DEFAULT);
  post ();
  begin = bench_cpu ();
  for (int i = 0; i < rounds; i++)
    post ();
  printf ("%.1f\n", (bench_cpu () - begin) / rounds);
  g_free (setup.body);
  EVP_PKEY_free (setup.key);
  sk_X509_pop_free (setup.chain, X509_free);
  curl_global_cleanup ();
  return 0;
}
