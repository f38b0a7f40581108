/* skim.c - see skim.h
 *
 * A copying filter over the bytes of a JSON text. It is in a string or between strings; between them
 * it counts open containers. Inside a container that is left out (`hidden` > 0) nothing is copied
 * until the bracket that closes it. */
#include "protocol/rpc/skim.h"

void skim_init(struct skim *s)
{
	*s = (struct skim){ .depth = 0 };
	buf_init(&s->out, SKIM_OUTLINE_BYTES);
}

void skim_release(struct skim *s)
{
	buf_release(&s->out);
}

static void put(struct skim *s, struct slice bytes)
{
	if (s->full)
		return;
	buf_append(&s->out, bytes);
	s->full = s->out.full; /* for good: a cut string would clear the buffer's own mark */
}

/* A piece of the string at hand. */
static void put_string(struct skim *s, struct slice piece)
{
	if (s->hidden > 0 || s->cut || s->full)
		return;
	if (s->out.len - s->string + piece.len > SKIM_STRING_BYTES) {
		buf_truncate(&s->out, s->string);
		s->cut = true;
		return;
	}
	put(s, piece);
}

/* Takes bytes of a string from in[at] on; returns the offset behind them. The next quote is looked
 * for once, not again behind each backslash: a text of many escapes has few quotes. */
static size_t string_step(struct skim *s, struct slice in, size_t at)
{
	size_t quote = slice_find_byte(in, '"', at), back;

	while (at < in.len) {
		if (s->escaped) {
			put_string(s, slice_sub(in, at, at + 1));
			s->escaped = false;
			at++;
			continue;
		}
		if (quote != SIZE_MAX && quote < at)
			quote = slice_find_byte(in, '"', at);
		back = slice_find_byte(slice_sub(in, 0, quote), '\\', at);
		if (back == SIZE_MAX) {
			put_string(s, slice_sub(in, at, quote));
			s->in_string = quote == SIZE_MAX;
			if (s->in_string)
				return in.len;
			if (s->hidden == 0)
				put(s, SLICE("\""));
			return quote + 1;
		}
		put_string(s, slice_sub(in, at, back + 1));
		s->escaped = true;
		at = back + 1;
	}
	return at;
}

static void begin_string(struct skim *s)
{
	if (s->hidden == 0)
		put(s, SLICE("\""));
	s->string = s->out.len;
	s->in_string = true;
	s->cut = false;
}

static void open_container(struct skim *s, struct slice bracket)
{
	if (s->hidden > 0) {
		s->hidden++;
		return;
	}
	put(s, bracket);
	if (bracket.ptr[0] == '[' || s->depth == SKIM_DEPTH)
		s->hidden = 1;
	else
		s->depth++;
}

static void close_container(struct skim *s, struct slice bracket)
{
	if (s->hidden > 0)
		s->hidden--;
	else if (s->depth > 0)
		s->depth--;
	if (s->hidden == 0)
		put(s, bracket);
}

void skim_feed(struct skim *s, struct slice piece)
{
	size_t at = 0;

	while (at < piece.len) {
		struct slice one = slice_sub(piece, at, at + 1);

		if (s->in_string) {
			at = string_step(s, piece, at);
			continue;
		}
		at++;
		switch (one.ptr[0]) {
		case '"':
			begin_string(s);
			break;
		case '{':
		case '[':
			open_container(s, one);
			break;
		case '}':
		case ']':
			close_container(s, one);
			break;
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			break;
		default:
			if (s->hidden == 0)
				put(s, one);
		}
	}
}

struct slice skim_outline(const struct skim *s)
{
	return s->full ? SLICE("") : buf_slice(&s->out);
}
