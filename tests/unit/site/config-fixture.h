/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

/* A folder with a configuration that a test writes, and what is wrong with it. */

#define NAMED  "[site]\nname=lab\n"
#define NO_TLS "[profile]\ntls=off\n"
#define MAIN   "[amtprov]\nstore=sqlite:data/amt.db\n"

typedef struct {
  char *folder;
  char *main_file;
  char **plugin_dirs;
} Fixture;

typedef struct {
  const char *text;
  const char *place;
  const char *wanted;
} Mistake;

void set_up (Fixture *f, gconstpointer data);
void tear_down (Fixture *f, gconstpointer data);
void put (Fixture *f, const char *name, const char *text);
void use_own_plugins (Fixture *f);
AmtProvConfig *load (Fixture *f);
char **check (Fixture *f);
void assert_problem (Fixture *f, const char *file, const char *place, const char *wanted);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
