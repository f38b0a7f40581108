/* join.h - lists that both servers have: the wrapped one's items first, as they came, then ours. */
#ifndef EMEND_LSP_WRAP_JOIN_H
#define EMEND_LSP_WRAP_JOIN_H

#include "protocol/rpc/conn.h"

struct server;

/* Writes our items, if any, into an open array. */
typedef void join_ours_fn(struct server *s, struct rpc_request *req, struct jw *w);

/* Answers req with an array: at once where nobody is asked, else when the wrapped server has answered. Where it
 * fails, or needs longer than LIMIT_WRAP_MS, ours stand alone. feature: enum wrap_feature. */
void join_reply(struct server *s, struct rpc_request *req, int feature, join_ours_fn *ours);

#endif
