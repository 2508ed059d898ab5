/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every public symbol carries this: the library is built with hidden visibility. */
#define AMT_PROV_EXPORT __attribute__ ((visibility ("default"))) extern

/* The number a plugin states as X-AmtProvAbi; another number is refused before any code is loaded.
 */
#define AMT_PROV_PLUGIN_ABI_VERSION 1
