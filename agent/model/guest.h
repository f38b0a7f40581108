/* guest.h - the "model" of a task that another agent asks for: what is to be done comes from outside as one call of a
 * tool, and what the tool says goes back there. So a call of a program that is not ours is a task like any, under the
 * user's policy, with their word, in the log, and to be undone. It contacts nobody and costs nothing. */
#ifndef EMEND_GUEST_H
#define EMEND_GUEST_H

#include "agent/model/model.h"

enum { GUEST_NAME_BYTES = 48 };

struct guest {		     /* borrowed for the time of guest_open(), but for the payload */
	struct slice client; /* what the other program calls itself: not trusted */
	struct slice tool;   /* one of tools.c */
	struct slice input;  /* JSON: an object */
	/* What the tool said. Once, from the loop; not at all where the task ends before. Borrowed. */
	void (*answered)(void *payload, bool ok, struct slice text);
	void *payload;
};

/* A name that cannot look like anything but a name, in the arena. */
struct slice guest_name(struct arena *a, struct slice client);
struct model *guest_open(const struct model_options *o, const struct guest *g);

#endif
