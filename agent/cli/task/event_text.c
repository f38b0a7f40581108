/* event_text.c - events as lines for people.
 *
 * The words of the model go to the answer, everything else to the log; they may be one stream. While
 * nothing is printed, the live line says what is going on (live.h). */
#include "agent/cli/task/host_cli.h"

#include "agent/edit/edit.h"
#include "agent/tool/tool.h"
#include "protocol/base/utf8.h"

enum { TAIL_LINES = 8, READS_BYTES = 600 };

/* What was read, since the last line of something else: one line for all. */
static void put_reads(struct host_cli *h)
{
	if (h->reads.len > 0)
		flow_line(h->log, TERM_DIM, "* ", TERM_CYAN, buf_slice(&h->reads));
	buf_clear(&h->reads);
}

/* Called before anything is printed to the log. It ends what may be open on the screen: the live
 * line, a paragraph of the answer, the line that collects what was read. */
void begin_line(struct host_cli *h)
{
	live_hide(&h->live);
	if (markdown_end(&h->markdown))
		markdown_put(&h->markdown);
	term_fresh_line(h->answer);
	if (h->log != h->answer)
		(void)term_flush(h->answer);
	term_fresh_line(h->log);
	put_reads(h);
}

void put_row(struct host_cli *h, enum term_style style, const char *prefix, struct slice text)
{
	bool cut = text.len > ROW_BYTES;
	struct buf b;

	begin_line(h);
	if (cut)
		text.len = utf8_complete_prefix(slice_sub(text, 0, ROW_BYTES));
	buf_init(&b, ROW_BYTES + 8);
	buf_append(&b, text);
	buf_puts(&b, cut ? "..." : "");
	flow_line(h->log, style, prefix, style, buf_slice(&b));
	buf_release(&b);
}

/* Text comes in pieces of a word or less. Markdown keeps a row until it is whole, and only then
 * is something drawn. */
static void put_answer(struct host_cli *h, struct slice text)
{
	if (h->reads.len > 0)
		begin_line(h);
	if (strcmp(h->live.what, "answering") != 0)
		live_say(&h->live, SLICE("answering"));
	if (!markdown_text(&h->markdown, text))
		return;
	live_hide(&h->live);
	markdown_put(&h->markdown);
	live_show(&h->live);
}

/* What the last turn left is forgotten; in a chat the head was shown once. */
static void put_started(struct host_cli *h, const struct task_event *ev)
{
	struct arena a;

	h->markdown.flow.columns =
		term_columns(h->answer); /* it may be another since the last turn */
	h->waited_before = h->asker.waited_ms;
	buf_clear(&h->held);
	h->n_held = 0;
	buf_clear(&h->hidden);
	h->n_hidden = 0;
	if (h->chat)
		return;
	arena_init(&a);
	put_row(h, TERM_BOLD, "emend: ", ev->text);
	put_row(h, TERM_DIM, "",
		arena_printf(&a, "model %.*s, mode %.*s, session %.*s", SLICE_ARG(ev->model),
			     SLICE_ARG(ev->mode), SLICE_ARG(ev->session)));
	arena_release(&a);
}

static void put_plan(struct host_cli *h, struct slice steps)
{
	struct arena a;
	struct json root;
	struct err err;

	arena_init(&a);
	if (json_parse(&a, steps, &root, &err)) {
		for (struct json_iter it = json_iter(root); json_next(&it);) {
			struct json status = json_get(it.value, "status");
			const char *mark = json_is(status, "done")	    ? "  [x] "
					   : json_is(status, "in_progress") ? "  [>] "
					   : json_is(status, "dropped")	    ? "  [-] "
									    : "  [ ] ";

			put_row(h, TERM_CYAN, mark,
				json_str_or(json_get(it.value, "text"), &a, ""));
		}
	}
	arena_release(&a);
}

/* What was allowed is seen by what it does. */
static void put_decided(struct host_cli *h, const struct task_event *ev)
{
	struct slice why = ev->text.len ? ev->text : ev->rule;
	struct term *log = h->log;
	struct arena a;

	if (slice_eq_cstr(ev->decision, "allow"))
		return;
	if (h->quiet) /* the answer alone goes to stdout then */
		h->log = &h->cli->log;
	arena_init(&a);
	put_row(h, TERM_RED, "  denied: ",
		why.len ? arena_printf(&a, "%.*s (%.*s)", SLICE_ARG(ev->subject), SLICE_ARG(why))
			: ev->subject);
	arena_release(&a);
	h->log = log;
}

static void name_call(char *out, size_t size, struct slice call)
{
	(void)snprintf(out, size, "%.*s", SLICE_ARG(call));
}

static bool is_read(struct slice tool)
{
	const struct tool *t = tool_find(tool);

	return t && t->class == TOOL_READ;
}

/* The label is kept for the result, which may come after those of other calls. */
static void put_tool(struct host_cli *h, const struct task_event *ev)
{
	struct slice what = ev->text.len ? ev->text : ev->tool;
	struct call_label *label = &h->labels[h->next_label++ % HOST_LABELS];

	name_call(label->call, sizeof(label->call), ev->call);
	name_call(label->text, sizeof(label->text), what);
	label->text[utf8_complete_prefix(slice_of(label->text))] = '\0';
	name_call(h->last_call, sizeof(h->last_call), ev->call);
	h->asked = false;
	buf_clear(&h->tail);
	h->printed = 0;
	live_say(&h->live, what);
	if (is_read(ev->tool)) /* in one line with others, when it is known what came of it */
		h->last_call[0] = '\0';
	else if (!h->asker.tty ||
		 !slice_eq_cstr(ev->tool, "ask_user")) /* the question says it all */
		put_row(h, TERM_CYAN, "* ", what);
}

/* The end of what the command printed: the beginning goes when there is too much. */
static void keep_tail(struct host_cli *h, struct slice text)
{
	struct slice all, rest;

	for (size_t i = 0; i < text.len; i++)
		h->printed += text.ptr[i] == '\n';
	if (text.len > HOST_TAIL_BYTES)
		text = slice_sub(text, text.len - HOST_TAIL_BYTES, text.len);
	if (h->tail.len + text.len > h->tail.max) {
		all = buf_slice(&h->tail);
		rest = slice_sub(all, all.len - HOST_TAIL_BYTES, all.len);
		memmove(h->tail.data, rest.ptr, rest.len);
		buf_truncate(&h->tail, rest.len);
	}
	buf_append(&h->tail, text);
}

/* Why a command failed stands at the end of what it printed. Blank lines behind that are counted with what is
 * left out. */
static void put_tail(struct host_cli *h)
{
	struct slice text = slice_trim(buf_slice(&h->tail)), line;
	size_t lines = 0, from = text.len, all = h->printed;
	struct arena a;

	while (from > 0 && lines < TAIL_LINES)
		lines += text.ptr[--from] == '\n';
	if (from > 0)
		text = slice_sub(text, from + 1, text.len);
	all += h->tail.len > 0 && h->tail.data[h->tail.len - 1] != '\n';
	arena_init(&a);
	if (from > 0)
		put_row(h, TERM_DIM, "    ",
			arena_printf(&a, "(the last %d of %zu lines; with -v all are shown)",
				     TAIL_LINES, all));
	arena_release(&a);
	while (slice_next_line(&text, &line))
		put_row(h, TERM_DIM, "    ", line);
}

static const struct call_label *label_of(const struct host_cli *h, struct slice call)
{
	for (size_t i = 0; i < HOST_LABELS; i++)
		if (h->labels[i].call[0] && slice_eq_cstr(call, h->labels[i].call))
			return &h->labels[i];
	return NULL;
}

/* "Read a.c, 2 lines; b.c, 30 lines; search foo: 3 matches" */
static void add_read(struct host_cli *h, struct slice label, struct slice text)
{
	size_t end = slice_find_byte(label, ' ', 0);
	struct slice verb = slice_sub(label, 0, end),
		     what = slice_sub(label, verb.len + 1, label.len);
	bool same = slice_eq_cstr(verb, h->read_verb);

	if (h->reads.len + label.len + text.len > READS_BYTES)
		begin_line(h);
	if (h->reads.len == 0)
		buf_printf(&h->reads, "%.*s ", SLICE_ARG(verb));
	else if (same || verb.len == 0)
		buf_puts(&h->reads, "; ");
	else
		buf_printf(&h->reads, "; %c%.*s ", verb.ptr[0] | 32,
			   SLICE_ARG(slice_sub(verb, 1, verb.len)));
	name_call(h->read_verb, sizeof(h->read_verb), verb);
	if (!slice_starts(text, what))
		buf_printf(&h->reads, "%.*s: ", SLICE_ARG(what));
	buf_append(&h->reads, text);
}

/* What a call is about: "calc.py" of "Edit calc.py". */
static struct slice named(const struct call_label *label)
{
	const char *blank = label ? strchr(label->text, ' ') : NULL;

	return slice_of(blank ? blank + 1 : "");
}

/* "calc.py +1 -1" below "* Edit calc.py": the name stands there. */
static struct slice without_name(struct slice name, struct slice text)
{
	if (name.len > 0 && slice_starts(text, name) &&
	    slice_starts(slice_sub(text, name.len, text.len), SLICE(" ")))
		return slice_sub(text, name.len + 1, text.len);
	return text;
}

/* What was read is summed up in one row with its neighbours (add_read). The name of the call is
 * repeated only where another row has come between. */
static void put_result(struct host_cli *h, const struct task_event *ev)
{
	const struct call_label *label = label_of(h, ev->call);
	bool below = slice_eq_cstr(ev->call, h->last_call);
	struct slice text = ev->text;
	struct arena a;

	live_say(&h->live, SLICE("thinking"));
	h->last_call[0] = '\0';
	if (!ev->ok && slice_eq_cstr(ev->text, "denied"))
		return; /* that was said when it was decided */
	if (ev->ok && slice_eq_cstr(ev->tool, "update_plan"))
		return; /* its steps were shown */
	if (ev->ok && label && is_read(ev->tool) && ev->text.len < READS_BYTES / 2) {
		add_read(h, slice_of(label->text), ev->text);
		return;
	}
	arena_init(&a);
	if (below && !h->asked) /* its own line stands above */
		text = without_name(named(label), text);
	else if (!below && label)
		text = arena_printf(&a, "%s: %.*s", label->text, SLICE_ARG(text));
	put_row(h, ev->ok ? TERM_DIM : TERM_RED, ev->ok ? "  " : "  failed: ", text);
	arena_release(&a);
	if (!ev->ok && !h->verbose)
		put_tail(h);
	buf_clear(&h->tail);
}

/* A diff that the person has just agreed to is not printed a second time. */
static void put_changed(struct host_cli *h, const struct task_event *ev)
{
	if (ev->text.len > 0)
		put_row(h, TERM_DIM, "  ", ev->text);
	begin_line(h);
	if (!asker_showed(&h->asker, ev->diff))
		term_diff(h->log,
			  edit_diff_body(ev->diff, named(label_of(h, slice_of(h->last_call)))));
}

static void add_name(struct buf *names, struct slice name)
{
	buf_printf(names, "%s%.*s", names->len ? ", " : "", SLICE_ARG(slice_sub(name, 0, 100)));
}

/* A command wanted it, and it is not so. */
static void put_held(struct host_cli *h, const struct task_event *ev)
{
	struct slice what = ev->path, command = named(label_of(h, ev->call));
	struct arena a;

	arena_init(&a);
	if (what.len == 0 && command.len > 0)
		what = arena_printf(&a, "what `%.*s` changed",
				    SLICE_ARG(slice_sub(command, 0, 60)));
	else if (what.len == 0)
		what = SLICE("what a command changed");
	put_row(h, TERM_RED, "  not kept: ",
		ev->path.len
			? arena_printf(&a, "%.*s: %.*s", SLICE_ARG(ev->path), SLICE_ARG(ev->text))
			: ev->text);
	if (h->n_held++ < ROW_NAMES)
		add_name(&h->held, what);
	arena_release(&a);
}

/* Said at the end only: it is as the person set it up. */
static void keep_hidden(struct host_cli *h, const struct task_event *ev)
{
	for (size_t i = 0; i < ev->n_files; i++)
		if (h->n_hidden++ < ROW_NAMES)
			add_name(&h->hidden, ev->files[i]);
}

static void put_usage(struct host_cli *h, const struct usage *u)
{
	begin_line(h);
	term_printf(h->log,
		    "  tokens: %llu new, %llu from the cache, %llu into it, %llu out; $%.4f%s\n",
		    (unsigned long long)u->input, (unsigned long long)u->cache_read,
		    (unsigned long long)u->cache_write, (unsigned long long)u->output, u->usd,
		    u->unpriced	   ? " (some prices are not known)"
		    : u->estimated ? " (partly an estimate)"
				   : "");
}

/* Quiet: nothing but the answer, and what was denied, which is said as an error would be. */
void event_as_text(struct host_cli *h, const struct task_event *ev)
{
	if (ev->kind == TASK_PERMISSION_DECIDED) {
		put_decided(h, ev);
		return;
	}
	if (h->quiet) { /* the last answer only; why there is none is said as an error */
		if (ev->kind == TASK_FINISHED && slice_eq_cstr(ev->status, "done") &&
		    h->answer == &h->cli->out)
			term_text(h->answer, TERM_PLAIN, ev->text);
		if (ev->kind == TASK_FINISHED)
			begin_line(h);
		return;
	}
	if (ev->kind == TASK_TEXT) {
		put_answer(h, ev->text);
		return;
	}
	switch (ev->kind) {
	case TASK_STARTED:
		put_started(h, ev);
		live_usage(&h->live, &ev->usage);
		live_say(&h->live, SLICE("thinking"));
		break;
	case TASK_PLAN:
		put_plan(h, ev->json);
		break;
	case TASK_TOOL_STARTED:
		put_tool(h, ev);
		break;
	case TASK_TOOL_FINISHED:
		put_result(h, ev);
		break;
	case TASK_OUTPUT:
		keep_tail(h, ev->text);
		if (!h->verbose)
			break;
		live_hide(&h->live);
		term_text(h->log, TERM_DIM, ev->text);
		break;
	case TASK_FILE_CHANGED:
		put_changed(h, ev);
		break;
	case TASK_GIT_CHANGED:
		put_row(h, TERM_DIM, "  ", ev->text);
		break;
	case TASK_CHANGE_HELD:
		put_held(h, ev);
		break;
	case TASK_HIDDEN:
		keep_hidden(h, ev);
		break;
	case TASK_USAGE:
		live_usage(&h->live, &ev->usage);
		if (h->verbose)
			put_usage(h, &ev->usage);
		break;
	case TASK_TEXT_VOID:
		put_row(h, TERM_YELLOW,
			"note: ", SLICE("the answer broke off; what was shown of it is void"));
		break;
	case TASK_STEERED:
		put_row(h, TERM_CYAN, "> ", ev->text);
		break;
	case TASK_NOTICE:
		put_row(h, TERM_YELLOW, "note: ", ev->text);
		break;
	case TASK_FINISHED:
		live_say(&h->live, SLICE(""));
		put_task_end(h, ev);
		host_cli_notice(h, slice_eq_cstr(ev->status, "done") ? "done" : "stopped");
		break;
	case TASK_TEXT:
	case TASK_PERMISSION_REQUESTED:
	case TASK_PERMISSION_DECIDED:
		break;
	}
}
