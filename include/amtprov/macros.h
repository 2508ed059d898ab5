/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every public symbol carries this: the library is built with hidden visibility. */
#define AMT_PROV_EXPORT __attribute__ ((visibility ("default"))) extern

/**
 * AMT_PROV_PLUGIN_ABI_VERSION:
 *
 * The number that a `.plugin` file states as `X-AmtProvAbi`. Another number is refused before any
 * code is loaded. `pkg-config --variable=pluginabi amtprov-1` prints it.
 *
 * Since: 0.1
 */
#define AMT_PROV_PLUGIN_ABI_VERSION 1
