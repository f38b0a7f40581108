/* term.c - see term.h
 *
 * Two ways lead to the screen: texts of ours (term_raw, term_printf), and all others, which pass
 * through term_clean(). put() is the only function that writes. */
#include "agent/cli/screen/term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/cli/screen/flow.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"
#include "protocol/base/visible.h"

void term_init(struct term *t, FILE *file)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	*t = (struct term){ .file = file };
	t->tty = isatty(fileno(file)) == 1;
	t->colour = t->tty && !(no && *no) && !(kind && strcmp(kind, "dumb") == 0);
}

unsigned term_columns(const struct term *t)
{
	struct winsize w = { .ws_col = 0 };

	if (!t->tty)
		return 0;
	return ioctl(fileno(t->file), TIOCGWINSZ, &w) == 0 && w.ws_col >= TERM_LEAST_COLUMNS
		       ? w.ws_col
		       : 80;
}

static void clean_control(struct buf *out, struct slice s, size_t at, bool one_line)
{
	char c = s.ptr[at];

	if (c == '\n' || c == '\t')
		buf_putc(out, one_line ? ' ' : c);
	else if (c == '\r' && at + 1 < s.len && s.ptr[at + 1] == '\n')
		return; /* the line feed follows */
	else if (c == '\r')
		buf_putc(out, one_line ? ' ' : '\n');
	else if (c == 0x7f)
		buf_puts(out, "^?");
	else
		buf_append(out, slice_make((char[2]){ '^', (char)(c + '@') }, 2));
}

void term_clean(struct buf *out, struct slice s, bool one_line)
{
	for (size_t at = 0; at < s.len;) {
		uint32_t cp = 0;
		size_t n = utf8_decode(s, at, &cp);

		if (n == 1 && (cp < 0x20 || cp == 0x7f))
			clean_control(out, s, at, one_line);
		else if (n == 0 || visible_is_trick(cp))
			buf_puts(out, "\xef\xbf\xbd");
		else
			buf_append(out, slice_sub(s, at, at + n));
		at += n ? n : 1;
	}
}

static const char *code(enum term_style s)
{
	static const char *const codes[] = {
		[TERM_PLAIN] = "",	    [TERM_DIM] = "\033[2m",    [TERM_BOLD] = "\033[1m",
		[TERM_RED] = "\033[31m",    [TERM_GREEN] = "\033[32m", [TERM_CYAN] = "\033[36m",
		[TERM_YELLOW] = "\033[33m",
	};

	return codes[s];
}

static void put(struct term *t, struct slice s)
{
	if (t->into)
		buf_append(t->into, s);
	else if (fwrite(s.ptr, 1, s.len, t->file) < s.len && errno == EPIPE)
		t->gone = true;
}

/* Switched only where it changes, and never left on behind a line: what another program prints
 * next must not have our colours. */
static void set_style(struct term *t, enum term_style style)
{
	if (style == t->style)
		return;
	if (t->style != TERM_PLAIN)
		put(t, SLICE("\033[0m"));
	put(t, slice_of(code(style)));
	t->style = style;
}

static void put_styled(struct term *t, enum term_style style, struct slice s)
{
	if (s.len == 0)
		return;
	set_style(t, t->colour ? style : TERM_PLAIN);
	put(t, s);
	t->mid_line = s.ptr[s.len - 1] != '\n';
	if (!t->mid_line)
		set_style(t, TERM_PLAIN);
}

void term_raw(struct term *t, struct slice s)
{
	put_styled(t, TERM_PLAIN, s);
}

void term_clean_text(struct term *t, enum term_style style, struct slice s)
{
	put_styled(t, style, s);
}

bool term_flush(struct term *t)
{
	set_style(t, TERM_PLAIN);
	if (fflush(t->file) != 0 && errno == EPIPE)
		t->gone = true;
	return !ferror(t->file);
}

void term_printf(struct term *t, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		term_raw(t,
			 slice_make(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

void term_text(struct term *t, enum term_style style, struct slice s)
{
	struct buf b;

	buf_init(&b, 3 * (size_t)LIMIT_TURN_BYTES);
	term_clean(&b, slice_sub(s, 0, LIMIT_TURN_BYTES), false);
	term_clean_text(t, style, buf_slice(&b));
	buf_release(&b);
}

void term_line(struct term *t, enum term_style style, struct slice s, size_t max)
{
	bool cut = s.len > max;
	struct buf b;

	if (cut) {
		s = slice_sub(s, 0, max);
		s.len = utf8_complete_prefix(s);
	}
	buf_init(&b, 3 * s.len + 16);
	term_clean(&b, s, true);
	if (cut)
		buf_puts(&b, "...");
	term_clean_text(t, style, buf_slice(&b));
	buf_release(&b);
}

void term_fresh_line(struct term *t)
{
	if (t->mid_line)
		term_raw(t, SLICE("\n"));
}

enum term_style term_diff_style(struct slice line)
{
	if (slice_starts(line, SLICE("+++")) || slice_starts(line, SLICE("---")))
		return TERM_BOLD;
	if (slice_starts(line, SLICE("+")))
		return TERM_GREEN;
	if (slice_starts(line, SLICE("-")))
		return TERM_RED;
	return slice_starts(line, SLICE("@@")) ? TERM_CYAN : TERM_PLAIN;
}

/* What does not fit goes on behind the same sign: else the rest of a line looks like one that was there before. */
static void put_diff_line(struct term *t, enum term_style style, struct slice line)
{
	unsigned columns = term_columns(t);
	bool wraps =
		columns > 8 && line.len > 0 && strchr(" +-", line.ptr[0]) && style != TERM_BOLD;
	struct slice sign = slice_sub(line, 0, 1);
	size_t fits;

	while (wraps && (fits = visible_fit(line, columns)) < line.len) {
		term_text(t, style, slice_sub(line, 0, fits));
		term_raw(t, SLICE("\n"));
		term_text(t, style, sign);
		line = slice_sub(line, fits, line.len);
		columns = term_columns(t) - 1;
	}
	term_text(t, style, line);
	term_raw(t, SLICE("\n"));
}

/* A carriage return in a line is shown as one: as the end of a line it would begin another, which
 * could look like any line of the diff. */
void term_diff(struct term *t, struct slice diff)
{
	struct slice line;
	struct buf b;

	while (slice_next_line(&diff, &line)) {
		buf_init(&b, 8 * line.len + 64);
		visible_line(&b, line);
		put_diff_line(t, term_diff_style(line), buf_slice(&b));
		buf_release(&b);
	}
}

void term_error(struct term *t, const char *message)
{
	term_fresh_line(t);
	flow_line(t, TERM_PLAIN, "emend: ", TERM_RED, slice_sub(slice_of(message), 0, 4096));
	(void)fflush(t->file);
}

void term_fit(struct buf *out, struct slice clean, unsigned columns)
{
	size_t fits = visible_fit(clean, columns);

	if (fits == clean.len || columns < 8) {
		buf_append(out, slice_sub(clean, 0, fits));
		return;
	}
	buf_append(out, slice_sub(clean, 0, visible_fit(clean, columns - 3)));
	buf_puts(out, "...");
}
