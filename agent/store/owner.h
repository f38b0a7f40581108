/* owner.h - a process as a word that stays true after its end: machine, boot, pid namespace, pid and
 * start time. A reservation carries it, so that money of a process that died is not held for ever. */
#ifndef EMEND_OWNER_H
#define EMEND_OWNER_H

#include "protocol/base/arena.h"

enum owner_state {
	OWNER_RUNS,
	OWNER_GONE,
	OWNER_ELSEWHERE, /* another machine or pid namespace: nobody here can tell */
};

/* This process. "" where the kernel does not say (no /proc). */
struct slice owner_self(struct arena *a);
enum owner_state owner_look(struct slice owner);

#endif
