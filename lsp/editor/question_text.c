/* question_text.c - see question_text.h
 *
 * What is asked must be seen as a whole before it can be allowed. A message box shows some lines;
 * what does not fit goes into a document, and where none can be opened into a longer message, and
 * where that does not do, nobody is asked (questions.c). All characters are made visible on the way
 * (visible.h). */
#include "lsp/editor/question_text.h"

#include "agent/edit/edit.h"
#include "lsp/editor/messages.h"
#include "protocol/base/visible.h"

enum {
	SHORT_BYTES = 400, /* of a message, where a document can be opened instead */
	SHORT_LINES = 6,
	LONG_BYTES = 8000, /* where it cannot: a wall of text, but all of it is there */
	LONG_LINES = 120,
	TITLE_BYTES = 200,
	REASON_BYTES = 300,
	NOTE_BYTES = 300,
	NAMED_BYTES = 160, /* of a subject whose document is open */
};

static const char bar[] = "| ", line_end[] = " \xe2\x8f\x8e\n| ";

static size_t lines_of(struct slice text)
{
	struct slice line;
	size_t n = 0;

	while (slice_next_line(&text, &line))
		n++;
	return n;
}

/* An edit is never short where a document can be opened: a diff is read better there. */
bool question_fits(const struct permission_request *r, bool can_open)
{
	size_t bytes = r->subject.len + r->diff.len;
	size_t lines = lines_of(r->subject) + lines_of(r->diff);

	if (can_open)
		return r->diff.len == 0 && bytes <= SHORT_BYTES && lines <= SHORT_LINES;
	return bytes <= LONG_BYTES && lines <= LONG_LINES;
}

/* All characters visible, each line end as a sign and a line end; no '%' for those who take it for a
 * format. Where there are several lines each begins with a bar, as none of ours does: a command may hold
 * a line "Emend says: ...".
 * Sixteen bytes for one: the longest form of a character that is made visible. */
static void put_whole(struct buf *out, const struct client *client, struct slice text, bool bars)
{
	struct slice s;
	struct buf b;

	buf_init(&b, 16 * text.len + 64);
	buf_puts(&b, bars ? bar : "");
	visible_text(&b, text, line_end);
	s = buf_slice(&b);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '%' && client->kind == CLIENT_EGLOT)
			buf_puts(out, "\xef\xbc\x85");
		else
			buf_putc(out, s.ptr[i]);
	buf_release(&b);
}

static void put_subject(struct buf *out, const struct client *client,
			const struct permission_request *r)
{
	bool one_line = lines_of(r->subject) <= 1;

	buf_puts(out, one_line ? ": " : ":\n");
	put_whole(out, client, r->subject, !one_line);
	if (r->diff.len == 0)
		return;
	buf_puts(out, "\n");
	put_whole(out, client, r->diff, true);
}

static void put_line(struct buf *out, struct arena *a, const struct client *client,
		     const char *prefix, struct slice text, size_t max)
{
	if (text.len == 0)
		return;
	text = shown_text(a, client, text, max);
	buf_printf(out, "\n%s%.*s", prefix, SLICE_ARG(text));
}

static void put_opened(struct buf *out, struct arena *a, const struct client *client,
		       const struct permission_request *r)
{
	struct slice name = shown_text(a, client, r->subject, NAMED_BYTES);
	size_t added = 0, removed = 0;

	buf_printf(out, ": %.*s", SLICE_ARG(name));
	if (r->diff.len > 0) {
		edit_diff_stat(r->diff, &added, &removed);
		buf_printf(out, " (+%zu -%zu)", added, removed);
	}
	buf_puts(out, "\nThe whole of it is open in the editor, beside.");
}

struct slice question_message(struct arena *a, const struct client *client,
			      const struct permission_request *r, struct slice title, bool opened)
{
	struct slice what = shown_text(a, client, r->title, TITLE_BYTES), text;
	struct buf b;

	buf_init(&b, 16 * (r->subject.len + r->diff.len) + 4096);
	buf_printf(&b, "Emend: %.*s", SLICE_ARG(what));
	if (opened)
		put_opened(&b, a, client, r);
	else
		put_subject(&b, client, r);
	put_line(&b, a, client, "Emend says: ", r->note, NOTE_BYTES);
	put_line(&b, a, client, "The model says: ", r->reason, REASON_BYTES);
	put_line(&b, a, client, "For the task: ", title, TITLE_BYTES);
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

struct slice question_seen(struct arena *a, struct slice text)
{
	struct slice seen;
	struct buf b;

	buf_init(&b, 16 * text.len + 64);
	visible_text(&b, text, "\n");
	if (slice_ends(text, SLICE("\n")))
		buf_puts(&b, "\n");
	seen = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return seen;
}

/* Words of ours first, in lines of ours: what comes behind them cannot add any. */
struct slice question_document(struct arena *a, const struct permission_request *r,
			       struct slice title)
{
	struct slice text;
	struct buf b;

	buf_init(&b,
		 16 * (r->subject.len + r->diff.len + r->reason.len + r->title.len + title.len) +
			 4096);
	buf_puts(&b, "# Emend asks: ");
	visible_text(&b, r->title, " ");
	if (r->note.len > 0) {
		buf_puts(&b, "\n# Emend says: ");
		visible_text(&b, r->note, " ");
	}
	if (r->reason.len > 0) {
		buf_puts(&b, "\n# The model says: ");
		visible_text(&b, r->reason, " ");
	}
	if (title.len > 0) {
		buf_puts(&b, "\n# For the task: ");
		visible_text(&b, title, " ");
	}
	buf_puts(&b, "\n# Answer the question that stands beside; this is only to look at.\n\n");
	visible_text(&b, r->subject, "\n");
	buf_puts(&b, "\n");
	if (r->diff.len > 0) {
		buf_puts(&b, "\n");
		visible_text(&b, r->diff, "\n");
		buf_puts(&b, "\n");
	}
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}
