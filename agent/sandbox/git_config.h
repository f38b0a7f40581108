/* git_config.h - a git configuration without the credentials in it.
 *
 * Git in a command needs the configuration of the repository; but a token may stand there: in the
 * URL of a remote, or in the header that a continuous integration system put in. */
#ifndef EMEND_SANDBOX_GIT_CONFIG_H
#define EMEND_SANDBOX_GIT_CONFIG_H

#include "protocol/base/buf.h"

enum { GIT_CONFIG_BYTES = 1 << 20 }; /* larger ones are not read */

/* Appends the text to *out (NULL: only looks) without user names and passwords in http and https
 * URLs, and without the lines of variables that hold a secret. True if there was any. */
bool git_config_clean(struct slice text, struct buf *out);

#endif
