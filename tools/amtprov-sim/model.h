/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "catalog.h"
#include "clock.h"
#include "keys.h"
#include "settings.h"

typedef enum {
  SIM_STATE_FACTORY,
  SIM_STATE_SETUP,
  SIM_STATE_CLOSED,
  SIM_STATE_OPERATIONAL,
} SimState;

/* The PT_STATUS numbers a simulated machine answers (heci.md §3). */
enum {
  SIM_PT_SUCCESS = 0,
  SIM_PT_INTERNAL_ERROR = 1,
  SIM_PT_NOT_READY = 2,
  SIM_PT_INVALID_MODE = 3,
  SIM_PT_INVALID_LENGTH = 4,
  SIM_PT_INVALID_PARAMETER = 36,
  SIM_PT_NOT_PERMITTED = 16,
  SIM_PT_MAX_LIMIT = 23,
  SIM_PT_INVALID_DHCP_MODE = 26,
  SIM_PT_INVALID_ADDRESS = 27,
  SIM_PT_INVALID_DOMAIN = 28,
  SIM_PT_INVALID_TIME = 34,
  SIM_PT_INVALID_MASK = 37,
  SIM_PT_INVALID_PID = 42,
  SIM_PT_INVALID_PPS = 43,
  SIM_PT_RNG_IN_PROGRESS = 47,
  SIM_PT_RNG_NOT_READY = 48,
  SIM_PT_CERTIFICATE_NOT_READY = 49,
  SIM_PT_INVALID_PASSWORD = 2054,
  SIM_PT_DATA_MISSING = 2057,
  SIM_PT_DUPLICATE = 2058,
  SIM_PT_INVALID_KEY = 2062,
  SIM_PT_INVALID_CERTIFICATE = 2063,
  SIM_PT_KEY_MISMATCH = 2064,
  SIM_PT_UNSUPPORTED = 2066,
  SIM_PT_NOT_FOUND = 2068,
  SIM_PT_NO_INTERFACE = 2501,
};

/* The random seed of a machine (heci.md §4). */
typedef enum {
  SIM_SEED_EXISTS,
  SIM_SEED_IN_PROGRESS,
  SIM_SEED_NONE,
} SimSeed;

#define SIM_CONTEXTS 4

/* Of MEBx and of the administrator, until somebody changes it. */
#define SIM_FACTORY_PASSWORD "admin"

typedef struct {
  char *id;
  GPtrArray *items; /* of SimInstance */
  guint next;
  gint64 ends;
} SimContext;

typedef struct _SimModel SimModel;

/* What is kept of the last server that a machine let in to set it up; without a root nothing. */
typedef struct {
  AmtProvCertHash *root;
  guint8 serials[48];
  gboolean more_serials;
  gboolean is_default;
  gboolean time_valid;
  gboolean own_suffix;
  gboolean delayed;
  gint64 time;
  char *address;
  char *fqdn;
} SimAudit;

typedef void (*SimEventFunc) (SimModel *model,
                              const char *event,
                              const char *reason,
                              gpointer data);

/* The state machine of one machine. It does no input or output; time comes from the clock. */
struct _SimModel {
  SimSettings *settings;
  SimCatalog *catalog;
  SimKeyPool *key_pool;
  AmtProvCapabilities *capabilities;
  SimClock clock;
  SimEventFunc event;
  gpointer event_data;

  SimState state;
  SimMode mode; /* that of the settings, or what a stick has made of it */
  gboolean by_psk;
  gboolean delayed; /* a local agent started it */
  gboolean enabled;
  gboolean zero_touch; /* remote configuration is allowed */
  char *realm;
  char *admin_ha1;
  char *mebx_password;
  char *suffix;
  char *otp;
  char *server; /* where its hellos go, as a stick has it; NULL: as the network has it */
  guint16 server_port;
  AmtProvPsk *psk;
  AmtProvPsk *pending_psk;
  guint8 nonce[20];
  guint acl_generation;
  guint failed_logins;

  gint64 window_end;
  gint64 next_hello;
  guint hello_count;
  gint64 clock_offset;
  gboolean clock_set;
  gboolean seeded;  /* random bytes were set over EOI, or made over MEI */
  gint64 seed_done; /* when those over MEI are there; 0 not begun */
  char *host_fqdn;  /* what the agent says that the system is called */
  SimAudit audit;

  GHashTable *written; /* class → GPtrArray of SimInstance that differ from the catalog */
  GPtrArray *hashes;   /* of SimHash, all slots */
  GPtrArray *keys;     /* of SimKey or NULL, place = handle */
  GPtrArray *certs;    /* of SimCert or NULL, place = handle */
  int context_cert;    /* handle, -1 none */

  gboolean tls;
  gboolean mutual;
  gboolean plain;
  int tls_cert; /* handle, -1 own self-signed */
  SimIdentity *own;

  SimContext contexts[SIM_CONTEXTS];
  guint context_counter;
  guint message_counter;
  guint requests;
};

/* One slot of the root hash store. */
typedef struct {
  AmtProvCertHash *hash;
  char *name;
  gboolean is_default;
  gboolean active;
} SimHash;

SimModel *sim_model_new (SimSettings *settings,
                         SimCatalog *catalog,
                         SimKeyPool *key_pool,
                         AmtProvCapabilityRegistry *registry,
                         const SimClock *clock,
                         GError **error);
void sim_model_free (SimModel *self);
void sim_model_set_observer (SimModel *self, SimEventFunc event, gpointer data);
void sim_model_start (SimModel *self);
const char *sim_state_name (SimState state);
void sim_model_emit (SimModel *self, const char *event, const char *reason);
gboolean sim_model_knows_hash (SimModel *self, AmtProvCertHash *hash, GError **error);
SimHash *sim_model_add_hash (SimModel *self, AmtProvCertHash *hash, const char *name);
void sim_model_forget_hashes (SimModel *self);

/* mebx.c: what a person types, and what a record of setup.bin gives */
gboolean sim_mebx_type (SimModel *self);
gboolean sim_mebx_check_file (SimModel *self, AmtProvSetupBinHeader *header, GError **error);
gboolean sim_mebx_take_record (SimModel *self,
                               AmtProvSetupBinRecord *record,
                               GPtrArray *problems,
                               GError **error);

/* model-time.c: hello schedule, window, clock of the machine */
gint64 sim_model_next_due (SimModel *self);
AmtProvHello *sim_model_tick (SimModel *self);
void sim_model_open_window (SimModel *self);
guint sim_model_extend_window (SimModel *self, guint hours);
gint64 sim_model_get_time (SimModel *self);
guint sim_model_set_time (SimModel *self, gint64 remote, gint64 local);

/* model-access.c: who may come in */
gboolean sim_model_secure_port_open (SimModel *self);
gboolean sim_model_plain_port_open (SimModel *self);
gboolean sim_model_needs_login (SimModel *self);
guint sim_model_set_admin (SimModel *self, const char *user, const char *digest);
guint sim_model_set_mebx_password (SimModel *self, const char *password);
guint sim_model_set_psk (SimModel *self, const char *pid, const char *pps);
void sim_model_use_password (SimModel *self, const char *password);
void sim_model_set_password (SimModel *self, const char *password);
gboolean sim_model_has_default_admin (SimModel *self);

/* model-setup.c: what ends setup, and what undoes it */
guint sim_model_commit (SimModel *self);
guint sim_model_unprovision (SimModel *self, gboolean full);

/* model-local.c: what a program on the machine may ask for */
gboolean sim_model_takes_agent (SimModel *self);
guint sim_model_get_provisioning_state (SimModel *self);
const char *sim_model_get_suffix (SimModel *self);
guint sim_model_start_configuration (SimModel *self, gboolean extended);
guint sim_model_stop_configuration (SimModel *self);
guint sim_model_set_otp (SimModel *self, const char *otp);
guint sim_model_set_suffix (SimModel *self, const char *suffix);
guint sim_model_generate_seed (SimModel *self);
SimSeed sim_model_get_seed (SimModel *self);
guint sim_model_enable (SimModel *self, gboolean enable);
guint sim_model_get_sku (SimModel *self);
char *sim_model_encode_otp (SimModel *self);
void sim_model_set_host_fqdn (SimModel *self, const char *fqdn);

/* store.c: instances */
GPtrArray *sim_store_list (SimModel *self, SimClass *class);
GPtrArray *sim_store_edit (SimModel *self, SimClass *class);
char *sim_store_get (SimModel *self, const char *class, const char *instance, const char *name);
void
sim_store_set (SimModel *self, const char *class, guint index, const char *name, const char *value);

char *sim_store_mac (SimModel *self, const char *separator);

/* model-certs.c: keys and certificates in the machine */
guint sim_model_generate_key (SimModel *self, guint bits, guint *handle);
guint sim_model_add_key (SimModel *self, GBytes *pkcs1, guint *handle);
guint sim_model_add_certificate (SimModel *self, GBytes *der, gboolean root, guint *handle);
guint sim_model_bind_certificate (SimModel *self, guint handle);
guint sim_model_delete_certificate (SimModel *self, guint handle);
guint sim_model_delete_key (SimModel *self, guint handle);
SimKey *sim_model_key_of_certificate (SimModel *self, guint handle);
void sim_model_forget_certificates (SimModel *self);
gboolean sim_model_has_trusted_root (SimModel *self);
SimIdentity *sim_model_get_identity (SimModel *self, GError **error);

/* model-audit.c: who set the machine up */
void
sim_audit_record (SimModel *self, const gnutls_datum_t *ders, guint count, const char *address);
void sim_audit_write_time (const SimAudit *audit, guint8 bytes[14]);
void sim_audit_clear (SimAudit *audit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimModel, sim_model_free)
