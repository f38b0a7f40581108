/* query_list.c - see query.h */
#include "agent/worker/query.h"

enum { LIST_DEPTH = 2 };

bool query_list(const struct root *r, struct json params, struct buf *out, struct err *err)
{
	static const char *const kinds[] = { "file", "dir", "symlink" };
	struct finder f = { .want_size = true, .all_denied = true };
	struct found_list l;
	struct arena a;
	struct jw w;
	bool ok;

	arena_init(&a);
	f.path = json_str_or(json_get(params, "path"), &a, "");
	f.glob = json_str_or(json_get(params, "glob"), &a, "");
	f.files_only = json_bool_or(json_get(params, "filesOnly"), false);
	f.depth = (unsigned)json_i64_or(json_get(params, "depth"), 0);
	f.limit = (size_t)json_i64_or(json_get(params, "limit"), 0);
	if (f.depth == 0 && !f.files_only && !f.glob.len)
		f.depth = LIST_DEPTH;
	if (f.limit == 0 || f.limit > LIMIT_WALK_ENTRIES)
		f.limit = LIMIT_LIST_ENTRIES;
	ok = find_files(r, &f, &l, err);
	if (ok) {
		jw_init(&w, out);
		jw_object(&w);
		jw_karray(&w, "entries");
		for (size_t i = 0; i < l.n; i++) {
			jw_object(&w);
			jw_kstr(&w, "path", slice_of(l.of[i].rel));
			jw_kcstr(&w, "kind", kinds[l.of[i].kind]);
			jw_ki64(&w, "size", (int64_t)l.of[i].size);
			jw_end(&w);
		}
		jw_end(&w);
		jw_kbool(&w, "truncated", l.truncated);
		jw_end(&w);
	}
	found_release(&l);
	arena_release(&a);
	return ok;
}
