/* secret_file.h - files that are a secret or not by what they hold.
 *
 * The settings of npm and pip's upload tools name a registry, which a build needs, or a token for it. The
 * name alone says nothing, so they are looked into; a token that comes from the environment is none.
 *
 * A name with a word for secrets and without an ending (credentials, db_password) is that of data or that of
 * a program (git-secret), which the first bytes tell. */
#ifndef EMEND_SECRET_FILE_H
#define EMEND_SECRET_FILE_H

#include "protocol/base/slice.h"

enum { SECRET_FILE_BYTES = 64 * 1024 }; /* a longer one of that name is taken for a secret */

/* Words in names, NULL at the end. */
extern const char *const secret_words[];
/* Is it such a file, by the last component of its path? */
bool secret_file_named(struct slice path);
/* Is it one of those with a word and without an ending? Its first bytes are enough for the next one. */
bool secret_file_is_word(struct slice path);
/* Does this text of such a file make it a secret? */
bool secret_file_holds(struct slice path, struct slice text);

#endif
