/* background.c - see background.h
 *
 *   RUNNING --exit, timeout, limit, kill, runner lost--> ENDED --background_stop()--> freed
 *      +---------------background_stop(): dropped----------------------^
 *
 * One call waits at a time (calls that run commands run alone): for new output or the end, or for
 * the end only, and no longer than the timer. */
#include "agent/tool/command/background.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/runner/runner.h"
#include "agent/secret/secret_mask.h"
#include "agent/tool/command/held.h"
#include "agent/tool/command/network.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* UNREAD_BYTES: what is kept of the output that the model has not read yet. READ_MS: how long a read waits
 * if the model does not say. */
enum { RUNNING_MAX = 8, STARTED_MAX = 64 }; /* of one task */
enum { UNREAD_BYTES = 32 * 1024, READ_MS = 1000, READ_MAX_MS = 60 * 1000, KILL_MS = 10 * 1000 };

/* One command. It stays after its end, so that its state and its last output can be asked for, until the
 * task ends. */
struct item {
	char id[8];
	struct background *set;
	struct runner_call *call; /* NULL: ended */
	struct network *network;  /* NULL: none, or ended */
	struct slice hosts;	  /* what came of it; in the task's arena */
	struct slice command, call_id;
	struct buf unread; /* the oldest goes first */
	struct buf whole;  /* within LIMIT_OUTPUT_LOG_BYTES, for the log */
	uint64_t left_out, total, started;
	bool was_killed;
	struct command_result end; /* without the output */
	char limit[16];
	struct slice file; /* where all of a long output lies once it ended; in the task's arena */
	struct slice held; /* what became of protected files, in the arena of the task */
	struct err why;	   /* it could not run, or the runner was lost */
};

/* Of one task; made with the first command. The timer is closed with it, so it is freed from the loop. */
struct background {
	struct tool_env *env;
	uv_timer_t timer;
	struct item *items[STARTED_MAX];
	size_t n;
	struct tool_run *waiting; /* NULL: none */
	struct item *awaited;
	bool for_end;
};

/* The loop of the task is that of its run queue. */
static struct background *set_of(struct tool_env *env)
{
	struct background *b = env->background;

	if (b)
		return b;
	b = env->background = xcalloc(1, sizeof(*b));
	b->env = env;
	(void)uv_timer_init(env->workspace.runq->prepare.loop, &b->timer);
	b->timer.data = b;
	return b;
}

static size_t running(const struct background *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->items[i]->call != NULL;
	return n;
}

static double seconds(const struct item *it)
{
	return (double)(uv_now(it->set->timer.loop) - it->started) / 1000.0;
}

/* In order: still at work, could not run, and then why it ended, from what was wanted to what was not. */
static struct slice state_of(const struct item *it, struct arena *a)
{
	if (it->call)
		return arena_printf(a, "still running (%.1f s)", seconds(it));
	if (it->why.code != ERR_NONE)
		return arena_printf(a, "not running: %s", it->why.msg);
	if (it->was_killed)
		return SLICE("killed");
	if (it->end.timed_out)
		return SLICE("stopped: its time was up");
	if (*it->limit)
		return arena_printf(a, "stopped: over the %s limit", it->limit);
	if (it->end.term_signal)
		return arena_printf(a, "killed by signal %d", it->end.term_signal);
	return arena_printf(a, "exit status %d", it->end.exit_status);
}

/* The result of a call with an id. What is told once is not told again: the output, and what became of
 * protected files. */
static void tell(struct tool_run *r, struct item *it)
{
	struct slice state = state_of(it, &r->arena), out = buf_slice(&it->unread);
	struct slice gap = SLICE(""), hosts;

	if (it->left_out > 0)
		gap = arena_printf(&r->arena, "[... %" PRIu64 " bytes left out%s%.*s ...]\n",
				   it->left_out, it->file.len ? "; all of it is in " : "",
				   SLICE_ARG(it->file));
	r->progress = out.len > 0 || !it->call;
	state = arena_printf(&r->arena, "%s: %.*s", it->id, SLICE_ARG(state));
	hosts = it->call ? network_report(it->network, &r->arena) : it->hosts;
	out = arena_printf(&r->arena, "%.*s\n%.*s%.*s%.*s%.*s", SLICE_ARG(state), SLICE_ARG(hosts),
			   SLICE_ARG(it->held), SLICE_ARG(gap),
			   SLICE_ARG(out.len ? out : SLICE("(no new output)")));
	buf_clear(&it->unread);
	it->held = SLICE("");
	it->left_out = 0;
	tool_finish(r, true, out, state);
}

/* The end of the wait. */
static void wake(struct background *b)
{
	struct tool_run *r = b->waiting;

	b->waiting = NULL;
	(void)uv_timer_stop(&b->timer);
	if (r)
		tell(r, b->awaited);
}

static void on_time(uv_timer_t *t)
{
	wake(t->data);
}

/* The call that waits was aborted. */
static void forget(struct tool_run *r)
{
	struct background *b = r->env->background;

	if (b && b->waiting == r) {
		b->waiting = NULL;
		(void)uv_timer_stop(&b->timer);
	}
}

/* At once where there is something to tell; else the timer or the command ends the wait. */
static void await(struct tool_run *r, struct item *it, bool for_end, uint64_t ms)
{
	struct background *b = it->set;

	if (!it->call || (!for_end && it->unread.len > 0)) {
		tell(r, it);
		return;
	}
	b->waiting = r;
	b->awaited = it;
	b->for_end = for_end;
	r->release = forget;
	(void)uv_timer_start(&b->timer, on_time, ms, 0);
}

/* Of what nobody reads the oldest goes first, as the newest says how the command stands. */
static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct item *it = payload;

	(void)is_stderr;
	it->total += bytes.len;
	if (it->whole.len + bytes.len <= it->whole.max)
		buf_append(&it->whole, bytes);
	if (bytes.len > UNREAD_BYTES) {
		it->left_out += bytes.len - UNREAD_BYTES;
		bytes = slice_sub(bytes, bytes.len - UNREAD_BYTES, bytes.len);
	}
	if (it->unread.len + bytes.len > UNREAD_BYTES) {
		size_t old = it->unread.len + bytes.len - UNREAD_BYTES;

		buf_consume(&it->unread, old);
		it->left_out += old;
	}
	buf_append(&it->unread, bytes);
	if (it->set->awaited == it && !it->set->for_end)
		wake(it->set);
}

/* At its end, or at that of the task. The log has the end of the output, and all of it as a blob. */
static void log_item(struct item *it)
{
	struct tool_env *env = it->set->env;
	struct slice whole = buf_slice(&it->whole);
	struct sha256_hex blob = { "" };
	bool cut = whole.len > LIMIT_OUTPUT_BYTES;
	struct slice shown = slice_sub(whole, cut ? whole.len - LIMIT_OUTPUT_BYTES : 0, whole.len);
	struct jw *w;

	shown = secret_hide(env->secrets, env->arena, shown);

	if (cut && !blob_put(env->log, whole, &blob, &env->fatal))
		return;
	w = event_log_begin(env->log, "command");
	jw_kstr(w, "task", env->task_id);
	jw_kstr(w, "call", it->call_id);
	jw_kstr(w, "command", it->command);
	jw_kcstr(w, "background", it->id);
	jw_ki64(w, "exit", it->end.exit_status);
	jw_ki64(w, "signal", it->end.term_signal);
	jw_kf64(w, "seconds", seconds(it));
	jw_ki64(w, "output_bytes", (int64_t)it->total);
	jw_kbool(w, "truncated", cut || it->total > whole.len);
	jw_kstr(w, "output", shown);
	jw_kcstr(w, "blob", blob.s);
	if (!event_log_end(env->log, &env->fatal))
		return; /* the task looks at it at its next step */
}

static void end_network(struct item *it)
{
	it->hosts = network_report(it->network, it->set->env->arena);
	network_close(it->network);
	it->network = NULL;
}

/* The answer of the runner lives only for this call: what is needed later is copied, and the rest is
 * cleared. */
static void on_done(void *payload, const struct command_result *c, const struct err *err)
{
	struct item *it = payload;

	it->call = NULL;
	end_network(it);
	if (err) {
		it->why = *err;
		if (err->code == ERR_SANDBOX)
			it->set->env->fatal = *err; /* the user must mend this */
	} else {
		it->end = *c;
		it->file = arena_dup(it->set->env->arena, c->file);
		it->held = held_tell(it->set->env, it->call_id, &c->held, it->set->env->arena);
		(void)snprintf(it->limit, sizeof(it->limit), "%.*s", SLICE_ARG(c->limit_hit));
		log_item(it);
	}
	it->end.output = it->end.limit_hit = it->end.file = SLICE("");
	it->end.held = (struct held_result){ .n = 0 };
	if (it->set->awaited == it)
		wake(it->set);
}

/* The run is finished at once: the model goes on while the command does. Its id counts up through the task. */
void background_start(struct tool_run *r, const struct command_spec *spec, struct network *network)
{
	static const struct command_callbacks callbacks = { .output = on_output, .done = on_done };
	struct background *b = set_of(r->env);
	struct command_spec direct = *spec;
	struct item *it;

	if (running(b) >= RUNNING_MAX || b->n >= STARTED_MAX) {
		network_close(network);
		tool_failf(r,
			   "too many commands in the background (%d at once, %d in a task): "
			   "kill one first",
			   RUNNING_MAX, STARTED_MAX);
		return;
	}
	it = b->items[b->n++] = xcalloc(1, sizeof(*it));
	(void)snprintf(it->id, sizeof(it->id), "b%zu", b->n);
	it->set = b;
	it->network = network;
	it->held = it->file = SLICE("");
	it->command = arena_dup(r->env->arena, spec->command);
	it->call_id = arena_dup(r->env->arena, r->id);
	it->started = uv_now(b->timer.loop);
	buf_init(&it->unread, UNREAD_BYTES);
	buf_init(&it->whole, LIMIT_OUTPUT_LOG_BYTES);
	/* A view would show it neither later edits nor what other commands write. */
	direct.direct = true;
	it->call = runner_command(r->env->workspace.runner, &direct, &callbacks, it);
	tool_finish(
		r, true,
		arena_printf(&r->arena,
			     "%s: started in the background. Read its output with command_output "
			     "{\"id\": \"%s\"}, end it with the action \"kill\"; it ends with this "
			     "task.",
			     it->id, it->id),
		arena_printf(&r->arena, "in the background as %s", it->id));
}

static struct item *find(const struct background *b, struct slice id)
{
	for (size_t i = 0; b && i < b->n; i++)
		if (slice_eq_cstr(id, b->items[i]->id))
			return b->items[i];
	return NULL;
}

/* A kill waits for the end; a read waits for output or the end. */
void background_use(struct tool_run *r, struct slice id)
{
	struct background *b = r->env->background;
	struct item *it = find(b, id);
	struct slice action;
	int64_t wait;
	bool kill;

	if (!arg_str(r, "action", false, &action) ||
	    !arg_int(r, "timeout_ms", READ_MS, 0, LIMIT_COMMAND_MAX_MS, &wait))
		return;
	kill = slice_eq_cstr(action, "kill");
	if (!it) {
		tool_failf(r, "No command of this task has the id \"%.*s\". %s%s%s",
			   SLICE_ARG(slice_sub(id, 0, 40)),
			   b && b->n ? "The last one is "
				     : "None runs in the background: run_command starts "
				       "one with background",
			   b && b->n ? b->items[b->n - 1]->id : "", ".");
		return;
	}
	if (!kill && action.len > 0 && !slice_eq_cstr(action, "read")) {
		tool_failf(r, "action is \"read\" or \"kill\"");
		return;
	}
	if (kill && it->call) {
		it->was_killed = true;
		runner_kill(it->call);
	}
	await(r, it, kill, kill ? KILL_MS : (uint64_t)(wait < READ_MAX_MS ? wait : READ_MAX_MS));
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* A command under way is ended without an answer: what it would have said comes too late. */
void background_stop(struct tool_env *env)
{
	struct background *b = env->background;

	if (!b)
		return;
	env->background = NULL;
	for (size_t i = 0; i < b->n; i++) {
		struct item *it = b->items[i];

		if (it->call) {
			runner_drop(it->call); /* the runner kills its tree */
			end_network(it);
			it->end.term_signal = 9;
			log_item(it);
		}
		buf_release(&it->unread);
		buf_release(&it->whole);
		free(it);
	}
	uv_close((uv_handle_t *)&b->timer, on_closed);
}
