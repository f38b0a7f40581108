/* places_own.h - internal to the looking for places: one folder that is gone through.
 *
 *   places.c      the workspace, and the folders outside of it that commands reach
 *   places_git.c  what lies in the folder of a repository */
#ifndef EMEND_WORKER_PLACES_OWN_H
#define EMEND_WORKER_PLACES_OWN_H

#include "agent/worker/view/places.h"

struct ignore;

struct scan {
	struct places *p;
	const struct root *root; /* "/" outside of the workspace */
	struct tracked *tracked;
	struct ignore *ignore;
	bool outside, reads_only;
	size_t inside; /* bytes of a path up to what lies in the folder that is looked through */
	bool too_many;
};

/* tail: behind rel and a slash; NULL: nothing. */
void places_add(struct scan *s, char kind, const char *rel, const char *tail);
/* Hidden for as long as the session lasts. */
void places_add_hidden(struct scan *s, char kind, const char *rel);
/* places_git.c: the credentials in the folder of a repository. */
void places_add_git(struct scan *s, const char *git);

#endif
