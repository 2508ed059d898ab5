/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libpeas/peas.h>
#include <amtprov/amtprov.h>

/* Each module is built with one fault from these lists as FAULT, and with NAME as its plugin's
 * name. */
enum {
  SOUND, /* nothing is wrong with it */

  STORE_ABSENT, /* the condition “absent” always holds */
  STORE_LEASE,  /* the condition “lease” always holds */
  STORE_RACE,   /* looks at the revision first, and writes afterwards */
  STORE_TORN,   /* makes the changes of a group one by one */
  STORE_FORGET, /* has no leases any more when it is opened again */
  STORE_LATE,   /* acknowledges events, and writes them when it is asked for something */
  STORE_OWNER,  /* does not look at the owner in queries */
  STORE_CURSOR, /* begins each page at the first record */
  STORE_EMPTY,  /* drops sealed bytes of length 0 */
  STORE_ABORT,  /* ends the process in a query with a cursor */
  STORE_SEALED, /* keeps sealed bytes up to the first 0 */
  STORE_KIND,   /* finds a key among the records of another kind first */
  STORE_GONE,   /* does not call it done to remove what is not there */
  STORE_DELETE, /* removes without a look at the revision */
  STORE_ORDER,  /* makes groups from the last to the first */
  STORE_BACK,   /* makes changes from the last to the first */
  STORE_AGAIN,  /* gives the same sequence to each event that comes alone */
  STORE_SMALL,  /* refuses a body of more than 1 MiB */
  STORE_SINGLE, /* opens only once at a time */
  STORE_CALM,   /* opens where there is no folder */
  STORE_SPOIL,  /* empties a file that it cannot open */
  STORE_REST,   /* removes at most 40 events in one apply() */

  METHOD_TWICE,   /* answers twice */
  METHOD_NEVER,   /* never answers */
  METHOD_DEAF,    /* does not notice that it is cancelled */
  METHOD_DEFAULT, /* puts a source on the default main context */
  METHOD_IMPURE,  /* says something else each second time */
  METHOD_MUTE,    /* has no verdict for a machine whose release is known */
  METHOD_KEEP,    /* keeps sessions */
  METHOD_FOREIGN, /* fails with an error of another domain */
  METHOD_PLAN,    /* adds a step whose phase changes */
  METHOD_HOARD,   /* keeps the channel that it has opened */

  TRANSPORT_SCHEMES,  /* names another scheme when it is asked again */
  TRANSPORT_ONEWAY,   /* its stream does not carry what is written */
  TRANSPORT_ENDLESS,  /* its stream does not end with the connection of the machine */
  TRANSPORT_LAX,      /* goes somewhere when the URI names no machine */
  TRANSPORT_NEVER,    /* does not answer when there is no way */
  TRANSPORT_TWICE,    /* answers twice when there is no way */
  TRANSPORT_DEFAULT,  /* puts a source on the default main context */
  TRANSPORT_DEAF,     /* does not notice that it is cancelled */
  TRANSPORT_UNCLOSED, /* its stream keeps its descriptor when it is closed */
};

/* A GObject with one interface. */
GType broken_register_type (const char *name,
                            guint16 size,
                            GInstanceInitFunc init,
                            GType iface,
                            GInterfaceInitFunc iface_init);

/* What a method or a transport needs until it has its answer. */
typedef struct {
  AmtProvOperation *operation;
  GCancellable *cancellable; /* NULL where it does not listen */
  GSocketConnection *connection;
  char byte;
} BrokenOpening;

void broken_opening_free (BrokenOpening *self);
/* Does not answer it until the core gives up. */
void broken_keep_operation (AmtProvOperation *operation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BrokenOpening, broken_opening_free)

AMT_PROV_EXPORT void peas_register_types (PeasObjectModule *module);
