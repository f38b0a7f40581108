/* read_file.c - a text file or a range of its lines, numbered; or an image, where the model takes them. */
#include "agent/tool/tools.h"

#include <inttypes.h>

#include "agent/model/image.h"
#include "agent/tool/scratch.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

/* A line of a minified file can be as long as the file: MAX_LINE_BYTES of it are shown. */
enum { DEFAULT_LINES = 400, MAX_LINES = 20000, MAX_LINE_BYTES = 2000 };

/* In the run's arena; `text` is borrowed for the time of show(). */
struct reading {
	struct slice path;
	int64_t first, count;
	enum encoding encoding;
	bool cut;	       /* not all of the file is here */
	struct snapshot *text; /* of a file of the workspace; NULL: a long output */
};

/* false: the line is too long, and its end is left out. */
static bool put_line(struct buf *out, int64_t number, struct slice line)
{
	size_t len = line.len;

	if (slice_ends(line, SLICE("\r")))
		len = --line.len;
	if (len > MAX_LINE_BYTES)
		line.len = utf8_complete_prefix(slice_sub(line, 0, MAX_LINE_BYTES));
	buf_printf(out, "%" PRId64 "\t%.*s", number, SLICE_ARG(line));
	if (len > line.len)
		buf_printf(out, " [... %zu more bytes ...]", len - line.len);
	buf_putc(out, '\n');
	return len == line.len;
}

/* The lines that were shown are noted for the workspace: a file that was read in part may be edited, but not
 * replaced. */
static void show(struct tool_run *r, struct slice text)
{
	struct reading *s = r->state;
	struct slice rest = text, line;
	int64_t number = 0, last = 0, cut = 0;
	size_t len;
	bool whole;
	struct buf out;

	if (slice_starts(rest, SLICE("\xef\xbb\xbf")))
		rest = slice_sub(rest, 3, rest.len); /* the byte order mark is kept, not shown */
	buf_init(&out, LIMIT_RESULT_BYTES - 600);
	while (slice_next_line(&rest, &line)) {
		number++;
		if (number < s->first || number >= s->first + s->count || out.full)
			continue;
		len = out.len;
		whole = put_line(&out, number, line);
		if (out.full) {
			buf_truncate(&out, len); /* no half line */
			out.full = true;
			continue;
		}
		last = number;
		if (!whole && cut == 0)
			cut = number;
	}
	if (number == 0)
		buf_puts(&out, "(the file is empty)\n");
	if (s->text)
		workspace_saw_lines(
			&r->env->workspace, s->path, s->text,
			(struct line_range){ s->first, last >= s->first ? last + 1 : s->first },
			number);
	out.full = false;
	out.max = LIMIT_RESULT_BYTES;
	if (s->first > number && number > 0)
		buf_printf(&out, "(the file has only %" PRId64 " line%s)\n", number,
			   number == 1 ? "" : "s");
	else if (last < number && number > 0)
		buf_printf(&out,
			   "(%" PRId64 " of %" PRId64 " lines shown; go on with start_line %" PRId64
			   ")\n",
			   last - s->first + 1, number, last + 1);
	if (cut > 0)
		buf_printf(&out,
			   "(lines over %d bytes are cut; for more run, say: sed -n %" PRId64
			   "p FILE | cut -b %d-%d)\n",
			   MAX_LINE_BYTES, cut, MAX_LINE_BYTES + 1, 2 * MAX_LINE_BYTES);
	if (s->cut)
		buf_printf(&out, "(that is the first %zu bytes of the file)\n", text.len);
	if (s->encoding != ENCODING_UTF8)
		buf_printf(&out, "(the file is in %s and stays so)\n", encoding_name(s->encoding));
	last = last >= s->first ? last - s->first + 1 : 0;
	tool_finish(r, true, buf_slice(&out),
		    arena_printf(&r->arena, "%.*s, %" PRId64 " line%s", SLICE_ARG(s->path), last,
				 last == 1 ? "" : "s"));
	buf_release(&out);
}

/* A file that is no text: shown, if it is an image that the model takes. */
static void show_binary(struct tool_run *r, const struct workspace_text *t)
{
	struct reading *s = r->state;
	struct image image;
	struct slice words;
	struct err err;

	if (t->is_buffer || !image_probe(t->bytes, &image)) {
		tool_failf(r, "%.*s (%" PRIu64 " bytes) is not shown. %.*s", SLICE_ARG(s->path),
			   t->size, SLICE_ARG(t->why));
	} else if (!image_check(&image, s->path, t->bytes.len, r->env->images, &err)) {
		tool_fail(r, &err);
	} else {
		r->image = arena_dup(&r->arena, t->bytes);
		words = image_words(&r->arena, &image, t->bytes.len);
		words = arena_printf(&r->arena, "%.*s: %.*s", SLICE_ARG(s->path), SLICE_ARG(words));
		tool_finish(r, true, words, words);
	}
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct tool_run *r = payload;
	struct reading *s = r->state;

	r->op = NULL;
	if (err) {
		tool_fail(r, err);
	} else if (!t->exists) {
		tool_failf(r, "%.*s does not exist; use list_files or search to find it",
			   SLICE_ARG(s->path));
	} else if (t->binary) {
		show_binary(r, t);
	} else {
		s->text = t->text;
		s->encoding = t->encoding;
		show(r, snapshot_text(t->text));
	}
}

static void scratch_was_read(struct tool_run *r, struct slice text, bool cut)
{
	struct reading *s = r->state;

	s->cut = cut;
	show(r, text);
}

void read_file_start(struct tool_run *r)
{
	struct reading *s = arena_alloc(&r->arena, sizeof(*s));
	struct decision d = { 0 };

	r->state = s;
	if (!arg_readable(r, "path", true, &s->path) ||
	    !arg_int(r, "start_line", 1, 1, INT32_MAX, &s->first) ||
	    !arg_int(r, "line_count", DEFAULT_LINES, 1, MAX_LINES, &s->count))
		return;
	if (scratch_is(s->path)) {
		scratch_read(r, s->path, scratch_was_read);
		return;
	}
	policy_path(r->env->policy, ACCESS_READ, s->path, &r->arena, &d);
	if (d.verdict == VERDICT_DENY) {
		tool_keep_denied(r->env, s->path);
		tool_failf(r, "%.*s is not accessible: %.*s", SLICE_ARG(s->path), SLICE_ARG(d.why));
	} else {
		r->op = workspace_read(&r->env->workspace, s->path, was_read, r);
	}
}
