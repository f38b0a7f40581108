/* run_commit.h - `emend run`: makes real what a command changed in its view, one after the other. */
#ifndef EMEND_RUN_COMMIT_H
#define EMEND_RUN_COMMIT_H

#include "agent/cli/command.h"
#include "agent/cli/run/run_log.h"
#include "agent/cli/run/run_open.h"
#include "agent/runner/runner.h"

/* log: borrowed until done; NULL: nothing is kept for undo.
 * done is called from the loop, or at once where there is nothing to do. kept: all that could be
 * kept is. all: protected files too.
 * open: borrowed until done; what editors hold is asked for once more before anything is kept. */
typedef void run_commit_cb(void *payload, bool kept);
void run_commit_start(struct cli *c, struct runner *r, struct run_open *open, struct run_log *log,
		      const struct view_result *v, bool all, run_commit_cb *done, void *payload);

#endif
