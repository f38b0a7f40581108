/* tried.h - a note that the whole sandbox, with its overlay on this disk, was tried here and works.
 *
 *   VIEWS/tried      what it was tried in: boot, namespaces, user, version; anything else means nothing
 *
 * With it the runner can lock itself in before it reads the first byte, and try the sandbox later; without it the
 * trial comes first, since where the layers lie, which the walls must leave open, is known only then. */
#ifndef EMEND_WORKER_TRIED_H
#define EMEND_WORKER_TRIED_H

#include "agent/worker/view/upper.h"

/* The note, open for writing as long as the runner starts: behind the walls nothing is opened there. -1: it cannot be
 * kept. *known: it is there, and of here and now. */
int tried_open(const struct views *v, bool *known);
/* works: what was found out. Closes fd. */
void tried_close(int fd, bool works);

#endif
