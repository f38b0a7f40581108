/* stdio.c - see stdio.h
 *
 *   OPEN --end of input, error--> ENDED --stdio_close()--> FLUSHING --all written--> CLOSING
 *     |                             (the owner was told)     ^                     (then freed)
 *     +--stdio_close()---------------------------------------+
 *
 * Events record facts and call stdio_step(); io_goto() alone writes the state. */
#include "agent/base/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum stdio_state { STDIO_OPEN, STDIO_ENDED, STDIO_FLUSHING, STDIO_CLOSING };
enum {
	READ_BYTES = 64 * 1024,
	GENTLE_BYTES = 16 * 1024, /* written at once, */
	GENTLE_PART = 64,	  /* or this part of what waits, */
	GENTLE_MS = 4,		  /* and then a pause */
	EDITOR_IN = 0,
	EDITOR_OUT = 1 /* the descriptors that it gave us */
};

/* One direction: a stream, or a plain file. */
struct end {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_pipe_t pipe;
		uv_tty_t tty;
		uv_tcp_t tcp;
	} u;
	int fd; /* of a plain file; else -1 */
};

/* Owned by whoever started it, until stdio_close(); then by the loop, until its last handle is
 * closed. */
struct stdio {
	enum stdio_state state;
	uv_loop_t *loop;
	struct runq *runq;
	struct conn *conn;
	const struct conn *sink;
	void (*ended)(void *owner, const struct err *why);
	void (*drain)(void *owner);
	void (*wrote)(void *owner);
	void *owner;
	struct end in, out;
	uv_timer_t timer;
	uv_write_t write;
	uv_fs_t read;
	struct job job;	   /* flush, from the loop */
	struct err why;	   /* of the end; ERR_NONE: clean */
	size_t in_write;   /* bytes under way to the editor */
	bool gentle;	   /* see stdio_options */
	uint64_t pause_ms; /* nothing is written before */
	bool reading;	   /* a stream is started, or a file read is under way */
	bool write_failed; /* nobody reads any more: what is queued is dropped */
	bool over;	   /* input or output has ended */
	bool drains, draining; /* the input has ended, and answers are still owed */
	uv_poll_t reader;      /* while draining: does anybody read them? */
	int reader_fd;	       /* a descriptor of its own; -1: it is not watched */
	int open;	   /* handles not yet closed */
	struct slice
		rest; /* of `buffer`: came, and waits until the editor reads; no read until then */
	char buffer[READ_BYTES];
};

static void stdio_step(struct stdio *io);

/* dup2() drops close-on-exec, which is right for /dev/null: children inherit it in place of the
 * editor. */
bool stdio_claim(int *in, int *out, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*in = fcntl(EDITOR_IN, F_DUPFD_CLOEXEC, 3);
	*out = fcntl(EDITOR_OUT, F_DUPFD_CLOEXEC, 3);
	if (null < 0 || *in < 0 || *out < 0 || dup2(null, EDITOR_IN) < 0 ||
	    dup2(null, EDITOR_OUT) < 0)
		return err_set(err, ERR_IO, "Standard input and output cannot be used: %s.",
			       uv_strerror(-errno));
	(void)close(null);
	return true;
}

/* --- facts --- */

/* The first reason is the one that is told; what fails after it is a consequence. */
static void over(struct stdio *io, const struct err *why)
{
	if (!io->over && why)
		io->why = *why;
	io->over = true;
	stdio_step(io);
}

/* Hands on what came, as far as the connection takes it now. */
static void feed(struct stdio *io)
{
	struct err err = { .code = ERR_NONE };

	if (io->state == STDIO_OPEN && io->rest.len > 0 &&
	    !conn_feed_part(io->conn, &io->rest, &err))
		over(io, &err);
	else
		stdio_step(io);
}

static void took(struct stdio *io, const char *data, size_t len)
{
	io->rest = slice_make(data, len);
	feed(io);
}

/* Nothing is written while code runs, so a pipe would not tell. Asked for is what no pipe ever has: its end comes
 * unasked, and a socket whose other end only sends no more is still read. */
static void on_no_reader(uv_poll_t *h, int status, int events)
{
	struct stdio *io = h->data;

	(void)status, (void)events;
	(void)uv_poll_stop(h);
	(void)!conn_eof(io->conn, NULL);
	over(io, NULL);
}

static void drain(struct stdio *io)
{
	io->draining = true;
	if (io->drain)
		io->drain(io->owner);
	if (io->out.fd < 0 && uv_fileno(&io->out.u.handle, &io->reader_fd) == 0)
		io->reader_fd = fcntl(io->reader_fd, F_DUPFD_CLOEXEC, 3);
	if (io->reader_fd >= 0 && uv_poll_init(io->loop, &io->reader, io->reader_fd) == 0) {
		io->reader.data = io;
		(void)uv_poll_start(&io->reader, UV_PRIORITIZED, on_no_reader);
	} else if (io->reader_fd >= 0) {
		(void)close(io->reader_fd);
		io->reader_fd = -1;
	}
	stdio_step(io);
}

static void reached_end(struct stdio *io)
{
	struct err err = { .code = ERR_NONE };

	if (io->drains && !io->draining && conn_owes(io->conn))
		drain(io);
	else
		over(io, conn_eof(io->conn, &err) ? NULL : &err);
}

static void failed(struct stdio *io, const char *doing, int status)
{
	struct err err;

	(void)err_set(&err, ERR_IO, "%s the editor failed: %s.", doing, uv_strerror(status));
	over(io, &err);
}

/* --- reading --- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
	struct stdio *io = h->data;

	(void)suggested;
	*buf = uv_buf_init(io->buffer, sizeof(io->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct stdio *io = stream->data;

	if (n > 0) {
		took(io, buf->base, (size_t)n);
	} else if (n < 0) {
		(void)uv_read_stop(stream);
		io->reading = false;
		if (n == UV_EOF || n == UV_ECONNRESET)
			reached_end(io);
		else
			failed(io, "Reading from", (int)n);
	}
}

static void on_file_read(uv_fs_t *req)
{
	struct stdio *io = req->data;
	ssize_t n = req->result;

	uv_fs_req_cleanup(req);
	io->reading = false;
	if (io->state != STDIO_OPEN)
		stdio_step(io);
	else if (n > 0)
		took(io, io->buffer, (size_t)n);
	else if (n == 0)
		reached_end(io);
	else
		failed(io, "Reading from", (int)n);
}

static void set_reading(struct stdio *io, bool want)
{
	uv_buf_t buf = uv_buf_init(io->buffer, sizeof(io->buffer));
	int r = 0;

	if (want == io->reading)
		return;
	if (io->in.fd >= 0) {
		if (!want)
			return; /* the read under way finishes by itself */
		io->read.data = io;
		r = uv_fs_read(io->loop, &io->read, io->in.fd, &buf, 1, -1, on_file_read);
	} else if (want) {
		r = uv_read_start(&io->in.u.stream, on_alloc, on_read);
	} else {
		(void)uv_read_stop(&io->in.u.stream);
	}
	io->reading = want && r == 0;
	if (r < 0)
		failed(io, "Reading from", r);
}

/* --- writing --- */

static bool may_write(const struct stdio *io)
{
	return io->in_write == 0 && conn_output(io->conn).len > 0 &&
	       (io->state >= STDIO_FLUSHING || uv_now(io->loop) >= io->pause_ms);
}

/* A part of all that waits, so that no queue takes longer than about a second. */
static size_t portion(const struct stdio *io)
{
	size_t part = conn_unsent(io->conn) / GENTLE_PART;

	if (!io->gentle || io->state >= STDIO_FLUSHING)
		return SIZE_MAX;
	return part > GENTLE_BYTES ? part : GENTLE_BYTES;
}

/* Also after a failure: the bytes are gone from the queue, and nobody will read them. */
static void written(struct stdio *io, int status)
{
	conn_sent(io->conn, io->in_write);
	io->in_write = 0;
	if (io->gentle && conn_unsent(io->conn) > 0)
		io->pause_ms = uv_now(io->loop) + GENTLE_MS;
	if (io->wrote && io->state < STDIO_FLUSHING)
		io->wrote(io->owner);
	if (status < 0) {
		io->write_failed = true;
		failed(io, "Writing to", status);
	} else {
		feed(io);
	}
}

static void on_written(uv_write_t *req, int status)
{
	written(req->data, status);
}

/* A plain file is written at once: libuv would use a thread for it, and a file does not make us
 * wait. */
static void write_file(struct stdio *io, struct slice out)
{
	ssize_t n = 0;

	for (size_t at = 0; at < out.len; at += (size_t)n) {
		n = write(io->out.fd, out.ptr + at, out.len - at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			break;
	}
	conn_sent(io->conn, out.len);
	if (n < 0) {
		io->write_failed = true;
		failed(io, "Writing to", -errno);
	}
}

static void flush(struct stdio *io)
{
	struct slice out;
	uv_buf_t buf;
	int r;

	if (!may_write(io))
		return;
	out = conn_output(io->conn);
	if (io->write_failed) {
		conn_sent(io->conn, out.len);
		return;
	}
	if (io->out.fd >= 0) {
		write_file(io, out);
		return;
	}
	out = slice_sub(out, 0, portion(io));
	io->in_write = out.len;
	io->write.data = io;
	buf = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);
	r = uv_write(&io->write, &io->out.u.stream, &buf, 1, on_written);
	if (r < 0)
		written(io, r);
}

/* --- the machine --- */

static void on_timer(uv_timer_t *t)
{
	struct stdio *io = t->data;

	conn_tick(io->conn, uv_now(io->loop));
	if (io->conn->state == CONN_CLOSED) /* the editor does not read, and the queue is full */
		over(io, &io->conn->why);
	else
		stdio_step(io);
}

static void set_timer(struct stdio *io)
{
	uint64_t due = io->state <= STDIO_ENDED ? conn_next_deadline(io->conn) : UINT64_MAX,
		 now = uv_now(io->loop);

	if (io->state <= STDIO_ENDED && io->pause_ms > now && io->pause_ms < due &&
	    conn_unsent(io->conn) > 0)
		due = io->pause_ms;
	if (due == UINT64_MAX)
		(void)uv_timer_stop(&io->timer);
	else
		(void)uv_timer_start(&io->timer, on_timer, due > now ? due - now : 0, 0);
}

static void on_closed(uv_handle_t *h)
{
	struct stdio *io = h->data;

	if (h == (uv_handle_t *)&io->reader)
		(void)close(io->reader_fd);
	if (--io->open == 0)
		free(io);
}

static void close_end(struct stdio *io, struct end *e)
{
	if (e->fd >= 0) {
		(void)close(e->fd);
		return;
	}
	io->open++;
	uv_close(&e->u.handle, on_closed);
}

static void io_goto(struct stdio *io, enum stdio_state next)
{
	static const char *const name[] = { "open", "ended", "flushing", "closing" };

	log_debug("stdio: %s -> %s", name[io->state], name[next]);
	io->state = next;
	switch (next) {
	case STDIO_OPEN:
	case STDIO_FLUSHING:
		break;
	case STDIO_ENDED:
		io->ended(io->owner, io->why.code == ERR_NONE ? NULL : &io->why);
		break;
	case STDIO_CLOSING:
		job_drop(&io->job);
		io->open = 1;
		uv_close((uv_handle_t *)&io->timer, on_closed);
		close_end(io, &io->in);
		close_end(io, &io->out);
		if (io->reader_fd >= 0) {
			io->open++;
			uv_close((uv_handle_t *)&io->reader, on_closed);
		}
		break;
	}
}

static bool may_read(const struct stdio *io)
{
	return conn_wants_read(io->conn) && (!io->sink || conn_wants_read(io->sink));
}

static void stdio_step(struct stdio *io)
{
	if (io->state == STDIO_OPEN && io->over) {
		set_reading(io, false);
		io_goto(io, STDIO_ENDED);
		return; /* `ended` may have closed it */
	}
	if (io->state == STDIO_CLOSING)
		return;
	if (io->state == STDIO_OPEN && io->draining && !conn_owes(io->conn)) {
		reached_end(io);
		return;
	}
	/* Writing may fail, and call back here: the job does it from the loop. */
	if (may_write(io))
		runq_post(io->runq, &io->job);
	else if (io->state == STDIO_FLUSHING && io->in_write == 0 &&
		 !(io->in.fd >= 0 && io->reading)) {
		io_goto(io, STDIO_CLOSING);
		return;
	}
	set_timer(io);
	if (io->state == STDIO_OPEN)
		set_reading(io, may_read(io) && io->rest.len == 0 && !io->draining);
}

static void on_job(struct job *j)
{
	struct stdio *io = container_of(j, struct stdio, job);

	flush(io);
	feed(io);
}

/* --- starting and ending --- */

static bool end_open(struct stdio *io, struct end *e, int fd)
{
	uv_handle_type type = uv_guess_handle(fd);
	int r = UV_EINVAL;

	e->fd = type == UV_FILE ? fd : -1;
	if (type == UV_FILE)
		return true;
	if (type == UV_NAMED_PIPE && uv_pipe_init(io->loop, &e->u.pipe, 0) == 0)
		r = uv_pipe_open(&e->u.pipe, fd);
	else if (type == UV_TTY)
		r = uv_tty_init(io->loop, &e->u.tty, fd, 0);
	else if (type == UV_TCP && uv_tcp_init(io->loop, &e->u.tcp) == 0)
		r = uv_tcp_open(&e->u.tcp, fd);
	e->u.handle.data = io;
	return r == 0;
}

bool stdio_start(const struct stdio_options *o, struct stdio **out, struct err *err)
{
	struct stdio *io = xcalloc(1, sizeof(*io));

	io->loop = o->loop;
	io->runq = o->runq;
	io->conn = o->conn;
	io->sink = o->sink;
	io->ended = o->ended;
	io->drain = o->drain;
	io->wrote = o->wrote;
	io->owner = o->owner;
	io->drains = o->drains;
	io->gentle = o->gentle;
	io->reader_fd = -1;
	job_init(&io->job, on_job);
	if (!end_open(io, &io->in, o->in) || !end_open(io, &io->out, o->out))
		/* *io is left to the loop, which may know one of its handles: the program ends
		 * now. */
		return err_set(err, ERR_IO,
			       "Standard input and output must be pipes, files or a terminal.");
	(void)uv_timer_init(o->loop, &io->timer);
	io->timer.data = io;
	*out = io;
	stdio_step(io);
	return true;
}

void stdio_wake(struct stdio *io)
{
	if (io->state != STDIO_CLOSING)
		runq_post(io->runq, &io->job);
}

void stdio_close(struct stdio *io)
{
	if (io->state >= STDIO_FLUSHING)
		return;
	if (io->in.fd < 0)
		set_reading(io, false);
	io_goto(io, STDIO_FLUSHING);
	runq_post(io->runq, &io->job);
}
