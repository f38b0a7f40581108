/* link.h - one connection between two faces: JSON-RPC over a socket, on the loop.
 *
 * Both ends use it. Whatever ends it (the other end closes, dies, or breaks the protocol) leads to
 * `closed` once, from the loop; before that each call that waits has got its answer. */
#ifndef EMEND_PEERS_LINK_H
#define EMEND_PEERS_LINK_H

#include <uv.h>

#include "agent/base/runq.h"
#include "protocol/rpc/conn.h"

struct link;

struct link_ops {
	void (*request)(void *owner, struct link *l,
			struct rpc_request *req); /* NULL: none is answered */
	/* Borrowed for the call; NULL: they are passed over. */
	void (*notification)(void *owner, struct slice method, struct json params, struct arena *a);
	/* why NULL: it was not there at all (nobody listens). The link is gone when it returns. */
	void (*closed)(void *owner, struct link *l, const struct err *why);
};

/* Connects to the socket at this path. Calls may be made at once: they are sent when it stands. */
struct link *link_connect(uv_loop_t *loop, struct runq *q, const char *path,
			  const struct link_ops *ops, void *owner);
/* Takes a connection that waits at the listener; NULL if there is none, or of another user. */
struct link *link_accept(uv_stream_t *listener, struct runq *q, const struct link_ops *ops,
			 void *owner);
struct conn *link_conn(struct link *l);
/* Ends it without a call of `closed`; calls that wait get ERR_IO inside. NULL is fine. */
void link_close(struct link *l);

#endif
