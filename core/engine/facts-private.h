/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/facts.h>

G_BEGIN_DECLS

/* All that is known of a machine that has said hello. */
AmtProvFacts *amt_prov_facts_gather (AmtProvDevice *device,
                                     AmtProvHello *hello,
                                     const char *suffix,
                                     const char *medium);

G_END_DECLS
