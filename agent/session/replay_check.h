/* replay_check.h - a recorded session again, from its log alone: nobody is contacted and nothing is run.
 *
 * Two things must come out as they were. What the model got at each call: the conversation, put together from the log as
 * for a session that is resumed, results of tools included, has the hash that was noted when the call was made. And what
 * came of each answer: its bytes, read again by the code that reads answers, are the blocks that the task went on with.
 * The first difference is a fault of Emend, or of the log. */
#ifndef EMEND_REPLAY_CHECK_H
#define EMEND_REPLAY_CHECK_H

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct replay_result {
	size_t calls;	      /* of the model */
	size_t conversations; /* that were compared */
	size_t shortened; /* not compared: shortened by an Emend that did not note by what window */
	size_t answers;	      /* that were compared */
	size_t unkept; /* answers without their bytes: of a script, pruned, very long, or of an older Emend */
	size_t results; /* of tools */
	bool differs;
	uint64_t event;	   /* where: `seq` of the log's event */
	struct slice what; /* a sentence; in the arena */
};

/* False: the log cannot be read. */
NODISCARD bool replay_check(struct arena *a, struct slice state_dir, struct slice session,
			    struct replay_result *out, struct err *err);

#endif
