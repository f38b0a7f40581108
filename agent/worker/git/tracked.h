/* tracked.h - does git track something in a folder of the workspace? By the index of the innermost
 * repository around it, which is read again when it has changed. */
#ifndef EMEND_WORKER_TRACKED_H
#define EMEND_WORKER_TRACKED_H

#include <sys/stat.h>

#include "agent/base/git_index.h"
#include "agent/worker/file/root.h"

struct tracked {
	struct tracked_index *of; /* one for each repository that was asked about */
	size_t n;
};

void tracked_init(struct tracked *t);
void tracked_release(struct tracked *t);
/* folder: relative, not "". Where an index cannot be read or understood: yes, as that hides nothing; where
 * there is no repository in the workspace: no. O(size of the index) after a change of it. */
bool tracked_below(struct tracked *t, const struct root *r, const char *folder);
/* Does git track this file, or something in this folder? For what is hidden unless git tracks it: no,
 * where the index does not say so. */
bool tracked_surely(struct tracked *t, const struct root *r, const char *rel, bool folder);

#endif
