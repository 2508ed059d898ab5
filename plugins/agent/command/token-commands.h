/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

int amtprov_agent_token_add (int argc, char **argv);
int amtprov_agent_token_list (int argc, char **argv);
int amtprov_agent_token_revoke (int argc, char **argv);
