/* query_list.c - see query.h: names below a folder. Denied names are listed, as they are no secret, but what
 * is in such a folder is not. Without a depth and a glob two levels are shown: enough for an overview, and
 * never a whole tree. */
#include <fcntl.h>

#include "agent/worker/query/find.h"
#include "agent/worker/query/query.h"

enum { LIST_DEPTH = 2 };

static void write_entry(struct jw *w, const struct found *f)
{
	static const char *const kinds[] = { "file", "dir", "symlink" };
	struct stat st;
	bool sized =
		f->kind == FOUND_FILE && fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	jw_object(w);
	jw_kstr(w, "path", slice_of(f->rel));
	jw_kcstr(w, "kind", kinds[f->kind]);
	jw_ki64(w, "size", sized ? (int64_t)st.st_size : 0);
	jw_end(w);
}

bool query_list(const struct root *r, struct json params, struct buf *out, struct err *err)
{
	struct find_options o = { .all_denied = true };
	struct finder *finder;
	struct found f;
	struct arena a;
	struct jw w;
	size_t limit;
	bool ok, more = false;

	arena_init(&a);
	o.path = json_str_or(json_get(params, "path"), &a, "");
	o.glob = json_str_or(json_get(params, "glob"), &a, "");
	o.files_only = json_bool_or(json_get(params, "filesOnly"), false);
	o.depth = (unsigned)json_i64_or(json_get(params, "depth"), 0);
	limit = (size_t)json_i64_or(json_get(params, "limit"), 0);
	if (o.depth == 0 && !o.files_only && !o.glob.len)
		o.depth = LIST_DEPTH;
	if (limit == 0 || limit > LIMIT_WALK_ENTRIES)
		limit = LIMIT_LIST_ENTRIES;
	ok = finder_new(r, &o, &finder, err);
	if (ok) {
		jw_init(&w, out);
		jw_object(&w);
		jw_karray(&w, "entries");
		while (!more && finder_next(finder, &f)) {
			more = limit-- == 0;
			if (!more)
				write_entry(&w, &f);
		}
		jw_end(&w);
		jw_kbool(&w, "truncated", more || finder_cut(finder));
		jw_end(&w);
		finder_free(finder);
	}
	arena_release(&a);
	return ok;
}
