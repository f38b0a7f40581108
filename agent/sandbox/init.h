/* init.h - the first process of a command: its init, watchdog and reaper. */
#ifndef EMEND_SANDBOX_INIT_H
#define EMEND_SANDBOX_INIT_H

#include "agent/sandbox/spawn.h"

/* Everything is borrowed from the spawner, of which the init is a copy. */
struct init_options {
	const struct spawn_config *config;
	enum sandbox_mode mode;
	const char *tmp; /* the private folder where there is no view; else NULL */
	bool as_root;	 /* outside of the namespaces we are uid 0 */
	bool overlay;	 /* commands may have one */
	/* descriptors of the packet; request -1: only try the set-up */
	int output, status, request, errors;
	int life;	 /* ends (EOF) when the spawner does */
	int mounts; /* a socket: the spawner gets a descriptor of the command's mounts; -1: it wants none */
};

/* The commands' own home folder: in the view, or the private one where there is none. */
const char *init_home(const struct init_options *o);
/* Runs the command; tells *status how it ended. Returns never. */
_Noreturn void init_run(const struct init_options *o);

#endif
