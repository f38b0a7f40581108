/* query.h - list and search. Each runs in a child of its own, so that the runner answers others
 * meanwhile, a cancel is a kill, and a costly pattern costs nobody else. */
#ifndef EMEND_WORKER_QUERY_H
#define EMEND_WORKER_QUERY_H

#include "agent/worker/root.h"
#include "protocol/base/arena.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

/* params as in wire.h; writes one JSON value to out. */
typedef bool query_fn(const struct root *r, struct json params, struct buf *out, struct err *err);
bool query_list(const struct root *r, struct json params, struct buf *out, struct err *err);
bool query_search(const struct root *r, struct json params, struct buf *out, struct err *err);

/* What list and search share: the files under a path that are not ignored and match a glob. */
struct found {
	char *rel;
	enum found_kind { FOUND_FILE, FOUND_DIR, FOUND_SYMLINK } kind;
	uint64_t size;
};
struct finder {
	struct slice path, glob;
	unsigned depth; /* 0: any */
	size_t limit;
	bool files_only, want_size;
	bool all_denied; /* name denied files too */
};
struct found_list {
	struct found *of;
	size_t n, cap;
	bool truncated;
};
/* Sorted by path. ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID (glob). */
NODISCARD bool find_files(const struct root *r, const struct finder *f, struct found_list *out,
			  struct err *err);
void found_release(struct found_list *l);

#endif
