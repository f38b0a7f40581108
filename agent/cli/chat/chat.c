/* chat.c - emend chat: see chat.h. The machine of the conversation, and its beginning and end. */
#include "agent/cli/chat/chat.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "agent/cli/model_check.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/cli/task/task_cmd.h"
#include "agent/store/event_log.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"

/* Ctrl-C again within this time leaves. */
enum { AGAIN_MS = 2000 };

void chat_row(struct chat *c, const char *name, struct slice text)
{
	if (c->host.json || c->host.quiet)
		return;
	begin_line(&c->host);
	flow_line(c->host.log, TERM_DIM, name, TERM_DIM, text);
	(void)term_flush(c->host.log);
}

void chat_note(struct chat *c, struct slice text)
{
	chat_row(c, "", text);
}

/* --- a turn --- */

/* What was typed is wiped with its box: the transcript has it. */
static void put_entered(struct chat *c, struct slice text)
{
	struct term *t = c->host.log;
	struct slice rest = text, row;
	const char *mark = "> ";

	if (c->host.json || c->host.quiet || c->typed.input.kind == INPUT_LINES)
		return;
	begin_line(&c->host);
	if (c->typed.input.kind == INPUT_KEYS || c->turns > 0)
		term_raw(t, SLICE("\n"));
	while (slice_next_line(&rest, &row)) {
		flow_line(t, TERM_BOLD, mark, TERM_BOLD, row);
		mark = "  ";
	}
	(void)term_flush(t);
}

static void count_files(struct chat *c, const struct task_outcome *o)
{
	for (size_t i = 0; i < o->n_files; i++) {
		size_t k = 0;

		while (k < c->n_files && !slice_eq(c->files[k], o->files[i]))
			k++;
		if (k == c->n_files && k < CHAT_FILES)
			c->files[c->n_files++] = arena_dup(&c->cli->arena, o->files[i]);
	}
}

/* Words that the task did not hear are the person's again, and what was to follow a task that was stopped. */
static void give_back(struct chat *c, struct task *t, bool stopped)
{
	struct slice text, all = SLICE("");
	struct arena *a = &c->cli->arena;

	while (task_unsteer(t, &text))
		all = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(text), all.len ? "\n" : "",
				   SLICE_ARG(all));
	for (size_t i = 0; stopped && i < c->n_later; i++)
		all = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(all), all.len ? "\n" : "",
				   SLICE_ARG(c->later[i]));
	c->n_later = stopped ? 0 : c->n_later;
	if (all.len == 0)
		return;
	if (c->typed.input.kind != INPUT_KEYS) {
		chat_note(c,
			  arena_printf(a, "The task ended before it heard: %.*s", SLICE_ARG(all)));
		return;
	}
	if (c->typed.line.text.len > 0)
		all = arena_printf(a, "%.*s\n%.*s", SLICE_ARG(all),
				   SLICE_ARG(buf_slice(&c->typed.line.text)));
	line_set(&c->typed.line, all);
}

/* The task is freed when this returns; what is kept of it is copied. The next turn must not
 * start in here, as the session's log still belongs to this task: what waits starts from a job. */
static void on_done(void *payload, struct task *t, const struct task_outcome *o)
{
	struct slice rest = o->summary, why = SLICE("");
	struct chat *c = payload;
	struct err err = { 0 };

	c->session = arena_dup(&c->cli->arena, task_session(t));
	c->turns++;
	c->calls += o->calls;
	c->usd += o->usage.usd;
	c->seconds += o->seconds;
	c->status = err_exit_code(o->code);
	count_files(c, o);
	if (c->place.config.mode == MODE_PLAN && o->mode > MODE_PLAN) /* the plan was accepted */
		c->place.config.mode = o->mode;
	c->host.task = NULL;
	if (o->code != ERR_NONE && o->code != ERR_CANCELLED && !c->host.json) {
		(void)slice_next_line(&rest, &why);
		(void)err_set(&err, o->code, "%.*s", SLICE_ARG(why));
		live_hide(&c->host.live);
		(void)term_flush(&c->cli->out);
		term_error(&c->cli->log, err.msg);
	}
	give_back(c, t, o->code == ERR_CANCELLED);
	chat_goto(c, CHAT_READING);
}

/* What was undone and run since the last message is told with this one, and forgotten once a task has
 * it. */
void chat_turn(struct chat *c, struct slice text)
{
	struct task_spec spec = { .workspace = c->place.workspace,
				  .config = &c->place.config,
				  .session = c->session,
				  .fork = c->fork,
				  .calls_before = c->calls };
	struct err err = { 0 };

	if (!slice_starts(text, SLICE("/")))
		put_entered(c, text);
	spec.instruction = arena_printf(&c->cli->arena, "%.*s%s%.*s%s%.*s", SLICE_ARG(text),
					c->undone.len ? "\n\n" : "", SLICE_ARG(c->undone),
					c->ran.len ? "\n\n" : "", SLICE_ARG(c->ran));
	c->interrupts = 0;
	if (task_start(c->loop.agent, &spec, &c->host.host, on_done, c, &c->host.task, &err)) {
		c->undone = c->ran = SLICE("");
		if (c->fork)
			c->usd = 0;
		c->fork = false;
		chat_goto(c, CHAT_WORKING);
		return;
	}
	c->host.task = NULL;
	live_hide(&c->host.live);
	c->status = cli_fail(c->cli, &err);
	chat_goto(c, CHAT_READING);
}

static void keep_for_later(struct chat *c, struct slice text)
{
	if (c->n_later == CHAT_LATER)
		chat_note(c, SLICE("Too many messages wait already."));
	else
		c->later[c->n_later++] = text;
}

/* What people type who do not know the commands yet; a model has no use for it. */
static struct slice meant(const struct chat *c, struct slice text)
{
	if (c->typed.input.kind == INPUT_PIPE)
		return text;
	if (slice_eq_cstr(text, "?") || slice_eq_cstr(text, "help"))
		return SLICE("/help");
	return slice_eq_cstr(text, "exit") || slice_eq_cstr(text, "quit") ? SLICE("/exit") : text;
}

/* `!COMMAND`, of a person. With a space before it, it is a message; from a pipe always. */
static bool is_shell(const struct chat *c, struct slice text)
{
	return c->typed.input.kind != INPUT_PIPE && slice_starts(text, SLICE("!"));
}

static void run_shell(struct chat *c, struct slice text)
{
	struct slice command = slice_trim(slice_sub(text, 1, text.len));

	put_entered(c, text);
	if (c->state != CHAT_READING)
		chat_note(c, SLICE("! has to wait until the task is done; Ctrl-C stops it."));
	else if (command.len == 0)
		chat_note(
			c,
			SLICE("!COMMAND runs it in the sandbox; what it prints goes along with your "
			      "next message."));
	else
		shell_run(c, command);
}

/* A message for a task that cannot hear it any more waits for the next turn: nothing that was
 * sent is lost. */
void chat_entered(struct chat *c, struct slice text, bool later)
{
	bool shell = is_shell(c, text);

	text = arena_dup(&c->cli->arena, meant(c, slice_trim(text)));
	if (text.len == 0 || c->state == CHAT_ENDED)
		return;
	if (c->typed.input.kind != INPUT_PIPE)
		past_add(&c->typed.past, text);
	c->typed.line.shown = c->typed.past.n;
	if (shell) {
		run_shell(c, text);
	} else if (text.ptr[0] == '/') {
		put_entered(c, text);
		slash_run(c, text);
	} else if (c->state == CHAT_READING) {
		chat_turn(c, text);
	} else if (later || c->state != CHAT_WORKING || !task_steer(c->host.task, text)) {
		keep_for_later(c, text);
	}
}

/* --- the machine --- */

static void put_summary(struct chat *c)
{
	struct arena *a = &c->cli->arena;
	unsigned columns;

	if (c->session.len == 0 || c->turns == 0 || c->host.json || c->host.quiet)
		return;
	begin_line(&c->host);
	term_raw(c->host.log, SLICE("\n"));
	chat_note(c, arena_printf(a, "Session %.*s: %zu turn%s, %zu file%s changed, $%.4f, %.0f s.",
				  SLICE_ARG(c->session), c->turns, c->turns == 1 ? "" : "s",
				  c->n_files, c->n_files == 1 ? "" : "s", c->usd, c->seconds));
	/* Not wrapped: it is to be copied. */
	columns = term_columns(c->host.log);
	term_printf(c->host.log, "Go on:%semend chat --resume %.*s\n",
		    columns > 0 && columns < 28 + c->session.len ? "\n" : " ",
		    SLICE_ARG(c->session));
}

/* Everything that has a handle is closed here; the loop then runs out. From a person's chat the
 * status says nothing, a pipe's is that of its last turn. */
static void end(struct chat *c)
{
	bool signalled = c->loop.last_signal != 0 && c->loop.last_signal != SIGINT;

	live_hide(&c->host.live);
	typed_close(&c->typed);
	job_drop(&c->next);
	put_summary(c);
	if (c->typed.input.kind != INPUT_PIPE) /* the person saw what came of each turn */
		c->status = signalled ? err_exit_code(ERR_CANCELLED) : 0;
	host_cli_close(&c->host);
	cli_loop_end(&c->loop);
}

/* The only writer of c->state. READING with the wish to leave is the end. From a pipe nothing is
 * read while a task works: the next line is a message of its own. */
void chat_goto(struct chat *c, enum chat_state next)
{
	static const char *const name[] = { "READING", "WORKING", "UNDOING", "LENDING", "ENDED" };

	log_debug("chat: %s -> %s", name[c->state], name[next]);
	if (next == CHAT_READING && (c->leaving || c->host.stdout_gone))
		next = CHAT_ENDED;
	c->state = next;
	switch (next) {
	case CHAT_READING:
		c->loop.interrupts = 0;
		live_say(&c->host.live, SLICE(""));
		if (c->n_later > 0)
			runq_post(&c->loop.runq, &c->next);
		else
			input_run(&c->typed.input);
		break;
	case CHAT_WORKING:
	case CHAT_UNDOING:
		if (c->typed.input.kind == INPUT_PIPE)
			input_pause(&c->typed.input);
		else
			input_run(&c->typed.input);
		break;
	case CHAT_LENDING:
		input_pause(&c->typed.input);
		return;
	case CHAT_ENDED:
		end(c);
		return;
	}
	typing_show(c);
}

/* What waited for the end of a task: from the loop, for the session is in use until that task is gone. */
static void next_message(struct job *j)
{
	struct chat *c = container_of(j, struct chat, next);
	struct slice text;

	if (c->state != CHAT_READING || c->n_later == 0)
		return; /* taken back, or something else was quicker: its end posts again */
	text = c->later[0];
	memmove(c->later, c->later + 1, --c->n_later * sizeof(text));
	chat_turn(c, text);
}

void chat_leave(struct chat *c)
{
	c->leaving = true;
	if (c->host.task)
		task_cancel(c->host.task);
	if (c->state == CHAT_READING)
		chat_goto(c, CHAT_ENDED);
}

/* Once: stops what runs, or empties the line. Twice within AGAIN_MS, or another signal: leaves.
 * The counter of the loop is reset each time, or it would end the program at the second one. */
void chat_interrupt(struct chat *c)
{
	uint64_t now = uv_now(&c->loop.uv);
	bool again = c->interrupts > 0 && now - c->interrupted_ms < AGAIN_MS;

	c->interrupts = again ? c->interrupts + 1 : 1;
	c->interrupted_ms = now;
	if (c->state == CHAT_LENDING) {
		c->loop.interrupts = c->interrupts = 0;
		c->leaving = c->leaving || c->loop.last_signal != SIGINT;
		lend_signal(c, c->loop.last_signal);
		return;
	}
	if (again || (c->loop.last_signal != 0 && c->loop.last_signal != SIGINT)) {
		chat_leave(c);
		return;
	}
	c->loop.interrupts = 0; /* the next one is ours, too */
	if (c->state == CHAT_WORKING) {
		chat_note(c, SLICE("Stopping; Ctrl-C once more leaves the chat."));
		task_cancel(c->host.task);
	} else if (c->state == CHAT_READING && c->typed.line.text.len > 0) {
		line_set(&c->typed.line, SLICE(""));
	} else if (c->state == CHAT_READING) {
		chat_note(c, SLICE("Ctrl-C once more, Ctrl-D or /exit leaves the chat."));
	}
	typing_show(c);
}

/* --- the beginning --- */

static void on_signal(void *payload)
{
	chat_interrupt(payload);
}

static void on_break(void *payload)
{
	struct chat *c = payload;

	input_pause(&c->typed.input); /* the terminal is as it was */
}

/* Of --resume. The session's own folder, unless -C names one. */
static bool find_session(struct chat *c, struct session_info *s, struct err *err)
{
	struct cli *cli = c->cli;
	struct slice state, id, workspace;

	if (!cli_given(cli, OPT_RESUME))
		return true;
	if (!state_dir(&cli->arena, &state, err))
		return false;
	if (strcmp(cli->args.resume, "last") == 0) {
		if (!place_workspace(cli, &workspace, err) ||
		    !session_newest(&cli->arena, state, workspace, &id, err))
			return false;
	} else if (!session_find(&cli->arena, state, slice_of(cli->args.resume), &id, err)) {
		return false;
	}
	if (!session_info(&cli->arena, state, id, s, err))
		return false;
	if (!cli->args.dir && s->workspace.len > 0)
		cli->args.dir = arena_cstr(&cli->arena, s->workspace);
	c->session = id;
	c->usd = s->usd;
	return true;
}

static void greet(struct chat *c, const struct session_info *s)
{
	struct arena *a = &c->cli->arena;
	struct term *t = c->host.log;

	if (c->typed.input.kind == INPUT_PIPE || c->host.json || c->host.quiet)
		return;
	flow_line(t, TERM_PLAIN, "emend: ", TERM_BOLD,
		  arena_printf(a, "%.*s, mode %s, in %.*s", SLICE_ARG(c->model),
			       mode_name(c->place.config.mode), SLICE_ARG(c->place.workspace)));
	flow_line(t, TERM_DIM, "", TERM_PLAIN,
		  SLICE("/help lists what there is to type, Ctrl-C stops a task, Ctrl-D leaves."));
	if (s->id.len > 0)
		chat_note(c, arena_printf(a, "Session %.*s goes on: %.*s (%llu task%s, $%.4f)",
					  SLICE_ARG(s->id), SLICE_ARG(s->title),
					  (unsigned long long)s->tasks, s->tasks == 1 ? "" : "s",
					  s->usd));
}

/* Without a model there is nobody to talk to: that is said before anything is typed. */
static bool check_model(struct chat *c, struct err *err)
{
	struct model_check m;

	model_check(&c->loop, &c->place.config, &c->cli->arena, &m);
	c->model = m.name;
	if (!m.ok)
		*err = m.why;
	return m.ok;
}

/* The words of the command line, and what was piped along with them. */
static bool first_message(struct chat *c, struct slice *text, struct err *err)
{
	struct slice piped;

	*text = task_words(c->cli, 0);
	if (text->len == 0 || isatty(STDIN_FILENO) == 1)
		return true;
	c->leaving = true; /* nothing more can be said */
	if (!task_piped(c->cli, &piped, err))
		return false;
	if (piped.len > 0)
		*text = arena_printf(&c->cli->arena, "%.*s\n\nThis was piped in:\n%.*s",
				     SLICE_ARG(*text), SLICE_ARG(piped));
	return true;
}

/* True although the model is missing: what was made here is closed by the loop, which therefore
 * must run. */
static bool begin(struct chat *c, const struct session_info *s, struct slice text, struct err *err)
{
	if (!cli_loop_init(&c->loop, c->cli, &c->place, true, err))
		return false;
	host_cli_init(&c->host, c->cli, &c->loop, false);
	c->host.chat = true;
	c->host.notice.bell = c->place.config.bell;
	c->host.live.limit_usd = c->place.config.budget.task_usd;
	job_init(&c->next, next_message);
	c->loop.interrupted = on_signal;
	c->loop.breaks = on_break;
	c->loop.payload = c;
	if (!check_model(c, err) || !typing_open(c, err)) {
		c->status = cli_fail(c->cli, err);
		host_cli_close(&c->host);
		cli_loop_end(&c->loop);
		return true;
	}
	if (cli_given(c->cli, OPT_NO_SANDBOX))
		term_error(&c->cli->log,
			   "Warning: --no-sandbox: commands of the model can do whatever "
			   "you can do.");
	greet(c, s);
	if (text.len > 0)
		chat_turn(c, text);
	else
		chat_goto(c, CHAT_READING);
	return true;
}

int cmd_chat(struct cli *cli)
{
	struct chat c = { .cli = cli, .session = SLICE("") };
	struct session_info s = { 0 };
	struct err err = { 0 };
	struct slice text;

	if (find_session(&c, &s, &err) && place_init(&c.place, cli, &err) &&
	    first_message(&c, &text, &err) && begin(&c, &s, text, &err))
		cli_loop_run(&c.loop);
	else
		c.status = cli_fail(cli, &err);
	place_release(&c.place);
	return c.status;
}
