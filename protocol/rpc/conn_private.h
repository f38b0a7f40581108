/* conn_private.h - what the three files of conn share: conn.c (what comes in, the close),
 * conn_write.c (what goes out), conn_call.c (our own calls). */
#ifndef EMEND_RPC_CONN_PRIVATE_H
#define EMEND_RPC_CONN_PRIVATE_H

#include "protocol/rpc/conn.h"

/* conn_write.c */
struct jw *conn_write_begin(struct conn *c, enum conn_writing what);
/* False if the message is too large: it is taken back, and nothing was sent. */
bool conn_write_end(struct conn *c);
/* Takes the params key back if no value followed it. */
void conn_write_params_end(struct conn *c);
void conn_write_error(struct conn *c, struct slice id, int code, struct slice text,
		      const char *kind);
void conn_wake(struct conn *c);

/* conn.c: the request is answered; forgets it, and frees it unless a callback still holds it. */
void conn_request_done(struct rpc_request *req);

/* conn_call.c */
void conn_calls_response(struct conn *c, const struct message *m, struct arena *a);
void conn_calls_fail_all(struct conn *c, const struct err *why);
void conn_calls_tick(struct conn *c, uint64_t now_ms);
void conn_calls_release(struct conn *c);

#endif
