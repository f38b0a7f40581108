/* line_log.c - see line_log.h. One write at a time goes to libuv's threads, so that lines keep their order.
 *
 * Two buffers: one is being written, the other takes new lines; they change places when the first
 * is out. A log that nobody reads fast enough loses whole lines and says how many, rather than hold
 * up the service or grow without end. */
#include "agent/serve/line_log.h"

#include <time.h>

enum { LINE_BYTES = 16 * 1024 };

static void write_next(struct line_log *l);

static void on_written(uv_fs_t *req)
{
	struct line_log *l = req->data;
	ssize_t n = req->result;

	uv_fs_req_cleanup(req);
	l->busy = false;
	if (n < 0) {
		l->fd = -1; /* closed at the other end: there is nobody to tell */
		n = 0;
	}
	l->written += (size_t)n;
	write_next(l);
}

/* `writing` is not touched while libuv has it; only on_written() goes on. */
static void write_next(struct line_log *l)
{
	struct buf swap = l->writing;
	uv_buf_t piece;

	if (l->busy)
		return;
	if (l->fd >= 0 && l->written == l->writing.len) {
		l->writing = l->waiting;
		l->waiting = swap;
		buf_clear(&l->waiting);
		l->written = 0;
	}
	if (l->fd < 0 || l->writing.len == 0) {
		if (l->closed || l->fd < 0) {
			buf_release(&l->writing);
			buf_release(&l->waiting);
		}
		return;
	}
	piece = uv_buf_init(l->writing.data + l->written, (unsigned)(l->writing.len - l->written));
	l->busy = true;
	if (uv_fs_write(l->loop, &l->write, l->fd, &piece, 1, -1, on_written) < 0)
		l->busy = false;
}

void line_log_init(struct line_log *l, uv_loop_t *loop, int fd)
{
	*l = (struct line_log){ .loop = loop, .fd = fd };
	l->write.data = l;
	buf_init(&l->waiting, LINE_LOG_BYTES);
	buf_init(&l->writing, LINE_LOG_BYTES);
}

/* The line and the note of the lost ones fit together or not at all. */
static void put(struct line_log *l, struct slice line)
{
	size_t before = l->waiting.len;

	if (l->fd < 0 || l->closed)
		return;
	if (l->lost > 0)
		buf_printf(&l->waiting,
			   "{\"level\":\"warn\",\"message\":\"%llu lines were lost\"}\n",
			   (unsigned long long)l->lost);
	buf_append(&l->waiting, line);
	buf_putc(&l->waiting, '\n');
	if (l->waiting.full) {
		buf_truncate(&l->waiting, before);
		l->lost++;
	} else {
		l->lost = 0;
	}
	write_next(l);
}

void line_log_begin(struct jw *w, struct buf *b, const char *level)
{
	struct timespec now;
	int64_t ms;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	buf_init(b, LINE_BYTES);
	jw_init(w, b);
	jw_object(w);
	jw_kf64(w, "time", (double)ms / 1000.0);
	jw_kcstr(w, "level", level);
}

void line_log_end(struct line_log *l, struct jw *w, struct buf *b)
{
	jw_end(w);
	put(l, buf_slice(b));
	buf_release(b);
}

void line_log_close(struct line_log *l)
{
	l->closed = true;
	write_next(l);
}
