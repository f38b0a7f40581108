/* web_own.h - inside of web.h: its connections and requests. */
#ifndef EMEND_SERVE_WEB_OWN_H
#define EMEND_SERVE_WEB_OWN_H

#include "agent/serve/mhd_lib.h"
#include "agent/serve/web.h"
#include "protocol/base/buf.h"
#include "protocol/base/list.h"

struct web {
	struct web_options o;
	struct mhd_lib lib;
	struct MHD_Daemon *daemon;
	uv_poll_t ready;
	uv_timer_t again, sweep;
	bool woken; /* a connection was resumed */
	uv_timer_cb on_sweep;
	struct list conns;
	size_t bodies; /* bytes of all requests that live */
	int open;      /* handles */
};

enum web_conn_state { WEB_READING, WEB_WAITING, WEB_SENDING };

/* Owned by the list; freed when its watch is closed, after the library has closed the connection.
 */
struct web_conn {
	struct list link;
	struct web *web;
	enum web_conn_state state;
	int fd;			     /* the library's */
	uint64_t deadline;	     /* UINT64_MAX: none */
	uv_poll_t watch;	     /* for its end; frees the connection when it is closed */
	bool left;		     /* it is gone, or to go */
	struct web_request *request; /* NULL: its head is not whole */
};

void web_conn_goto(struct web_conn *c, enum web_conn_state to); /* the only writer of state */
void web_conn_cut(struct web_conn *c);
void web_wake(struct web *w);

/* web_request.c */
enum MHD_Result web_on_access(void *cls, struct MHD_Connection *mhd, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **context);
void web_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
		      enum MHD_RequestTerminationCode how);
/* The library looks at it again. */
void web_request_wake(struct web_request *r);
void web_request_tick(struct web_request *r, uint64_t now);

#endif
