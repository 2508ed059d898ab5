/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine remembers of the server that set it up (wsman.md §10.3). */
#include "chain.h"

#include <string.h>

#define SERIAL_BYTES 16

void
sim_audit_clear (SimAudit *audit)
{
  g_clear_pointer (&audit->root, amt_prov_cert_hash_unref);
  g_free (audit->address);
  g_free (audit->fqdn);
  *audit = (SimAudit){0};
}

static void
record_serials (SimAudit *audit, const gnutls_datum_t *ders, guint count)
{
  for (guint i = 1; i < count; i++) {
    gnutls_x509_crt_t crt;
    guint8 serial[64];
    size_t size = sizeof serial;
    gsize at = (i - 1) * SERIAL_BYTES;

    if (at >= sizeof audit->serials) {
      audit->more_serials = TRUE;
      return;
    }
    gnutls_x509_crt_init (&crt);
    if (gnutls_x509_crt_import (crt, &ders[i], GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_serial (crt, serial, &size) == 0)
      memcpy (audit->serials + at, serial, MIN (size, SERIAL_BYTES));
    gnutls_x509_crt_deinit (crt);
  }
}

/* A chain that the machine accepts, from the leaf to the root. */
void
sim_audit_record (SimModel *model, const gnutls_datum_t *ders, guint count, const char *address)
{
  SimAudit *audit = &model->audit;
  SimHash *slot = sim_chain_find_root (model, &ders[count - 1]);

  sim_audit_clear (audit);
  audit->root = amt_prov_cert_hash_ref (slot->hash);
  audit->is_default = slot->is_default;
  audit->time_valid = model->clock_set;
  audit->time = sim_model_get_time (model);
  audit->own_suffix = model->suffix != NULL && *model->suffix != '\0';
  audit->delayed = model->delayed;
  audit->address = g_strdup (address);
  audit->fqdn = sim_chain_dup_name (&ders[0]);
  record_serials (audit, ders, count);
}

/* Seven numbers of 16 bits: year, month, day of the week, day, hour, minute, second. */
void
sim_audit_write_time (const SimAudit *audit, guint8 bytes[14])
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (audit->time);
  const guint numbers[] = {g_date_time_get_year (time),
                           g_date_time_get_month (time),
                           g_date_time_get_day_of_week (time) % 7,
                           g_date_time_get_day_of_month (time),
                           g_date_time_get_hour (time),
                           g_date_time_get_minute (time),
                           g_date_time_get_second (time)};

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    bytes[2 * i] = numbers[i] & 255;
    bytes[2 * i + 1] = numbers[i] >> 8;
  }
}
