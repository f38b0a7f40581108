/* answer.h - the answer of a task as JSON that holds to a schema (--output-schema). */
#ifndef EMEND_CLI_ANSWER_H
#define EMEND_CLI_ANSWER_H

#include "agent/cli/command.h"
#include "protocol/json/json.h"

struct answer {
	bool wanted; /* else nothing of this is there */
	struct json schema;
	struct slice text; /* of the schema */
	unsigned wrong;	   /* answers that did not hold to it */
	struct slice json; /* the answer; "": none yet */
};

/* Reads and checks the schema of the command line, if one was given; all in the command's arena. ERR_USAGE. */
NODISCARD bool answer_init(struct answer *w, struct cli *c, struct err *err);
/* What the model is told beside its task; "" if nothing is wanted. */
struct slice answer_words(const struct answer *w, struct arena *a);
/* Takes the last words of the model. False: *err says why they are not what is wanted. A fence of Markdown around the
 * value is passed over, words around it are not. */
NODISCARD bool answer_take(struct answer *w, struct arena *a, struct slice said, struct err *err);
/* What the model is told then. */
struct slice answer_again(struct arena *a, const struct err *why);
/* The value, on stdout: all that stands there. */
void answer_put(const struct answer *w, struct cli *c);

#endif
