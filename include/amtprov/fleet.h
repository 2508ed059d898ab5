/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/selector.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_FLEET       (amt_prov_fleet_get_type ())
#define AMT_PROV_TYPE_FLEET_GROUP (amt_prov_fleet_group_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvFleet, amt_prov_fleet, AMT_PROV, FLEET, GObject)

/**
 * AmtProvFleetGroup:
 *
 * The machines of a fleet for which a person has to do the same thing.
 *
 * Since: 0.1
 */
typedef struct _AmtProvFleetGroup AmtProvFleetGroup;

AMT_PROV_EXPORT AmtProvFleet *amt_prov_fleet_new (AmtProvSelector *selector);
AMT_PROV_EXPORT AmtProvFleetGroup *amt_prov_fleet_add (AmtProvFleet *self,
                                                       AmtProvVersion *release,
                                                       AmtProvSite *site,
                                                       GPtrArray **verdicts,
                                                       GError **error);
AMT_PROV_EXPORT GPtrArray *amt_prov_fleet_get_groups (AmtProvFleet *self);

AMT_PROV_EXPORT GType amt_prov_fleet_group_get_type (void);
AMT_PROV_EXPORT AmtProvFleetGroup *amt_prov_fleet_group_ref (AmtProvFleetGroup *self);
AMT_PROV_EXPORT void amt_prov_fleet_group_unref (AmtProvFleetGroup *self);
AMT_PROV_EXPORT guint amt_prov_fleet_group_get_number (AmtProvFleetGroup *self);
AMT_PROV_EXPORT guint amt_prov_fleet_group_get_n_machines (AmtProvFleetGroup *self);
AMT_PROV_EXPORT const char *amt_prov_fleet_group_get_method (AmtProvFleetGroup *self);
AMT_PROV_EXPORT char *amt_prov_fleet_group_dup_preparation (AmtProvFleetGroup *self);
AMT_PROV_EXPORT GPtrArray *amt_prov_fleet_group_get_verdicts (AmtProvFleetGroup *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AmtProvFleetGroup, amt_prov_fleet_group_unref)

G_END_DECLS
