/* err.h - the one way in which a function reports why it failed.
 *
 * A fallible function returns bool and takes `struct err *err` last: false if and only if it
 * filled *err; on success *err is untouched. An err holds no memory, so the error path cannot
 * itself fail. A message is a whole sentence for the user: what, where, what to do. */
#ifndef EMEND_ERR_H
#define EMEND_ERR_H

#include "protocol/base/slice.h"

enum err_code {
	ERR_NONE = 0,
	ERR_INVALID,   /* malformed input or arguments */
	ERR_USAGE,     /* the command line or the configuration is wrong: exit 2 */
	ERR_TOO_LARGE, /* a limit of limits.h was passed */
	ERR_NOT_FOUND,
	ERR_STALE,     /* the text changed since it was read */
	ERR_CANCELLED, /* exit 5 */
	ERR_TIMEOUT,
	ERR_IO,
	ERR_DENIED,   /* policy or the user said no: exit 4 */
	ERR_BUDGET,   /* money, tokens, turns or time used up: exit 3 */
	ERR_SANDBOX,  /* a required sandbox layer is missing: exit 6 */
	ERR_PROVIDER, /* key, network or model provider: exit 7 */
	ERR_INTERNAL,
};

struct err {
	enum err_code code;
	char msg[480]; /* UTF-8, one line, NUL-terminated; may be truncated */
};

/* Fills *err (NULL is fine) and always returns false, so that `return err_set(...)` reads well. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF(3, 4);
/* Puts a prefix in front of the message that is there; always false. */
bool err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);
const char *err_name(enum err_code code); /* "invalid", "too_large", ... */
enum err_code err_code_named(struct slice name); /* the other way; ERR_INTERNAL: no such name */
int err_exit_code(enum err_code code);	  /* the process exit status that stands for it */

#endif
