/* unfinished.c - see unfinished.h */
#include "agent/store/unfinished.h"

#include <dirent.h>
#include <unistd.h>

#include "agent/base/sha256.h"

enum { HASH_DIGITS = 16 };

static struct slice folder_of(struct arena *a, struct slice state_dir)
{
	return arena_printf(a, "%.*s/unfinished", SLICE_ARG(state_dir));
}

struct slice unfinished_path(struct arena *a, struct slice state_dir, struct slice workspace,
			     struct slice session)
{
	struct sha256_hex h = sha256(workspace);

	return arena_printf(a, "%.*s/unfinished/%.*s.%.*s", SLICE_ARG(state_dir), HASH_DIGITS, h.s,
			    SLICE_ARG(session));
}

void unfinished_remove(struct slice state_dir, struct slice workspace, struct slice session)
{
	struct arena a;

	arena_init(&a);
	(void)unlink(unfinished_path(&a, state_dir, workspace, session).ptr);
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
