/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sqlite-error.h"

#include <amtprov/error.h>

static const char *
advice (int code)
{
  switch (code) {
  case SQLITE_NOTADB:
    return "the file is no SQLite database; name another file in [amtprov] store, or move this "
           "one away";
  case SQLITE_CORRUPT:
    return "the file is damaged; restore it from a backup";
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return "another process has held the file for too long; look with: fuser -v FILE";
  case SQLITE_FULL:
    return "the disk is full or the file has reached its size limit; nothing was written";
  case SQLITE_READONLY:
    return "the file or its folder cannot be written by this user; SQLite also needs to create "
           "files beside it";
  case SQLITE_CANTOPEN:
    return "the file or its folder is missing or closed to this user; SQLite also needs to create "
           "files beside it";
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return "this user may not use the file";
  case SQLITE_IOERR:
    return "the disk reported an error; look into the kernel log";
  case SQLITE_TOOBIG:
    return "a record is larger than SQLite allows";
  default:
    return NULL;
  }
}

gboolean
amt_prov_sqlite_fail (sqlite3 *db, const char *path, const char *doing, GError **error)
{
  int code = db != NULL ? sqlite3_errcode (db) & 0xff : SQLITE_NOMEM;
  const char *message = db != NULL ? sqlite3_errmsg (db) : "out of memory";
  const char *help = advice (code);

  g_set_error (error, AMT_PROV_ERROR, AMT_PROV_ERROR_STORE, "cannot %s the store %s: %s%s%s", doing,
               path, message, help != NULL ? "; " : "", help != NULL ? help : "");
  return FALSE;
}
