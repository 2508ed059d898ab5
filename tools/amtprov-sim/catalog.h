/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <amtprov/amtprov.h>

/* One property: text, or ready XML (references) when raw. Arrays repeat the name. */
typedef struct {
  char *name;
  char *value;
  gboolean raw;
  guint since;
} SimProperty;

typedef struct {
  char *class_name;
  GPtrArray *properties; /* of SimProperty */
} SimInstance;

/* One class as the data file describes it. */
typedef struct {
  char *name;
  char *uri;
  char **keys;
  char **optional;
  char **read_only;
  char **parts;
  gboolean put;
  gboolean create;
  gboolean delete;
  guint since;
  GPtrArray *instances; /* of SimInstance */
} SimClass;

typedef struct _SimCatalog SimCatalog;

SimCatalog *sim_catalog_new (GError **error);
void sim_catalog_free (SimCatalog *self);
SimClass *sim_catalog_lookup (SimCatalog *self, const char *name);
GList *sim_catalog_list (SimCatalog *self);
char *sim_class_uri (const char *name);
guint sim_release_number (AmtProvVersion *release);

SimProperty *sim_property_new (const char *name, const char *value, gboolean raw);
SimInstance *sim_instance_new (const char *class_name);
SimInstance *sim_instance_copy (const SimInstance *self);
void sim_instance_free (SimInstance *self);
const char *sim_instance_get (const SimInstance *self, const char *name);
void sim_instance_unset (SimInstance *self, const char *name);
void sim_instance_add (SimInstance *self, const char *name, const char *value, gboolean raw);
void sim_instance_set (SimInstance *self, const char *name, const char *value);

/* An endpoint reference to one instance of a class, as the children of a reference property. */
char *
sim_reference (const char *class_name, const char *first_selector, ...) G_GNUC_NULL_TERMINATED;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimCatalog, sim_catalog_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimInstance, sim_instance_free)
