/* back.h - what `emend undo`, `redo` and `rewind` share: the question before files change, the run of it, its report. */
#ifndef EMEND_CLI_BACK_H
#define EMEND_CLI_BACK_H

#include "agent/change/undo.h"
#include "agent/cli/command.h"
#include "agent/cli/place.h"
#include "agent/session/task.h"

/* Without -y there must be somebody to ask; a preview needs no question. ERR_DENIED. */
NODISCARD bool back_can_ask(struct cli *c, const char *command, struct err *err);
/* "Go on? [y/n]" on the terminal; true at once with -y. */
bool back_confirmed(struct cli *c);
/* Does it, or shows it with --dry-run, and prints what came of it. The exit status. */
int back_run(struct cli *c, struct place *p, const struct undo_spec *of, const char *command);

/* What came of it in one sentence: "2 undone, 1 left as it is". */
struct slice back_summary(struct arena *a, const struct undo_spec *s, bool preview, size_t restored,
			  size_t refused);

/* undo_list.c: the tasks of this folder that can be undone. */
int undo_list(struct cli *c);
/* cmd_rewind.c: the steps of a session, with the one at which it stands marked. word: what goes to one of them. */
NODISCARD bool rewind_list(struct cli *c, const struct place *p, struct slice session,
			   const char *word, struct err *err);

#endif
