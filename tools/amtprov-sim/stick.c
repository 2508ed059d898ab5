/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the BIOS of a machine does with a stick before MEBx gets to work (setup-bin.md §9). It reads
 * and writes the sectors of setup.bin in the image. */
#include "stick.h"

#include "command/fat-image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

typedef struct {
  int fd;
  guint64 start; /* of setup.bin in the image */
  AmtProvSetupBinDecoder *decoder;
  AmtProvSetupBinHeader *header;
  AmtProvSetupBinRecord *record; /* the one for this machine */
  GPtrArray *problems;           /* of the record */
} Stick;

static void
stick_clear (Stick *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_clear_object (&self->decoder);
  g_clear_pointer (&self->header, amt_prov_setup_bin_header_unref);
  g_clear_pointer (&self->record, amt_prov_setup_bin_record_unref);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Stick, stick_clear)

static gboolean
fail_code (GError **error, int code)
{
  g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (code), g_strerror (code));
  return FALSE;
}

static gboolean
refuse (GError **error, const char *reason)
{
  g_set_error_literal (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED, reason);
  return FALSE;
}

/* ---- reading ---- */

/* The lock is held until the machine has its record, so that no other one takes the same. */
static gboolean
open_stick (Stick *self, const char *path, GError **error)
{
  self->fd = open (path, O_RDONLY | O_CLOEXEC);
  if (self->fd < 0 || flock (self->fd, LOCK_EX) != 0)
    return fail_code (error, errno);
  if (!amtprov_fat_is_image (path))
    return refuse (error, "this is no image of a FAT stick; make one with amtprov usb create "
                          "--image");
  return amtprov_fat_locate (path, &self->start, error);
}

static gboolean
read_header (Stick *self, GError **error)
{
  guint8 chunk[AMT_PROV_SETUP_BIN_CHUNK];
  gssize length = pread (self->fd, chunk, sizeof chunk, (off_t)self->start);

  if (length < 0)
    return fail_code (error, errno);
  self->header = amt_prov_setup_bin_decoder_decode_header (self->decoder, chunk, length, error);
  return self->header != NULL;
}

static gboolean
read_record (Stick *self, guint32 number, guint8 *data, gsize size, GError **error)
{
  guint64 offset = amt_prov_setup_bin_header_get_record_offset (self->header, number);
  gssize length = pread (self->fd, data, size, (off_t)(self->start + offset));

  if (length < 0)
    return fail_code (error, errno);
  g_clear_pointer (&self->problems, g_ptr_array_unref);
  g_clear_pointer (&self->record, amt_prov_setup_bin_record_unref);
  self->record = amt_prov_setup_bin_decoder_decode_record (self->decoder, data, length, error);
  self->problems = amt_prov_setup_bin_decoder_take_problems (self->decoder);
  return self->record != NULL;
}

/* The first valid record counts, whatever the header's counter says. */
static gboolean
find_record (Stick *self, GError **error)
{
  guint32 n_records = amt_prov_setup_bin_header_get_n_records (self->header);
  gsize size = amt_prov_setup_bin_header_get_record_size (self->header);
  g_autofree guint8 *data = g_malloc (size);
  gboolean more = TRUE;

  for (guint32 number = 1; more && number <= n_records; number++)
    more = read_record (self, number, data, size, error) &&
           amt_prov_setup_bin_record_get_state (self->record) != AMT_PROV_SETUP_BIN_STATE_VALID;
  explicit_bzero (data, size);
  if (more)
    g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_BLOCKED,
                 "all %u records of setup.bin are used, none is left for this machine; make a new "
                 "stick with amtprov usb create",
                 n_records);
  return !more && self->record != NULL;
}

/* ---- asking ---- */

static gboolean
ask (SimModel *model, GError **error)
{
  g_autofree char *line = NULL;
  gsize size = 0;

  if (!isatty (STDIN_FILENO))
    return refuse (error, "nobody is there to confirm it; give confirm=yes");
  fprintf (stderr, "%s: Found USB key for provisioning.\nContinue with auto provisioning (Y/N)? ",
           model->settings->address);
  if (getline (&line, &size, stdin) > 0 && g_ascii_toupper (*line) == 'Y')
    return TRUE;
  return refuse (error, "it was not confirmed");
}

static gboolean
confirm (SimModel *model, GError **error)
{
  if (model->settings->confirm == SIM_CONFIRM_ASK)
    return ask (model, error);
  return model->settings->confirm == SIM_CONFIRM_YES || refuse (error, "it was not confirmed");
}

/* ---- marking ---- */

static gboolean
write_block (int fd, guint64 offset, const guint8 *data, gsize length, GError **error)
{
  gssize written = pwrite (fd, data, length, (off_t)offset);

  if (written != (gssize)length)
    return fail_code (error, written < 0 ? errno : ENOSPC);
  return TRUE;
}

/* A used record is empty, too. */
static gboolean
write_record (Stick *self, int fd, GError **error)
{
  guint32 number = amt_prov_setup_bin_record_get_number (self->record);
  g_autoptr (AmtProvSetupBinRecord) used = amt_prov_setup_bin_record_new (number);
  g_autoptr (AmtProvSecret) bytes = NULL;
  const guint8 *data;
  gsize length;

  amt_prov_setup_bin_record_set_scrambled (used,
                                           amt_prov_setup_bin_record_get_scrambled (self->record));
  amt_prov_setup_bin_record_set_state (used, AMT_PROV_SETUP_BIN_STATE_WIPED);
  bytes = amt_prov_setup_bin_record_encode (
      used, amt_prov_setup_bin_header_get_record_chunks (self->header), error);
  if (bytes == NULL)
    return FALSE;
  data = amt_prov_secret_peek (bytes, &length);
  return write_block (
      fd, self->start + amt_prov_setup_bin_header_get_record_offset (self->header, number), data,
      length, error);
}

static gboolean
write_header (Stick *self, int fd, GError **error)
{
  g_autoptr (GBytes) chunk = NULL;

  amt_prov_setup_bin_header_set_n_consumed (
      self->header, amt_prov_setup_bin_decoder_get_n_used (self->decoder) + 1);
  chunk = amt_prov_setup_bin_header_encode (self->header);
  return write_block (fd, self->start, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk),
                      error);
}

/* Before MEBx sees the record. Nothing but these sectors is written, and the record first: who is
 * killed between them leaves a counter that the next machine puts right. */
static gboolean
mark_used (Stick *self, const char *path, GError **error)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean marked;

  if (fd < 0)
    return fail_code (error, errno);
  marked = write_record (self, fd, error) && write_header (self, fd, error);
  close (fd);
  return marked;
}

/* ---- booting ---- */

static gboolean
take (Stick *self, SimModel *model, GError **error)
{
  gboolean consumable = amt_prov_setup_bin_header_get_consumable (self->header);

  if (!confirm (model, error))
    return FALSE;
  if (consumable && !mark_used (self, model->settings->stick, error)) {
    g_prefix_error (error, "the record cannot be marked as used: ");
    return FALSE;
  }
  if (sim_mebx_take_record (model, self->record, self->problems, error))
    return TRUE;
  g_prefix_error (error, "record %u%s: MEBx: ", amt_prov_setup_bin_record_get_number (self->record),
                  consumable ? ", which is used up" : "");
  return FALSE;
}

static gboolean
boot (Stick *self, SimModel *model, GError **error)
{
  self->decoder = amt_prov_setup_bin_decoder_new (FALSE);
  return open_stick (self, model->settings->stick, error) && read_header (self, error) &&
         sim_mebx_check_file (model, self->header, error) && find_record (self, error) &&
         take (self, model, error);
}

void
sim_stick_boot (SimModel *model)
{
  g_auto (Stick) stick = {.fd = -1};
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;

  if (model->settings->stick == NULL)
    return;
  if (boot (&stick, model, &error))
    reason =
        g_strdup_printf ("record %u of %s", amt_prov_setup_bin_record_get_number (stick.record),
                         model->settings->stick);
  else
    reason = g_strdup_printf ("%s: %s", model->settings->stick, error->message);
  sim_model_emit (model, error == NULL ? "stick-taken" : "stick-refused", reason);
}
