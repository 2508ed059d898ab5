/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <amtprov/record.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_DEVICE (amt_prov_device_get_type ())

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvDevice, amt_prov_device, AMT_PROV, DEVICE, GObject)

/**
 * AmtProvDeviceState:
 * @AMT_PROV_DEVICE_STATE_KNOWN: imported, not heard of yet
 * @AMT_PROV_DEVICE_STATE_HELLO: has said hello
 * @AMT_PROV_DEVICE_STATE_PROVISIONING: a session is at work
 * @AMT_PROV_DEVICE_STATE_WAITING: its window has closed
 * @AMT_PROV_DEVICE_STATE_FAILED: a session failed; the next hello tries again
 * @AMT_PROV_DEVICE_STATE_BLOCKED: a person must act
 * @AMT_PROV_DEVICE_STATE_OPERATIONAL: done
 *
 * Where a machine stands on its road.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_DEVICE_STATE_KNOWN,
  AMT_PROV_DEVICE_STATE_HELLO,
  AMT_PROV_DEVICE_STATE_PROVISIONING,
  AMT_PROV_DEVICE_STATE_WAITING,
  AMT_PROV_DEVICE_STATE_FAILED,
  AMT_PROV_DEVICE_STATE_BLOCKED,
  AMT_PROV_DEVICE_STATE_OPERATIONAL,
} AmtProvDeviceState;

AMT_PROV_EXPORT AmtProvDevice *amt_prov_device_new (const char *uuid);
AMT_PROV_EXPORT AmtProvDevice *amt_prov_device_new_from_record (AmtProvRecord *record);
AMT_PROV_EXPORT AmtProvRecord *amt_prov_device_to_record (AmtProvDevice *self);
AMT_PROV_EXPORT const char *amt_prov_device_get_uuid (AmtProvDevice *self);
AMT_PROV_EXPORT AmtProvDeviceState amt_prov_device_get_state (AmtProvDevice *self);
AMT_PROV_EXPORT void amt_prov_device_set_state (AmtProvDevice *self, AmtProvDeviceState state);
AMT_PROV_EXPORT const char *amt_prov_device_get_fact (AmtProvDevice *self, const char *name);
AMT_PROV_EXPORT void
amt_prov_device_set_fact (AmtProvDevice *self, const char *name, const char *value);
AMT_PROV_EXPORT const char *amt_prov_device_state_to_string (AmtProvDeviceState state);

G_END_DECLS
