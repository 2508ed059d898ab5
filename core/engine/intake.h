/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "engine/provisioner-private.h"
#include "engine/session-private.h"

G_BEGIN_DECLS

/* From a hello to a session: device, suffix, site, admission, method. The task, where there is one,
 * belongs to a caller who named the machine himself: that is his admission. */
AmtProvIntake *amt_prov_intake_new (AmtProvProvisioner *provisioner,
                                    AmtProvHello *hello,
                                    const char *address,
                                    GTask *task);
/* For a machine whose commit was begun: it may be operational, and then it says no hello. */
AmtProvIntake *
amt_prov_intake_new_resume (AmtProvProvisioner *provisioner, AmtProvDevice *device, guint attempt);
void amt_prov_intake_free (AmtProvIntake *self);
/* Ends it before it was started; its caller gets the error. */
void amt_prov_intake_refuse (AmtProvIntake *self, GError *error);
const char *amt_prov_intake_get_uuid (AmtProvIntake *self);
void amt_prov_intake_start (AmtProvIntake *self);
/* Its session ends soon, as one that failed. */
void amt_prov_intake_stop (AmtProvIntake *self);
/* Stops it; what is left to do it does without its provisioner, which is going. */
void amt_prov_intake_orphan (AmtProvIntake *self);

G_END_DECLS
