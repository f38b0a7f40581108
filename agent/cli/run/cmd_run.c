/* cmd_run.c - emend run -- CMD ARG...: a command exactly as the agent would run it.
 *
 *   editors are asked what they hold (run_open) --> [network opened] --> the command --> what it changed is
 *   made real (run_commit) --> end: everything closes, the loop runs out
 *
 * Ctrl-C kills the command, and the way goes on from there: its changes are dropped, as a command
 * that was stopped has none. */
#include <errno.h>
#include <stdlib.h>

#include "agent/cli/json_line.h"
#include "agent/cli/loop.h"
#include "agent/cli/place.h"
#include "agent/cli/run/run_commit.h"
#include "agent/cli/task/host_cli.h"
#include "agent/runner/runner.h"
#include "agent/secret/secret_mask.h"
#include "agent/tool/command/network.h"

enum { STATUS_NOT_KEPT = 1, STATUS_TIMED_OUT = 124, STATUS_SIGNAL = 128, DIRS_MAX = 256 };

/* On the stack of cmd_run(). `config` is what the project narrowed; runner and host borrow from
 * it until the loop has ended. */
struct command_run {
	struct cli *cli;
	struct place place;
	struct config config; /* narrowed */
	struct policy *policy;
	struct cli_loop loop;
	struct runner *runner;
	struct runner_call *call;
	struct command_spec spec;
	struct host_cli host; /* asks, with --network; knows what editors hold */
	struct run_open open;
	struct network *network; /* NULL: none */
	struct run_log *log;	 /* NULL: the command has not ended yet */
	struct err why;
	int status;
};

static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct command_run *r = payload;
	struct term *t = is_stderr ? &r->cli->log : &r->cli->out;
	struct json_line l;
	struct jw *w;

	if (cli_given(r->cli, OPT_JSON)) {
		w = json_line_begin(&l, "output");
		jw_kcstr(w, "stream", is_stderr ? "stderr" : "stdout");
		jw_kstr(w, "text", bytes);
		json_line_end(&l, &r->cli->out);
		t = &r->cli->out;
	} else if (t->tty) {
		term_text(t, TERM_PLAIN, bytes); /* a file or a pipe gets the bytes as they are */
	} else {
		term_raw(t, bytes);
	}
	(void)term_flush(t);
}

/* As a shell and timeout(1) say it. */
static int status_of(const struct command_result *c)
{
	if (c->timed_out || c->idle_timed_out)
		return STATUS_TIMED_OUT;
	return c->term_signal ? STATUS_SIGNAL + c->term_signal : c->exit_status;
}

/* They were changed by the command all the same: here it says what became of them. */
static void put_held(struct command_run *r, const struct held_result *h)
{
	static const char *const deeds[] = { "moved", "removed", "restored", "left" };
	struct json_line l;
	struct jw *w;

	if (h->n == 0)
		return;
	if (!cli_given(r->cli, OPT_JSON)) {
		term_raw(&r->cli->log, SLICE("emend: protected files that were changed or created "
					     "while the command ran:\n"));
		term_text(&r->cli->log, TERM_PLAIN, held_text(h, &r->cli->arena));
		return;
	}
	for (size_t i = 0; i < h->n; i++) {
		w = json_line_begin(&l, "held");
		jw_kstr(w, "path", h->files[i].path);
		jw_kcstr(w, "deed", deeds[h->files[i].deed]);
		jw_kstr(w, "reason", h->files[i].reason);
		jw_kstr(w, "folder", h->folder);
		json_line_end(&l, &r->cli->out);
	}
}

/* A program says of a host that is not there only that its proxy did not connect. */
static void put_network(struct command_run *r)
{
	struct slice report = network_report(r->network, &r->cli->arena);

	if (report.len > 0 && !cli_given(r->cli, OPT_JSON) && !cli_given(r->cli, OPT_QUIET))
		term_text(&r->cli->log, TERM_DIM, report);
}

/* Where there is no view, or no way to put an open file into it. */
static void put_unseen(struct command_run *r, const struct view_result *v)
{
	size_t n = v->overlay ? v->n_unseen : r->spec.n_unsaved;

	for (size_t i = 0; i < n; i++) {
		size_t at = v->overlay ? (size_t)v->unseen[i] : i;

		if (at >= r->spec.n_unsaved)
			continue;
		term_raw(&r->cli->log,
			 SLICE("emend: the command did not see the unsaved text of "));
		term_line(&r->cli->log, TERM_PLAIN, r->spec.unsaved[at].path, 1000);
		term_raw(&r->cli->log, SLICE("\n"));
	}
}

static void put_hidden(struct command_run *r, const struct command_result *c)
{
	struct slice text = hidden_text(c, &r->cli->arena);
	struct json_line l;
	struct jw *w;

	if (text.len == 0 || cli_given(r->cli, OPT_QUIET))
		return;
	if (!cli_given(r->cli, OPT_JSON)) {
		term_text(&r->cli->log, TERM_DIM, text);
		return;
	}
	w = json_line_begin(&l, "hidden");
	jw_karray(w, "paths");
	for (size_t i = 0; i < c->n_hidden; i++)
		jw_str(w, c->hidden[i]);
	jw_end(w);
	json_line_end(&l, &r->cli->out);
}

static void put_result(struct command_run *r, const struct command_result *c)
{
	struct json_line l;
	struct jw *w;

	if (!cli_given(r->cli, OPT_JSON)) {
		if (c->timed_out)
			term_error(&r->cli->log, "The command's time was up.");
		if (c->idle_timed_out)
			term_error(&r->cli->log, "The command printed nothing for too long.");
		if (c->limit_hit.len > 0)
			term_printf(&r->cli->log,
				    "emend: the command was stopped by its limit: %.*s\n",
				    SLICE_ARG(c->limit_hit));
		return;
	}
	w = json_line_begin(&l, "finished");
	jw_ki64(w, "exit", c->exit_status);
	jw_ki64(w, "signal", c->term_signal);
	jw_kbool(w, "timed_out", c->timed_out || c->idle_timed_out);
	jw_kstr(w, "limit_hit", c->limit_hit);
	jw_ki64(w, "output_bytes", (int64_t)c->output_bytes);
	jw_kf64(w, "seconds", c->seconds);
	json_line_end(&l, &r->cli->out);
}

/* The store's thread answers on the loop. */
static void log_closed(void *payload)
{
	cli_loop_end(payload);
}

/* Called once, from whichever step was the last. What is NULL or was never started is fine. */
static void end(struct command_run *r)
{
	network_close(r->network);
	r->network = NULL;
	run_open_drop(&r->open);
	host_cli_close(&r->host);
	runner_stop(r->runner);
	run_log_close(r->log, log_closed, &r->loop);
}

static void on_kept(void *payload, bool kept)
{
	struct command_run *r = payload;

	/* What was not is named; a command that went well is then no success. */
	if (!kept && r->status == 0)
		r->status = STATUS_NOT_KEPT;
	end(r);
}

/* Its words as one line, for people. */
static struct slice line_of(struct command_run *r)
{
	struct slice line = r->spec.argv[0];

	for (size_t i = 1; i < r->spec.n_argv; i++)
		line = arena_printf(&r->cli->arena, "%.*s %.*s", SLICE_ARG(line),
				    SLICE_ARG(r->spec.argv[i]));
	return line;
}

/* As a task's command has one. */
static struct run_log *log_of(struct command_run *r)
{
	struct secret_mask secrets = { .off = false };
	struct run_log_options o = {
		.loop = &r->loop.uv,
		.runq = &r->loop.runq,
		.state_dir = r->place.state,
		.workspace = r->place.workspace,
		.command = secret_hide(&secrets, &r->cli->arena, line_of(r)),
	};

	secret_mask_release(&secrets);
	return run_log_new(&o);
}

/* The network goes first: a host that is asked about now would be asked about for nobody. */
static void on_done(void *payload, const struct command_result *c, const struct err *err)
{
	struct command_run *r = payload;

	r->call = NULL;
	put_network(r);
	network_close(r->network);
	r->network = NULL;
	if (err)
		r->why = *err;
	if (c && !err) {
		put_held(r, &c->held);
		put_hidden(r, c);
		put_result(r, c);
		put_unseen(r, &c->changed);
		r->status = status_of(c);
	}
	if (r->loop.interrupts > 0)
		r->status = err_exit_code(ERR_CANCELLED);
	if (c && !err && c->changed.view)
		r->log = log_of(r);
	if (c && !err)
		run_commit_start(r->cli, r->runner, &r->open, r->log, &c->changed,
				 cli_given(r->cli, OPT_CONFIRM), on_kept, r);
	else
		on_kept(r, true);
}

static void on_interrupt(void *payload)
{
	struct command_run *r = payload;

	r->status = err_exit_code(ERR_CANCELLED); /* also if it never begins */
	if (r->call)
		runner_kill(r->call);
}

/* The settings' folders and those of --rw, which must exist. */
static bool write_dirs(struct command_run *r, struct slice *dirs, size_t *n, struct err *err)
{
	const struct args *a = &r->cli->args;
	char path[4096];

	*n = 0;
	for (size_t i = 0; i < r->config.n_write_dirs && *n < DIRS_MAX; i++)
		dirs[(*n)++] = r->config.write_dirs[i];
	for (size_t i = 0; i < a->n_rw; i++) {
		if (!realpath(a->rw[i], path))
			return err_set(err, ERR_USAGE, "--rw %s: %s.", a->rw[i], strerror(errno));
		dirs[(*n)++] = arena_dup(&r->cli->arena, slice_of(path));
	}
	return true;
}

static void start_command(struct command_run *r)
{
	struct command_callbacks cb = { on_output, on_done };

	r->spec.proxy = network_proxy(r->network);
	r->call = runner_command(r->runner, &r->spec, &cb, r);
}

static void network_is_ready(void *payload, const struct err *err)
{
	struct command_run *r = payload;

	if (err)
		r->why = *err;
	if (err || r->loop.interrupts > 0)
		end(r);
	else
		start_command(r);
}

static bool open_network(struct command_run *r, struct err *err)
{
	struct network_options o = { .runner = r->runner,
				     .config = &r->config,
				     .host = &r->host.host,
				     .workspace = r->place.workspace,
				     .command = line_of(r) };

	if (!r->host.asker.tty)
		o.nobody = "there is no terminal to ask on";
	return network_open(&o, network_is_ready, r, &r->network, err);
}

static void editors_known(void *payload)
{
	struct command_run *r = payload;

	r->spec.n_unsaved = run_open_texts(&r->open, &r->spec.unsaved);
	if (r->loop.interrupts > 0)
		end(r);
	else if (!cli_given(r->cli, OPT_NETWORK))
		start_command(r);
	else if (!open_network(r, &r->why))
		end(r);
}

/* The same options as the agent's own runner (session/agent.c), so that a command does here what
 * it would do in a task. */
static bool start(struct command_run *r, struct err *err)
{
	const struct args *a = &r->cli->args;
	struct slice *dirs = arena_array(&r->cli->arena, DIRS_MAX + RW_MAX, sizeof(*dirs));
	struct slice *argv = arena_array(&r->cli->arena, a->n_rest, sizeof(*argv));
	struct runner_options o = { .loop = &r->loop.uv,
				    .runq = &r->loop.runq,
				    .program = r->place.program,
				    .where = r->config.runner,
				    .image = r->config.container_image,
				    .cpus = r->config.container_cpus,
				    .workspace = r->place.workspace,
				    .read_dirs = r->config.read_dirs,
				    .n_read_dirs = r->config.n_read_dirs,
				    .write_dirs = dirs,
				    .toolchains = slice_eq_cstr(r->config.toolchains, "on"),
				    .views = place_views(&r->place, &r->cli->arena),
				    .memory_bytes = r->config.command_memory_bytes,
				    .processes = r->config.command_processes,
				    .reduced = slice_eq_cstr(r->config.sandbox, "reduced"),
				    .no_sandbox = cli_given(r->cli, OPT_NO_SANDBOX) };
	struct slice keys;

	for (size_t i = 0; i < a->n_rest; i++)
		argv[i] = slice_of(a->rest[i]);
	r->spec = (struct command_spec){ .argv = argv,
					 .n_argv = a->n_rest,
					 .timeout_ms = r->config.command_timeout_ms,
					 .idle_ms = r->config.command_idle_ms };
	if (a->timeout > 0)
		r->spec.timeout_ms = (uint64_t)(a->timeout * 1000);
	keys = policy_waits_for_keys(line_of(r), &r->cli->arena);
	if (keys.len > 0)
		return err_set(
			err, ERR_USAGE,
			"\"%.*s\" waits for keys, and commands in the sandbox have no terminal. Run it "
			"without Emend.",
			SLICE_ARG(keys));
	o.n_denied = policy_denied_files(r->policy, &o.denied, &o.n_denied_builtin);
	if (!write_dirs(r, dirs, &o.n_write_dirs, err) || !runner_start(&o, &r->runner, err))
		return false;
	r->open = (struct run_open){ .host = &r->host.host,
				     .runner = r->runner,
				     .root = r->place.workspace,
				     .arena = &r->cli->arena };
	run_open_look(&r->open, editors_known, r);
	return true;
}

/* Everything that was opened is closed by end(), also where the start failed, and the loop runs
 * until that is done. */
static int run(struct command_run *r)
{
	struct err err = { 0 };

	if (!cli_loop_init(&r->loop, r->cli, &r->place, false, &err))
		return cli_fail(r->cli, &err);
	host_cli_init(&r->host, r->cli, &r->loop, true);
	r->loop.interrupted = on_interrupt;
	r->loop.payload = r;
	if (cli_given(r->cli, OPT_NO_SANDBOX))
		term_error(&r->cli->log,
			   "Warning: --no-sandbox: the command can do whatever you can do.");
	if (!start(r, &r->why))
		end(r);
	cli_loop_run(&r->loop);
	return r->why.code == ERR_NONE ? r->status : cli_fail(r->cli, &r->why);
}

int cmd_run(struct cli *c)
{
	struct command_run r = { .cli = c };
	struct err err = { 0 };
	bool narrowed = false;
	int status;

	if (c->args.n_words > 0)
		return cli_usage(c, "Put \"--\" in front of the command: emend run -- %s ...",
				 c->args.words[0]);
	if (c->args.n_rest == 0)
		return cli_usage(c, "Which command? For example: emend run -- make test");
	if (place_init(&r.place, c, &err) &&
	    (narrowed = place_narrow(c, &r.place, &r.config, NULL, &err)) &&
	    config_policy(&r.config, &r.policy, &err))
		status = run(&r);
	else
		status = cli_fail(c, &err);
	policy_free(r.policy);
	if (narrowed)
		config_release(&r.config);
	place_release(&r.place);
	return status;
}
