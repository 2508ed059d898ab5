/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sheet-page.h"

/* At six lines to the inch Letter has 66 lines and A4 70, of which printers leave some free. A page
 * is the three lines of its head and whole cards. */
#define PAGE_LINES 60
#define HEAD_LINES 3
#define CARD_LINES 14
#define PAGE_CARDS ((PAGE_LINES - HEAD_LINES) / CARD_LINES)

/* What has more would make a second line on paper. */
#define MAX_FACT 50

#define PEN "________________________"

static void
begin_text (FILE *out, const char *booking, guint n_cards)
{
}

static void
put_page_head (FILE *out, const char *booking, guint number)
{
  fprintf (out,
           "%sPID and PPS for the MEBx. Secret: destroy the sheet when all is done.\n"
           "If it is lost: amtprov psk revoke --booking %s\n"
           "^ is under digits: 0 zero, 1 one. O and I without it are letters.\n",
           number > 1 ? "\f" : "", booking);
}

/* One line, whatever stands in the inventory. */
static void
put_fact (FILE *out, const char *name, const char *text)
{
  g_autoptr (GString) line = g_string_new (NULL);
  glong left = MAX_FACT;

  for (const char *p = text; p != NULL && *p != '\0' && left > 0; p = g_utf8_next_char (p), left--)
    g_string_append_unichar (line,
                             g_unichar_iscntrl (g_utf8_get_char (p)) ? ' ' : g_utf8_get_char (p));
  fprintf (out, "%-15s  %s\n", name, text != NULL ? line->str : PEN);
}

static void
put_key (FILE *out, const char *name, const char *text)
{
  g_autofree char *marks = sheet_dup_marks (text);

  fprintf (out, "%-15s  %s\n%-15s  %s\n", name, text, "", marks);
}

static void
card_text (FILE *out, const char *booking, guint n_cards, const AmtprovPskRow *row, char **facts)
{
  g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);
  g_autoptr (AmtProvSecret) pps = amt_prov_psk_dup_dashed_pps (row->psk);

  if ((row->line - 1) % PAGE_CARDS == 0)
    put_page_head (out, booking, row->line);
  fprintf (out,
           "---- card %u of %u "
           "-----------------------------------------------------------\n",
           row->line, n_cards);
  put_fact (out, "Host name", facts[SHEET_HOST]);
  put_fact (out, "Asset", facts[SHEET_ASSET]);
  put_fact (out, "UUID", facts[SHEET_UUID]);
  fprintf (out, "MEBx password    admin when the machine is new, else " PEN "\n");
  put_key (out, "New password", amt_prov_secret_peek_text (row->password));
  put_key (out, "PID", pid);
  put_key (out, "PPS", amt_prov_secret_peek_text (pps));
  fprintf (out, "[ ] password   [ ] PID and PPS   [ ] saved   [ ] plugged in   [ ] operational\n"
                "Name, date       " PEN "\n\n");
}

static void
end_text (FILE *out)
{
}

const SheetForm sheet_text = {".txt", begin_text, card_text, end_text};
