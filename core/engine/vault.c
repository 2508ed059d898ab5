/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/vault-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <amtprov/error.h>

#define KEY_SIZE    32
#define NONCE_SIZE  12
#define TAG_SIZE    16
#define FORMAT      1
#define HEADER_SIZE (1 + NONCE_SIZE)

struct _AmtProvVault {
  AmtProvSecret *key;
};

static gboolean
fail_errno (GError **error, const char *what, const char *path, int code)
{
  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "cannot %s the key file %s: %s", what,
               path, g_strerror (code));
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize length)
{
  while (length > 0) {
    gssize n = write (fd, bytes, length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    bytes += n;
    length -= n;
  }
  return TRUE;
}

/* Without this the file itself can be gone after a power cut although its bytes were synced. */
static gboolean
sync_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean synced;

  if (fd < 0)
    return FALSE;
  synced = fsync (fd) == 0;
  close (fd);
  return synced;
}

/* The key is complete before it gets its name, so that another process never reads half of it. */
static gboolean
create_key_file (const char *path, GError **error)
{
  g_autofree char *temporary = g_strdup_printf ("%s.%d.new", path, (int)getpid ());
  guint8 key[KEY_SIZE];
  gboolean done;
  int code, fd;

  fd = g_open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail_errno (error, "create", temporary, errno);
  done =
      RAND_priv_bytes (key, sizeof key) == 1 && write_all (fd, key, sizeof key) && fsync (fd) == 0;
  code = errno;
  OPENSSL_cleanse (key, sizeof key);
  if (close (fd) != 0 && done) {
    code = errno;
    done = FALSE;
  }
  /* link() refuses to replace a file, as O_EXCL does. */
  if (done && link (temporary, path) != 0 && errno != EEXIST) {
    code = errno;
    done = FALSE;
  }
  g_unlink (temporary);
  if (!done)
    return fail_errno (error, "write", path, code);
  if (!sync_folder (path))
    return fail_errno (error, "make durable", path, errno);
  return TRUE;
}

static gboolean
check_key_file (const char *path, int fd, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return fail_errno (error, "examine", path, errno);
  if (!S_ISREG (info.st_mode)) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "the key file %s is no regular file",
                 path);
    return FALSE;
  }
  if ((info.st_mode & 077) != 0) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the key file %s can be used by others than its owner (mode %04o); whoever reads "
                 "it can read every password in the store. Run: chmod 0600 %s",
                 path, (guint)info.st_mode & 07777, path);
    return FALSE;
  }
  if (info.st_size != KEY_SIZE) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the key file %s has %" G_GINT64_FORMAT " bytes; a key has exactly %d random "
                 "bytes. Put back the right file from a backup",
                 path, (gint64)info.st_size, KEY_SIZE);
    return FALSE;
  }
  return TRUE;
}

static AmtProvSecret *
read_key (const char *path, int fd, GError **error)
{
  AmtProvSecret *secret = NULL;
  guint8 key[KEY_SIZE];
  gsize have = 0;

  if (!check_key_file (path, fd, error))
    return NULL;
  while (have < KEY_SIZE) {
    gssize n = read (fd, key + have, KEY_SIZE - have);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    have += n;
  }
  if (have == KEY_SIZE)
    secret = amt_prov_secret_new (key, KEY_SIZE);
  else
    fail_errno (error, "read", path, EIO);
  OPENSSL_cleanse (key, sizeof key);
  return secret;
}

AmtProvVault *
amt_prov_vault_new (const char *path, gboolean may_create, GError **error)
{
  g_autoptr (AmtProvSecret) key = NULL;
  AmtProvVault *self;
  int fd;

  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0 && errno == ENOENT && may_create) {
    if (!create_key_file (path, error))
      return NULL;
    fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  }
  if (fd < 0) {
    fail_errno (error, "open", path, errno);
    return NULL;
  }
  key = read_key (path, fd, error);
  close (fd);
  if (key == NULL)
    return NULL;
  self = g_new0 (AmtProvVault, 1);
  self->key = g_steal_pointer (&key);
  return self;
}

void
amt_prov_vault_free (AmtProvVault *self)
{
  amt_prov_secret_unref (self->key);
  g_free (self);
}

static char *
name_of (AmtProvKind kind, const char *key)
{
  return g_strdup_printf ("%d:%s", (int)kind, key);
}

static EVP_CIPHER_CTX *
start (AmtProvVault *self, gboolean encrypt, const guint8 *nonce, const char *name)
{
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new ();
  const guint8 *key = amt_prov_secret_peek (self->key, NULL);
  int length;

  if (ctx != NULL && EVP_CipherInit_ex (ctx, EVP_aes_256_gcm (), NULL, key, nonce, encrypt) == 1 &&
      EVP_CipherUpdate (ctx, NULL, &length, (const guint8 *)name, (int)strlen (name)) == 1)
    return ctx;
  EVP_CIPHER_CTX_free (ctx);
  return NULL;
}

GBytes *
amt_prov_vault_seal (
    AmtProvVault *self, AmtProvKind kind, const char *key, AmtProvSecret *plain, GError **error)
{
  g_autofree char *name = name_of (kind, key);
  g_autofree guint8 *sealed = NULL;
  EVP_CIPHER_CTX *ctx = NULL;
  gsize length;
  const guint8 *bytes = amt_prov_secret_peek (plain, &length);
  int n = 0, last = 0;
  gboolean done;

  sealed = g_malloc (HEADER_SIZE + length + TAG_SIZE);
  sealed[0] = FORMAT;
  done =
      length <= G_MAXINT / 2 && RAND_bytes (sealed + 1, NONCE_SIZE) == 1 &&
      (ctx = start (self, TRUE, sealed + 1, name)) != NULL &&
      (length == 0 || EVP_EncryptUpdate (ctx, sealed + HEADER_SIZE, &n, bytes, (int)length) == 1) &&
      EVP_EncryptFinal_ex (ctx, sealed + HEADER_SIZE + n, &last) == 1 &&
      EVP_CIPHER_CTX_ctrl (ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, sealed + HEADER_SIZE + length) ==
          1;
  EVP_CIPHER_CTX_free (ctx);
  if (!done) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "OpenSSL cannot encrypt the record %s", key);
    return NULL;
  }
  return g_bytes_new_take (g_steal_pointer (&sealed), HEADER_SIZE + length + TAG_SIZE);
}

AmtProvSecret *
amt_prov_vault_unseal (
    AmtProvVault *self, AmtProvKind kind, const char *key, GBytes *sealed, GError **error)
{
  g_autofree char *name = name_of (kind, key);
  AmtProvSecret *plain = NULL;
  EVP_CIPHER_CTX *ctx = NULL;
  gsize size, length;
  const guint8 *bytes = g_bytes_get_data (sealed, &size);
  guint8 *buffer;
  int n = 0, last = 0;

  if (size < HEADER_SIZE + TAG_SIZE || size > G_MAXINT / 2 || bytes[0] != FORMAT) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the sealed part of the record %s is damaged or was written by a newer amtprov",
                 key);
    return NULL;
  }
  length = size - HEADER_SIZE - TAG_SIZE;
  buffer = g_malloc (length + 1);
  if ((ctx = start (self, FALSE, bytes + 1, name)) != NULL &&
      (length == 0 || EVP_DecryptUpdate (ctx, buffer, &n, bytes + HEADER_SIZE, (int)length) == 1) &&
      EVP_CIPHER_CTX_ctrl (ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE,
                           (void *)(bytes + HEADER_SIZE + length)) == 1 &&
      EVP_DecryptFinal_ex (ctx, buffer + n, &last) == 1)
    plain = amt_prov_secret_new (buffer, length);
  else
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE,
                 "the sealed part of the record %s does not open: it was changed, belongs to "
                 "another record, or was sealed with another key",
                 key);
  EVP_CIPHER_CTX_free (ctx);
  OPENSSL_cleanse (buffer, length + 1);
  g_free (buffer);
  return plain;
}
