/* slash.c - the commands of a chat: one table. */
#include "agent/cli/chat/chat.h"

#include <stdlib.h>

#include "agent/cli/back/back.h"
#include "agent/cli/model_check.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/config/suggest.h"

enum { ROOM_FOR_HELP = 60 }; /* columns for name and words beside each other */

struct slash {
	const char *name, *args, *doc;
	bool idle; /* only while nothing runs */
	void (*run)(struct chat *c, struct slice arg);
};

static void run_help(struct chat *c, struct slice arg);

/* The only word that /undo and /redo know. */
static bool is_preview(struct chat *c, struct slice arg, bool *preview)
{
	*preview = slice_eq_cstr(arg, "preview");
	if (arg.len > 0 && !*preview)
		chat_note(c, SLICE("The only word it takes is \"preview\"."));
	return arg.len == 0 || *preview;
}

static void run_undo(struct chat *c, struct slice arg)
{
	bool preview;

	if (is_preview(c, arg, &preview))
		turn_back(c, false, preview);
}

static void run_redo(struct chat *c, struct slice arg)
{
	bool preview;

	if (is_preview(c, arg, &preview))
		turn_back(c, true, preview);
}

/* Nine digits at most, which no number of steps reaches and every long holds. */
static void run_rewind(struct chat *c, struct slice arg)
{
	size_t end = slice_find_byte(arg, ' ', 0);
	struct slice number = slice_sub(arg, 0, end == SIZE_MAX ? arg.len : end);
	struct slice rest = slice_trim(slice_sub(arg, number.len, arg.len));
	struct err err = { 0 };
	int64_t step = -1;
	bool preview;

	if (arg.len == 0 && c->session.len > 0) {
		begin_line(&c->host);
		if (!rewind_list(c->cli, &c->place, c->session, "/rewind", &err))
			chat_note(c, slice_of(err.msg));
		return;
	}
	if (number.len > 0 && number.len <= 9 &&
	    strspn(arena_cstr(&c->cli->arena, number), "0123456789") == number.len)
		step = strtol(arena_cstr(&c->cli->arena, number), NULL, 10);
	if (arg.len > 0 && step < 0)
		chat_note(c,
			  SLICE("/rewind lists the steps; /rewind 3 goes to the end of step 3."));
	else if (is_preview(c, rest, &preview))
		turn_rewind(c, step, preview);
}

static void run_status(struct chat *c, struct slice arg)
{
	struct arena *a = &c->cli->arena;
	struct slice files = SLICE("none");

	(void)arg;
	for (size_t i = 0; i < c->n_files; i++)
		files = i ? arena_printf(a, "%.*s, %.*s", SLICE_ARG(files), SLICE_ARG(c->files[i]))
			  : c->files[i];
	chat_row(c, "session: ", c->session.len ? c->session : SLICE("none yet"));
	chat_row(c, "folder:  ", c->place.workspace);
	chat_row(c, "model:   ", c->model);
	chat_row(c, "mode:    ", slice_of(mode_name(c->place.config.mode)));
	chat_row(c, "spent:   ",
		 arena_printf(a, "$%.4f of $%.2f in this session", c->usd,
			      c->place.config.budget.session_usd));
	chat_row(c, "changed: ", files);
}

static void run_cost(struct chat *c, struct slice arg)
{
	(void)arg;
	chat_note(c,
		  arena_printf(&c->cli->arena,
			       "$%.4f of $%.2f in this session; %zu turn%s of %.0f s in this chat. "
			       "`emend cost` has the days.",
			       c->usd, c->place.config.budget.session_usd, c->turns,
			       c->turns == 1 ? "" : "s", c->seconds));
}

/* The next message begins another session: of this one nothing is told to the model any more. */
static void forget(struct chat *c)
{
	c->session = c->undone = SLICE("");
	c->fork = false;
	c->usd = 0;
	c->n_files = 0;
}

static void run_clear(struct chat *c, struct slice arg)
{
	(void)arg;
	if (c->session.len == 0) {
		chat_note(c, SLICE("This session is empty."));
		return;
	}
	chat_note(c,
		  arena_printf(
			  &c->cli->arena,
			  "The next message begins a new session. Back to this one: /resume %.*s",
			  SLICE_ARG(c->session)));
	forget(c);
}

/* Opened once before it is taken, so that a name that is wrong is found now and not with the
 * next message. */
static void run_model(struct chat *c, struct slice arg)
{
	struct config *config = &c->place.config, asked = *config;
	struct model_check m;

	if (arg.len == 0) {
		chat_note(c,
			  arena_printf(&c->cli->arena, "The model is %.*s.", SLICE_ARG(c->model)));
		return;
	}
	asked.model = arg;
	model_check(&c->loop, &asked, &c->cli->arena, &m);
	if (!m.ok) {
		chat_note(c, slice_of(m.why.msg));
		return;
	}
	config_choose_model(config, arg);
	c->model = m.name;
	c->calls = 0;
	chat_note(c, arena_printf(&c->cli->arena, "From the next message on: %.*s.",
				  SLICE_ARG(m.name)));
}

static void run_mode(struct chat *c, struct slice arg)
{
	enum mode mode;

	if (arg.len == 0)
		chat_note(c,
			  arena_printf(
				  &c->cli->arena,
				  "The mode is %s. There are read-only, plan, ask, edit and auto.",
				  mode_name(c->place.config.mode)));
	else if (!mode_parse(arg, &mode))
		chat_note(
			c,
			arena_printf(
				&c->cli->arena,
				"There is no mode \"%.*s\"; there are read-only, plan, ask, edit and auto.",
				SLICE_ARG(slice_sub(arg, 0, 40))));
	else {
		c->place.config.mode = mode;
		chat_note(c, arena_printf(&c->cli->arena, "From the next message on: mode %s.",
					  mode_name(mode)));
	}
}

/* The one that asks nothing comes with a word of what it is. */
void slash_next_mode(struct chat *c)
{
	static const enum mode next[] = { [MODE_READ_ONLY] = MODE_ASK,
					  [MODE_PLAN] = MODE_ASK,
					  [MODE_ASK] = MODE_EDIT,
					  [MODE_EDIT] = MODE_AUTO,
					  [MODE_AUTO] = MODE_READ_ONLY };
	struct config *config = &c->place.config;

	config->mode = next[config->mode];
	if (config->mode == MODE_AUTO)
		buf_puts(&c->typed.hint_text,
			 "auto: edits and commands are made without a question; Shift-Tab goes on");
}

/* The next answer is a plan; once it is accepted the mode is what the person chose there (chat.c). */
static void run_plan(struct chat *c, struct slice arg)
{
	run_mode(c, SLICE("plan"));
	if (arg.len > 0)
		chat_turn(c, arena_dup(&c->cli->arena, arg));
}

static void run_compact(struct chat *c, struct slice arg)
{
	(void)arg;
	if (c->session.len == 0)
		chat_note(c, SLICE("This session is empty."));
	else
		chat_turn(c, SLICE("/compact"));
}

/* A session of another folder would write to files that this chat does not watch. */
static void run_resume(struct chat *c, struct slice arg)
{
	struct arena *a = &c->cli->arena;
	struct session_info s;
	struct err err = { 0 };
	struct slice id;

	if (arg.len == 0) {
		begin_line(&c->host);
		(void)sessions_list(c->cli, c->place.state);
		chat_note(c, SLICE("/resume ID goes on with one of them."));
		return;
	}
	if (!session_find(a, c->place.state, arg, &id, &err) ||
	    !session_info(a, c->place.state, id, &s, &err)) {
		chat_note(c, slice_of(err.msg));
		return;
	}
	if (!slice_eq(s.workspace, c->place.workspace)) {
		chat_note(c,
			  arena_printf(a, "That session belongs to %.*s: emend chat --resume %.*s",
				       SLICE_ARG(s.workspace), SLICE_ARG(id)));
		return;
	}
	forget(c);
	c->session = id;
	c->usd = s.usd;
	chat_note(c,
		  arena_printf(a, "Session %.*s goes on: %.*s", SLICE_ARG(id), SLICE_ARG(s.title)));
}

/* What was changed so far stays with the session that changed it. */
static void run_fork(struct chat *c, struct slice arg)
{
	(void)arg;
	if (c->session.len == 0) {
		chat_note(c, SLICE("This session is empty."));
		return;
	}
	c->fork = true;
	c->n_files = 0;
	chat_note(c, arena_printf(&c->cli->arena,
				  "The next message begins a new session with this conversation. "
				  "Back to this one: /resume %.*s",
				  SLICE_ARG(c->session)));
}

static void run_exit(struct chat *c, struct slice arg)
{
	(void)arg;
	chat_leave(c);
}

static const struct slash table[] = {
	{ "help", "", "this list", false, run_help },
	{ "undo", "[preview]", "take the changes of the last turn back; again: of the one before",
	  true, run_undo },
	{ "redo", "[preview]", "make again what /undo took back", true, run_redo },
	{ "rewind", "[STEP]", "the steps of this session; back to one, with files and conversation",
	  true, run_rewind },
	{ "diff", "[TASK|STEP]", "what this session changed", true, lend_diff },
	{ "commit", "[MESSAGE]", "into git: what this session changed, and nothing else", true,
	  lend_commit },
	{ "status", "", "session, folder, model, mode, what was spent and changed", false,
	  run_status },
	{ "cost", "", "what this session has cost", false, run_cost },
	{ "model", "[NAME]", "the model; another one from the next message on", true, run_model },
	{ "mode", "[MODE]", "read-only, plan, ask, edit or auto, from the next message on", true,
	  run_mode },
	{ "plan", "[TASK]", "first a plan: nothing is changed until you accept it", true,
	  run_plan },
	{ "compact", "", "make the conversation shorter for the model", true, run_compact },
	{ "clear", "", "begin a new session", true, run_clear },
	{ "resume", "[ID]", "the sessions of this folder; go on with one", true, run_resume },
	{ "fork", "", "go on in a new session that knows this one; this one stays as it is", true,
	  run_fork },
	{ "exit", "", "leave (Ctrl-D does the same)", false, run_exit },
};

const char *slash_name(size_t i)
{
	return i < ARRAY_LEN(table) ? table[i].name : NULL;
}

static void run_help(struct chat *c, struct slice arg)
{
	struct term *t = c->host.log;
	bool narrow = term_columns(t) > 0 && term_columns(t) < ROOM_FOR_HELP;

	(void)arg;
	begin_line(&c->host);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char head[40];
		int n = snprintf(head, sizeof(head), "  /%s%s%s", table[i].name,
				 *table[i].args ? " " : "", table[i].args);

		if (narrow) {
			flow_line(t, TERM_CYAN, "", TERM_PLAIN, slice_of(head));
			flow_line(t, TERM_PLAIN, "      ", TERM_PLAIN, slice_of(table[i].doc));
			continue;
		}
		(void)snprintf(head + n, sizeof(head) - (size_t)n, "%*s", n < 21 ? 21 - n : 1, "");
		flow_line(t, TERM_PLAIN, head, TERM_CYAN, slice_of(table[i].doc));
	}
	if (c->typed.input.kind == INPUT_KEYS)
		flow_line(
			t, TERM_DIM, "  ", TERM_PLAIN,
			SLICE("Enter sends; Alt-Enter, or a backslash before Enter, begins a new row. "
			      "While a task works, Enter gives it your words at its next step, Tab keeps "
			      "them until it is done, Up takes them back. @ and Tab complete the name of "
			      "a file, / and Tab a command. Up and Down go through what you sent before, "
			      "Ctrl-R finds it. Shift-Tab changes the mode, Ctrl-G opens your editor with "
			      "what is typed. !COMMAND runs it in the sandbox, and what it prints goes along "
			      "with your next message."));
}

static void unknown(struct chat *c, struct slice name)
{
	const char *names[ARRAY_LEN(table)], *meant;

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		names[i] = table[i].name;
	meant = suggest(name, names, ARRAY_LEN(table));
	chat_note(c,
		  arena_printf(&c->cli->arena, "There is no command /%.*s%s%s%s /help lists them.",
			       SLICE_ARG(slice_sub(name, 0, 40)), meant ? "; did you mean /" : ".",
			       meant ? meant : "", meant ? "?" : ""));
}

/* What is not idle runs while a task works: it must not start anything. */
void slash_run(struct chat *c, struct slice text)
{
	size_t end = slice_find_byte(text, ' ', 0);
	struct slice name = slice_sub(text, 1, end == SIZE_MAX ? text.len : end);
	struct slice arg = slice_trim(slice_sub(text, 1 + name.len, text.len));

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (!slice_eq_cstr(name, table[i].name))
			continue;
		if (table[i].idle && c->state != CHAT_READING)
			chat_note(
				c,
				arena_printf(
					&c->cli->arena,
					"/%s has to wait until the task is done; Ctrl-C stops it.",
					table[i].name));
		else if (!*table[i].args && arg.len > 0)
			chat_note(c, arena_printf(&c->cli->arena, "/%s takes no words.",
						  table[i].name));
		else
			table[i].run(c, arg);
		return;
	}
	unknown(c, name);
}
