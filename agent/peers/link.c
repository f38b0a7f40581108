/* link.c - see link.h
 *
 *   CONNECTING --connected, and it is the same user--> OPEN --the end, an error--> CLOSED
 *        '--nobody listens------------------------------------------------------->'
 *
 * CLOSED is entered at once, but told from the loop (on_job), so that `closed` never comes inside
 * of a call of the owner. The memory goes when libuv has closed both handles. */
#include "agent/peers/link.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/sha256.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum link_state { LINK_CONNECTING, LINK_OPEN, LINK_CLOSED };

/* Owned by the owner until `closed` has come or link_close() was called. */
struct link {
	enum link_state state;
	uv_pipe_t pipe;
	uv_timer_t timer; /* the next deadline of a call */
	uv_connect_t connecting;
	uv_write_t write;
	int open; /* handles */
	struct runq *runq;
	struct job job;
	struct conn conn;
	const struct link_ops *ops;
	void *owner;
	size_t writing;
	bool silent, absent; /* silent: the owner wants no `closed`; absent: nobody listens */
	struct err why;
	char input[16 * 1024];
};

static void link_goto(struct link *l, enum link_state next)
{
	static const char *const name[] = { "connecting", "open", "closed" };

	log_debug("peer link: %s -> %s", name[l->state], name[next]);
	l->state = next;
}

static void on_handle_closed(uv_handle_t *h)
{
	struct link *l = h->data;

	if (--l->open > 0)
		return;
	job_drop(&l->job);
	conn_release(&l->conn);
	free(l);
}

static void shut(struct link *l)
{
	uv_close((uv_handle_t *)&l->pipe, on_handle_closed);
	uv_close((uv_handle_t *)&l->timer, on_handle_closed);
}

/* The end comes from the loop: it is posted, and the owner hears of it there. */
static void lose(struct link *l, const struct err *why)
{
	if (l->state == LINK_CLOSED)
		return;
	if (l->why.code == ERR_NONE && why)
		l->why = *why;
	if (l->why.code == ERR_NONE)
		(void)err_set(&l->why, ERR_IO, "The other program closed the connection.");
	link_goto(l, LINK_CLOSED);
	runq_post(l->runq, &l->job);
}

static void start_write(struct link *l);

static void on_written(uv_write_t *w, int status)
{
	struct link *l = w->data;
	size_t n = l->writing;

	l->writing = 0;
	if (l->state != LINK_OPEN)
		return;
	if (status < 0) {
		lose(l, NULL);
		return;
	}
	conn_sent(&l->conn, n);
	start_write(l);
}

static void start_write(struct link *l)
{
	struct slice out = conn_output(&l->conn);
	uv_buf_t b;

	if (l->writing || out.len == 0 || l->state != LINK_OPEN)
		return;
	b.base = (char *)(uintptr_t)out.ptr; /* libuv only reads it */
	b.len = out.len;
	l->write.data = l;
	if (uv_write(&l->write, (uv_stream_t *)&l->pipe, &b, 1, on_written) == 0)
		l->writing = out.len;
	else
		lose(l, NULL);
}

/* One timer for all calls: it is set anew after each change, to the first deadline (set_timer). */
static void on_timer(uv_timer_t *t)
{
	struct link *l = t->data;

	conn_tick(&l->conn, uv_now(t->loop));
	runq_post(l->runq, &l->job);
}

static void set_timer(struct link *l)
{
	uint64_t due = conn_next_deadline(&l->conn), now = uv_now(l->timer.loop);

	if (due == UINT64_MAX)
		(void)uv_timer_stop(&l->timer);
	else
		(void)uv_timer_start(&l->timer, on_timer, due > now ? due - now : 0, 0);
}

/* The calls get their answers before the owner hears of the end; inside of one of them it may close
 * the link. */
static void on_job(struct job *j)
{
	struct link *l = container_of(j, struct link, job);

	if (l->state == LINK_CLOSED) {
		conn_close(&l->conn, &l->why);
		if (!l->silent) { /* the owner closed it inside the last answers otherwise */
			l->silent = true;
			l->ops->closed(l->owner, l, l->absent ? NULL : &l->why);
			shut(l);
		}
		return;
	}
	set_timer(l);
	start_write(l);
}

static void wake(void *owner)
{
	struct link *l = owner;

	if (l->state != LINK_CLOSED)
		runq_post(l->runq, &l->job);
}

/* --- reading --- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
	struct link *l = h->data;

	(void)suggested;
	*b = uv_buf_init(l->input, sizeof(l->input));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct link *l = s->data;
	struct err why;

	if (n == 0 || l->state != LINK_OPEN)
		return;
	if (n < 0)
		lose(l, NULL);
	else if (!conn_feed(&l->conn, slice_make(b->base, (size_t)n), &why))
		lose(l, &why);
	wake(l);
}

/* Only the same user may be at the other end.
 * The folder is closed to others (folder.h); this holds also where somebody has opened it. */
static bool same_user(struct link *l)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);
	uv_os_fd_t fd;

	return uv_fileno((uv_handle_t *)&l->pipe, &fd) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.uid == geteuid();
}

static void begin(struct link *l)
{
	struct err why;

	if (!same_user(l)) {
		(void)err_set(&why, ERR_DENIED, "The socket belongs to another user.");
		lose(l, &why);
		return;
	}
	link_goto(l, LINK_OPEN);
	if (uv_read_start((uv_stream_t *)&l->pipe, on_alloc, on_read) < 0)
		lose(l, NULL);
	wake(l);
}

/* absent: the socket's file is there, and nobody listens (ECONNREFUSED), or it has just been
 * removed. */
static void on_connected(uv_connect_t *c, int status)
{
	struct link *l = c->data;

	if (l->state != LINK_CONNECTING)
		return;
	if (status == 0) {
		begin(l);
		return;
	}
	l->absent = status == UV_ECONNREFUSED || status == UV_ENOENT;
	lose(l, NULL);
}

/* --- making --- */

static void on_request(void *owner, struct rpc_request *req)
{
	struct link *l = owner;

	if (l->ops->request && !l->silent)
		l->ops->request(l->owner, l, req);
	else
		conn_reply_error(req, RPC_METHOD_NOT_FOUND, "Nothing is answered here.");
}

static void on_notification(void *owner, struct slice method, struct json params, struct arena *a)
{
	struct link *l = owner;

	if (l->ops->notification && !l->silent)
		l->ops->notification(l->owner, method, params, a);
}

static struct link *link_new(uv_loop_t *loop, struct runq *q, const struct link_ops *ops,
			     void *owner)
{
	static const struct conn_handlers handlers = { .request = on_request,
						       .notification = on_notification,
						       .wake = wake };
	struct link *l = xcalloc(1, sizeof(*l));
	struct conn_options o = { .handlers = &handlers, .owner = l, .mode = FRAME_HEADERS };

	random_bytes(&o.seed, sizeof(o.seed));
	l->runq = q;
	l->ops = ops;
	l->owner = owner;
	l->open = 2;
	job_init(&l->job, on_job);
	conn_init(&l->conn, &o);
	(void)uv_pipe_init(loop, &l->pipe, 0);
	(void)uv_timer_init(loop, &l->timer);
	l->pipe.data = l->timer.data = l->connecting.data = l;
	return l;
}

struct link *link_connect(uv_loop_t *loop, struct runq *q, const char *path,
			  const struct link_ops *ops, void *owner)
{
	struct link *l = link_new(loop, q, ops, owner);

	uv_pipe_connect(&l->connecting, &l->pipe, path, on_connected);
	return l;
}

struct link *link_accept(uv_stream_t *listener, struct runq *q, const struct link_ops *ops,
			 void *owner)
{
	struct link *l = link_new(listener->loop, q, ops, owner);

	if (uv_accept(listener, (uv_stream_t *)&l->pipe) == 0 && same_user(l)) {
		begin(l);
		uv_unref((uv_handle_t *)&l->pipe); /* who only listens does not stay for it */
		return l;
	}
	link_goto(l, LINK_CLOSED);
	shut(l);
	return NULL;
}

struct conn *link_conn(struct link *l)
{
	return &l->conn;
}

/* Safe inside of any callback of the link, also twice. */
void link_close(struct link *l)
{
	if (!l || l->silent)
		return;
	l->silent = true;
	if (l->why.code == ERR_NONE)
		(void)err_set(&l->why, ERR_IO, "The connection was closed.");
	if (l->state != LINK_CLOSED)
		link_goto(l, LINK_CLOSED);
	job_drop(&l->job);
	conn_close(&l->conn, &l->why);
	shut(l);
}
