/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_HECI_MESSAGE (amt_prov_heci_message_get_type ())

/**
 * AMT_PROV_HECI_MAX_MESSAGE:
 *
 * Bytes of the longest message that is written: what AMTHI usually takes (`heci.md §1.1`).
 *
 * Since: 0.1
 */
#define AMT_PROV_HECI_MAX_MESSAGE 5120

/**
 * AmtProvHeciClient:
 * @AMT_PROV_HECI_CLIENT_PTHI: AMTHI, the provisioning commands
 * @AMT_PROV_HECI_CLIENT_WATCHDOG: whether AMT is enabled; answers also while it is not
 * @AMT_PROV_HECI_CLIENT_MKHI: the kernel of the ME: versions and capabilities
 *
 * The firmware client that a message is for (`heci.md §1.3`).
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_HECI_CLIENT_PTHI,
  AMT_PROV_HECI_CLIENT_WATCHDOG,
  AMT_PROV_HECI_CLIENT_MKHI,
} AmtProvHeciClient;

/**
 * AmtProvHeciMessage:
 *
 * One request to the firmware over HECI, or its response: a command and typed values. `heci.md §5`
 * to `§9` say what the commands mean; amt_prov_heci_list_values() what their values are called.
 *
 * Since: 0.1
 */
typedef struct _AmtProvHeciMessage AmtProvHeciMessage;

AMT_PROV_EXPORT GType amt_prov_heci_message_get_type (void);
AMT_PROV_EXPORT AmtProvHeciMessage *amt_prov_heci_message_new_request (const char *command);
AMT_PROV_EXPORT AmtProvHeciMessage *amt_prov_heci_message_new_response (const char *command,
                                                                        guint32 status);
AMT_PROV_EXPORT AmtProvHeciMessage *
amt_prov_heci_message_decode_request (AmtProvHeciClient client, GBytes *bytes, GError **error);
AMT_PROV_EXPORT AmtProvHeciMessage *
amt_prov_heci_message_decode_response (const char *command, GBytes *bytes, GError **error);
AMT_PROV_EXPORT GBytes *amt_prov_heci_message_encode (AmtProvHeciMessage *self, GError **error);
AMT_PROV_EXPORT AmtProvHeciMessage *amt_prov_heci_message_ref (AmtProvHeciMessage *self);
AMT_PROV_EXPORT void amt_prov_heci_message_unref (AmtProvHeciMessage *self);
AMT_PROV_EXPORT AmtProvHeciClient amt_prov_heci_message_get_client (AmtProvHeciMessage *self);
AMT_PROV_EXPORT const char *amt_prov_heci_message_get_command (AmtProvHeciMessage *self);
AMT_PROV_EXPORT gboolean amt_prov_heci_message_is_response (AmtProvHeciMessage *self);
AMT_PROV_EXPORT guint32 amt_prov_heci_message_get_status (AmtProvHeciMessage *self);
AMT_PROV_EXPORT gboolean amt_prov_heci_message_check_status (AmtProvHeciMessage *self,
                                                             GError **error);
AMT_PROV_EXPORT void
amt_prov_heci_message_set_value (AmtProvHeciMessage *self, const char *name, GVariant *value);
AMT_PROV_EXPORT GVariant *amt_prov_heci_message_get_value (AmtProvHeciMessage *self,
                                                           const char *name);
AMT_PROV_EXPORT guint32 amt_prov_heci_message_get_number (AmtProvHeciMessage *self,
                                                          const char *name);
AMT_PROV_EXPORT gboolean amt_prov_heci_message_get_boolean (AmtProvHeciMessage *self,
                                                            const char *name);
AMT_PROV_EXPORT const char *amt_prov_heci_message_get_string (AmtProvHeciMessage *self,
                                                              const char *name);
AMT_PROV_EXPORT GVariant *amt_prov_heci_message_dup_values (AmtProvHeciMessage *self);
AMT_PROV_EXPORT void amt_prov_heci_message_set_secret (AmtProvHeciMessage *self,
                                                       AmtProvSecret *secret);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_heci_message_get_secret (AmtProvHeciMessage *self);
AMT_PROV_EXPORT char **amt_prov_heci_list_commands (AmtProvHeciClient client);
AMT_PROV_EXPORT GVariant *amt_prov_heci_list_values (const char *command, gboolean response);
AMT_PROV_EXPORT const char *amt_prov_heci_client_get_guid (AmtProvHeciClient client);
AMT_PROV_EXPORT GBytes *
amt_prov_heci_encode_refusal (AmtProvHeciClient client, GBytes *request, guint32 status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvHeciMessage, amt_prov_heci_message_unref)

G_END_DECLS
