/* secret_file.h - files that are a secret or not by what they hold.
 *
 * The settings of npm and pip's upload tools name a registry, which a build needs, or a token for it. The
 * name alone says nothing, so they are looked into; a token that comes from the environment is none. */
#ifndef EMEND_SECRET_FILE_H
#define EMEND_SECRET_FILE_H

#include "protocol/base/slice.h"

enum { SECRET_FILE_BYTES = 64 * 1024 }; /* a longer one of that name is taken for a secret */

/* Is it such a file, by the last component of its path? */
bool secret_file_named(struct slice path);
/* Does this text of such a file hold a token or a password? */
bool secret_file_holds(struct slice text);

#endif
