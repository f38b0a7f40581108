/* web.c - see web.h: the server and its connections. web_request.c has what a request is.
 *
 * The library has one epoll descriptor, which is watched here; run() lets it do what is due. Two
 * things its descriptor does not tell are added: a connection that was resumed (web_wake), and one
 * whose client left while it waited (on_left). Deadlines are kept by a sweep once a second. */
#include "agent/serve/web.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/serve/web_own.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { SWEEP_MS = 1000 };

/* --- connections --- */

void web_conn_goto(struct web_conn *c, enum web_conn_state to)
{
	uint64_t now = uv_now(c->web->o.loop);

	c->state = to;
	c->deadline = to == WEB_READING && c->left ? 0
		      : to == WEB_READING	   ? now + WEB_READ_MS
		      : to == WEB_SENDING	   ? now + WEB_SEND_MS
						   : UINT64_MAX;
}

/* Only shut down: the descriptor is the library's, and closing it would give its number to somebody
 * else. */
void web_conn_cut(struct web_conn *c)
{
	c->deadline = UINT64_MAX;
	(void)shutdown(c->fd, SHUT_RDWR); /* the library sees the end of it, and closes it */
}

/* The library does not watch a connection whose answer is still to come, and does not see the end of one that came
 * together with the last bytes. Who says nothing more is taken for gone. */
static void on_left(uv_poll_t *h, int status, int events)
{
	struct web_conn *c = h->data;

	(void)status, (void)events;
	(void)uv_poll_stop(h);
	c->left = true;
	if (c->state == WEB_READING)
		c->deadline = 0; /* of the next sweep: what it sent may be read first */
	if (c->request)
		web_request_wake(c->request);
}

static void on_conn_closed(uv_handle_t *h)
{
	free(h->data);
}

/* UV_DISCONNECT alone: the bytes are the library's to read. */
static void conn_begin(struct web *w, int fd, void **context)
{
	struct web_conn *c = xcalloc(1, sizeof(*c));

	c->web = w;
	c->fd = fd;
	if (uv_poll_init(w->o.loop, &c->watch, fd) < 0) {
		free(c);
		(void)shutdown(fd, SHUT_RDWR);
		return;
	}
	c->watch.data = c;
	(void)uv_poll_start(&c->watch, UV_DISCONNECT, on_left);
	list_append(&w->conns, &c->link);
	web_conn_goto(c, WEB_READING);
	if (!uv_is_active((uv_handle_t *)&w->sweep))
		(void)uv_timer_start(&w->sweep, w->on_sweep, SWEEP_MS, SWEEP_MS);
	*context = c;
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct web *w = cls;
	const union MHD_ConnectionInfo *fd =
		w->lib.get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct web_conn *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		conn_begin(w, fd->connect_fd, context);
	} else if (c) {
		*context = NULL;
		list_remove(&c->link);
		uv_close((uv_handle_t *)&c->watch, on_conn_closed);
	}
}

static void on_sweep(uv_timer_t *t)
{
	struct web *w = t->data;
	uint64_t now = uv_now(w->o.loop);

	LIST_EACH (it, tmp, &w->conns) {
		struct web_conn *c = container_of(it, struct web_conn, link);

		if (now >= c->deadline)
			web_conn_cut(c);
		else if (c->request)
			web_request_tick(c->request, now);
	}
	if (list_empty(&w->conns))
		(void)uv_timer_stop(t);
}

/* --- the library on the loop --- */

static void on_again(uv_timer_t *t);

/* `woken` may be set by a callback inside; then it runs again at once. */
static void run(struct web *w)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	w->woken = false;
	(void)w->lib.run(w->daemon);
	if (w->woken || w->lib.get_timeout(w->daemon, &ms) == MHD_YES)
		(void)uv_timer_start(&w->again, on_again, ms, 0);
	else
		(void)uv_timer_stop(&w->again);
}

static void on_again(uv_timer_t *t)
{
	run(t->data);
}

/* The library's descriptor says nothing of a connection that is resumed. */
void web_wake(struct web *w)
{
	w->woken = true;
	(void)uv_timer_start(&w->again, on_again, 0, 0);
}

static void on_ready(uv_poll_t *h, int status, int events)
{
	(void)status, (void)events;
	run(h->data);
}

static bool start_daemon(struct web *w, struct err *err)
{
	const union MHD_DaemonInfo *info;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;

	w->daemon = w->lib.start_daemon(
		flags, 0, NULL, NULL, web_on_access, w, MHD_OPTION_LISTEN_SOCKET, w->o.listener,
		MHD_OPTION_CONNECTION_LIMIT, w->o.connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)WEB_HEADER_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
		MHD_OPTION_NOTIFY_COMPLETED, web_on_completed, w, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_END);
	if (!w->daemon)
		return err_set(err, ERR_IO, "The HTTP server cannot be started.");
	info = w->lib.get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	(void)uv_poll_init(w->o.loop, &w->ready, info->epoll_fd);
	(void)uv_timer_init(w->o.loop, &w->again);
	(void)uv_timer_init(w->o.loop, &w->sweep);
	w->ready.data = w->again.data = w->sweep.data = w;
	w->on_sweep = on_sweep;
	w->open = 3;
	(void)uv_poll_start(&w->ready, UV_READABLE, on_ready);
	return true;
}

bool web_start(const struct web_options *o, struct web **out, struct err *err)
{
	struct web *w = xcalloc(1, sizeof(*w));

	w->o = *o;
	list_init(&w->conns);
	if (mhd_lib_load(&w->lib, err) && start_daemon(w, err)) {
		*out = w;
		return true;
	}
	(void)close(o->listener);
	free(w);
	return false;
}

static void on_closed(uv_handle_t *h)
{
	struct web *w = h->data;

	if (--w->open == 0)
		free(w);
}

/* Requests that wait are woken first, as the library refuses to stop with a suspended connection.
 */
void web_stop(struct web *w)
{
	if (!w)
		return;
	(void)uv_poll_stop(&w->ready);
	LIST_EACH (it, tmp, &w->conns) {
		struct web_conn *c = container_of(it, struct web_conn, link);

		c->left = true;
		if (c->request)
			web_request_wake(c->request); /* none may be suspended at its end */
	}
	w->lib.stop_daemon(w->daemon); /* with the listener */
	uv_close((uv_handle_t *)&w->ready, on_closed);
	uv_close((uv_handle_t *)&w->again, on_closed);
	uv_close((uv_handle_t *)&w->sweep, on_closed);
}
