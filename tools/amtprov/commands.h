/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "command/command.h"

G_BEGIN_DECLS

int amtprov_completion (int argc, char **argv);
int amtprov_config_check (int argc, char **argv);
int amtprov_config_settings (int argc, char **argv);
int amtprov_conformance_method (int argc, char **argv);
int amtprov_conformance_store (int argc, char **argv);
int amtprov_conformance_transport (int argc, char **argv);
int amtprov_device (int argc, char **argv);
int amtprov_devices (int argc, char **argv);
int amtprov_events (int argc, char **argv);
int amtprov_explain (int argc, char **argv);
int amtprov_hello_decode (int argc, char **argv);
int amtprov_import (int argc, char **argv);
int amtprov_password (int argc, char **argv);
int amtprov_plan (int argc, char **argv);
int amtprov_plugins (int argc, char **argv);
int amtprov_provision (int argc, char **argv);
int amtprov_site_new (int argc, char **argv);

G_END_DECLS
