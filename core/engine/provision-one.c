/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <amtprov/error.h>

#include "engine/intake.h"

static AmtProvHello *
hello_for (AmtProvHello *hello, const char *uuid)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  if (hello != NULL && amt_prov_hello_get_pid (hello) != NULL)
    return amt_prov_hello_new_psk (uuid, TRUE, 0, amt_prov_hello_get_pid (hello));
  return amt_prov_hello_new_pki (uuid, TRUE, 0,
                                 hello != NULL ? amt_prov_hello_get_hashes (hello) : none);
}

static void
enter (AmtProvProvisioner *self, AmtProvHello *hello, const char *address, GTask *task)
{
  amt_prov_provisioner_enter (self, amt_prov_intake_new (self, hello, address, task));
}

void
amt_prov_provisioner_provision_found (AmtProvProvisioner *self,
                                      AmtProvHello *hello,
                                      const char *uuid,
                                      const char *address,
                                      GTask *task)
{
  g_autoptr (AmtProvHello) named = NULL;

  if (uuid == NULL || g_str_equal (uuid, AMT_PROV_NIL_UUID)) {
    g_task_return_new_error (task, AMT_PROV_ERROR, AMT_PROV_ERROR_PROTOCOL,
                             "the machine at %s does not say which UUID it has", address);
    return;
  }
  named = hello_for (hello, uuid);
  enter (self, named, address, task);
}

/**
 * amt_prov_provisioner_provision_async:
 * @self: a provisioner
 * @address: the machine's IPv4 or IPv6 address
 * @hello: (nullable): what the machine would say; with a nil UUID, or without a hello, the machine
 *   is asked for its UUID first. Without a hello it is taken for one that trusts a certificate
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when the machine is operational or the session has ended
 * @user_data: data for @callback
 *
 * Brings one machine to operational that did not say hello. That the caller names it is its
 * admission.
 *
 * Since: 0.1
 */
void
amt_prov_provisioner_provision_async (AmtProvProvisioner *self,
                                      const char *address,
                                      AmtProvHello *hello,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (AmtProvHello) given = NULL;

  g_return_if_fail (AMT_PROV_IS_PROVISIONER (self));
  g_return_if_fail (address != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, amt_prov_provisioner_provision_async);
  given = hello != NULL ? amt_prov_hello_ref (hello) : hello_for (NULL, AMT_PROV_NIL_UUID);
  enter (self, given, address, task);
}

/**
 * amt_prov_provisioner_provision_finish:
 * @self: a provisioner
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Ends amt_prov_provisioner_provision_async(). %AMT_PROV_ERROR_BLOCKED means that a person must
 * act.
 *
 * Returns: (transfer full): the operational machine, or %NULL with @error set
 * Since: 0.1
 */
AmtProvDevice *
amt_prov_provisioner_provision_finish (AmtProvProvisioner *self,
                                       GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
