/* symbol.c - see symbol.h; and the tools that show places: references, definition. */
#include "agent/tool/symbol.h"

#include <ctype.h>
#include <inttypes.h>

#include "agent/tool/lookup.h"
#include "agent/tool/tools.h"
#include "protocol/base/limits.h"

enum { NEAR_LINES = 3, DEFINITION_LINES = 12 };
enum { SHOWN_PLACES = 200, SHOWN_FILES = 30, LINE_BYTES = 300 };

/* --- where it stands --- */

/* Letters of other alphabets are bytes from 0x80 on, and count as letters. */
static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

/* The first place in the line where the name is a whole word; SIZE_MAX: there is none. */
static size_t find_word(struct slice line, struct slice name)
{
	for (size_t at = 0; (at = slice_find(line, name, at)) != SIZE_MAX; at++) {
		size_t end = at + name.len;
		bool joined = (at > 0 && in_word(line.ptr[at - 1]) && in_word(name.ptr[0])) ||
			      (end < line.len && in_word(line.ptr[end]) &&
			       in_word(name.ptr[name.len - 1]));

		if (!joined)
			return at;
	}
	return SIZE_MAX;
}

/* Models are off by a line or two now and then: the nearest line counts. */
static bool find_place(const struct symbol *s, struct slice text, size_t *offset)
{
	struct line_index ix;
	size_t want = (size_t)s->line - 1, lines, from, to;
	bool ok = false;

	line_index_init(&ix);
	lines = line_index_lines(&ix, text);
	for (size_t away = 0; away <= NEAR_LINES && !ok; away++) {
		for (int side = 0; side < 2 && !ok; side++) {
			size_t line = side ? want + away : want - away, at;

			if (line >= lines) /* also below 0 */
				continue;
			line_index_bounds(&ix, text, line, &from, &to);
			at = find_word(slice_sub(text, from, to), s->name);
			ok = at != SIZE_MAX;
			*offset = from + at;
		}
	}
	line_index_release(&ix);
	return ok;
}

static void answered(void *payload, const struct lookup_result *result, const struct err *err)
{
	struct tool_run *r = payload;
	struct symbol *s = r->state;

	r->ask = NULL;
	if (err)
		tool_fail(r, err);
	else if (result->n == 0)
		tool_failf(
			r,
			"The language server of the editor knows nothing of %.*s here (or there is "
			"none for this file): use search.",
			SLICE_ARG(s->name));
	else
		s->found(r, lookup_sorted(r, result), result->n, result->encoding);
}

/* The place is given to the language server as an offset in the text that we read, and with the text, so
 * that it cannot mean another place in another version. */
static void ask(struct tool_run *r, struct slice text)
{
	struct symbol *s = r->state;
	struct lookup q = { .kind = s->kind, .text = text, .new_name = s->new_name };

	if (!find_place(s, text, &q.offset)) {
		tool_failf(r, "%.*s does not stand in line %" PRId64 " of %.*s: read it again",
			   SLICE_ARG(s->name), s->line, SLICE_ARG(s->path));
		return;
	}
	q.path = arena_printf(&r->arena, "%.*s/%.*s", SLICE_ARG(r->env->workspace.root),
			      SLICE_ARG(s->path));
	lookup_ask(r, &q, answered);
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct tool_run *r = payload;
	struct symbol *s = r->state;

	r->op = NULL;
	if (err)
		tool_fail(r, err);
	else if (!t->text)
		tool_failf(r, "%.*s %s", SLICE_ARG(s->path),
			   t->exists ? "is no text" : "does not exist");
	else
		ask(r, snapshot_text(t->text));
}

/* The file must be readable for the model: a place in a secret would tell its lines. */
void symbol_start(struct tool_run *r, struct symbol *s)
{
	struct decision d = { 0 };

	r->state = s;
	if (!arg_path(r, "path", true, &s->path) ||
	    !arg_int(r, "line", 1, 1, INT32_MAX, &s->line) || !arg_str(r, "symbol", true, &s->name))
		return;
	policy_path(r->env->policy, ACCESS_READ, s->path, &r->arena, &d);
	if (s->name.len == 0)
		tool_failf(r, "symbol is empty: give its name");
	else if (d.verdict == VERDICT_DENY)
		tool_failf(r, "%.*s is not accessible: %.*s", SLICE_ARG(s->path), SLICE_ARG(d.why));
	else
		r->op = workspace_read(&r->env->workspace, s->path, was_read, r);
}

/* --- places, with the lines that stand there --- */

/* The symbol comes first: symbol_start() has it as the run's state. */
struct places {
	struct symbol symbol;
	const struct lookup_item *items;
	size_t n, at, files;
	struct buf out;
};

static void show_next(struct tool_run *r);

/* Only where places are shown: r->state is a struct places then. */
static void release(struct tool_run *r)
{
	struct places *p = r->state;

	buf_release(&p->out);
}

/* "PATH:LINE<tab>TEXT"; of a definition the lines below it, too. */
static void put_place(struct places *p, struct slice name, const struct lookup_item *it,
		      struct slice text)
{
	size_t lines = p->symbol.kind == LOOKUP_DEFINITION ? DEFINITION_LINES : 1, from, to, all;
	struct line_index ix;

	line_index_init(&ix);
	all = text.len ? line_index_lines(&ix, text) : 0;
	buf_printf(&p->out, "%.*s:%u", SLICE_ARG(name), it->range.start.line + 1);
	for (size_t i = 0; i < lines && it->range.start.line + i < all; i++) {
		line_index_bounds(&ix, text, it->range.start.line + i, &from, &to);
		buf_printf(&p->out, "%s%.*s", i ? "\n\t" : "\t",
			   SLICE_ARG(slice_sub(slice_sub(text, from, to), 0, LINE_BYTES)));
	}
	buf_putc(&p->out, '\n');
	line_index_release(&ix);
}

/* All places in the file of the next one. */
static void put_file(struct tool_run *r, struct slice name, struct slice text)
{
	struct places *p = r->state;
	struct slice path = p->items[p->at].path;

	for (; p->at < p->n && slice_eq(p->items[p->at].path, path); p->at++)
		if (name.len)
			put_place(p, name, &p->items[p->at], text);
	p->files++;
}

static void file_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct tool_run *r = payload;
	struct places *p = r->state;
	struct slice name;

	r->op = NULL;
	if (!lookup_name(r, p->items[p->at].path, &name))
		name = SLICE("");
	put_file(r, name, err || !t->text ? SLICE("") : snapshot_text(t->text));
	show_next(r);
}

/* Files are read one by one, for the lines that are shown; those outside of the workspace, and those over
 * SHOWN_FILES, are named without their lines. */
static void show_next(struct tool_run *r)
{
	struct places *p = r->state;
	struct slice name;

	while (p->at < p->n) {
		bool may = lookup_name(r, p->items[p->at].path, &name);

		if (may && !slice_starts(name, SLICE("/")) && p->files < SHOWN_FILES) {
			r->op = workspace_read(&r->env->workspace, name, file_read, r);
			return;
		}
		put_file(r, may ? name : SLICE(""), SLICE(""));
	}
	tool_finish(r, true, buf_slice(&p->out),
		    arena_printf(&r->arena, "%zu place%s", p->n, p->n == 1 ? "" : "s"));
}

static void show(struct tool_run *r, const struct lookup_item *items, size_t n,
		 enum position_encoding e)
{
	struct places *p = r->state;

	(void)e;
	p->items = items;
	p->n = n < SHOWN_PLACES ? n : SHOWN_PLACES;
	buf_init(&p->out, LIMIT_MESSAGE_BYTES);
	r->release = release;
	if (n > p->n)
		buf_printf(&p->out, "(%zu places; the first %zu are shown)\n", n, p->n);
	show_next(r);
}

static void places_start(struct tool_run *r, enum lookup_kind kind)
{
	struct places *p = arena_alloc(&r->arena, sizeof(*p));

	p->symbol.kind = kind;
	p->symbol.found = show;
	symbol_start(r, &p->symbol);
}

void references_start(struct tool_run *r)
{
	places_start(r, LOOKUP_REFERENCES);
}

void definition_start(struct tool_run *r)
{
	places_start(r, LOOKUP_DEFINITION);
}
