/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <openssl/crypto.h>

#include <amtprov/error.h>
#include <amtprov/secret.h>

#include "base/random-private.h"

#define MAX_FILE_LENGTH           (64 * 1024)
#define GENERATED_PASSWORD_LENGTH 16
#define PASSWORD_MIN_LENGTH       8
#define PASSWORD_MAX_LENGTH       32

struct _AmtProvSecret {
  gatomicrefcount ref_count;
  gsize length;
  /* One byte longer than length: always ends in NUL, so that it can serve as text. */
  guint8 data[];
};

G_DEFINE_BOXED_TYPE (AmtProvSecret, amt_prov_secret, amt_prov_secret_ref, amt_prov_secret_unref)

static AmtProvSecret *
secret_alloc (gsize length)
{
  AmtProvSecret *self = g_malloc0 (sizeof (AmtProvSecret) + length + 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->length = length;
  return self;
}

/**
 * amt_prov_secret_new:
 * @data: (array length=length) (nullable): the bytes; %NULL when @length is 0
 * @length: how many bytes there are
 *
 * Copies bytes into a secret. The caller wipes its own copy.
 *
 * Returns: (transfer full): a new secret
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_secret_new (const guint8 *data, gsize length)
{
  AmtProvSecret *self = secret_alloc (length);

  if (length > 0)
    memcpy (self->data, data, length);
  return self;
}

/**
 * amt_prov_secret_new_text:
 * @text: a password or another secret text
 *
 * Copies a text into a secret, without its final NUL.
 *
 * Returns: (transfer full): a new secret
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_secret_new_text (const char *text)
{
  return amt_prov_secret_new ((const guint8 *)text, strlen (text));
}

static gssize
read_all (int fd, guint8 *buffer, gsize size)
{
  gsize length = 0;

  while (length < size) {
    gssize got = read (fd, buffer + length, size - length);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -1;
    if (got == 0)
      break;
    length += got;
  }
  return length;
}

static void
set_file_error (GError **error, const char *path, int saved_errno)
{
  g_set_error (error, AMT_PROV_ERROR,
               saved_errno == ENOENT ? AMT_PROV_ERROR_NOT_FOUND : AMT_PROV_ERROR_FAILED,
               "%s: cannot read the secret: %s", path, g_strerror (saved_errno));
}

/**
 * amt_prov_secret_new_from_file:
 * @path: (type filename): the file, at most 64 KiB
 * @error: return location for an error
 *
 * Reads a secret from a file. One newline at the end is dropped, because editors add it.
 *
 * Returns: (transfer full): a new secret; %NULL with %AMT_PROV_ERROR_NOT_FOUND when there is no
 * such file, %AMT_PROV_ERROR_INVALID_DATA when it is too long, or %AMT_PROV_ERROR_FAILED. The
 * message names @path and never the content.
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_secret_new_from_file (const char *path, GError **error)
{
  g_autoptr (AmtProvSecret) buffer = secret_alloc (MAX_FILE_LENGTH + 1);
  gssize length;
  int saved_errno;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);

  if (fd < 0) {
    set_file_error (error, path, errno);
    return NULL;
  }
  length = read_all (fd, buffer->data, MAX_FILE_LENGTH + 1);
  saved_errno = errno;
  close (fd);
  if (length < 0) {
    set_file_error (error, path, saved_errno);
    return NULL;
  }
  if (length > MAX_FILE_LENGTH) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "%s: longer than %d bytes: this is not a file with one secret", path,
                 MAX_FILE_LENGTH);
    return NULL;
  }
  if (length > 0 && buffer->data[length - 1] == '\n')
    length--;
  return amt_prov_secret_new (buffer->data, length);
}

/* psk.md §6, third column: what every known rule set accepts. */
static const char password_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "abcdefghijklmnopqrstuvwxyz"
                                        "0123456789"
                                        "!#$%()*+-./;=?@[\\]^_`{|}~";

static gboolean
is_special (char c)
{
  /* The underscore counts as alphanumeric, the space as nothing. */
  return c > ' ' && c < 0x7f && c != '_' && !g_ascii_isalnum (c);
}

static const char *
find_missing_class (const char *text, gsize length)
{
  gboolean upper = FALSE, lower = FALSE, digit = FALSE, special = FALSE;

  for (gsize i = 0; i < length; i++) {
    upper |= g_ascii_isupper (text[i]);
    lower |= g_ascii_islower (text[i]);
    digit |= g_ascii_isdigit (text[i]);
    special |= is_special (text[i]);
  }
  if (!upper)
    return "an upper-case letter";
  if (!lower)
    return "a lower-case letter";
  if (!digit)
    return "a digit";
  if (!special)
    return "a special character (an underscore or a space is none)";
  return NULL;
}

static gboolean
draw_password (AmtProvRandom *random, char *text)
{
  for (gsize i = 0; i < GENERATED_PASSWORD_LENGTH; i++) {
    guint8 number;

    if (!amt_prov_random_draw (random, sizeof (password_alphabet) - 1, &number))
      return FALSE;
    text[i] = password_alphabet[number];
  }
  return TRUE;
}

/**
 * amt_prov_secret_generate_password:
 *
 * Makes a random password that every AMT release takes: 16 characters with upper case, lower case,
 * a digit and a special character, from the strictest of the known character sets (`psk.md §6`).
 * All such passwords are equally likely.
 *
 * Returns: (transfer full) (nullable): a new password, or %NULL when OpenSSL's random generator
 * does not work
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_secret_generate_password (void)
{
  g_autoptr (AmtProvSecret) self = secret_alloc (GENERATED_PASSWORD_LENGTH);
  AmtProvRandom random = {.left = 0};
  gboolean drawn;

  do
    drawn = draw_password (&random, (char *)self->data);
  while (drawn && find_missing_class ((const char *)self->data, self->length) != NULL);
  OPENSSL_cleanse (&random, sizeof random);
  return drawn ? g_steal_pointer (&self) : NULL;
}

/**
 * amt_prov_secret_check_password:
 * @self: a password
 * @error: return location for an error
 *
 * Checks a password by the SDK's rule for administrator and MEBx passwords (`psk.md §6`): 8 to 32
 * characters of ASCII 32 to 126 without `:`, `,` and `"`, with an upper-case letter, a lower-case
 * letter, a digit and a special character.
 *
 * Returns: %TRUE when AMT would take it; otherwise %FALSE with %AMT_PROV_ERROR_INVALID_DATA, whose
 * message names the broken rule and nothing of the password
 *
 * Since: 0.1
 */
gboolean
amt_prov_secret_check_password (AmtProvSecret *self, GError **error)
{
  const char *text, *missing;

  g_return_val_if_fail (self != NULL, FALSE);

  text = (const char *)self->data;
  if (self->length < PASSWORD_MIN_LENGTH || self->length > PASSWORD_MAX_LENGTH) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "the password has %" G_GSIZE_FORMAT " characters, AMT takes %d to %d",
                 self->length, PASSWORD_MIN_LENGTH, PASSWORD_MAX_LENGTH);
    return FALSE;
  }
  for (gsize i = 0; i < self->length; i++) {
    if (text[i] >= ' ' && text[i] < 0x7f && text[i] != ':' && text[i] != ',' && text[i] != '"')
      continue;
    g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                         "the password has a character that AMT refuses: allowed is printable "
                         "ASCII without colon, comma and double quote");
    return FALSE;
  }
  missing = find_missing_class (text, self->length);
  if (missing != NULL) {
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_INVALID_DATA,
                 "the password lacks %s: AMT wants upper case, lower case, a digit and a special "
                 "character",
                 missing);
    return FALSE;
  }
  return TRUE;
}

/**
 * amt_prov_secret_ref:
 * @self: a secret
 *
 * Takes another reference. Safe from any thread.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_secret_ref (AmtProvSecret *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_secret_unref:
 * @self: (transfer full): a secret
 *
 * Gives a reference back. The last one wipes the bytes. Safe from any thread.
 *
 * Since: 0.1
 */
void
amt_prov_secret_unref (AmtProvSecret *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  OPENSSL_cleanse (self->data, self->length);
  g_free (self);
}

/**
 * amt_prov_secret_peek:
 * @self: a secret
 * @length: (out): return location for the number of bytes
 *
 * Looks at the bytes. They live as long as the secret; a copy must be wiped by whoever makes it.
 *
 * Returns: (array length=length) (transfer none): the bytes
 *
 * Since: 0.1
 */
const guint8 *
amt_prov_secret_peek (AmtProvSecret *self, gsize *length)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (length != NULL)
    *length = self->length;
  return self->data;
}

/**
 * amt_prov_secret_peek_text:
 * @self: a secret
 *
 * Looks at the secret as text. It always ends in NUL; for a secret with a NUL inside the text ends
 * there.
 *
 * Returns: (transfer none): the text, which lives as long as the secret
 *
 * Since: 0.1
 */
const char *
amt_prov_secret_peek_text (AmtProvSecret *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *)self->data;
}

/**
 * amt_prov_secret_equal:
 * @self: a secret
 * @other: another secret
 *
 * Compares two secrets in a time that depends on their length only.
 *
 * Returns: %TRUE when they hold the same bytes
 *
 * Since: 0.1
 */
gboolean
amt_prov_secret_equal (AmtProvSecret *self, AmtProvSecret *other)
{
  g_return_val_if_fail (self != NULL && other != NULL, FALSE);

  return self->length == other->length &&
         CRYPTO_memcmp (self->data, other->data, self->length) == 0;
}
