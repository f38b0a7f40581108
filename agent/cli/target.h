/* target.h - what a word of the command line means that names something of the past: a task, a
 * session (all its tasks), or the number of a step of the newest task. */
#ifndef EMEND_CLI_TARGET_H
#define EMEND_CLI_TARGET_H

#include "agent/change/history.h"
#include "agent/cli/place.h"

struct target {
	struct slice
		id;   /* of the task, or of the session; "": the newest task that changed files */
	int64_t step; /* -1: all of them */
	struct history history;
};

/* No log is read. */
void target_read(const char *word, struct slice *id, int64_t *step);
/* Finds it among what changed files in this folder; from then on `id` is not "". In the command's
 * arena. */
NODISCARD bool target_find(struct cli *c, const struct place *p, const char *word,
			   struct target *out, struct err *err);
/* Does this change belong to it? */
bool target_has(const struct target *t, const struct past_edit *e);
/* ... and does what it made still stand, as a text? */
bool target_stands(const struct target *t, const struct past_edit *e);
/* Is edit i the first of its file that stands? */
bool target_first(const struct target *t, size_t i);
/* cmd_diff.c: one file, as bytes; ptr NULL: there is none. */
void diff_put(struct cli *c, struct slice path, struct slice before, struct slice after);

#endif
