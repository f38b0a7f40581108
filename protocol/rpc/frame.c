/* frame.c - see frame.h
 *
 *   IN_HEADER --empty line--> IN_BODY --all bytes--> IN_HEADER
 *       | \----- too long --> IN_LONG --all passed--> IN_HEADER
 *       \------------ anything wrong ------------> FAILED
 *
 * A header is judged byte by byte as it comes, so that a peer that speaks something else is told at
 * once, not after the newline that it may never send. */
#include "protocol/rpc/frame.h"

#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "protocol/base/limits.h"

enum { KEEP_BYTES = 64 * 1024 }; /* a larger buffer is given back after its message */

static const uint64_t LONGEST = UINT64_C(1) << 40; /* bytes; a longer body is a wrong number */

void frame_init(struct frame *f, enum frame_mode mode, size_t max_body)
{
	*f = (struct frame){ .state = FRAME_IN_HEADER, .mode = mode, .max_body = max_body };
	buf_init(&f->line, LIMIT_HEADER_BYTES);
	buf_init(&f->body, max_body);
}

void frame_release(struct frame *f)
{
	buf_release(&f->line);
	buf_release(&f->body);
	skim_release(&f->skim);
}

void frame_skip_long(struct frame *f)
{
	assert(f->mode == FRAME_HEADERS);
	f->skip_long = true;
}

bool frame_idle(const struct frame *f)
{
	return f->state == FRAME_IN_HEADER && f->header_used == 0 && (f->given || f->body.len == 0);
}

static enum frame_result fail(struct frame *f)
{
	f->state = FRAME_FAILED;
	return FRAME_FAIL;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

/* Could these bytes be (the beginning of) a header line? Its line end is not among them. */
static bool plausible(struct slice line)
{
	size_t i = 0;

	while (i < line.len && is_name_char(line.ptr[i]))
		i++;
	if (i == line.len)
		return true;
	if (i == 0)
		return line.ptr[0] == '\r' && line.len == 1;
	while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t'))
		i++;
	if (i == line.len)
		return true;
	if (line.ptr[i] != ':')
		return false;
	for (i++; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];

		if ((c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == line.len)) || c == 0x7f)
			return false;
	}
	return true;
}

static bool parse_length(struct frame *f, struct slice value, struct err *err)
{
	uint64_t max = f->skip_long ? LONGEST : f->max_body, n = 0;

	if (f->have_len)
		return err_set(err, ERR_INVALID,
			       "The message header has more than one Content-Length.");
	if (value.len == 0)
		return err_set(err, ERR_INVALID, "The Content-Length header has no number.");
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return err_set(err, ERR_INVALID,
				       "The Content-Length \"%.*s\" is not a number.",
				       value.len > 40 ? 40 : (int)value.len, value.ptr);
		if (n <= max)
			n = n * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	if (n > max)
		return err_set(err, ERR_TOO_LARGE,
			       "The Content-Length %.*s is over the limit of %llu bytes.",
			       value.len > 40 ? 40 : (int)value.len, value.ptr,
			       (unsigned long long)max);
	f->body_len = n;
	f->have_len = true;
	return true;
}

static bool parse_line(struct frame *f, struct slice line, struct err *err)
{
	static const char want[] = "Content-Length";
	size_t colon;
	struct slice name;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0) {
		if (!f->have_len)
			return err_set(err, ERR_INVALID,
				       "The message header has no Content-Length.");
		f->state = FRAME_IN_BODY;
		if (f->body_len > f->max_body) {
			f->state = FRAME_IN_LONG;
			f->passed = 0;
			skim_init(&f->skim);
		}
		f->have_len = false;
		f->header_used = 0;
		return true;
	}
	colon = slice_find_byte(line, ':', 0);
	if (colon == SIZE_MAX)
		return err_set(err, ERR_INVALID, "A line of the message header has no colon.");
	name = slice_trim(slice_sub(line, 0, colon));
	if (name.len == sizeof(want) - 1 && strncasecmp(name.ptr, want, name.len) == 0)
		return parse_length(f, slice_trim(slice_sub(line, colon + 1, line.len)), err);
	return true; /* other headers mean nothing to us */
}

static bool header_step(struct frame *f, struct slice *in, struct err *err)
{
	size_t nl = slice_find_byte(*in, '\n', 0);
	size_t take = nl == SIZE_MAX ? in->len : nl + 1;
	bool ok;

	if (take > LIMIT_HEADER_BYTES - f->header_used)
		return err_set(err, ERR_TOO_LARGE, "The message header is longer than %d bytes.",
			       LIMIT_HEADER_BYTES);
	f->header_used += take;
	buf_append(&f->line, slice_sub(*in, 0, nl == SIZE_MAX ? in->len : nl));
	*in = slice_sub(*in, take, in->len);
	if (!plausible(buf_slice(&f->line)))
		return err_set(err, ERR_INVALID,
			       "The input is not a message: a header line such as "
			       "\"Content-Length: 123\" was expected.");
	if (nl == SIZE_MAX)
		return true;
	ok = parse_line(f, buf_slice(&f->line), err);
	buf_clear(&f->line);
	return ok;
}

/* Gives out the body when `want` bytes of it are there; the rest of *in stays. */
static bool collect(struct frame *f, struct slice *in, size_t want, struct slice *body)
{
	size_t missing = want - f->body.len;

	if (f->body.len == 0 && in->len >= want) { /* in one piece: no copy */
		*body = slice_sub(*in, 0, want);
		*in = slice_sub(*in, want, in->len);
		return true;
	}
	if (missing > in->len)
		missing = in->len;
	buf_append(&f->body, slice_sub(*in, 0, missing));
	*in = slice_sub(*in, missing, in->len);
	if (f->body.len < want)
		return false;
	*body = buf_slice(&f->body);
	f->given = true;
	return true;
}

/* Passes over what is there of a long body; true at its end. */
static bool pass_over(struct frame *f, struct slice *in)
{
	uint64_t left = f->body_len - f->passed;
	size_t n = left < in->len ? (size_t)left : in->len;

	skim_feed(&f->skim, slice_sub(*in, 0, n));
	*in = slice_sub(*in, n, in->len);
	f->passed += n;
	return f->passed == f->body_len;
}

/* What the last call gave out is not needed any more. */
static void take_back(struct frame *f)
{
	f->given = false;
	skim_release(&f->skim);
	if (f->body.cap > KEEP_BYTES)
		buf_release(&f->body);
	else
		buf_clear(&f->body);
}

static enum frame_result next_line(struct frame *f, struct slice *in, struct slice *body,
				   struct err *err)
{
	while (in->len > 0) {
		size_t nl = slice_find_byte(*in, '\n', 0);
		size_t n = nl == SIZE_MAX ? in->len : nl;

		if (n > f->max_body - f->body.len) {
			(void)err_set(err, ERR_TOO_LARGE,
				      "A message is longer than the limit of %zu bytes.",
				      f->max_body);
			return fail(f);
		}
		if (nl == SIZE_MAX) {
			buf_append(&f->body, *in);
			*in = slice_sub(*in, n, n);
			break;
		}
		(void)collect(f, in, f->body.len + n, body);
		*in = slice_sub(*in, 1, in->len); /* the newline */
		*body = slice_trim(*body);
		if (body->len > 0)
			return FRAME_BODY;
		f->given = false;
		buf_clear(&f->body);
	}
	return FRAME_MORE;
}

enum frame_result frame_next(struct frame *f, struct slice *in, struct slice *body, struct err *err)
{
	if (f->given)
		take_back(f);
	if (f->state == FRAME_FAILED) {
		(void)err_set(err, ERR_INVALID, "The connection failed before.");
		return FRAME_FAIL;
	}
	if (f->mode == FRAME_LINES)
		return next_line(f, in, body, err);
	while (f->state == FRAME_IN_HEADER && in->len > 0)
		if (!header_step(f, in, err))
			return fail(f);
	if (f->state == FRAME_IN_BODY && collect(f, in, (size_t)f->body_len, body)) {
		f->state = FRAME_IN_HEADER;
		return FRAME_BODY;
	}
	if (f->state == FRAME_IN_LONG && pass_over(f, in)) {
		f->state = FRAME_IN_HEADER;
		f->given = true;
		*body = skim_outline(&f->skim);
		return FRAME_LONG;
	}
	return FRAME_MORE;
}

size_t frame_header(enum frame_mode mode, size_t len, char out[FRAME_HEADER_MAX])
{
	if (mode == FRAME_LINES)
		return 0;
	return (size_t)snprintf(out, FRAME_HEADER_MAX, "Content-Length: %zu\r\n\r\n", len);
}
