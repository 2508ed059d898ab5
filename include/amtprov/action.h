/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <amtprov/psk.h>
#include <amtprov/secret.h>

G_BEGIN_DECLS

#define AMT_PROV_TYPE_ACTION (amt_prov_action_get_type ())

/**
 * AmtProvActionKind:
 * @AMT_PROV_ACTION_GET_IDENTITY: who the device is. Out: `release` s, `build` s, `sku` i, `uuid` s
 * @AMT_PROV_ACTION_READ_STATE: where it stands. Out: `state` i (0 pre, 1 in, 2 post), `mode` i,
 * `otp` secret or unset, `dhcp-suffix` s, `trusted-suffix` s, `zero-touch` b
 * @AMT_PROV_ACTION_EXTEND_WINDOW: keep the setup window open. In: `hours` i, 1 to 24; 0 closes it
 * @AMT_PROV_ACTION_SET_MEBX_PASSWORD: In: `password` secret
 * @AMT_PROV_ACTION_SET_ADMIN: set the administrator entry. In: `user` s, `password` secret
 * @AMT_PROV_ACTION_SET_CLOCK: set the clock to ours. Out: `offset` i, seconds it was behind
 * @AMT_PROV_ACTION_READ_GENERAL: Out: `host` s, `domain` s, `realm` s, `ping` b
 * @AMT_PROV_ACTION_PUT_GENERAL: read, change, write back. In, each optional: `host` s, `domain` s,
 * `ping` b. Out: `changed` b
 * @AMT_PROV_ACTION_PUT_NETWORK: wired port. In: `dhcp` b, and without it `ip` s, `mask` s, and
 * optionally `gateway` s, `dns1` s, `dns2` s. Out: `changed` b
 * @AMT_PROV_ACTION_READ_TLS: In: `certificates` b, optional. Out: `tls` b, `mutual` b, `plain` b;
 * with `certificates` also `certificate` bytes (the bound one, DER), `handle` s, `roots` i (trusted
 * roots installed)
 * @AMT_PROV_ACTION_MAKE_KEY: the device makes a key pair. In: `bits` i. Out: `handle` s,
 * `public-key` bytes (PKCS#1)
 * @AMT_PROV_ACTION_ADD_KEY: give the device a key. In: `key` secret (PKCS#1 DER). Out: `handle` s
 * @AMT_PROV_ACTION_ADD_CERTIFICATE: In: `certificate` bytes (DER). Out: `handle` s
 * @AMT_PROV_ACTION_ADD_TRUSTED_ROOT: In: `certificate` bytes (DER). Out: `handle` s
 * @AMT_PROV_ACTION_BIND_CERTIFICATE: use a certificate for TLS. In: `handle` s
 * @AMT_PROV_ACTION_SET_TLS: takes effect at commit. In: `tls` b, `mutual` b, `plain` b,
 * `trusted-names` s (comma list, optional)
 * @AMT_PROV_ACTION_READ_REDIRECTION: Out: `redirection` b
 * @AMT_PROV_ACTION_SET_REDIRECTION: serial over LAN and IDE redirection together. In: `redirection`
 * b
 * @AMT_PROV_ACTION_SET_PSK: a new PID/PPS pair for the next setup. In: `psk` psk
 * @AMT_PROV_ACTION_COMMIT: CommitChanges
 *
 * What a step can ask of a device, whatever interface it speaks. Letters after the names: s text, i
 * integer, b boolean.
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_ACTION_GET_IDENTITY,
  AMT_PROV_ACTION_READ_STATE,
  AMT_PROV_ACTION_EXTEND_WINDOW,
  AMT_PROV_ACTION_SET_MEBX_PASSWORD,
  AMT_PROV_ACTION_SET_ADMIN,
  AMT_PROV_ACTION_SET_CLOCK,
  AMT_PROV_ACTION_READ_GENERAL,
  AMT_PROV_ACTION_PUT_GENERAL,
  AMT_PROV_ACTION_PUT_NETWORK,
  AMT_PROV_ACTION_READ_TLS,
  AMT_PROV_ACTION_MAKE_KEY,
  AMT_PROV_ACTION_ADD_KEY,
  AMT_PROV_ACTION_ADD_CERTIFICATE,
  AMT_PROV_ACTION_ADD_TRUSTED_ROOT,
  AMT_PROV_ACTION_BIND_CERTIFICATE,
  AMT_PROV_ACTION_SET_TLS,
  AMT_PROV_ACTION_READ_REDIRECTION,
  AMT_PROV_ACTION_SET_REDIRECTION,
  AMT_PROV_ACTION_SET_PSK,
  AMT_PROV_ACTION_COMMIT,
} AmtProvActionKind;

AMT_PROV_EXPORT
G_DECLARE_FINAL_TYPE (AmtProvAction, amt_prov_action, AMT_PROV, ACTION, GObject)

AMT_PROV_EXPORT AmtProvAction *amt_prov_action_new (AmtProvActionKind kind);
AMT_PROV_EXPORT AmtProvActionKind amt_prov_action_get_kind (AmtProvAction *self);
AMT_PROV_EXPORT gboolean amt_prov_action_has (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT void
amt_prov_action_set_string (AmtProvAction *self, const char *name, const char *value);
AMT_PROV_EXPORT void amt_prov_action_set_int (AmtProvAction *self, const char *name, gint64 value);
AMT_PROV_EXPORT void
amt_prov_action_set_boolean (AmtProvAction *self, const char *name, gboolean value);
AMT_PROV_EXPORT void
amt_prov_action_set_bytes (AmtProvAction *self, const char *name, GBytes *value);
AMT_PROV_EXPORT void
amt_prov_action_set_secret (AmtProvAction *self, const char *name, AmtProvSecret *value);
AMT_PROV_EXPORT void
amt_prov_action_set_psk (AmtProvAction *self, const char *name, AmtProvPsk *value);
AMT_PROV_EXPORT const char *amt_prov_action_get_string (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT gint64 amt_prov_action_get_int (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT gboolean amt_prov_action_get_boolean (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT GBytes *amt_prov_action_get_bytes (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT AmtProvSecret *amt_prov_action_get_secret (AmtProvAction *self, const char *name);
AMT_PROV_EXPORT AmtProvPsk *amt_prov_action_get_psk (AmtProvAction *self, const char *name);

G_END_DECLS
