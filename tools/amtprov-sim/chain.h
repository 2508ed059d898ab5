/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

/* The chain a client shows in the handshake, leaf first. NULL when the machine takes it, else why
 * not, in words for the event. */
char *sim_chain_refuse_provisioning (SimModel *model, const gnutls_datum_t *ders, guint count);
char *sim_chain_refuse_mutual (SimModel *model, const gnutls_datum_t *ders, guint count);
SimHash *sim_chain_find_root (SimModel *model, const gnutls_datum_t *der);
char *sim_chain_dup_name (const gnutls_datum_t *der);
