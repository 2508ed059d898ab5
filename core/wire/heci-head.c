/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "wire/heci-private.h"
#include "wire/little-endian-private.h"

/* PTHI (heci.md §2) */
#define PTHI_OFFSET_MINOR    1
#define PTHI_OFFSET_RESERVED 2
#define PTHI_OFFSET_COMMAND  4
#define PTHI_OFFSET_LENGTH   8
#define PTHI_HEAD            12
#define PTHI_RESPONSE        0x00800000u

/* Watchdog (heci.md §8) */
#define WATCHDOG_COMMAND        0x05
#define WATCHDOG_OFFSET_LENGTH  1
#define WATCHDOG_OFFSET_COMMAND 2
#define WATCHDOG_OFFSET_VERSION 3
#define WATCHDOG_VERSION        0x10
#define WATCHDOG_HEAD           4

/* MKHI (heci.md §9): group, command and response bit; the result in the last byte. */
#define MKHI_OFFSET_RESULT 3
#define MKHI_HEAD          4
#define MKHI_RESPONSE      0x8000u

#define STATUS_LENGTH 4

static gboolean
check_pthi_head (HeciReader *reader, const guint8 *data, GError **error)
{
  if (data[0] != 1 || data[PTHI_OFFSET_MINOR] < 1)
    return amt_prov_heci_reader_refuse (reader, 0, "version", error,
                                        "the version is %u.%u, 1.1 is known", data[0],
                                        data[PTHI_OFFSET_MINOR]);
  if (wire_get_u16 (data + PTHI_OFFSET_RESERVED) != 0)
    return amt_prov_heci_reader_refuse (reader, PTHI_OFFSET_RESERVED, "reserved", error,
                                        "the value is %u, not 0",
                                        wire_get_u16 (data + PTHI_OFFSET_RESERVED));
  if (wire_get_u32 (data + PTHI_OFFSET_LENGTH) != reader->length - PTHI_HEAD)
    return amt_prov_heci_reader_refuse (
        reader, PTHI_OFFSET_LENGTH, "length", error,
        "the value is %u, but %" G_GSIZE_FORMAT " bytes follow the head",
        wire_get_u32 (data + PTHI_OFFSET_LENGTH), reader->length - PTHI_HEAD);
  return TRUE;
}

static gboolean
check_watchdog_head (HeciReader *reader, const guint8 *data, GError **error)
{
  if (data[0] != WATCHDOG_COMMAND)
    return amt_prov_heci_reader_refuse (reader, 0, "command", error, "the value is 0x%02x, not 05",
                                        data[0]);
  if (data[WATCHDOG_OFFSET_VERSION] != WATCHDOG_VERSION)
    return amt_prov_heci_reader_refuse (reader, WATCHDOG_OFFSET_VERSION, "version", error,
                                        "the value is 0x%02x, not 10",
                                        data[WATCHDOG_OFFSET_VERSION]);
  if (data[WATCHDOG_OFFSET_LENGTH] != reader->length - 2)
    return amt_prov_heci_reader_refuse (reader, WATCHDOG_OFFSET_LENGTH, "length", error,
                                        "the value is %u, but %" G_GSIZE_FORMAT " bytes follow",
                                        data[WATCHDOG_OFFSET_LENGTH], reader->length - 2);
  return TRUE;
}

gboolean
amt_prov_heci_head_read_request (AmtProvHeciClient client,
                                 HeciReader *reader,
                                 guint32 *code,
                                 GError **error)
{
  gsize size = client == AMT_PROV_HECI_CLIENT_PTHI ? PTHI_HEAD : WATCHDOG_HEAD;
  const guint8 *data = amt_prov_heci_reader_take (reader, "head", size, error);

  if (data == NULL)
    return FALSE;
  switch (client) {
  case AMT_PROV_HECI_CLIENT_PTHI:
    *code = wire_get_u32 (data + PTHI_OFFSET_COMMAND);
    return check_pthi_head (reader, data, error);
  case AMT_PROV_HECI_CLIENT_WATCHDOG:
    *code = data[WATCHDOG_OFFSET_COMMAND];
    return check_watchdog_head (reader, data, error);
  case AMT_PROV_HECI_CLIENT_MKHI:
    *code = wire_get_u32 (data);
    return TRUE;
  }
  g_return_val_if_reached (FALSE);
}

static gboolean
read_pthi_response (const HeciCommand *command, HeciReader *reader, guint32 *status, GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, "head", PTHI_HEAD + STATUS_LENGTH, error);
  guint32 code;

  if (data == NULL || !check_pthi_head (reader, data, error))
    return FALSE;
  code = wire_get_u32 (data + PTHI_OFFSET_COMMAND);
  if (code != (command->code | PTHI_RESPONSE))
    return amt_prov_heci_reader_refuse (reader, PTHI_OFFSET_COMMAND, "command", error,
                                        "the value is 0x%08x, the response would be 0x%08x", code,
                                        command->code | PTHI_RESPONSE);
  *status = wire_get_u32 (data + PTHI_HEAD);
  return TRUE;
}

/* One client sees the head of the request repeated before the status of 53 (heci.md §8). */
static gboolean
read_watchdog_response (const HeciCommand *command,
                        HeciReader *reader,
                        guint32 *status,
                        GError **error)
{
  if (command->bare)
    return TRUE;
  if (reader->length == WATCHDOG_HEAD + STATUS_LENGTH && reader->data[0] == WATCHDOG_COMMAND &&
      reader->data[WATCHDOG_OFFSET_COMMAND] == command->code)
    reader->at = WATCHDOG_HEAD;
  if (reader->length - reader->at != STATUS_LENGTH)
    return amt_prov_heci_reader_refuse (reader, reader->at, "status", error,
                                        "%" G_GSIZE_FORMAT " bytes are left, not 4",
                                        reader->length - reader->at);
  *status = wire_get_u32 (reader->data + reader->at);
  reader->at += STATUS_LENGTH;
  return TRUE;
}

static gboolean
read_mkhi_response (const HeciCommand *command, HeciReader *reader, guint32 *status, GError **error)
{
  const guint8 *data = amt_prov_heci_reader_take (reader, "head", MKHI_HEAD, error);

  if (data == NULL)
    return FALSE;
  if (wire_get_u16 (data) != (command->code | MKHI_RESPONSE))
    return amt_prov_heci_reader_refuse (reader, 0, "command", error,
                                        "the value is 0x%04x, the response would be 0x%04x",
                                        wire_get_u16 (data), command->code | MKHI_RESPONSE);
  *status = data[MKHI_OFFSET_RESULT];
  return TRUE;
}

gboolean
amt_prov_heci_head_read_response (const HeciCommand *command,
                                  HeciReader *reader,
                                  guint32 *status,
                                  GError **error)
{
  *status = 0;
  switch (command->client) {
  case AMT_PROV_HECI_CLIENT_PTHI:
    return read_pthi_response (command, reader, status, error);
  case AMT_PROV_HECI_CLIENT_WATCHDOG:
    return read_watchdog_response (command, reader, status, error);
  case AMT_PROV_HECI_CLIENT_MKHI:
    return read_mkhi_response (command, reader, status, error);
  }
  g_return_val_if_reached (FALSE);
}

gsize
amt_prov_heci_head_get_size (const HeciCommand *command, gboolean response)
{
  switch (command->client) {
  case AMT_PROV_HECI_CLIENT_PTHI:
    return response ? PTHI_HEAD + STATUS_LENGTH : PTHI_HEAD;
  case AMT_PROV_HECI_CLIENT_WATCHDOG:
    return !response ? WATCHDOG_HEAD : command->bare ? 0 : STATUS_LENGTH;
  case AMT_PROV_HECI_CLIENT_MKHI:
    return MKHI_HEAD;
  }
  g_return_val_if_reached (0);
}

static void
write_pthi_head (guint32 code, guint8 *data, gsize length)
{
  data[0] = data[PTHI_OFFSET_MINOR] = 1;
  wire_put_u32 (data + PTHI_OFFSET_COMMAND, code);
  wire_put_u32 (data + PTHI_OFFSET_LENGTH, length - PTHI_HEAD);
}

void
amt_prov_heci_head_write_request (const HeciCommand *command, guint8 *data, gsize length)
{
  switch (command->client) {
  case AMT_PROV_HECI_CLIENT_PTHI:
    write_pthi_head (command->code, data, length);
    break;
  case AMT_PROV_HECI_CLIENT_WATCHDOG:
    data[0] = WATCHDOG_COMMAND;
    data[WATCHDOG_OFFSET_LENGTH] = length - 2;
    data[WATCHDOG_OFFSET_COMMAND] = command->code;
    data[WATCHDOG_OFFSET_VERSION] = WATCHDOG_VERSION;
    break;
  case AMT_PROV_HECI_CLIENT_MKHI:
    wire_put_u32 (data, command->code);
    break;
  }
}

void
amt_prov_heci_head_write_response (const HeciCommand *command,
                                   guint32 status,
                                   guint8 *data,
                                   gsize length)
{
  switch (command->client) {
  case AMT_PROV_HECI_CLIENT_PTHI:
    write_pthi_head (command->code | PTHI_RESPONSE, data, length);
    wire_put_u32 (data + PTHI_HEAD, status);
    break;
  case AMT_PROV_HECI_CLIENT_WATCHDOG:
    if (!command->bare)
      wire_put_u32 (data, status);
    break;
  case AMT_PROV_HECI_CLIENT_MKHI:
    wire_put_u32 (data, command->code | MKHI_RESPONSE | status << 24);
    break;
  }
}

/**
 * amt_prov_heci_encode_refusal:
 * @client: the firmware client that was asked
 * @request: a request, sound or not
 * @status: why it is refused: a PT status, of MKHI a result up to 255; not 0
 *
 * Writes the response of firmware that will not do a request: also one whose command it does not
 * know, or whose body it cannot read.
 *
 * Returns: (transfer full): the response
 *
 * Since: 0.1
 */
GBytes *
amt_prov_heci_encode_refusal (AmtProvHeciClient client, GBytes *request, guint32 status)
{
  HeciCommand asked = {.client = client};
  guint8 data[PTHI_HEAD + STATUS_LENGTH] = {0};
  gsize length;
  const guint8 *bytes = g_bytes_get_data (request, &length);

  if (client == AMT_PROV_HECI_CLIENT_PTHI && length >= PTHI_HEAD)
    asked.code = wire_get_u32 (bytes + PTHI_OFFSET_COMMAND);
  else if (client == AMT_PROV_HECI_CLIENT_MKHI && length >= MKHI_HEAD)
    asked.code = wire_get_u16 (bytes);
  amt_prov_heci_head_write_response (&asked, status, data,
                                     amt_prov_heci_head_get_size (&asked, TRUE));
  return g_bytes_new (data, amt_prov_heci_head_get_size (&asked, TRUE));
}
