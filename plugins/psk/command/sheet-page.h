/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "command/psk-file.h"

#include <stdio.h>

G_BEGIN_DECLS

/* What a card says of its machine; what is not known is NULL, and left to the technician's pen. */
enum { SHEET_HOST, SHEET_ASSET, SHEET_UUID, N_SHEET_FACTS };

/* A form in which cards are written. Errors of the file show when it is closed. */
typedef struct {
  const char *ending;
  void (*begin) (FILE *out, const char *booking, guint n_cards);
  void (*card) (
      FILE *out, const char *booking, guint n_cards, const AmtprovPskRow *row, char **facts);
  void (*end) (FILE *out);
} SheetForm;

extern const SheetForm sheet_html;
extern const SheetForm sheet_text;

/* What is under a text so that nobody takes a digit for a letter: a mark under each digit. */
char *sheet_dup_marks (const char *text);

G_END_DECLS
