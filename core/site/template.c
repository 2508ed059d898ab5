/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "site/template-private.h"

#include <string.h>

/* Finds the variable of a `%{NAME}` at @start; @end is what follows it. */
static char *
dup_variable (const char *start, const char **end)
{
  const char *close = strchr (start, '}');

  if (!g_str_has_prefix (start, "%{") || !close)
    return NULL;
  *end = close + 1;
  return g_strndup (start + 2, close - start - 2);
}

static char *
list_variables (const char *const *variables)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; variables[i]; i++)
    g_string_append_printf (text, "%s%%{%s}", i ? ", " : "", variables[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/*
 * amt_prov_template_check:
 *
 * Says what is wrong with a template, or NULL: every % must begin one of @variables.
 */
char *
amt_prov_template_check (const char *text, const char *const *variables)
{
  const char *at = text;

  while ((at = strchr (at, '%'))) {
    const char *end = at + 1;
    g_autofree char *name = dup_variable (at, &end);
    g_autofree char *allowed = list_variables (variables);

    if (!name)
      return g_strdup_printf ("\"%s\" begins no variable; allowed are %s", at, allowed);
    if (!g_strv_contains (variables, name))
      return g_strdup_printf ("there is no variable %%{%s}; allowed are %s", name, allowed);
    at = end;
  }
  return *text ? NULL : g_strdup ("empty; write a value or leave the key out");
}

/*
 * amt_prov_template_expand:
 *
 * Puts values in the place of variables; a NULL value leaves nothing there.
 */
char *
amt_prov_template_expand (const char *text, const char *const *variables, const char *const *values)
{
  g_autoptr (GString) result = g_string_new (NULL);

  while (*text) {
    const char *end = text + 1;
    g_autofree char *name = dup_variable (text, &end);

    if (!name)
      g_string_append_c (result, *text);
    for (guint i = 0; name && variables[i]; i++)
      if (g_str_equal (variables[i], name) && values[i])
        g_string_append (result, values[i]);
    text = end;
  }
  return g_string_free (g_steal_pointer (&result), FALSE);
}
