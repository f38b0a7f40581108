/* places_dirs.h - which folders were looked through, and whether something appeared in one of them since.
 *
 * Looking through a large workspace takes too long to do it for each command. But a new file changes the time of its
 * folder, and there are far fewer folders than files. */
#ifndef EMEND_WORKER_PLACES_DIRS_H
#define EMEND_WORKER_PLACES_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct places_dir {
	char *path;		 /* relative to the workspace, or absolute; owned */
	struct timespec changed; /* its ctime when it was read, or before */
};

struct places_dirs {
	struct places_dir *of;
	size_t n, cap;
	bool too_many; /* not all are known: nothing can be said */
};

void places_dirs_clear(struct places_dirs *d);
void places_dirs_release(struct places_dirs *d);
/* To be called before the folder is read. dir: path is relative to it. */
void places_dirs_note(struct places_dirs *d, int dir, const char *path, const char *known_as);
/* root: of the workspace. False: nothing has appeared, as far as the times tell. */
bool places_dirs_changed(const struct places_dirs *d, int root);

#endif
