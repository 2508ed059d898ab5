/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <amtprov/macros.h>

G_BEGIN_DECLS

/**
 * AmtProvSuffixRule:
 * @AMT_PROV_SUFFIX_RULE_STRICT: the name itself or its domain part must equal the suffix (up to 2.5
 * and early 3.0)
 * @AMT_PROV_SUFFIX_RULE_TABLE: besides, a table by top-level domain says how many labels count
 *
 * How a release compares its DNS suffix with a certificate's common name (spec/pki.md §6.2).
 *
 * Since: 0.1
 */
typedef enum {
  AMT_PROV_SUFFIX_RULE_STRICT,
  AMT_PROV_SUFFIX_RULE_TABLE,
} AmtProvSuffixRule;

AMT_PROV_EXPORT gboolean amt_prov_suffix_matches (const char *common_name,
                                                  const char *suffix,
                                                  AmtProvSuffixRule rule);

G_END_DECLS
