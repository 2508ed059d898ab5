/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "broken.h"

GType
broken_register_type (const char *name,
                      guint16 size,
                      GInstanceInitFunc init,
                      GType iface,
                      GInterfaceInitFunc iface_init)
{
  const GTypeInfo type_info = {
      .class_size = sizeof (GObjectClass), .instance_size = size, .instance_init = init};
  const GInterfaceInfo iface_info = {.interface_init = iface_init};
  GType type = g_type_register_static (G_TYPE_OBJECT, name, &type_info, G_TYPE_FLAG_NONE);

  g_type_add_interface_static (type, iface, &iface_info);
  return type;
}

void
broken_opening_free (BrokenOpening *self)
{
  g_object_unref (self->operation);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->connection);
  g_free (self);
}

static void
release_operation (gpointer operation, GCancellable *cancellable)
{
  g_object_unref (operation);
}

void
broken_keep_operation (AmtProvOperation *operation)
{
  g_signal_connect_swapped (amt_prov_operation_get_cancellable (operation), "cancelled",
                            G_CALLBACK (release_operation), g_object_ref (operation));
}
