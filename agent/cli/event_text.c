/* event_text.c - events as lines for people. */
#include "agent/cli/host_cli.h"

enum { LINE_SHOWN_BYTES = 300 };

/* The answer and the log may be one stream or two: each begins on a line of its own. */
static void begin_line(struct host_cli *h)
{
	term_fresh_line(h->answer);
	if (h->log != h->answer)
		(void)term_flush(h->answer);
	term_fresh_line(h->log);
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
	if (slice_eq_cstr(ev->decision, "allow"))
		return;
	h->denied++;
	begin_line(h);
	term_text(h->log, TERM_RED, SLICE("  denied: "));
	term_line(h->log, TERM_PLAIN, ev->subject, LINE_SHOWN_BYTES);
	if (ev->text.len + ev->rule.len > 0) {
		term_raw(h->log, SLICE(" ("));
		term_line(h->log, TERM_DIM, ev->text.len ? ev->text : ev->rule, LINE_SHOWN_BYTES);
		term_raw(h->log, SLICE(")"));
	}
	term_raw(h->log, SLICE("\n"));
}

static void put_tool(struct host_cli *h, const struct task_event *ev)
{
	begin_line(h);
	term_text(h->log, TERM_CYAN, SLICE("* "));
	if (ev->text.len > 0)
		term_line(h->log, TERM_CYAN, ev->text, LINE_SHOWN_BYTES);
	else
		term_line(h->log, TERM_CYAN, ev->tool, 80);
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

static void put_cost(struct host_cli *h, const struct task_event *ev)
{
	const struct usage *u = &ev->usage;
	uint64_t tokens = u->input + u->cache_read + u->cache_write + u->output;

	if (u->unpriced && u->usd <= 0)
		term_printf(h->log, "Cost: the model's price is not known");
	else
		term_printf(h->log, "Cost: $%.4f%s", u->usd,
			    u->unpriced	   ? " and more, some prices are not known"
			    : u->estimated ? " (partly an estimate)"
					   : "");
	term_printf(h->log, ", %llu tokens, %.1f s. Session ", (unsigned long long)tokens,
		    ev->seconds);
	term_line(h->log, TERM_PLAIN, ev->session, 80);
	term_raw(h->log, SLICE(".\n"));
}

static void put_finished(struct host_cli *h, const struct task_event *ev)
{
	bool done = slice_eq_cstr(ev->status, "done");

	begin_line(h);
	term_text(h->log, done ? TERM_GREEN : TERM_RED, SLICE("\n"));
	if (!done)
		term_raw(h->log, SLICE("Stopped, "));
	term_line(h->log, done ? TERM_GREEN : TERM_RED, ev->status, 40);
	term_printf(h->log, ": %zu file%s changed", ev->n_files, ev->n_files == 1 ? "" : "s");
	for (size_t i = 0; i < ev->n_files && i < 20; i++) {
		term_printf(h->log, i ? ", " : ": ");
		term_line(h->log, TERM_PLAIN, ev->files[i], LINE_SHOWN_BYTES);
	}
	term_printf(h->log, ev->n_files > 20 ? ", ...\n" : ".\n");
	put_cost(h, ev);
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
	if (ev->kind == TASK_TEXT) {
		term_text(h->answer, TERM_PLAIN, ev->text);
		return;
	}
	if (ev->kind == TASK_PERMISSION_DECIDED) {
		put_decided(h, ev);
		return;
	}
	if (h->quiet) {
		if (ev->kind == TASK_FINISHED)
			begin_line(h);
		return;
	}
	switch (ev->kind) {
	case TASK_STARTED:
		put_started(h, ev);
		break;
	case TASK_PLAN:
		put_plan(h, ev->json);
		break;
	case TASK_TOOL_STARTED:
		put_tool(h, ev);
		break;
	case TASK_TOOL_FINISHED:
		put_line(h, ev->ok ? TERM_DIM : TERM_RED, ev->ok ? "  " : "  failed: ", ev->text);
		break;
	case TASK_OUTPUT:
		if (h->verbose)
			term_text(h->log, TERM_DIM, ev->text);
		break;
	case TASK_FILE_CHANGED:
		begin_line(h);
		term_diff(h->log, ev->diff);
		break;
	case TASK_USAGE:
		if (h->verbose)
			put_usage(h, &ev->usage);
		break;
	case TASK_TEXT_VOID:
		put_line(h, TERM_YELLOW,
			 "note: ", SLICE("the answer broke off; what was shown of it is void"));
		break;
	case TASK_NOTICE:
		put_line(h, TERM_YELLOW, "note: ", ev->text);
		break;
	case TASK_FINISHED:
		put_finished(h, ev);
		break;
	case TASK_TEXT:
	case TASK_PERMISSION_REQUESTED:
	case TASK_PERMISSION_DECIDED:
		break;
	}
}
