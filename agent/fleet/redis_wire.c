/* redis_wire.c - see redis_wire.h */
#include "agent/fleet/redis_wire.h"

void redis_wire_init(struct redis_wire *w, redis_reply_fn *fn, void *payload)
{
	*w = (struct redis_wire){ .fn = fn, .payload = payload };
	buf_init(&w->in, REDIS_LINE_MAX + 2 * REDIS_BULK_MAX);
}

void redis_wire_release(struct redis_wire *w)
{
	buf_release(&w->in);
}

static bool strange(struct err *err)
{
	return err_set(err, ERR_INVALID, "it is no Redis server, or answers what was not asked");
}

/* -1: it is none. */
static long number(struct slice s)
{
	long n = 0;

	if (s.len == 0 || s.len > 9)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n;
}

struct reply {
	enum redis_kind kind;
	struct slice text;
	size_t used; /* bytes; 0: it is not whole */
};

/* line: without its first letter. */
static bool read_bulk(struct slice all, struct slice line, size_t begin, struct reply *r,
		      struct err *err)
{
	long size = number(line);

	if (slice_eq_cstr(line, "-1")) {
		*r = (struct reply){ REDIS_NONE, SLICE(""), begin };
		return true;
	}
	if (size < 0)
		return strange(err);
	if (size > REDIS_BULK_MAX)
		return err_set(err, ERR_TOO_LARGE, "a value has more than %d bytes",
			       REDIS_BULK_MAX);
	if (all.len < begin + (size_t)size + 2)
		return true;
	*r = (struct reply){ REDIS_BULK, slice_sub(all, begin, begin + (size_t)size),
			     begin + (size_t)size + 2 };
	return slice_eq(slice_sub(all, r->used - 2, r->used), SLICE("\r\n")) || strange(err);
}

/* Arrays ('*') never come, as no command of ours has one for an answer. */
static bool read_reply(struct slice all, struct reply *r, struct err *err)
{
	size_t end = slice_find(all, SLICE("\r\n"), 0);
	struct slice line;

	r->used = 0;
	if (end == SIZE_MAX)
		return all.len <= REDIS_LINE_MAX || strange(err);
	line = slice_sub(all, 1, end);
	if (end == 0)
		return strange(err);
	if (all.ptr[0] == '$')
		return read_bulk(all, line, end + 2, r, err);
	if (all.ptr[0] != '+' && all.ptr[0] != '-' && all.ptr[0] != ':')
		return strange(err);
	*r = (struct reply){ all.ptr[0] == '+'	 ? REDIS_TEXT
			     : all.ptr[0] == '-' ? REDIS_ERROR
						 : REDIS_NUMBER,
			     line, end + 2 };
	return true;
}

/* The reply is consumed after its callback: its text lies in the buffer. */
bool redis_wire_feed(struct redis_wire *w, struct slice bytes, struct err *err)
{
	struct reply r;

	buf_append(&w->in, bytes);
	if (w->in.full)
		return err_set(err, ERR_TOO_LARGE, "it sends too much at once");
	while (w->in.len > 0) {
		if (!read_reply(buf_slice(&w->in), &r, err))
			return false;
		if (r.used == 0 || !w->fn(w->payload, r.kind, r.text))
			return true;
		buf_consume(&w->in, r.used);
	}
	return true;
}

void redis_command(struct buf *out, const struct slice *words, size_t n)
{
	buf_printf(out, "*%zu\r\n", n);
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "$%zu\r\n", words[i].len);
		buf_append(out, words[i]);
		buf_puts(out, "\r\n");
	}
}
