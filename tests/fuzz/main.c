/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include "fuzz.h"

/* Replays a corpus, so that the targets run as ordinary tests without libFuzzer. */

static gboolean
replay_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &content, &length, &error)) {
    g_print ("Bail out! %s\n", error->message);
    return FALSE;
  }
  LLVMFuzzerTestOneInput ((const uint8_t *)content, length);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;
  guint count = 0;

  if (argc == 2)
    dir = g_dir_open (argv[1], 0, &error);
  if (dir == NULL) {
    g_print ("Bail out! %s\n", error ? error->message : "usage: TARGET CORPUS-FOLDER");
    return 2;
  }
  while ((name = g_dir_read_name (dir)) != NULL) {
    if (!replay_file (argv[1], name))
      return 1;
    g_print ("ok %u %s\n", ++count, name);
  }
  LLVMFuzzerTestOneInput ((const uint8_t *)"", 0);
  g_print ("ok %u empty input\n1..%u\n", count + 1, count + 1);
  return 0;
}
