/* run_open.h - `emend run`: what editors hold unsaved of the workspace. The command sees that text in place of
 * the files, and a file with such text is not written behind the editor's back. */
#ifndef EMEND_RUN_OPEN_H
#define EMEND_RUN_OPEN_H

#include "agent/host.h"
#include "agent/runner/runner.h"

struct run_open_file;
struct run_open {
	struct host *host; /* with the buffers of editors; borrowed, as all here */
	struct runner *runner;
	struct slice root; /* absolute */
	struct arena *arena;

	struct run_open_file *files; /* open now, or unsaved at an earlier look */
	size_t n, cap, at;
	struct host_ask *ask;
	struct runner_call *call;
	void (*done)(void *payload);
	void *payload;
};

/* Asks the editors, and compares what they hold with the files. May be done again: what was unsaved
 * once stays so. done comes from the loop. */
void run_open_look(struct run_open *o, void (*done)(void *payload), void *payload);
void run_open_drop(struct run_open *o); /* forgets a look that is under way */
/* The unsaved texts, for the command; in the arena. Returns their number. */
size_t run_open_texts(const struct run_open *o, const struct unsaved_text **out);
/* Why this file, or folder, may not be changed, as the end of a sentence; "": it may. Static. */
struct slice run_open_why(const struct run_open *o, struct slice path);

#endif
