/* event_text.c - events as lines for people.
 *
 * The words of the model go to the answer, everything else to the log; they may be one stream. While
 * nothing is printed, the live line says what is going on (live.h). */
#include "agent/cli/task/host_cli.h"

#include "protocol/base/utf8.h"

enum { LINE_SHOWN_BYTES = 300, TAIL_LINES = 8 };

void begin_line(struct host_cli *h)
{
	live_hide(&h->live);
	if (markdown_end(&h->markdown))
		markdown_put(&h->markdown);
	term_fresh_line(h->answer);
	if (h->log != h->answer)
		(void)term_flush(h->answer);
	term_fresh_line(h->log);
}

static void put_answer(struct host_cli *h, struct slice text)
{
	if (strcmp(h->live.what, "answering") != 0)
		live_say(&h->live, SLICE("answering"));
	if (!markdown_text(&h->markdown, text))
		return;
	live_hide(&h->live);
	markdown_put(&h->markdown);
	live_show(&h->live);
}

static void put_line(struct host_cli *h, enum term_style style, const char *prefix,
		     struct slice text)
{
	begin_line(h);
	term_text(h->log, style, slice_of(prefix));
	term_line(h->log, style, text, LINE_SHOWN_BYTES);
	term_raw(h->log, SLICE("\n"));
}

static void put_started(struct host_cli *h, const struct task_event *ev)
{
	h->markdown.flow.columns =
		term_columns(h->answer); /* it may be another since the last turn */
	if (h->chat)
		return;
	begin_line(h);
	term_text(h->log, TERM_BOLD, SLICE("emend: "));
	term_line(h->log, TERM_BOLD, ev->text, LINE_SHOWN_BYTES);
	term_raw(h->log, SLICE("\n"));
	term_text(h->log, TERM_DIM, SLICE("model "));
	term_line(h->log, TERM_DIM, ev->model, LINE_SHOWN_BYTES);
	term_text(h->log, TERM_DIM, SLICE(", mode "));
	term_line(h->log, TERM_DIM, ev->mode, 40);
	term_text(h->log, TERM_DIM, SLICE(", session "));
	term_line(h->log, TERM_DIM, ev->session, 80);
	term_raw(h->log, SLICE("\n"));
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

			put_line(h, TERM_CYAN, mark,
				 json_str_or(json_get(it.value, "text"), &a, ""));
		}
	}
	arena_release(&a);
}

static void put_decided(struct host_cli *h, const struct task_event *ev)
{
	struct term *t;

	if (slice_eq_cstr(ev->decision, "allow"))
		return;
	t = h->quiet ? &h->cli->log : h->log; /* the answer alone goes to stdout then */
	begin_line(h);
	term_text(t, TERM_RED, SLICE("  denied: "));
	term_line(t, TERM_PLAIN, ev->subject, LINE_SHOWN_BYTES);
	if (ev->text.len + ev->rule.len > 0) {
		term_raw(t, SLICE(" ("));
		term_line(t, TERM_DIM, ev->text.len ? ev->text : ev->rule, LINE_SHOWN_BYTES);
		term_raw(t, SLICE(")"));
	}
	term_raw(t, SLICE("\n"));
}

static void name_call(char *out, size_t size, struct slice call)
{
	(void)snprintf(out, size, "%.*s", SLICE_ARG(call));
}

static void put_tool(struct host_cli *h, const struct task_event *ev)
{
	struct slice what = ev->text.len ? ev->text : ev->tool;
	struct call_label *label = &h->labels[h->next_label++ % HOST_LABELS];

	name_call(label->call, sizeof(label->call), ev->call);
	name_call(label->text, sizeof(label->text), what);
	label->text[utf8_complete_prefix(slice_of(label->text))] = '\0';
	name_call(h->last_call, sizeof(h->last_call), ev->call);
	buf_clear(&h->tail);
	live_say(&h->live, what);
	begin_line(h);
	term_text(h->log, TERM_CYAN, SLICE("* "));
	term_line(h->log, TERM_CYAN, what, LINE_SHOWN_BYTES);
	term_raw(h->log, SLICE("\n"));
}

/* The end of what the command printed: the beginning goes when there is too much. */
static void keep_tail(struct host_cli *h, struct slice text)
{
	struct slice all, rest;

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

/* Why a command failed stands at the end of what it printed. */
static void put_tail(struct host_cli *h)
{
	struct slice text = slice_trim(buf_slice(&h->tail)), line;
	size_t lines = 0, from = text.len;

	while (from > 0 && lines < TAIL_LINES)
		lines += text.ptr[--from] == '\n';
	if (from > 0)
		text = slice_sub(text, from + 1, text.len);
	while (slice_next_line(&text, &line)) {
		term_raw(h->log, SLICE("    "));
		term_line(h->log, TERM_DIM, line, LINE_SHOWN_BYTES);
		term_raw(h->log, SLICE("\n"));
	}
}

static const struct call_label *label_of(const struct host_cli *h, struct slice call)
{
	for (size_t i = 0; i < HOST_LABELS; i++)
		if (h->labels[i].call[0] && slice_eq_cstr(call, h->labels[i].call))
			return &h->labels[i];
	return NULL;
}

static void put_result(struct host_cli *h, const struct task_event *ev)
{
	enum term_style style = ev->ok ? TERM_DIM : TERM_RED;
	const struct call_label *label = label_of(h, ev->call);
	bool below = slice_eq_cstr(ev->call, h->last_call);

	live_say(&h->live, SLICE("thinking"));
	h->last_call[0] = '\0';
	if (!ev->ok && slice_eq_cstr(ev->text, "denied"))
		return; /* that was said when it was decided */
	begin_line(h);
	term_text(h->log, style, ev->ok ? SLICE("  ") : SLICE("  failed: "));
	if (!below && label) { /* another call's line stands above */
		term_line(h->log, style, slice_of(label->text), sizeof(label->text));
		term_text(h->log, style, SLICE(": "));
	}
	term_line(h->log, style, ev->text, LINE_SHOWN_BYTES);
	term_raw(h->log, SLICE("\n"));
	if (!ev->ok && !h->verbose)
		put_tail(h);
	buf_clear(&h->tail);
}

/* A command wanted it, and it is not so. */
static void put_held(struct host_cli *h, const struct task_event *ev)
{
	begin_line(h);
	term_text(h->log, TERM_RED, SLICE("  not kept: "));
	if (ev->path.len > 0) {
		term_line(h->log, TERM_RED, ev->path, LINE_SHOWN_BYTES);
		term_raw(h->log, SLICE(": "));
	}
	term_line(h->log, TERM_PLAIN, ev->text, LINE_SHOWN_BYTES);
	term_raw(h->log, SLICE("\n"));
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

/* "$0.0123, 3210 tokens, 1.2 s" */
static void put_cost(struct host_cli *h, enum term_style style, const struct task_event *ev)
{
	const struct usage *u = &ev->usage;
	uint64_t tokens = u->input + u->cache_read + u->cache_write + u->output;
	char text[160] = "the model's price is not known";
	size_t n;

	if (!u->unpriced || u->usd > 0)
		(void)snprintf(text, sizeof(text), "$%.4f%s", u->usd,
			       u->unpriced    ? " and more, some prices are not known"
			       : u->estimated ? " (partly an estimate)"
					      : "");
	n = strlen(text);
	(void)snprintf(text + n, sizeof(text) - n, ", %llu token%s, %.1f s",
		       (unsigned long long)tokens, tokens == 1 ? "" : "s", ev->seconds);
	term_text(h->log, style, slice_of(text));
}

static void put_changed(struct host_cli *h, const struct task_event *ev)
{
	term_printf(h->log, "%zu file%s changed", ev->n_files, ev->n_files == 1 ? "" : "s");
	for (size_t i = 0; i < ev->n_files && i < 20; i++) {
		term_printf(h->log, i ? ", " : ": ");
		term_line(h->log, TERM_PLAIN, ev->files[i], LINE_SHOWN_BYTES);
	}
	term_printf(h->log, ev->n_files > 20 ? ", ...\n" : ".\n");
}

static void put_denied(struct host_cli *h, const struct task_event *ev)
{
	if (ev->n_denied == 0)
		return;
	term_raw(h->log, SLICE("Not permitted on the way: "));
	for (size_t i = 0; i < ev->n_denied && i < 5; i++) {
		term_raw(h->log, i ? SLICE(", ") : SLICE(""));
		term_line(h->log, TERM_PLAIN, ev->denied[i], 100);
	}
	term_raw(h->log, ev->n_denied > 5 ? SLICE(", ...\n") : SLICE(".\n"));
}

/* Where one goes on by typing. */
static void put_turn_end(struct host_cli *h, const struct task_event *ev)
{
	bool done = slice_eq_cstr(ev->status, "done");

	if (!done) {
		term_text(h->log, TERM_RED, SLICE("Stopped, "));
		term_line(h->log, TERM_RED, ev->status, 40);
		term_raw(h->log, ev->n_files ? SLICE(": ") : SLICE(".\n"));
	} else if (ev->n_files > 0) {
		term_text(h->log, TERM_GREEN, SLICE("Done: "));
	}
	if (ev->n_files > 0)
		put_changed(h, ev);
	put_denied(h, ev);
	put_cost(h, TERM_DIM, ev);
	term_text(h->log, TERM_DIM,
		  ev->n_files ? SLICE("; /diff shows it, /undo takes it back\n") : SLICE("\n"));
}

static void put_finished(struct host_cli *h, const struct task_event *ev)
{
	bool done = slice_eq_cstr(ev->status, "done");

	begin_line(h);
	term_raw(h->log, SLICE("\n"));
	if (h->chat) {
		put_turn_end(h, ev);
		return;
	}
	if (!done)
		term_raw(h->log, SLICE("Stopped, "));
	term_line(h->log, done ? TERM_GREEN : TERM_RED, ev->status, 40);
	term_raw(h->log, SLICE(": "));
	put_changed(h, ev);
	put_denied(h, ev);
	term_raw(h->log, SLICE("Cost: "));
	put_cost(h, TERM_PLAIN, ev);
	term_raw(h->log, SLICE(". Session "));
	term_line(h->log, TERM_PLAIN, ev->session, 80);
	term_raw(h->log, SLICE(".\n"));
	if (!done) {
		term_raw(h->log, SLICE("Go on: emend sessions resume "));
		term_line(h->log, TERM_PLAIN, ev->session, 80);
		term_raw(h->log, SLICE("\n"));
	}
	if (ev->n_files > 0) {
		term_raw(h->log, SLICE("See it again: emend diff "));
		term_line(h->log, TERM_PLAIN, ev->task, 40);
		term_raw(h->log, SLICE("   Undo it: emend undo "));
		term_line(h->log, TERM_PLAIN, ev->task, 40);
		term_raw(h->log, SLICE("\n"));
	}
}

void event_as_text(struct host_cli *h, const struct task_event *ev)
{
	if (ev->kind == TASK_PERMISSION_DECIDED) {
		put_decided(h, ev);
		return;
	}
	if (h->quiet) { /* the last answer only; why there is none is said as an error */
		if (ev->kind == TASK_FINISHED && slice_eq_cstr(ev->status, "done"))
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
		if (ev->text.len > 0)
			put_line(h, TERM_DIM, "  ", ev->text);
		begin_line(h);
		if (!asker_showed(&h->asker, ev->diff))
			term_diff(h->log, ev->diff);
		break;
	case TASK_GIT_CHANGED:
		put_line(h, TERM_DIM, "  ", ev->text);
		break;
	case TASK_CHANGE_HELD:
		put_held(h, ev);
		break;
	case TASK_USAGE:
		live_usage(&h->live, &ev->usage);
		if (h->verbose)
			put_usage(h, &ev->usage);
		break;
	case TASK_TEXT_VOID:
		put_line(h, TERM_YELLOW,
			 "note: ", SLICE("the answer broke off; what was shown of it is void"));
		break;
	case TASK_STEERED:
		put_line(h, TERM_CYAN, "> ", ev->text);
		break;
	case TASK_NOTICE:
		put_line(h, TERM_YELLOW, "note: ", ev->text);
		break;
	case TASK_FINISHED:
		live_say(&h->live, SLICE(""));
		put_finished(h, ev);
		break;
	case TASK_TEXT:
	case TASK_PERMISSION_REQUESTED:
	case TASK_PERMISSION_DECIDED:
		break;
	}
}
