/* event_end.c - what is said when a task, or a turn of a chat, has ended: what it changed, what was not permitted or not
 * kept on the way, what it cost, and the commands that go on from there. */
#include "agent/cli/task/host_cli.h"

enum { FILES_NAMED = 20 };

/* "1.2 s", or "1.2 s + 18 s waiting for you": a person at lunch is no work */
static struct slice seconds(struct host_cli *h, struct arena *a, const struct task_event *ev)
{
	double yours = (double)(h->asker.waited_ms - h->waited_before) / 1000.0;

	if (yours < 1.0)
		return arena_printf(a, "%.1f s", ev->seconds);
	return arena_printf(a, "%.1f s + %.0f s waiting for you",
			    ev->seconds > yours ? ev->seconds - yours : 0.0, yours);
}

/* "$0.0123, 3210 tokens, 1.2 s" */
static struct slice cost(struct host_cli *h, struct arena *a, const struct task_event *ev)
{
	const struct usage *u = &ev->usage;
	uint64_t tokens = u->input + u->cache_read + u->cache_write + u->output;
	struct slice usd = SLICE("the model's price is not known");

	if (!u->unpriced || u->usd > 0)
		usd = arena_printf(a, "$%.4f%s", u->usd,
				   u->unpriced	  ? " and more, some prices are not known"
				   : u->estimated ? " (partly an estimate)"
						  : "");
	return arena_printf(a, "%.*s, %llu token%s, %.*s", SLICE_ARG(usd),
			    (unsigned long long)tokens, tokens == 1 ? "" : "s",
			    SLICE_ARG(seconds(h, a, ev)));
}

/* "a, b, ..." */
static struct slice names(struct arena *a, const struct slice *all, size_t n, size_t most)
{
	struct slice s = SLICE("");

	for (size_t i = 0; i < n && i < most; i++)
		s = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(s), i ? ", " : "",
				 SLICE_ARG(slice_sub(all[i], 0, ROW_BYTES)));
	return n > most ? arena_printf(a, "%.*s, ...", SLICE_ARG(s)) : s;
}

static struct slice changed(struct arena *a, const struct task_event *ev)
{
	return arena_printf(a, "%zu file%s changed%s%.*s.", ev->n_files,
			    ev->n_files == 1 ? "" : "s", ev->n_files ? ": " : "",
			    SLICE_ARG(names(a, ev->files, ev->n_files, FILES_NAMED)));
}

/* What the model wanted, and did not get. The names were collected while the task ran
 * (event_text.c); of many only the first are named. */
static void put_missing(struct host_cli *h, struct arena *a, const struct task_event *ev)
{
	if (ev->n_denied > 0)
		flow_line(h->log, TERM_PLAIN, "Not permitted on the way: ", TERM_PLAIN,
			  arena_printf(a, "%.*s.",
				       SLICE_ARG(names(a, ev->denied, ev->n_denied, ROW_NAMES))));
	if (h->n_held > 0)
		flow_line(h->log, TERM_PLAIN, "Not kept: ", TERM_PLAIN,
			  arena_printf(a, "%s%s.", buf_cstr(&h->held),
				       h->n_held > ROW_NAMES ? ", ..." : ""));
	if (h->n_hidden > 0)
		flow_line(h->log, TERM_PLAIN, "Hidden from commands: ", TERM_PLAIN,
			  arena_printf(a, "%s%s.", buf_cstr(&h->hidden),
				       h->n_hidden > ROW_NAMES ? ", ..." : ""));
}

/* Where one goes on by typing. */
static void put_turn_end(struct host_cli *h, struct arena *a, const struct task_event *ev)
{
	bool done = slice_eq_cstr(ev->status, "done");

	if (!done)
		flow_line(h->log, TERM_RED, "", TERM_RED,
			  arena_printf(a, "Stopped, %.*s.", SLICE_ARG(ev->status)));
	if (ev->n_files > 0)
		flow_line(h->log, TERM_PLAIN, done ? "Done: " : "", TERM_GREEN, changed(a, ev));
	put_missing(h, a, ev);
	flow_line(h->log, TERM_DIM, "", TERM_DIM,
		  arena_printf(a, "%.*s%s", SLICE_ARG(cost(h, a, ev)),
			       ev->n_files ? "; /diff shows it, /undo takes it back" : ""));
}

/* Commands are to be copied: each stays on one line, if it can. */
static void put_commands(struct host_cli *h, const struct task_event *ev)
{
	unsigned columns = term_columns(h->log);

	if (!slice_eq_cstr(ev->status, "done"))
		term_printf(h->log, "Go on: emend sessions resume %.*s\n", SLICE_ARG(ev->session));
	if (ev->n_files > 0)
		term_printf(h->log, "See it again: emend diff %.*s%sUndo it: emend undo %.*s\n",
			    SLICE_ARG(ev->task), columns > 0 && columns < 72 ? "\n" : "   ",
			    SLICE_ARG(ev->task));
}

void put_task_end(struct host_cli *h, const struct task_event *ev)
{
	bool done = slice_eq_cstr(ev->status, "done");
	struct arena a;

	begin_line(h);
	term_raw(h->log, SLICE("\n"));
	arena_init(&a);
	if (h->chat) {
		put_turn_end(h, &a, ev);
	} else {
		flow_line(
			h->log, TERM_PLAIN,
			arena_printf(&a, "%s%.*s: ", done ? "" : "Stopped, ", SLICE_ARG(ev->status))
				.ptr,
			done ? TERM_GREEN : TERM_RED, changed(&a, ev));
		put_missing(h, &a, ev);
		flow_line(h->log, TERM_PLAIN, "Cost: ", TERM_PLAIN,
			  arena_printf(&a, "%.*s. Session %.*s.", SLICE_ARG(cost(h, &a, ev)),
				       SLICE_ARG(ev->session)));
		put_commands(h, ev);
	}
	arena_release(&a);
}
