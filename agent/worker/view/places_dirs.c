/* places_dirs.c - see places_dirs.h */
#include "agent/worker/view/places_dirs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "protocol/base/mem.h"

enum { FOLDERS_MAX = 20 * 1000 };

void places_dirs_clear(struct places_dirs *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->of[i].path);
	d->n = 0;
	d->too_many = false;
}

void places_dirs_release(struct places_dirs *d)
{
	places_dirs_clear(d);
	free(d->of);
	*d = (struct places_dirs){ .n = 0 };
}

void places_dirs_note(struct places_dirs *d, int dir, const char *path, const char *known_as)
{
	struct stat st;

	if (d->n == FOLDERS_MAX)
		d->too_many = true;
	if (d->too_many || fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (d->n == d->cap) {
		d->cap = d->cap ? d->cap * 2 : 64;
		d->of = xrealloc(d->of, d->cap * sizeof(*d->of));
	}
	d->of[d->n++] = (struct places_dir){ .path = xstrdup(known_as), .changed = st.st_ctim };
}

bool places_dirs_changed(const struct places_dirs *d, int root)
{
	struct stat st;

	for (size_t i = 0; i < d->n && !d->too_many; i++) {
		const struct places_dir *f = &d->of[i];

		if (fstatat(root, f->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ctim.tv_sec != f->changed.tv_sec ||
		    st.st_ctim.tv_nsec != f->changed.tv_nsec)
			return true;
	}
	return false;
}
