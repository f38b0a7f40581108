/* conn.h - one JSON-RPC connection as a pure machine: no I/O and no clock inside.
 *
 * The owner reads bytes and calls conn_feed(); the connection calls the owner's handlers. What is
 * to be written waits in a queue: the owner takes it with conn_output() and reports with
 * conn_sent(). Time comes in through conn_tick(). Both ends of every connection use this: the
 * language server on stdio, the server and its runner on their socketpair.
 *
 *   OPEN --conn_close(), broken frame, peer does not read--> CLOSED (the queue may still be sent)
 *
 * Callbacks (handlers, done, cancel) are made only from inside conn_feed(), conn_tick() and
 * conn_close(); never from inside the call that starts, drops or answers something. From inside a
 * callback everything may be called except conn_feed(), conn_tick() and conn_release().
 *
 * Promises. Each request gets exactly one reply, whatever its handler does. Each call gets
 * exactly one done(), unless it was dropped. Everything is bounded: LIMIT_IN_FLIGHT, LIMIT_CALLS,
 * LIMIT_OUT_MAX_BYTES, LIMIT_MESSAGE_BYTES.
 *
 * A server in eight lines:
 *	conn_init(&c, &(struct conn_options){ .handlers = &handlers, .owner = s, .seed = random });
 *	on readable: if (!conn_feed(&c, bytes, &err)) the connection has ended: write what is
 *	             left in conn_output(), then close;
 *	on wake(), and after a finished write: out = conn_output(&c); start writing out; when n
 *	             bytes are written: conn_sent(&c, n); read again if conn_wants_read(&c);
 *	timer at conn_next_deadline(&c): conn_tick(&c, now);
 *	handler: w = conn_result_begin(req); jw_object(w); ...; jw_end(w); conn_result_end(req);
 */
#ifndef EMEND_RPC_CONN_H
#define EMEND_RPC_CONN_H

#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/rpc/frame.h"
#include "protocol/rpc/message.h"

struct conn;
struct rpc_call; /* one unanswered request of ours; opaque */
struct rpc_request;

/* The peer no longer wants the answer, or the connection is closing. The request must still be
 * answered (conn_reply_cancelled() is right), now or later. */
typedef void rpc_cancel_cb(void *payload, struct rpc_request *req);

/* A request of the peer. Valid until it is answered; if the answer comes inside its handler or its
 * cancel callback, until that returns. The first six members are for the handler to read. */
struct rpc_request {
	struct conn *conn;
	struct slice method;
	struct json params; /* object, array or missing */
	struct slice id;    /* raw JSON text */
	bool cancelled;	    /* $/cancelRequest came, or the connection closed */
	struct arena arena; /* lives as long as the request; the handler may use it too */

	/* private */
	struct list link;
	rpc_cancel_cb *on_cancel;
	void *payload;
	bool kept, replied, orphan; /* orphan: answered by the connection at its close */
	unsigned busy;		    /* callbacks on the stack that hold it */
};

/* The answer to a call of ours. Everything is borrowed until done() returns. */
struct rpc_reply {
	struct json result;  /* missing if there was an error */
	int64_t code;	     /* the peer's JSON-RPC error code; 0 if the error is not the peer's */
	struct json data;    /* the peer's error.data; may be missing */
	struct arena *arena; /* for decoding */
};
/* err NULL: success. Else the peer's error (code from data.kind or the JSON-RPC code, the peer's
 * message), ERR_TIMEOUT (the deadline), ERR_IO (the connection ended), ERR_TOO_LARGE (not sent:
 * LIMIT_CALLS or LIMIT_MESSAGE_BYTES). reply is never NULL. */
typedef void rpc_done_cb(void *payload, const struct rpc_reply *reply, const struct err *err);

enum rpc_direction { RPC_IN, RPC_OUT };

struct conn_handlers {
	/* Must answer req, or conn_keep() it, before it returns; else it is answered -32603. */
	void (*request)(void *owner, struct rpc_request *req);
	/* Everything is borrowed until it returns. $/cancelRequest does not come here. */
	void (*notification)(void *owner, struct slice method, struct json params, struct arena *a);
	/* A notification of more than LIMIT_MESSAGE_BYTES came and was not kept; params is an outline
	 * (skim.h). With this, a message of any length is survived: a request that is too long is
	 * answered with an error, an answer is ERR_INVALID for its call. NULL, or FRAME_LINES: it
	 * ends the connection. */
	void (*long_notification)(void *owner, struct slice method, struct json params,
				  struct arena *a);
	/* Each message that came, before anything is done with it: true takes it away. For those who
	 * pass messages on (conn_relay). m NULL: it is no JSON. Everything is borrowed. May be NULL. */
	bool (*relay)(void *owner, struct slice body, const struct message *m);
	/* Output waits, or a deadline changed. Comes from anywhere, and often: only note it, and
	 * write or tick later, from the loop. May be NULL. */
	void (*wake)(void *owner);
	/* Each message as it passes, without its frame; for recording. May be NULL. */
	void (*trace)(void *owner, enum rpc_direction dir, struct slice body);
};

struct conn_options {
	const struct conn_handlers *handlers; /* must outlive the connection */
	void *owner;			      /* passed to the handlers */
	enum frame_mode mode;
	/* The peer drops a whole message that has U+0000 in a string (Emacs 28 does): see json/write.h. A
	 * writer whose text must be exact clears no_nul in what *_begin() gave. */
	bool no_nul;
	uint64_t seed; /* random: hashes the ids that the peer chooses */
	/* The ids of our own calls begin so. NULL: "emend-". Where messages are relayed too, it must be
	 * one that nobody else uses. Must outlive the connection. */
	const char *ids;
};

struct conn {
	enum conn_state { CONN_OPEN, CONN_CLOSED } state;
	/* all private */
	const struct conn_handlers *handlers;
	void *owner;
	struct frame in;
	struct buf sending, pending; /* handed to the owner; waiting behind it */
	size_t sent;		     /* bytes of `sending` that are written */
	struct jw writer;
	bool no_nul;
	enum conn_writing { CONN_IDLE, CONN_RESULT, CONN_NOTIFICATION, CONN_CALL } writing;
	size_t start, mark;  /* of the message being written, and of its params, in `pending` */
	struct map requests; /* raw id -> struct rpc_request in flight */
	struct list open_requests, orphans;
	struct map calls; /* decoded id -> struct rpc_call */
	struct list open_calls;
	size_t n_requests, n_calls;
	uint64_t next_id;
	const char *ids;
	struct rpc_call *new_call; /* between conn_call_begin() and conn_call_end() */
	struct err why;		   /* of the close; ERR_NONE while open or closed by the owner */
	unsigned depth;		   /* callbacks on the stack */
	bool close_due;		   /* conn_close() was asked for */
};

void conn_init(struct conn *c, const struct conn_options *o);
/* Frees everything, makes no callback; no request or call of it may be used afterwards.
 * conn_close() before it gives everyone their answer. */
void conn_release(struct conn *c);

/* --- bytes --- */
/* Handles every message in the bytes that are whole. False: the connection has ended (a broken
 * frame, or the peer does not read what it asked for), was closed, and *err says why. JSON
 * that is not well-formed does not end it. Feeding a closed connection is ignored and true. */
NODISCARD bool conn_feed(struct conn *c, struct slice bytes, struct err *err);
/* The same for a peer that may not read what it asked for: stops between two messages as long as
 * conn_wants_read() is false, and leaves the rest in *bytes, to be given again when it is true. So
 * no more than one message is answered above LIMIT_OUT_HIGH_BYTES, however many came at once. */
NODISCARD bool conn_feed_part(struct conn *c, struct slice *bytes, struct err *err);
/* The stream ended: false and *err if that was in the middle of a message. Closes in any case. */
NODISCARD bool conn_eof(struct conn *c, struct err *err);
/* The peer waits for answers, and may end its stream here: no message is half there. */
bool conn_owes(const struct conn *c);
/* The bytes to write now; empty if there are none. They stay where they are until conn_sent() has
 * reported all of them, whatever is queued meanwhile: safe for an asynchronous write. */
struct slice conn_output(struct conn *c);
void conn_sent(struct conn *c, size_t n); /* the first n bytes of conn_output() are written */
size_t conn_unsent(const struct conn *c); /* bytes waiting, in all */
/* False above LIMIT_OUT_HIGH_BYTES of unsent output, or when closed: stop reading for now. */
bool conn_wants_read(const struct conn *c);

/* --- time: any clock in milliseconds that only goes forward --- */
uint64_t conn_next_deadline(const struct conn *c); /* UINT64_MAX: none; 0: at once */
void conn_tick(struct conn *c, uint64_t now_ms);   /* ends the calls whose time is up */

/* --- relaying: see conn_handlers.relay --- */
void conn_relay(struct conn *c, struct slice body); /* sends these very bytes as one message */
bool conn_has_request(const struct conn *c, struct json id); /* of the peer, not answered yet */
bool conn_has_call(const struct conn *c, struct json id);    /* of ours, not answered yet */

/* Ends the connection: each call gets done(ERR_IO), each request of the peer that is still
 * open is answered -32603 and its cancel callback is made. Kept requests stay valid until
 * their owners answer them (which then does nothing). From inside a callback: takes effect
 * when that returns. Idempotent. why NULL: the owner wants it so. */
void conn_close(struct conn *c, const struct err *why);

/* --- answering --- */
/* Says that the answer comes later, and who is to be told of a cancellation (may be NULL). */
void conn_keep(struct rpc_request *req, rpc_cancel_cb *on_cancel, void *payload);
/* Between begin and end write exactly one JSON value with the writer (nothing: null), and call
 * nothing else of this connection. A result that is too large becomes an error reply. */
struct jw *conn_result_begin(struct rpc_request *req);
void conn_result_end(struct rpc_request *req);
void conn_reply_result(struct rpc_request *req, struct slice json); /* "": null */
void conn_reply_error(struct rpc_request *req, int code, const char *fmt, ...) PRINTF(3, 4);
/* With error.data, one JSON value. */
void conn_reply_error_data(struct rpc_request *req, int code, struct slice text, struct slice data);
/* The JSON-RPC code is made from err->code, and err_name() goes along as data.kind, so that the
 * other end of two of these connections gets the same err back. */
void conn_reply_err(struct rpc_request *req, const struct err *err);
void conn_reply_cancelled(struct rpc_request *req);

/* --- notifying --- */
/* Between begin and end write one object or array, or nothing for no params. */
struct jw *conn_notify_begin(struct conn *c, const char *method);
void conn_notify_end(struct conn *c);
void conn_notify(struct conn *c, const char *method, struct slice params); /* "": none */

/* --- calling --- */
/* As with conn_notify_begin(). The call exists from end on; its done() comes from a later
 * conn_feed(), conn_tick() or conn_close(), also if it could not be sent. deadline_ms:
 * absolute, of the clock of conn_tick(); UINT64_MAX: none. */
struct jw *conn_call_begin(struct conn *c, const char *method);
struct rpc_call *conn_call_end(struct conn *c, uint64_t deadline_ms, rpc_done_cb *done,
			       void *payload);
struct rpc_call *conn_call(struct conn *c, const char *method, struct slice params,
			   uint64_t deadline_ms, rpc_done_cb *done, void *payload);
/* Asks the peer to give it up ($/cancelRequest); its answer, whatever it is, still goes to
 * done(). */
void conn_call_cancel(struct rpc_call *call);
/* Cancels and forgets it: done() is never called and `call` is gone. A late answer is ignored.
 * From inside its own done() it does nothing; afterwards it must not be called. */
void conn_call_drop(struct rpc_call *call);

#endif
