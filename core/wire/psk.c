/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <openssl/crypto.h>

#include <amtprov/error.h>
#include <amtprov/psk.h>

#include "base/random-private.h"
#include "wire/psk-private.h"
#include "wire/refuse-private.h"

#define ALPHABET_LENGTH  36
#define GROUP_LENGTH     4
#define DASHED_LENGTH(n) ((n) + (n) / GROUP_LENGTH - 1)

struct _AmtProvPsk {
  gatomicrefcount ref_count;
  char *pid;
  AmtProvSecret *pps;
};

G_DEFINE_BOXED_TYPE (AmtProvPsk, amt_prov_psk, amt_prov_psk_ref, amt_prov_psk_unref)

static char
symbol (guint value)
{
  return value < 10 ? 0x30 + value : 0x37 + value;
}

/* psk.md §2: the sum of the codes, not a CRC. */
static char
check_character (const char *text, gsize length)
{
  guint sum = 0;

  for (gsize i = 0; i < length; i++)
    sum += (guint8)text[i];
  return symbol (sum % ALPHABET_LENGTH);
}

/* Writes length characters to plain, without NUL. Never shows a character: it may be of a PPS. */
static gboolean
strip_dashes (const char *text, char *plain, gsize length, const char *what, GError **error)
{
  gsize given = strlen (text), out = 0;
  gboolean dashed = given == DASHED_LENGTH (length);

  if (!dashed && given != length)
    return amt_prov_wire_refuse (error,
                                 "a %s has %" G_GSIZE_FORMAT " characters, or %" G_GSIZE_FORMAT
                                 " with dashes, not %" G_GSIZE_FORMAT,
                                 what, length, DASHED_LENGTH (length), given);
  for (gsize i = 0; i < given; i++) {
    if (dashed && i % (GROUP_LENGTH + 1) == GROUP_LENGTH) {
      if (text[i] != '-')
        return amt_prov_wire_refuse (
            error, "character %" G_GSIZE_FORMAT " of the %s must be a dash", i + 1, what);
      continue;
    }
    if (!g_ascii_isupper (text[i]) && !g_ascii_isdigit (text[i]))
      return amt_prov_wire_refuse (
          error, "character %" G_GSIZE_FORMAT " of the %s is none of A-Z (upper case only) and 0-9",
          i + 1, what);
    plain[out++] = text[i];
  }
  return TRUE;
}

gboolean
amt_prov_psk_read_pid (const char *text, char *pid, GError **error)
{
  char expected;

  if (!strip_dashes (text, pid, AMT_PROV_PID_LENGTH, "PID", error))
    return FALSE;
  pid[AMT_PROV_PID_LENGTH] = '\0';
  expected = check_character (pid, AMT_PROV_PID_LENGTH - 1);
  return pid[AMT_PROV_PID_LENGTH - 1] == expected ||
         amt_prov_wire_refuse (
             error, "PID %s is mistyped: its last character is a check character and should be %c",
             text, expected);
}

/**
 * amt_prov_psk_parse_pid:
 * @text: a PID, with its dash or without
 * @error: return location for an error
 *
 * Checks a PID: characters, length and check character (`psk.md §1`, `§2`).
 *
 * Returns: (transfer full): the eight characters without dash; %NULL with
 * %AMT_PROV_ERROR_INVALID_DATA
 *
 * Since: 0.1
 */
char *
amt_prov_psk_parse_pid (const char *text, GError **error)
{
  char pid[AMT_PROV_PID_LENGTH + 1];

  return amt_prov_psk_read_pid (text, pid, error) ? g_strdup (pid) : NULL;
}

static gboolean
check_pps (const char *pps, GError **error)
{
  for (gsize i = 0; i < AMT_PROV_PPS_LENGTH; i += GROUP_LENGTH)
    if (pps[i + GROUP_LENGTH - 1] != check_character (pps + i, GROUP_LENGTH - 1))
      return amt_prov_wire_refuse (
          error,
          "the PPS is mistyped: the check character of group %" G_GSIZE_FORMAT
          " of %d does not fit",
          i / GROUP_LENGTH + 1, AMT_PROV_PPS_LENGTH / GROUP_LENGTH);
  if (strspn (pps, "0") == AMT_PROV_PPS_LENGTH)
    return amt_prov_wire_refuse (
        error, "the PPS is all zeros, which anybody can guess; generate a new pair");
  return TRUE;
}

gboolean
amt_prov_psk_read_pps (const char *text, char *pps, GError **error)
{
  pps[AMT_PROV_PPS_LENGTH] = '\0';
  return strip_dashes (text, pps, AMT_PROV_PPS_LENGTH, "PPS", error) && check_pps (pps, error);
}

/**
 * amt_prov_psk_parse_pps:
 * @text: a PPS, with its dashes or without
 * @error: return location for an error
 *
 * Checks a PPS: characters, length and the check character of each group (`psk.md §1`, `§2`). The
 * PPS of nothing but zeros is refused as weak.
 *
 * Returns: (transfer full): the 32 characters without dashes; %NULL with
 * %AMT_PROV_ERROR_INVALID_DATA, whose message shows nothing of the PPS
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_psk_parse_pps (const char *text, GError **error)
{
  char pps[AMT_PROV_PPS_LENGTH + 1];
  AmtProvSecret *secret = NULL;

  if (amt_prov_psk_read_pps (text, pps, error))
    secret = amt_prov_secret_new_text (pps);
  OPENSSL_cleanse (pps, sizeof pps);
  return secret;
}

/* Takes pid and pps. */
static AmtProvPsk *
psk_alloc (char *pid, AmtProvSecret *pps)
{
  AmtProvPsk *self = g_new0 (AmtProvPsk, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->pid = pid;
  self->pps = pps;
  return self;
}

/**
 * amt_prov_psk_new:
 * @pid: the PID, with its dash or without
 * @pps: the PPS, with its dashes or without
 * @error: return location for an error
 *
 * Makes a pair from text.
 *
 * Returns: (transfer full): a new pair; %NULL with %AMT_PROV_ERROR_INVALID_DATA
 *
 * Since: 0.1
 */
AmtProvPsk *
amt_prov_psk_new (const char *pid, const char *pps, GError **error)
{
  g_autofree char *plain_pid = amt_prov_psk_parse_pid (pid, error);
  AmtProvSecret *secret;

  if (plain_pid == NULL)
    return NULL;
  secret = amt_prov_psk_parse_pps (pps, error);
  if (secret == NULL)
    return NULL;
  return psk_alloc (g_steal_pointer (&plain_pid), secret);
}

static gboolean
draw (AmtProvRandom *random, char *text, gsize count)
{
  for (gsize i = 0; i < count; i++) {
    guint8 number;

    if (!amt_prov_random_draw (random, ALPHABET_LENGTH, &number))
      return FALSE;
    text[i] = symbol (number);
  }
  return TRUE;
}

static AmtProvSecret *
draw_pps (AmtProvRandom *random)
{
  char pps[AMT_PROV_PPS_LENGTH + 1] = {0};
  AmtProvSecret *secret = NULL;
  gboolean drawn = TRUE;

  for (gsize i = 0; drawn && i < AMT_PROV_PPS_LENGTH; i += GROUP_LENGTH) {
    drawn = draw (random, pps + i, GROUP_LENGTH - 1);
    pps[i + GROUP_LENGTH - 1] = check_character (pps + i, GROUP_LENGTH - 1);
  }
  if (drawn)
    secret = amt_prov_secret_new_text (pps);
  OPENSSL_cleanse (pps, sizeof pps);
  return secret;
}

/**
 * amt_prov_psk_generate:
 *
 * Makes a random pair: 7 characters for the PID and 24 for the PPS (124 bits) from OpenSSL's
 * generator, without modulo bias, and their check characters (`psk.md §3`). Whether the PID is
 * unique is for the store to say.
 *
 * Returns: (transfer full) (nullable): a new pair, or %NULL when OpenSSL's random generator does
 * not work
 *
 * Since: 0.1
 */
AmtProvPsk *
amt_prov_psk_generate (void)
{
  char pid[AMT_PROV_PID_LENGTH + 1] = {0};
  AmtProvSecret *pps = NULL;
  AmtProvRandom random = {.left = 0};

  if (draw (&random, pid, AMT_PROV_PID_LENGTH - 1)) {
    pid[AMT_PROV_PID_LENGTH - 1] = check_character (pid, AMT_PROV_PID_LENGTH - 1);
    pps = draw_pps (&random);
  }
  OPENSSL_cleanse (&random, sizeof random);
  return pps ? psk_alloc (g_strdup (pid), pps) : NULL;
}

/**
 * amt_prov_psk_ref:
 * @self: a pair
 *
 * Takes another reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
AmtProvPsk *
amt_prov_psk_ref (AmtProvPsk *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * amt_prov_psk_unref:
 * @self: (transfer full): a pair
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
amt_prov_psk_unref (AmtProvPsk *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->pid);
  amt_prov_secret_unref (self->pps);
  g_free (self);
}

/**
 * amt_prov_psk_get_pid:
 * @self: a pair
 *
 * Gets the PID: the TLS-PSK identity.
 *
 * Returns: (transfer none): eight characters without dash
 *
 * Since: 0.1
 */
const char *
amt_prov_psk_get_pid (AmtProvPsk *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pid;
}

/**
 * amt_prov_psk_get_pps:
 * @self: a pair
 *
 * Gets the PPS: the TLS-PSK key is its 32 ASCII characters (`psk.md §4`).
 *
 * Returns: (transfer none): 32 characters without dashes
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_psk_get_pps (AmtProvPsk *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pps;
}

/* out holds DASHED_LENGTH (length) + 1 characters. */
static void
add_dashes (const char *plain, gsize length, char *out)
{
  gsize n = 0;

  for (gsize i = 0; i < length; i++) {
    if (i > 0 && i % GROUP_LENGTH == 0)
      out[n++] = '-';
    out[n++] = plain[i];
  }
  out[n] = '\0';
}

/**
 * amt_prov_psk_dup_dashed_pid:
 * @self: a pair
 *
 * Writes the PID as MEBx shows it (`psk.md §1`).
 *
 * Returns: (transfer full): `XXXX-XXXC`
 *
 * Since: 0.1
 */
char *
amt_prov_psk_dup_dashed_pid (AmtProvPsk *self)
{
  char text[DASHED_LENGTH (AMT_PROV_PID_LENGTH) + 1];

  g_return_val_if_fail (self != NULL, NULL);

  add_dashes (self->pid, AMT_PROV_PID_LENGTH, text);
  return g_strdup (text);
}

/**
 * amt_prov_psk_dup_dashed_pps:
 * @self: a pair
 *
 * Writes the PPS as MEBx shows it (`psk.md §1`).
 *
 * Returns: (transfer full): eight groups `XXXC` joined by dashes, 39 characters
 *
 * Since: 0.1
 */
AmtProvSecret *
amt_prov_psk_dup_dashed_pps (AmtProvPsk *self)
{
  char text[DASHED_LENGTH (AMT_PROV_PPS_LENGTH) + 1];
  AmtProvSecret *secret;

  g_return_val_if_fail (self != NULL, NULL);

  add_dashes (amt_prov_secret_peek_text (self->pps), AMT_PROV_PPS_LENGTH, text);
  secret = amt_prov_secret_new_text (text);
  OPENSSL_cleanse (text, sizeof text);
  return secret;
}
