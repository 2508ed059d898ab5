/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "report.h"

G_BEGIN_DECLS

typedef enum {
  AGENT_ORDER_GO,
  AGENT_ORDER_WAIT,
  AGENT_ORDER_DONE,
} AgentOrder;

/* What the agent is told to do. */
typedef struct {
  char *uuid;
  AmtProvSite *site;
  AgentOrder order;
  char *reason;
  AmtProvSecret *otp; /* NULL: none is wanted */
  char *suffix;       /* NULL: the machine keeps what it has */
  guint retry_after;  /* seconds; 0: no need to ask again */
} AgentAnswer;

void amt_prov_agent_answer_free (AgentAnswer *self);
const char *amt_prov_agent_order_to_string (AgentOrder order);

/* Judges a report by what the store says of the machine, without changing anything but @device,
 * which takes the facts of the report. */
AgentAnswer *amt_prov_agent_decide (AmtProvConfig *config,
                                    AmtProvSelector *selector,
                                    AmtProvSite *site,
                                    AgentReport *report,
                                    AmtProvDevice *device,
                                    GError **error);

/* Judges a report and, where the machine may go, stores it, with a one-time password where the site
 * wants one: all of it is durable before the answer. A machine that reports again before its
 * password was used gets the same one. @report is taken. @check: only judge: nothing is stored, and
 * there is no password. */
void amt_prov_agent_enrol_async (AmtProvProvisioner *provisioner,
                                 AmtProvSelector *selector,
                                 AmtProvSite *site,
                                 AgentReport *report,
                                 gboolean check,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
AgentAnswer *amt_prov_agent_enrol_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AgentAnswer, amt_prov_agent_answer_free)

G_END_DECLS
