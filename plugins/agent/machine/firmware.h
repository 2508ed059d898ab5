/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

G_BEGIN_DECLS

/* The firmware of this machine, asked one thing after the other. Calls iterate the context until
 * they have their answer; whoever wants to end them cancels. */
typedef struct _AgentFirmware AgentFirmware;

AgentFirmware *amt_prov_agent_firmware_new (AmtProvTransport *transport,
                                            const char *uri,
                                            GMainContext *context,
                                            GCancellable *cancellable);
void amt_prov_agent_firmware_free (AgentFirmware *self);

/* Connects a firmware client, where it is not. What else is asked connects by itself. */
gboolean
amt_prov_agent_firmware_open (AgentFirmware *self, AmtProvHeciClient client, GError **error);
/* Asks a firmware client without a value, with a value, or anything. Firmware that resets in the
 * middle is asked again. NULL with REFUSED (it carries the PT status), with INVALID_DATA for an
 * answer that cannot be one, WRONG_STATE when AMT is disabled, or with an error of the transport.
 */
AmtProvHeciMessage *
amt_prov_agent_firmware_ask (AgentFirmware *self, const char *command, GError **error);
AmtProvHeciMessage *amt_prov_agent_firmware_ask_number (
    AgentFirmware *self, const char *command, const char *name, guint32 number, GError **error);
AmtProvHeciMessage *
amt_prov_agent_firmware_call (AgentFirmware *self, AmtProvHeciMessage *request, GError **error);
/* Sends what will be asked for with ask_number, in the same order and with nothing in between. When
 * this fails, or the firmware loses such requests, they are sent when they are asked for. */
void amt_prov_agent_firmware_send_number_ahead (AgentFirmware *self,
                                                const char *command,
                                                const char *name,
                                                guint32 number);
/* The same as call for what must not be said twice. */
AmtProvHeciMessage *amt_prov_agent_firmware_call_once (AgentFirmware *self,
                                                       AmtProvHeciMessage *request,
                                                       GError **error);
/* Whether nothing more can be asked after this error. */
gboolean amt_prov_agent_firmware_is_lost (const GError *error);
/* Lets others have the firmware client. */
void amt_prov_agent_firmware_close (AgentFirmware *self);
/* From now on nothing is cancelled: for cleaning up. */
void amt_prov_agent_firmware_shield (AgentFirmware *self);
/* FALSE with G_IO_ERROR_CANCELLED. */
gboolean amt_prov_agent_firmware_wait (AgentFirmware *self, guint milliseconds, GError **error);
/* For blocking calls of others: lets signals come, and says whether it is cancelled. */
gboolean amt_prov_agent_firmware_is_cancelled (AgentFirmware *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentFirmware, amt_prov_agent_firmware_free)

G_END_DECLS
