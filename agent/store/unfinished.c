/* unfinished.c - see unfinished.h */
#include "agent/store/unfinished.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "agent/store/store_path.h"

enum { HASH_DIGITS = 16 };

static struct slice folder_of(struct arena *a, struct slice state_dir)
{
	return arena_printf(a, "%.*s/unfinished", SLICE_ARG(state_dir));
}

static struct slice path_of(struct arena *a, struct slice state_dir, struct slice workspace,
			    struct slice session)
{
	struct sha256_hex h = sha256(workspace);

	return arena_printf(a, "%.*s/unfinished/%.*s.%.*s", SLICE_ARG(state_dir), HASH_DIGITS, h.s,
			    SLICE_ARG(session));
}

static bool make_mark(struct slice folder, struct slice path, struct err *err)
{
	int fd = open(path.ptr, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int dir = open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && dir >= 0 && fsync(dir) == 0;

	if (!ok)
		(void)err_set(err, ERR_IO, "Cannot note in %s that files are being changed: %s.",
			      folder.ptr, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (dir >= 0)
		(void)close(dir);
	return ok;
}

bool unfinished_mark(struct slice state_dir, struct slice workspace, struct slice session,
		     struct err *err)
{
	struct slice folder;
	struct arena a;
	bool ok;

	arena_init(&a);
	folder = folder_of(&a, state_dir);
	ok = make_folder(folder, err) &&
	     make_mark(folder, path_of(&a, state_dir, workspace, session), err);
	arena_release(&a);
	return ok;
}

void unfinished_clear(struct slice state_dir, struct slice workspace, struct slice session)
{
	struct arena a;

	arena_init(&a);
	(void)unlink(path_of(&a, state_dir, workspace, session).ptr);
	arena_release(&a);
}

size_t unfinished_list(struct slice state_dir, struct slice workspace, struct arena *a,
		       struct slice *sessions, size_t max)
{
	struct sha256_hex h = sha256(workspace);
	DIR *d = opendir(folder_of(a, state_dir).ptr);
	struct dirent *e;
	size_t n = 0;

	while (d && n < max && (e = readdir(d))) {
		struct slice name = slice_of(e->d_name);

		if (name.len > HASH_DIGITS + 1 && memcmp(name.ptr, h.s, HASH_DIGITS) == 0 &&
		    name.ptr[HASH_DIGITS] == '.')
			sessions[n++] = arena_dup(a, slice_sub(name, HASH_DIGITS + 1, name.len));
	}
	if (d)
		(void)closedir(d);
	return n;
}
