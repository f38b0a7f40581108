/* key_command.h - runs the user's command that prints an API key (a password manager, say). */
#ifndef EMEND_KEY_COMMAND_H
#define EMEND_KEY_COMMAND_H

#include <uv.h>

#include "protocol/base/err.h"
#include "protocol/base/slice.h"

enum { KEY_COMMAND_MS = 10 * 1000, KEY_BYTES = 8 * 1024 };

struct key_command;

/* key: the first line of the output, borrowed for the call; err NULL: it is not empty. */
typedef void key_command_cb(void *payload, struct slice key, const struct err *err);

/* Starts it with /bin/sh -c, without terminal or input. done() comes once, from the loop, at the
 * latest after KEY_COMMAND_MS, and then with ERR_TIMEOUT; every other error is ERR_PROVIDER. name: how messages
 * begin; static. NULL with *err if it cannot be started; done() is then not called. */
struct key_command *key_command_start(uv_loop_t *loop, const char *command, const char *name,
				      key_command_cb *done, void *payload, struct err *err);
/* Kills it with all that it started; done() is not called any more. NULL is fine. */
void key_command_drop(struct key_command *k);

#endif
