/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "info.h"

static const char *
name_of (const char *const *names, gsize n, int number)
{
  return number >= 0 && (gsize)number < n ? names[number] : NULL;
}

const char *
amt_prov_agent_state_to_string (int state)
{
  static const char *const names[] = {"pre", "in", "post"};

  return name_of (names, G_N_ELEMENTS (names), state);
}

static const char *
control_mode_to_string (int mode)
{
  static const char *const names[] = {"none", "client", "admin"};

  return name_of (names, G_N_ELEMENTS (names), mode);
}

static const char *
tls_mode_to_string (int mode)
{
  static const char *const names[] = {"none", "psk", "pki"};

  return name_of (names, G_N_ELEMENTS (names), mode);
}

void
amt_prov_agent_add_text (JsonBuilder *builder, const char *name, const char *text)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, text);
}

static void
add_boolean (JsonBuilder *builder, const char *name, int value)
{
  json_builder_set_member_name (builder, name);
  if (value == AGENT_UNKNOWN)
    json_builder_add_null_value (builder);
  else
    json_builder_add_boolean_value (builder, value);
}

static void
add_hashes (AgentInfo *self, JsonBuilder *builder)
{
  json_builder_set_member_name (builder, "hashes");
  if (self->hashes == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->hashes->len; i++) {
    AgentHash *hash = self->hashes->pdata[i];

    json_builder_begin_object (builder);
    amt_prov_agent_add_text (builder, "algorithm", hash->algorithm);
    amt_prov_agent_add_text (builder, "hash", hash->hash);
    amt_prov_agent_add_text (builder, "name", hash->name);
    add_boolean (builder, "active", hash->active);
    add_boolean (builder, "default", hash->is_default);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
}

static void
add_versions (AgentInfo *self, JsonBuilder *builder)
{
  GVariantIter iter;
  const char *name, *version;

  json_builder_set_member_name (builder, "versions");
  if (self->versions == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  g_variant_iter_init (&iter, self->versions);
  while (g_variant_iter_next (&iter, "(&s&s)", &name, &version))
    amt_prov_agent_add_text (builder, name, version);
  json_builder_end_object (builder);
}

static void
add_wired (AgentInfo *self, JsonBuilder *builder)
{
  static const char *const flags[] = {"enabled", "link", "dhcp"};

  json_builder_set_member_name (builder, "wired");
  if (self->wired == NULL) {
    json_builder_add_null_value (builder);
    return;
  }
  json_builder_begin_object (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++)
    add_boolean (builder, flags[i], amt_prov_heci_message_get_boolean (self->wired, flags[i]));
  amt_prov_agent_add_text (builder, "mac", amt_prov_heci_message_get_string (self->wired, "mac"));
  json_builder_end_object (builder);
}

void
amt_prov_agent_info_add_report (AgentInfo *self, const char *suffix, JsonBuilder *builder)
{
  amt_prov_agent_add_text (builder, "uuid", self->uuid);
  amt_prov_agent_add_text (builder, "amt", self->amt);
  amt_prov_agent_add_text (builder, "sku", self->sku);
  amt_prov_agent_add_text (builder, "provisioning_state",
                           amt_prov_agent_state_to_string (self->state));
  amt_prov_agent_add_text (builder, "control_mode", control_mode_to_string (self->control_mode));
  amt_prov_agent_add_text (builder, "pki_suffix", suffix);
  add_hashes (self, builder);
}

void
amt_prov_agent_info_add_json (AgentInfo *self, JsonBuilder *builder)
{
  GHashTableIter iter;
  gpointer key, why;

  amt_prov_agent_info_add_report (self, self->suffix, builder);
  amt_prov_agent_add_text (builder, "build", self->build);
  amt_prov_agent_add_text (builder, "bios", self->bios);
  add_boolean (builder, "zero_touch", self->zero_touch);
  amt_prov_agent_add_text (builder, "tls_mode", tls_mode_to_string (self->tls_mode));
  add_versions (self, builder);
  add_wired (self, builder);
  json_builder_set_member_name (builder, "notes");
  json_builder_begin_object (builder);
  g_hash_table_iter_init (&iter, self->notes);
  while (g_hash_table_iter_next (&iter, &key, &why))
    amt_prov_agent_add_text (builder, key, why);
  json_builder_end_object (builder);
}

/* ---- for people ---- */

/* What firmware says may hold characters that a terminal obeys. */
static void
append_line (GString *text, const char *name, const char *value)
{
  g_autoptr (GString) shown = g_string_new (NULL);

  for (const char *p = value != NULL ? value : "unknown"; *p; p = g_utf8_next_char (p))
    g_string_append_unichar (shown,
                             g_unichar_iscntrl (g_utf8_get_char (p)) ? '?' : g_utf8_get_char (p));
  g_string_append_printf (text, "%-20s %s\n", name, shown->str);
}

static void
append_flag (GString *text, const char *name, int value)
{
  append_line (text, name, value == AGENT_UNKNOWN ? NULL : value ? "yes" : "no");
}

static void
append_wired (GString *text, AmtProvHeciMessage *wired)
{
  if (wired == NULL)
    return;
  append_line (text, "wired MAC", amt_prov_heci_message_get_string (wired, "mac"));
  append_flag (text, "wired link", amt_prov_heci_message_get_boolean (wired, "link"));
  append_flag (text, "wired DHCP", amt_prov_heci_message_get_boolean (wired, "dhcp"));
}

char *
amt_prov_agent_info_to_text (AgentInfo *self)
{
  GString *text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer key, why;

  append_line (text, "AMT", self->amt);
  append_line (text, "build", self->build);
  append_line (text, "SKU", self->sku);
  append_line (text, "BIOS", self->bios);
  append_line (text, "UUID", self->uuid);
  append_line (text, "provisioning state", amt_prov_agent_state_to_string (self->state));
  append_line (text, "control mode", control_mode_to_string (self->control_mode));
  append_flag (text, "remote configuration", self->zero_touch);
  append_line (text, "TLS mode", tls_mode_to_string (self->tls_mode));
  append_line (text, "PKI suffix",
               self->suffix != NULL && *self->suffix == '\0' ? "none" : self->suffix);
  append_wired (text, self->wired);
  for (guint i = 0; self->hashes != NULL && i < self->hashes->len; i++) {
    AgentHash *hash = self->hashes->pdata[i];
    g_autofree char *value =
        g_strdup_printf ("%s %s %s%s", hash->algorithm != NULL ? hash->algorithm : "unknown",
                         hash->hash, hash->name, hash->active ? "" : " (not active)");

    append_line (text, "root hash", value);
  }
  g_hash_table_iter_init (&iter, self->notes);
  while (g_hash_table_iter_next (&iter, &key, &why)) {
    g_autofree char *value = g_strdup_printf ("%s: %s", (char *)key, (char *)why);

    append_line (text, "note", value);
  }
  return g_string_free (text, FALSE);
}
