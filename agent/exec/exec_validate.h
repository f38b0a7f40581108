/* exec_validate.h - what a piece of code does that one may want to know before it runs. This is advice, not a wall: code
 * can hide what it does from any reader; what holds it is the sandbox. */
#ifndef EMEND_EXEC_VALIDATE_H
#define EMEND_EXEC_VALIDATE_H

#include "agent/exec/exec.h"

struct exec_validation;

/* json: {"is_safe", "issues": [sentences], "language", "findings": [{"rule", "line", "column", "message"}]}; borrowed for the
 * call. err: it could not be looked at (ERR_SANDBOX, ERR_NOT_FOUND: the parser of its language is not installed).
 * Once, from the loop. */
typedef void exec_validated_cb(void *payload, struct slice json, const struct err *err);

/* Looks at r->code in r->language with the language's own parser, in a sandbox of its own; with r->allow_network or
 * r->allow_filesystem what these allow is no finding. Nothing of it runs. ERR_INVALID, ERR_TOO_LARGE as for
 * exec_submit(). */
NODISCARD bool exec_validate(struct exec *e, const struct exec_request *r, exec_validated_cb *done,
			     void *payload, struct exec_validation **out, struct err *err);
void exec_validation_drop(struct exec_validation *v); /* done is never called; NULL is fine */
/* Calls v is in the hands of the service: at its end. */
void exec_validations_drop(struct exec *e);

#endif
