/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

#define BRANCH_TYPE_METHOD (branch_method_get_type ())
G_DECLARE_FINAL_TYPE (BranchMethod, branch_method, BRANCH, METHOD, GObject)

#define BRANCH_TYPE_JUMP_TRANSPORT (branch_jump_transport_get_type ())
G_DECLARE_FINAL_TYPE (BranchJumpTransport, branch_jump_transport, BRANCH, JUMP_TRANSPORT, GObject)
