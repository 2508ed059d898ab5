/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/heci-message.h>

typedef enum {
  HECI_U8,
  HECI_U16,
  HECI_U32,
  /* Ends the message: one byte, or the low one of four. */
  HECI_LOW_BYTE,
  HECI_BOOLEAN8,
  HECI_BOOLEAN,
  HECI_UUID,
  HECI_MAC,
  /* 0x01020304 is 1.2.3.4. */
  HECI_IPV4,
  /* u16 length, text; also with a NUL that counts (heci.md §2). */
  HECI_ANSI,
  /* Padded with NUL to size. */
  HECI_TEXT,
  /* u16 length, then size bytes with a NUL at the length. */
  HECI_COUNTED_TEXT,
  HECI_BYTES,
  /* All that is left, as bytes or as numbers of 32 bits. */
  HECI_REST,
  HECI_NUMBERS,
  /* u32 count, then so many elements. */
  HECI_LIST,
  /* u16 length in bytes, then names that end in NUL. */
  HECI_NAMES,
  /* The same with a u32, in a buffer of size bytes that may be left out. */
  HECI_NAME_BUFFER,
  HECI_PADDING,
} HeciType;

typedef struct _HeciField HeciField;

struct _HeciField {
  const char *name;
  HeciType type;
  /* Bytes that the value takes; of ANSI the most. */
  guint16 size;
  /* Of ANSI and TEXT the fewest. */
  guint16 least;
  /* At the end of a message: may be absent. */
  gboolean optional;
  /* Of ANSI and TEXT: the value is the secret of the message. */
  gboolean secret;
  /* Of LIST. */
  const HeciField *elements;
};

/* Layouts end with a field without a name; NULL is a body without fields. */
typedef struct {
  AmtProvHeciClient client;
  /* PTHI: the command word; watchdog: subcommand; MKHI: group and command << 8. */
  guint32 code;
  const char *name;
  const HeciField *request;
  const HeciField *response;
  /* What a request of that many bytes is instead. */
  const HeciField *other_request;
  guint16 other_size;
  /* The response has no status. */
  gboolean bare;
} HeciCommand;

const HeciCommand *amt_prov_heci_command_find (AmtProvHeciClient client, guint32 code);
const HeciCommand *amt_prov_heci_command_find_name (const char *name);

/* Reads on in data; what is the message for errors. */
typedef struct {
  const char *what;
  const guint8 *data;
  gsize length;
  gsize at;
} HeciReader;

typedef struct {
  const char *what;
  guint8 data[AMT_PROV_HECI_MAX_MESSAGE];
  gsize length;
} HeciWriter;

/* Returns: (nullable): where the next size bytes are */
const guint8 *
amt_prov_heci_reader_take (HeciReader *self, const char *field, gsize size, GError **error);
gboolean amt_prov_heci_reader_refuse (
    HeciReader *self, gsize offset, const char *field, GError **error, const char *format, ...)
    G_GNUC_PRINTF (5, 6);

/* Values of a message: fields that are no secret by their names, and the one secret. */
typedef struct {
  GHashTable *by_name;
  AmtProvSecret *secret;
} HeciValues;

struct _AmtProvHeciMessage {
  gatomicrefcount ref_count;
  const HeciCommand *command;
  gboolean response;
  guint32 status;
  HeciValues values;
};

/* NULL for a field that has no value here: padding, a secret. */
const GVariantType *amt_prov_heci_field_get_value_type (const HeciField *field);
gboolean amt_prov_heci_layout_read (const HeciField *layout,
                                    HeciReader *reader,
                                    HeciValues *values,
                                    GError **error);
gboolean amt_prov_heci_layout_write (const HeciField *layout,
                                     HeciWriter *writer,
                                     const HeciValues *values,
                                     GError **error);

/* The head of a message, up to the body and with the status. */
gboolean amt_prov_heci_head_read_request (AmtProvHeciClient client,
                                          HeciReader *reader,
                                          guint32 *code,
                                          GError **error);
gboolean amt_prov_heci_head_read_response (const HeciCommand *command,
                                           HeciReader *reader,
                                           guint32 *status,
                                           GError **error);
/* Both leave room first and fill it in when the length is known. */
gsize amt_prov_heci_head_get_size (const HeciCommand *command, gboolean response);
void amt_prov_heci_head_write_request (const HeciCommand *command, guint8 *data, gsize length);
void amt_prov_heci_head_write_response (const HeciCommand *command,
                                        guint32 status,
                                        guint8 *data,
                                        gsize length);
