/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine/session-private.h"

/**
 * AmtProvSession:
 *
 * One attempt to bring one machine to operational: it reads the machine, does what is left, and
 * ends with the machine operational, failed or blocked. Methods and steps reach everything they
 * need through it.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (AmtProvSession, amt_prov_session, G_TYPE_OBJECT)

static void
amt_prov_session_finalize (GObject *object)
{
  AmtProvSession *self = AMT_PROV_SESSION (object);

  g_clear_object (&self->device);
  g_clear_object (&self->site);
  g_clear_pointer (&self->hello, amt_prov_hello_unref);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->suffix, g_free);
  g_clear_object (&self->registry);
  g_clear_pointer (&self->capabilities, amt_prov_capabilities_unref);
  g_clear_object (&self->database);
  g_clear_object (&self->plugins);
  g_clear_object (&self->method);
  g_clear_pointer (&self->why, g_free);
  g_clear_pointer (&self->medium, g_free);
  g_clear_pointer (&self->lease_owner, g_free);
  g_clear_object (&self->channel);
  g_clear_object (&self->plan);
  g_clear_pointer (&self->credentials, g_ptr_array_unref);
  g_clear_pointer (&self->earlier, amt_prov_journal_free);
  g_clear_pointer (&self->journal, amt_prov_journal_free);
  g_clear_pointer (&self->dirty, g_hash_table_unref);
  g_clear_pointer (&self->skipped, g_ptr_array_unref);
  g_clear_pointer (&self->found_uuid, g_free);
  g_clear_pointer (&self->release, g_free);
  g_clear_pointer (&self->otp, amt_prov_secret_unref);
  G_OBJECT_CLASS (amt_prov_session_parent_class)->finalize (object);
}

static void
amt_prov_session_class_init (AmtProvSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = amt_prov_session_finalize;

  /**
   * AmtProvSession::changed:
   * @self: the session
   *
   * The session's device has a new state or step, and the store has it.
   *
   * Since: 0.1
   */
  g_signal_new ("changed", AMT_PROV_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 0);
}

static void
amt_prov_session_init (AmtProvSession *self)
{
  self->credentials = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_credential_unref);
  self->dirty = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->skipped = g_ptr_array_new_with_free_func (g_free);
}

AmtProvSession *
amt_prov_session_new (const AmtProvSessionSetup *setup)
{
  AmtProvSession *self = g_object_new (AMT_PROV_TYPE_SESSION, NULL);

  self->mode = setup->mode;
  self->device = g_object_ref (setup->device);
  self->earlier = amt_prov_journal_new (amt_prov_device_get_uuid (setup->device), NULL);
  self->journal = amt_prov_journal_new (amt_prov_device_get_uuid (setup->device), NULL);
  self->site = g_object_ref (setup->site);
  self->hello = setup->hello != NULL ? amt_prov_hello_ref (setup->hello) : NULL;
  self->address = g_strdup (setup->address);
  self->suffix = g_strdup (setup->suffix);
  self->registry = g_object_ref (setup->registry);
  self->capabilities = amt_prov_capabilities_ref (setup->capabilities);
  self->database = g_object_ref (setup->database);
  self->plugins = g_object_ref (setup->plugins);
  self->method = g_object_ref (setup->method);
  self->why = g_strdup (setup->why);
  self->medium = g_strdup (setup->medium);
  self->lease_owner = g_strdup (setup->lease_owner);
  self->step_seconds = setup->step_seconds;
  self->row_changed = TRUE;
  self->committed = setup->mode == AMT_PROV_SESSION_RESUME;
  self->was_operational =
      amt_prov_device_get_state (setup->device) == AMT_PROV_DEVICE_STATE_OPERATIONAL;
  return self;
}

/**
 * amt_prov_session_get_device:
 * @self: a session
 *
 * The machine. Change its facts only through amt_prov_session_set_fact().
 *
 * Returns: (transfer none): the machine
 * Since: 0.1
 */
AmtProvDevice *
amt_prov_session_get_device (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->device;
}

/**
 * amt_prov_session_get_site:
 * @self: a session
 *
 * The machine's site.
 *
 * Returns: (transfer none): the site
 * Since: 0.1
 */
AmtProvSite *
amt_prov_session_get_site (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->site;
}

/**
 * amt_prov_session_get_hello:
 * @self: a session
 *
 * The hello that started the session. It is not authenticated.
 *
 * Returns: (transfer none) (nullable): the hello
 * Since: 0.1
 */
AmtProvHello *
amt_prov_session_get_hello (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->hello;
}

/**
 * amt_prov_session_get_address:
 * @self: a session
 *
 * Where the machine is reached.
 *
 * Returns: (transfer none): an IPv4 or IPv6 address
 * Since: 0.1
 */
const char *
amt_prov_session_get_address (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->address;
}

/**
 * amt_prov_session_get_suffix:
 * @self: a session
 *
 * The DNS suffix by which the machine is known: from the store, else from the name of its address.
 *
 * Returns: (transfer none) (nullable): the suffix, lower case, %NULL when it is not known
 * Since: 0.1
 */
const char *
amt_prov_session_get_suffix (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->suffix;
}

/**
 * amt_prov_session_knows_release:
 * @self: a session
 *
 * Whether amt_prov_session_get_capabilities() speaks of the machine's own release.
 *
 * Returns: %FALSE when only the hello narrows it down
 * Since: 0.1
 */
gboolean
amt_prov_session_knows_release (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), FALSE);

  return amt_prov_device_get_fact (self->device, "amt") != NULL;
}

/**
 * amt_prov_session_get_capabilities:
 * @self: a session
 *
 * What the machine's release can do; until the release is known, what all releases that could
 * have sent its hello can do.
 *
 * Returns: (transfer none): the capabilities
 * Since: 0.1
 */
AmtProvCapabilities *
amt_prov_session_get_capabilities (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->capabilities;
}

char *
amt_prov_session_explain (const char *reason, AmtProvRule *rule)
{
  g_autofree char *place = rule != NULL ? amt_prov_rule_to_string (rule) : NULL;

  return place != NULL ? g_strdup_printf ("%s (%s)", reason, place) : g_strdup (reason);
}

void
amt_prov_session_set_capabilities (AmtProvSession *self, AmtProvCapabilities *capabilities)
{
  amt_prov_capabilities_ref (capabilities);
  amt_prov_capabilities_unref (self->capabilities);
  self->capabilities = capabilities;
  amt_prov_channel_set_capabilities (self->channel, capabilities);
}

/**
 * amt_prov_session_get_database:
 * @self: a session
 *
 * The store with its secrets.
 *
 * Returns: (transfer none): the database
 * Since: 0.1
 */
AmtProvDatabase *
amt_prov_session_get_database (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->database;
}

/**
 * amt_prov_session_get_plugins:
 * @self: a session
 *
 * The loaded plugins: a method that builds on another one finds it there.
 *
 * Returns: (transfer none): the plugins
 * Since: 0.1
 */
AmtProvPluginSet *
amt_prov_session_get_plugins (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->plugins;
}

/**
 * amt_prov_session_get_channel:
 * @self: a session
 *
 * The open channel to the machine.
 *
 * Returns: (transfer none) (nullable): the channel, %NULL before the method has opened it
 * Since: 0.1
 */
AmtProvChannel *
amt_prov_session_get_channel (AmtProvSession *self)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  return self->channel;
}

void
amt_prov_session_set_channel (AmtProvSession *self, AmtProvChannel *channel)
{
  if (self->channel != NULL)
    amt_prov_channel_close (self->channel);
  g_set_object (&self->channel, channel);
}

/**
 * amt_prov_session_get_credential:
 * @self: a session
 * @type: a type of credential
 * @state: (nullable): its state, or %NULL for any
 *
 * A credential of the session's machine.
 *
 * Returns: (transfer none) (nullable): the credential
 * Since: 0.1
 */
AmtProvCredential *
amt_prov_session_get_credential (AmtProvSession *self, const char *type, const char *state)
{
  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  for (guint i = 0; i < self->credentials->len; i++) {
    AmtProvCredential *credential = self->credentials->pdata[i];

    if (g_str_equal (amt_prov_credential_get_credential_type (credential), type) &&
        (state == NULL || g_strcmp0 (amt_prov_credential_get_state (credential), state) == 0))
      return credential;
  }
  return NULL;
}

/**
 * amt_prov_session_list_passwords:
 * @self: a session
 *
 * The administrator passwords that the machine may have by what the store knows: the pending one,
 * then the current and the previous one.
 *
 * Returns: (transfer container) (element-type AmtProvSecret): the passwords in the order in which
 *   to try them
 * Since: 0.1
 */
GPtrArray *
amt_prov_session_list_passwords (AmtProvSession *self)
{
  static const char *const states[] = {"pending", "current", "previous"};
  GPtrArray *passwords;

  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), NULL);

  passwords = g_ptr_array_new_with_free_func ((GDestroyNotify)amt_prov_secret_unref);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    AmtProvCredential *credential = amt_prov_session_get_credential (self, "admin", states[i]);

    if (credential != NULL)
      g_ptr_array_add (
          passwords, amt_prov_secret_ref (amt_prov_credential_get_value (credential, "password")));
  }
  return passwords;
}

/**
 * amt_prov_session_set_fact:
 * @self: a session
 * @name: the name of a fact
 * @value: (nullable): its value, %NULL to forget it
 *
 * Notes a fact about the machine. It reaches the store with the next step.
 *
 * Since: 0.1
 */
void
amt_prov_session_set_fact (AmtProvSession *self, const char *name, const char *value)
{
  g_return_if_fail (AMT_PROV_IS_SESSION (self));

  if (g_strcmp0 (amt_prov_device_get_fact (self->device, name), value) == 0)
    return;
  self->row_changed = TRUE;
  amt_prov_device_set_fact (self->device, name, value);
  g_hash_table_replace (self->dirty, g_strdup (name), g_strdup (value));
}

/**
 * amt_prov_session_was_begun:
 * @self: a session
 * @step: the id of a step
 *
 * Whether the journal says that an earlier session of this setup has begun a step. It never makes
 * a step be skipped; it only explains an answer that would be an error otherwise.
 *
 * Returns: %TRUE when the step was begun or done before, and the machine has not answered that it
 *   did nothing
 * Since: 0.1
 */
gboolean
amt_prov_session_was_begun (AmtProvSession *self, const char *step)
{
  const char *state;

  g_return_val_if_fail (AMT_PROV_IS_SESSION (self), FALSE);

  state = amt_prov_journal_get_state (self->earlier, step);
  return state != NULL && !g_str_equal (state, AMT_PROV_JOURNAL_REFUSED) &&
         !g_str_equal (state, AMT_PROV_JOURNAL_SKIPPED);
}
