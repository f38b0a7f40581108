/* session_show.c - session_show() of session_info.h.
 *
 * One function for each type of event, in a table; types that are not in it say nothing to people.
 * All texts come from a log, and go through term_line() or term_text(). */
#include "agent/cli/sessions/session_info.h"

#include "agent/store/event_log.h"

/* of a prompt; of anything else */
enum { SHOWN_BYTES = 2000, LINE_BYTES = 300 };

struct shower {
	struct term *t;
	struct arena *a; /* of one event */
	struct json event;
};

static struct slice get(struct shower *s, const char *key)
{
	struct json v = json_get(s->event, key);

	return json_type(v) == JSON_STRING ? json_str_or(v, s->a, "") : json_raw(v);
}

static void put(struct shower *s, enum term_style style, const char *key)
{
	term_line(s->t, style, get(s, key), LINE_BYTES);
}

static void words(struct shower *s, const char *text)
{
	term_raw(s->t, slice_of(text));
}

static void show_task(struct shower *s)
{
	words(s, "\n");
	put(s, TERM_BOLD, "title");
	words(s, "  [");
	put(s, TERM_DIM, "task");
	words(s, ", ");
	put(s, TERM_DIM, "model");
	words(s, ", mode ");
	put(s, TERM_DIM, "mode");
	words(s, "]\n");
	if (slice_eq(get(s, "prompt"), get(s, "title")))
		return;
	term_text(s->t, TERM_PLAIN, slice_sub(get(s, "prompt"), 0, SHOWN_BYTES));
	words(s, "\n");
}

static void show_assistant(struct shower *s)
{
	for (struct json_iter it = json_iter(json_get(s->event, "blocks")); json_next(&it);) {
		if (!json_is(json_get(it.value, "kind"), "text"))
			continue;
		term_text(s->t, TERM_PLAIN, json_str_or(json_get(it.value, "text"), s->a, ""));
		words(s, "\n");
	}
}

static void show_call(struct shower *s)
{
	term_text(s->t, TERM_CYAN, SLICE("* "));
	put(s, TERM_CYAN, "tool");
	words(s, " ");
	put(s, TERM_DIM, "input");
	words(s, "\n");
}

static void show_permission(struct shower *s)
{
	words(s, "  ");
	put(s, TERM_YELLOW, "decision");
	words(s, ": ");
	put(s, TERM_PLAIN, "subject");
	words(s, " (by ");
	put(s, TERM_DIM, "by");
	words(s, ": ");
	put(s, TERM_DIM, "rule");
	words(s, ")\n");
}

static void show_command(struct shower *s)
{
	words(s, "  $ ");
	put(s, TERM_PLAIN, "command");
	words(s, "\n  exit ");
	put(s, TERM_PLAIN, "exit");
	words(s, ", ");
	put(s, TERM_PLAIN, "output_bytes");
	words(s, " bytes of output\n");
}

static void show_execution(struct shower *s)
{
	words(s, "  ");
	put(s, TERM_PLAIN, "language");
	words(s, " code: ");
	put(s, TERM_PLAIN, "status");
	words(s, ", exit ");
	put(s, TERM_PLAIN, "exit");
	words(s, "\n");
}

static void show_edit(struct shower *s)
{
	words(s, "  step ");
	put(s, TERM_PLAIN, "step");
	words(s, ": ");
	put(s, TERM_PLAIN, "path");
	words(s, get(s, "before").len == 0  ? " (new)"
		 : get(s, "after").len == 0 ? " (removed)"
					    : " (changed)");
	words(s, "\n");
}

/* What git did beside the files that stand there as steps, in one line. */
static void show_git(struct shower *s)
{
	words(s, "  ");
	put(s, TERM_PLAIN, "text");
	words(s, "\n");
}

static void show_held(struct shower *s)
{
	term_text(s->t, TERM_RED, SLICE("  not kept: "));
	put(s, TERM_PLAIN, "path");
	words(s, get(s, "path").len > 0 ? ": " : "");
	put(s, TERM_PLAIN, "reason");
	put(s, TERM_PLAIN, "text"); /* of a command that wrote past its layer */
	words(s, "\n");
}

static void show_undo(struct shower *s)
{
	bool redo = json_bool_or(json_get(s->event, "redo"), false);

	words(s, json_bool_or(json_get(s->event, "ok"), false) ? "  " : "  not ");
	words(s, redo ? "made again: step " : "undone: step ");
	put(s, TERM_PLAIN, "step");
	words(s, ", ");
	put(s, TERM_PLAIN, "path");
	words(s, " ");
	put(s, TERM_DIM, "error");
	words(s, "\n");
}

static void show_undoing(struct shower *s)
{
	struct json rewind = json_get(s->event, "rewind");

	if (json_type(rewind) != JSON_OBJECT)
		return;
	term_text(s->t, TERM_YELLOW,
		  arena_printf(s->a, "rewound to the end of step %lld\n",
			       (long long)json_i64_or(json_get(rewind, "to"), 0)));
}

static void show_finished(struct shower *s)
{
	put(s, TERM_GREEN, "status");
	words(s, ": $");
	put(s, TERM_PLAIN, "usd");
	words(s, ", ");
	put(s, TERM_PLAIN, "seconds");
	words(s, " s, files ");
	put(s, TERM_PLAIN, "files");
	words(s, "\n");
}

static void show_notice(struct shower *s)
{
	term_text(s->t, TERM_YELLOW, SLICE("note: "));
	put(s, TERM_PLAIN, "text");
	words(s, "\n");
}

static void show_session(struct shower *s)
{
	words(s, "session ");
	put(s, TERM_BOLD, "session");
	words(s, " in ");
	put(s, TERM_PLAIN, "workspace");
	words(s, ", ");
	put(s, TERM_DIM, "time");
	words(s, "\n");
}

static const struct {
	const char *type;
	void (*show)(struct shower *s);
} kinds[] = {
	{ "session", show_session },
	{ "task", show_task },
	{ "assistant", show_assistant },
	{ "call", show_call },
	{ "permission", show_permission },
	{ "command", show_command },
	{ "execution", show_execution },
	{ "edit", show_edit },
	{ "git", show_git },
	{ "held", show_held },
	{ "undoing", show_undoing },
	{ "undo", show_undo },
	{ "notice", show_notice },
	{ "finished", show_finished },
};

static bool take(void *payload, struct json event, struct err *err)
{
	struct shower s = *(struct shower *)payload;
	struct json type = json_get(event, "type");
	struct arena a;

	(void)err;
	arena_init(&a);
	s.a = &a;
	s.event = event;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (json_is(type, kinds[i].type))
			kinds[i].show(&s);
	arena_release(&a);
	return true;
}

bool session_show(struct term *t, struct slice state, struct slice id, struct err *err)
{
	struct shower s = { .t = t };

	return event_log_read(state, id, take, &s, err);
}
