/* sse.c - see sse.h
 *
 * The format is that of the HTML standard, 9.2.6. A line that ends inside the present piece is
 * handed on without a copy, as nearly all do; only a line that is split between two pieces is put
 * together in s->line. */
#include "agent/model/http/sse.h"

#include "protocol/base/limits.h"

enum { EVENT_NAME_BYTES = 4096 };

void sse_init(struct sse *s, sse_event_fn *fn, void *payload)
{
	*s = (struct sse){ .fn = fn, .payload = payload };
	buf_init(&s->line, LIMIT_SSE_LINE_BYTES);
	buf_init(&s->event, EVENT_NAME_BYTES);
	buf_init(&s->data, LIMIT_SSE_LINE_BYTES);
}

void sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->event);
	buf_release(&s->data);
}

static bool too_large(struct err *err)
{
	return err_set(err, ERR_TOO_LARGE, "The model's server sent an event of more than %d MiB.",
		       LIMIT_SSE_LINE_BYTES / 1024 / 1024);
}

static bool dispatch(struct sse *s, struct err *err)
{
	if (s->data.full || s->event.full)
		return too_large(err);
	if (s->has_data && !s->fn(s->payload, buf_slice(&s->event), buf_slice(&s->data)))
		s->stopped = true;
	buf_clear(&s->event);
	buf_clear(&s->data);
	s->has_data = false;
	return true;
}

static bool take_line(struct sse *s, struct slice line, struct err *err)
{
	struct slice value = { "", 0 };
	size_t colon;

	if (!s->started && slice_starts(line, SLICE("\xef\xbb\xbf")))
		line = slice_sub(line, 3, line.len);
	s->started = true;
	if (line.len == 0)
		return dispatch(s, err);
	colon = slice_find_byte(line, ':', 0);
	if (colon == 0)
		return true; /* a comment */
	if (colon != SIZE_MAX) {
		value = slice_sub(line, colon + 1, line.len);
		if (value.len > 0 && value.ptr[0] == ' ')
			value = slice_sub(value, 1, value.len);
		line = slice_sub(line, 0, colon);
	}
	if (slice_eq_cstr(line, "event")) {
		buf_clear(&s->event);
		buf_append(&s->event, value);
	} else if (slice_eq_cstr(line, "data")) {
		if (s->has_data)
			buf_putc(&s->data, '\n');
		s->has_data = true;
		buf_append(&s->data, value);
	}
	return true;
}

/* A line is complete: `tail` is its part in the present piece, the rest waits in s->line. */
static bool end_line(struct sse *s, struct slice tail, struct err *err)
{
	bool ok;

	if (s->line.len == 0)
		return take_line(s, tail, err);
	buf_append(&s->line, tail);
	ok = s->line.full ? too_large(err) : take_line(s, buf_slice(&s->line), err);
	buf_clear(&s->line);
	return ok;
}

/* The first line end of any of the three kinds. */
static size_t line_end(struct slice s, size_t from)
{
	size_t lf = slice_find_byte(s, '\n', from);
	size_t cr = slice_find_byte(slice_sub(s, 0, lf), '\r', from);

	return cr < lf ? cr : lf;
}

/* A CR at the end of a piece ends its line at once; whether an LF belongs to it shows with the
 * next byte. */
bool sse_feed(struct sse *s, struct slice bytes, struct err *err)
{
	size_t at = 0;

	while (at < bytes.len && !s->stopped) {
		size_t end;

		if (s->after_cr) {
			s->after_cr = false;
			if (bytes.ptr[at] == '\n') {
				at++;
				continue;
			}
		}
		end = line_end(bytes, at);
		if (end == SIZE_MAX) {
			buf_append(&s->line, slice_sub(bytes, at, bytes.len));
			return s->line.full ? too_large(err) : true;
		}
		s->after_cr = bytes.ptr[end] == '\r';
		if (!end_line(s, slice_sub(bytes, at, end), err))
			return false;
		at = end + 1;
	}
	return true;
}

bool sse_end(struct sse *s, struct err *err)
{
	if (s->stopped)
		return true;
	if (s->line.len > 0 && !end_line(s, SLICE(""), err))
		return false;
	return s->stopped || dispatch(s, err);
}
