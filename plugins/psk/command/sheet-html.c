/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sheet-page.h"
#include "sheet-resources.h"

#define HEAD "/amtprov/psk/sheet-head.html"

static const char *const ticks[] = {"password", "PID and PPS", "saved", "plugged in",
                                    "operational"};

static void
put (FILE *out, char *owned)
{
  g_autofree char *text = owned;

  fputs (text, out);
}

static void
begin_html (FILE *out, const char *booking, guint n_cards)
{
  g_autoptr (GBytes) head =
      g_resource_lookup_data (sheet_get_resource (), HEAD, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  fwrite (g_bytes_get_data (head, NULL), 1, g_bytes_get_size (head), out);
  put (out,
       g_markup_printf_escaped (
           "<h1>PID and PPS for the MEBx: %u card%s</h1>\n"
           "<p class=\"note\">One card for one machine. These are secrets: keep the sheet from "
           "other eyes, and destroy it when all machines are operational. If it is lost: "
           "<code>amtprov psk revoke --booking %s</code></p>\n",
           n_cards, n_cards == 1 ? "" : "s", booking));
}

static void
put_fact (FILE *out, const char *name, const char *text)
{
  if (text != NULL)
    put (out, g_markup_printf_escaped ("<tr><th>%s</th><td><b>%s</b></td></tr>\n", name, text));
  else
    put (out, g_markup_printf_escaped (
                  "<tr><th>%s</th><td><span class=\"line\">&#160;</span></td></tr>\n", name));
}

static void
put_key (FILE *out, const char *name, const char *text)
{
  g_autofree char *marks = sheet_dup_marks (text);

  put (out,
       g_markup_printf_escaped ("<tr><th>%s</th><td class=\"key\">%s<span>%s</span></td></tr>\n",
                                name, text, marks));
}

static void
card_html (FILE *out, const char *booking, guint n_cards, const AmtprovPskRow *row, char **facts)
{
  g_autofree char *pid = amt_prov_psk_dup_dashed_pid (row->psk);
  g_autoptr (AmtProvSecret) pps = amt_prov_psk_dup_dashed_pps (row->psk);

  fputs ("<div class=\"card\">\n<table>\n", out);
  put_fact (out, "Host name", facts[SHEET_HOST]);
  put_fact (out, "Asset", facts[SHEET_ASSET]);
  if (facts[SHEET_UUID] != NULL)
    put_fact (out, "UUID", facts[SHEET_UUID]);
  fputs ("<tr><th>MEBx password</th><td><b>admin</b> when the machine is new, else "
         "<span class=\"line\">&#160;</span></td></tr>\n",
         out);
  put_key (out, "New password", amt_prov_secret_peek_text (row->password));
  put_key (out, "PID", pid);
  put_key (out, "PPS", amt_prov_secret_peek_text (pps));
  fputs ("</table>\n<p class=\"ticks\">", out);
  for (guint i = 0; i < G_N_ELEMENTS (ticks); i++)
    fprintf (out, "<span class=\"tick\">%s</span>", ticks[i]);
  fputs ("<span class=\"line\">&#160;</span></p>\n", out);
  put (out,
       g_markup_printf_escaped (
           "<p class=\"foot\">Card %u of %u, sheet %s. ^ is under digits: 0 zero, 1 one. O and I "
           "without it are letters.</p>\n</div>\n",
           row->line, n_cards, booking));
}

static void
end_html (FILE *out)
{
  fputs ("</body>\n</html>\n", out);
}

const SheetForm sheet_html = {".html", begin_html, card_html, end_html};
