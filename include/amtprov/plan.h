/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/step.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_PLAN (amt_prov_plan_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvPlan, amt_prov_plan, AMT_PROV, PLAN, GObject)

AMT_PROV_EXPORT AmtProvPlan *amt_prov_plan_new (void);
AMT_PROV_EXPORT void amt_prov_plan_add (AmtProvPlan *self, AmtProvStep *step);
AMT_PROV_EXPORT gboolean amt_prov_plan_remove (AmtProvPlan *self, const char *id);
AMT_PROV_EXPORT GPtrArray *amt_prov_plan_get_steps (AmtProvPlan *self);

G_END_DECLS
