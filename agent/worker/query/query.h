/* query.h - list and search. Each runs in a child of its own, so that the runner answers others
 * meanwhile, a cancel is a kill, and a costly pattern costs nobody else. */
#ifndef EMEND_WORKER_QUERY_H
#define EMEND_WORKER_QUERY_H

#include "agent/worker/file/root.h"
#include "protocol/base/arena.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

/* params as in wire.h; writes one JSON value to out. False: *err says why, and out is not used. */
typedef bool query_fn(const struct root *r, struct json params, struct buf *out, struct err *err);
bool query_list(const struct root *r, struct json params, struct buf *out, struct err *err);
bool query_search(const struct root *r, struct json params, struct buf *out, struct err *err);

#endif
