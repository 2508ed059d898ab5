/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine takes from a keyboard and from a record of setup.bin, without input or output. */
#include "bench.h"

#include <string.h>

#define PID      "0000-037M"
#define PPS      "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"
#define PASSWORD "P@ssw0rd"
#define SHA1     "sha1:00112233445566778899aabbccddeeff00112233:Own root"
#define SHA256   "sha256:e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e:Own root"

/* ---- typing ---- */

static void
test_typed (void)
{
  static const char *const keys[] = {
      "amt=9.5,password=" PASSWORD ",pid=" PID ",pps=" PPS,
      "amt=2.1,password=" PASSWORD ",pid=0000037M,pps=NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ",
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    Bench bench = {0};
    g_autoptr (AmtProvHello) hello = NULL;

    bench_start (&bench, keys[i]);
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
    g_assert_cmpstr (bench.model->mebx_password, ==, PASSWORD);
    g_assert_true (sim_model_needs_login (bench.model));
    hello = sim_model_tick (bench.model);
    g_assert_cmpstr (amt_prov_hello_get_pid (hello), ==, "0000037M");
    g_assert_true (amt_prov_hello_get_admin_credentials_set (hello));
    bench_stop (&bench);
  }
}

static void
test_mistyped (void)
{
  static const struct {
    const char *keys;
    const char *reason;
  } rows[] = {
      {"pid=0000-0370,pps=" PPS, "check character and should be M"},
      {"pid=" PID ",pps=NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XX", "check character of group 8"},
      {"pid=0000_037M,pps=" PPS, "must be a dash"},
      {"pid=" PID, "PID and PPS are needed"},
      {"mode=psk", "PID and PPS are needed"},
      {"password=password,pid=" PID ",pps=" PPS, "the password lacks"},
      {"password=Location_1,pid=" PID ",pps=" PPS, "the password lacks"},
      {"password=P@ss1,pid=" PID ",pps=" PPS, "AMT takes 8 to 32"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *keys = g_strconcat ("amt=9.5,", rows[i].keys, NULL);
    Bench bench = {0};

    bench_start (&bench, keys);
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
    g_assert_cmpstr (bench.events->pdata[0], ==, "error");
    g_assert_nonnull (strstr (bench.reasons->pdata[0], rows[i].reason));
    g_assert_null (strstr (bench.reasons->pdata[0], "NKLD"));
    bench_stop (&bench);
  }
}

/* ---- setup.bin ---- */

/* A record for a new machine: settings as NAME=VALUE, one in each line. */
static AmtProvSetupBinRecord *
make_record (const char *settings)
{
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);
  g_auto (GStrv) lines = g_strsplit (settings, "\n", -1);
  g_autoptr (GError) error = NULL;

  amt_prov_setup_bin_record_put_text (record, "current-mebx-password", "admin", NULL);
  amt_prov_setup_bin_record_put_text (record, "new-mebx-password", PASSWORD, NULL);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (lines[i], "=", 2);

    amt_prov_setup_bin_record_put_text (record, pair[0], pair[1], &error);
    g_assert_no_error (error);
  }
  return g_steal_pointer (&record);
}

static gboolean
take (Bench *bench, const char *settings, GError **error)
{
  g_autoptr (AmtProvSetupBinRecord) record = make_record (settings);
  g_autoptr (GPtrArray) problems = g_ptr_array_new ();

  return sim_mebx_take_record (bench->model, record, problems, error);
}

/* The machine after it has taken the record and was started. */
static void
boot (Bench *bench, const char *keys, const char *settings)
{
  g_autoptr (GError) error = NULL;

  bench_make (bench, keys);
  g_assert_true (take (bench, settings, &error));
  g_assert_no_error (error);
  sim_model_start (bench->model);
}

static void
test_pair (void)
{
  static const char *const releases[] = {"2.0", "2.1", "2.2", "2.5", "2.6", "3.0", "6.2", "10.0"};

  for (guint i = 0; i < G_N_ELEMENTS (releases); i++) {
    g_autofree char *keys = g_strdup_printf ("amt=%s,stick=x", releases[i]);
    Bench bench = {0};
    g_autoptr (AmtProvHello) hello = NULL;

    boot (&bench, keys, "pid=" PID "\npps=" PPS "\nmanageability-feature-selection=1");
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
    g_assert_cmpstr (bench.model->mebx_password, ==, PASSWORD);
    g_assert_true (sim_model_needs_login (bench.model));
    hello = sim_model_tick (bench.model);
    g_assert_cmpstr (amt_prov_hello_get_pid (hello), ==, "0000037M");
    bench_stop (&bench);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *keys;
    const char *settings;
    const char *reason;
  } rows[] = {
      {"amt=9.5,password=0ther-One", "pid=" PID "\npps=" PPS, "is not that of the machine"},
      {"amt=11.8", "pid=" PID "\npps=" PPS, "PSK provisioning was removed in AMT 11.0"},
      {"amt=2.0", "manageability-feature-selection=1", "know only PID/PPS provisioning"},
      {"amt=2.1", "pki-dns-suffix=example.net", "know only PID/PPS provisioning"},
      {"amt=2.5", "manageability-feature-selection=1", "know only PID/PPS provisioning"},
      {"amt=2.6", "manageability-feature-selection=1", "only when a local agent starts it"},
      {"amt=3.2", "user-defined-certificate-addition=" SHA256, "AMT 3.2 stores no sha256 hashes"},
      {"amt=16.1", "user-defined-certificate-addition=" SHA1, "AMT 16.1 stores no sha1 hashes"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *keys = g_strconcat (rows[i].keys, ",stick=x", NULL);
    Bench bench = {0};
    g_autoptr (GError) error = NULL;

    bench_make (&bench, keys);
    g_assert_false (take (&bench, rows[i].settings, &error));
    g_assert_nonnull (strstr (error->message, rows[i].reason));
    sim_model_start (bench.model);
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
    g_assert_null (bench.model->psk);
    g_assert_cmpstr (bench.model->mebx_password, !=, PASSWORD);
    bench_stop (&bench);
  }
}

static void
test_no_current_password (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvSetupBinRecord) record = amt_prov_setup_bin_record_new (1);
  g_autoptr (GPtrArray) problems = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  bench_make (&bench, "amt=9.5,stick=x");
  g_assert_false (sim_mebx_take_record (bench.model, record, problems, &error));
  g_assert_nonnull (strstr (error->message, "no current MEBx password"));
  bench_stop (&bench);
}

/* A machine whose password is no longer the factory one takes the stick that knows it. */
static void
test_current_password (void)
{
  Bench bench = {0};

  boot (&bench, "amt=9.5,stick=x,password=0ther-One",
        "current-mebx-password=0ther-One\npid=" PID "\npps=" PPS);
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
  g_assert_cmpstr (bench.model->mebx_password, ==, PASSWORD);
  bench_stop (&bench);
}

static void
test_pki (void)
{
  Bench bench = {0};
  g_autoptr (AmtProvHello) hello = NULL;
  GPtrArray *hashes;
  g_autofree char *hex = NULL;
  g_autofree char *host = NULL;
  g_autofree char *dhcp = NULL;

  boot (&bench, "amt=6.2,stick=x",
        "pki-dns-suffix=example.net\nconfiguration-server-fqdn=amt.example.net\n"
        "provisioning-server-address=127.0.0.9\nprovisioning-server-port=19971\n"
        "remote-configuration-enabled=1\npre-installed-certificates-enabled=0\n"
        "user-defined-certificate-addition=" SHA256 "\nhost-name=pc-7\ndhcp=1\n"
        "kvm-state=1\nme-provisioning-halt-active=1");
  g_assert_cmpint (bench.model->state, ==, SIM_STATE_SETUP);
  g_assert_cmpstr (bench.model->suffix, ==, "example.net");
  g_assert_cmpstr (bench.model->server, ==, "127.0.0.9");
  g_assert_cmpuint (bench.model->server_port, ==, 19971);
  g_assert_false (sim_model_needs_login (bench.model));
  hello = sim_model_tick (bench.model);
  hashes = amt_prov_hello_get_hashes (hello);
  g_assert_cmpuint (hashes->len, ==, 1);
  hex = amt_prov_cert_hash_to_hex (hashes->pdata[0]);
  g_assert_true (g_str_has_prefix (hex, "e835ac6d"));
  host = sim_store_get (bench.model, "AMT_GeneralSettings", NULL, "HostName");
  g_assert_cmpstr (host, ==, "pc-7");
  dhcp = sim_store_get (bench.model, "AMT_EthernetPortSettings", NULL, "DHCPEnabled");
  g_assert_cmpstr (dhcp, ==, "false");
  bench_stop (&bench);
}

static guint
count_own (Bench *bench, gboolean active)
{
  guint count = 0;

  for (guint i = 0; i < bench->model->hashes->len; i++) {
    SimHash *slot = bench->model->hashes->pdata[i];

    count += !slot->is_default && slot->active == active;
  }
  return count;
}

static void
test_own_hashes (void)
{
  static const char keys[] = "amt=3.2,stick=x,root=ffeeddccbbaa99887766554433221100ffeeddcc";
  static const struct {
    const char *settings;
    guint active, inactive;
  } rows[] = {
      {"user-defined-certificate-addition=" SHA1, 2, 0},
      {"user-defined-certificate-configuration=1\nuser-defined-certificate-addition=" SHA1, 2, 0},
      {"user-defined-certificate-configuration=0\nuser-defined-certificate-addition=" SHA1, 0, 2},
      {"user-defined-certificate-configuration=2\nuser-defined-certificate-addition=" SHA1, 1, 0},
      {"user-defined-certificate-configuration=2", 0, 0},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Bench bench = {0};

    boot (&bench, keys, rows[i].settings);
    g_assert_cmpuint (count_own (&bench, TRUE), ==, rows[i].active);
    g_assert_cmpuint (count_own (&bench, FALSE), ==, rows[i].inactive);
    bench_stop (&bench);
  }
}

/* What keeps a machine from saying hello: it waits for an agent, or has no AMT. */
static void
test_waits (void)
{
  static const struct {
    const char *settings;
    const char *reason;
  } rows[] = {
      {"remote-configuration-enabled=0", "remote configuration is off, nothing is sent"},
      {"me-provisioning-halt-active=0", ""},
      {"manageability-feature-selection=0", "AMT is disabled, nothing is sent"},
      {"manageability-feature-selection=0\npid=" PID "\npps=" PPS,
       "AMT is disabled, nothing is sent"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Bench bench = {0};

    boot (&bench, "amt=9.5,stick=x", rows[i].settings);
    g_assert_cmpint (bench.model->state, ==, SIM_STATE_FACTORY);
    g_assert_cmpstr (bench.reasons->pdata[0], ==, rows[i].reason);
    g_assert_cmpstr (bench.model->mebx_password, ==, PASSWORD);
    bench_stop (&bench);
  }
}

static void
test_file (void)
{
  static const struct {
    const char *keys;
    const char *version;
    const char *reason; /* NULL: the machine is offered the file */
  } rows[] = {
      {"amt=2.0", "1", NULL},
      {"amt=10.0", "1", NULL},
      {"amt=3.0", "2.0", NULL},
      {"amt=4.0", "2.1", NULL},
      {"amt=6.0", "3", NULL},
      {"amt=11.8", "4", NULL},
      {"amt=2.6", "2.0", "AMT 2.6 reads setup.bin up to version 1.0"},
      {"amt=3.2", "2.1", "AMT 3.2 reads setup.bin up to version 2.0"},
      {"amt=5.2", "3", "this one has version 3.0"},
      {"amt=10.0", "4", "this one has version 4.0"},
      {"amt=1.0", "1", "AMT 1.0 reads no setup.bin"},
      {"amt=9.5,mode=operational", "1", "already provisioned"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *keys = g_strconcat (rows[i].keys, ",stick=x", NULL);
    g_autoptr (AmtProvSetupBinHeader) header =
        amt_prov_setup_bin_header_new (rows[i].version, 1, TRUE, NULL);
    Bench bench = {0};
    g_autoptr (GError) error = NULL;

    bench_make (&bench, keys);
    g_assert_true (sim_mebx_check_file (bench.model, header, &error) == (rows[i].reason == NULL));
    if (rows[i].reason != NULL)
      g_assert_nonnull (strstr (error->message, rows[i].reason));
    bench_stop (&bench);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mebx/typed", test_typed);
  g_test_add_func ("/mebx/mistyped", test_mistyped);
  g_test_add_func ("/mebx/pair", test_pair);
  g_test_add_func ("/mebx/refused", test_refused);
  g_test_add_func ("/mebx/no-current-password", test_no_current_password);
  g_test_add_func ("/mebx/current-password", test_current_password);
  g_test_add_func ("/mebx/pki", test_pki);
  g_test_add_func ("/mebx/own-hashes", test_own_hashes);
  g_test_add_func ("/mebx/waits", test_waits);
  g_test_add_func ("/mebx/file", test_file);
  return g_test_run ();
}
