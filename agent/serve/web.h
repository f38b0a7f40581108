/* web.h - an HTTP/1.1 server on the loop: libmicrohttpd without a thread of its own, its epoll descriptor watched by libuv,
 * so nothing waits and nothing is locked.
 *
 * The owner sees whole requests, with their body, and answers now or later, at once or as a stream of events. A
 * connection has a deadline while it sends a request and while it takes an answer, however slowly it keeps on: a client of
 * one byte a second is cut off. While it waits for its answer there is none, but the loop hears when it leaves.
 *
 *   READING --request whole--> WAITING --answer, or end of the stream--> SENDING --sent--> READING
 *      | 30 s, broken             | the client left                         | 60 s
 *      +--------------------------+-- cut off -------------------------------+
 */
#ifndef EMEND_SERVE_WEB_H
#define EMEND_SERVE_WEB_H

#include <uv.h>

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

struct web;
struct web_request;

enum {
	WEB_HEADER_BYTES = 16 * 1024, /* a request's head, with what the library needs for itself */
	WEB_READ_MS = 30 * 1000,      /* a whole request; also: how long a connection may idle */
	WEB_SEND_MS = 60 * 1000,      /* a whole answer */
	WEB_EVENT_MS = 15 * 1000,     /* a stream says at least so often that it lives */
};

/* The callbacks come from the loop, head before request before ended, and nothing of a request
 * after `ended`. */
struct web_options {
	uv_loop_t *loop;
	int listener;	       /* a socket that listens; taken */
	unsigned connections;  /* at once; more wait in the kernel's queue */
	size_t body_max;       /* bytes of one request */
	size_t all_bodies_max; /* of all that are being read or answered */
	/* The head came: it may be answered here already, which refuses its body. */
	void (*head)(void *owner, struct web_request *r);
	/* The request is whole and was not answered. Answer it now or later. */
	void (*request)(void *owner, struct web_request *r);
	/* The last thing that is said of a request: it is gone when this returns, answered or not. */
	void (*ended)(void *owner, struct web_request *r, bool sent);
	void *owner;
};

/* From the loop on; ERR_NOT_FOUND: the library is not installed. The listener is closed then, too. */
NODISCARD bool web_start(const struct web_options *o, struct web **out, struct err *err);
/* Cuts all connections (`ended` is called for their requests inside) and stops listening. NULL is fine. Not from
 * inside a callback of it. It frees itself as the loop runs on. */
void web_stop(struct web *w);

/* --- a request; slices are borrowed as long as it lives --- */

struct slice web_method(const struct web_request *r);
struct slice web_path(const struct web_request *r);			/* without the query */
struct slice web_header(const struct web_request *r, const char *name); /* "": there is none */
/* Whole when `request` is called; before that what has come so far. */
struct slice web_body(const struct web_request *r);
/* A body without a length turned out to be larger than body_max; it was not kept. */
bool web_too_large(const struct web_request *r);
size_t web_room(const struct web_request *r); /* bytes that all_bodies_max still has */
struct arena *web_arena(struct web_request *r);
int web_socket(const struct web_request *r);	    /* of its connection */
uint64_t web_began_ms(const struct web_request *r); /* of the loop's clock */
void web_each_query(const struct web_request *r,
		    void (*fn)(void *payload, struct slice name, struct slice value),
		    void *payload);
/* What the owner keeps with it; NULL at first. */
void web_set(struct web_request *r, void *payload);
void *web_get(const struct web_request *r);

/* --- its answer --- */

/* A header of the answer that comes; before the answer. Copies; a value with a control character is left out. */
void web_add_header(struct web_request *r, const char *name, struct slice value);
/* Copies the body. Answered already: does nothing. */
void web_answer(struct web_request *r, unsigned status, const char *type, struct slice body);
/* 0: not answered yet. */
unsigned web_status(const struct web_request *r);
/* The answer is 200 and a stream of server-sent events from here on.
 * From here on web_event() and web_stream_end(); `ended` may come at any time, as the client may
 * leave. */
void web_stream(struct web_request *r);
void web_event(struct web_request *r, const char *name, struct slice json); /* one line; copies */
void web_stream_end(struct web_request *r);

#endif
