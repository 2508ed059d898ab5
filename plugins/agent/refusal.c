/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

G_DEFINE_QUARK (amtprov - agent - refusal, amt_prov_agent_refusal)

static const struct {
  guint status;
  const char *code;
} refusals[] = {
    [AGENT_REFUSAL_MALFORMED] = {400, "malformed"},
    [AGENT_REFUSAL_BAD_UUID] = {400, "bad-uuid"},
    [AGENT_REFUSAL_UNAUTHORIZED] = {401, "unauthorized"},
    [AGENT_REFUSAL_WRONG_SITE] = {403, "wrong-site"},
    [AGENT_REFUSAL_NOT_FOUND] = {404, "not-found"},
    [AGENT_REFUSAL_NO_SUCH_METHOD] = {405, "no-such-method"},
    [AGENT_REFUSAL_OPERATIONAL] = {409, "operational"},
    [AGENT_REFUSAL_REFUSED] = {409, "refused"},
    [AGENT_REFUSAL_NO_LENGTH] = {411, "no-length"},
    [AGENT_REFUSAL_TOO_LARGE] = {413, "too-large"},
    [AGENT_REFUSAL_UNKNOWN_RELEASE] = {422, "unknown-release"},
    [AGENT_REFUSAL_TOO_MANY] = {429, "too-many"},
    [AGENT_REFUSAL_UNAVAILABLE] = {503, "unavailable"},
};

static guint
find (const GError *error)
{
  return error->domain == AGENT_REFUSAL ? (guint)error->code : AGENT_REFUSAL_UNAVAILABLE;
}

guint
amt_prov_agent_refusal_get_status (const GError *error)
{
  return refusals[find (error)].status;
}

const char *
amt_prov_agent_refusal_get_code (const GError *error)
{
  return refusals[find (error)].code;
}
