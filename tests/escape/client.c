/* client.c - runs one command in the sandbox and prints what it printed: for the escape suite.
 *
 *	client [OPTION]... WORKSPACE COMMAND	run COMMAND with sh -c; exit with its status
 *	client [OPTION]... --layers WORKSPACE	print what the sandbox is made of, as JSON
 *	client [OPTION]... --read PATH WORKSPACE	print a file as the file tools read it
 *	client [OPTION]... --write PATH WORKSPACE TEXT	write one
 *	client [OPTION]... --list PATH WORKSPACE	list a folder, as JSON
 *	client [OPTION]... --search PATTERN WORKSPACE	search all files, as JSON
 *	client runner [--stdio]			be the sandboxed worker itself
 * Options: --host RULE (the command has a network, on which it reaches this), --program FILE (default:
 * this program), --deny PATTERN, --read-dir DIR, --timeout MS, --views DIR (work on a view; commit what is
 * not protected), --where ENGINE --image NAME (in a container), --memory BYTES, --processes N,
 * --file BYTES, --no-sandbox, --full (the reduced sandbox does not do), --direct (as a command in the
 * background), --cwd DIR, --cancel MS, --die MS (end without a word after MS), --kill-when WORD (kill the command when it
 * has printed WORD, and print after how many microseconds it was dead), --repeat N (COMMAND is one program, run N times by one worker after a
 * run that does not count; prints the microseconds of a run). Exit: the command's status, 128 + signal, 200 an error (printed), 201
 * time out, 202 a limit was hit. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/runq.h"
#include "agent/net/broker.h"
#include "agent/runner/runner.h"
#include "protocol/base/arena.h"

/* The runner cannot be traced, which the leak checker of a test build wants. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

enum { PATTERNS_MAX = 32, EXIT_ERROR = 200, EXIT_TIMEOUT = 201, EXIT_LIMIT = 202 };

struct client {
	uv_loop_t loop;
	struct runq runq;
	uv_timer_t timer;
	struct runner *runner;
	struct runner_call *call;
	struct slice denied[PATTERNS_MAX], read_dirs[PATTERNS_MAX];
	struct runner_options options;
	struct command_spec spec;
	const char *read, *write, *list, *search, *workspace, *command;
	bool layers;
	const char *kill_when;
	uint64_t killed_at, began_at; /* ns */
	long repeat, left;
	struct slice program;
	int64_t view, *index; /* of the changes that may be committed */
	size_t n_index;
	long die_ms, cancel_ms;
	int status;
	struct hosts *hosts; /* NULL: it has no network */
	struct broker *broker;
};

static void end(struct client *c, int status)
{
	c->status = status;
	broker_close(c->broker);
	c->broker = NULL;
	hosts_free(c->hosts);
	c->hosts = NULL;
	uv_close((uv_handle_t *)&c->timer, NULL);
	runner_stop(c->runner);
	runq_close(&c->runq);
}

static void complain(struct client *c, const struct err *err)
{
	(void)fprintf(stderr, "%s: %s\n", err_name(err->code), err->msg);
	end(c, EXIT_ERROR);
}

static bool once_more(struct client *c, const struct command_result *r);
static void commit(struct client *c);

static void on_finished(void *payload, struct slice json, const struct err *err)
{
	struct client *c = payload;

	(void)json;
	(void)err;
	free(c->index);
	end(c, c->status);
}

static void on_committed(void *payload, const struct view_item *items, size_t n,
			 const struct err *err)
{
	struct client *c = payload;

	if (err)
		(void)fprintf(stderr, "%s\n", err->msg);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(stderr, "%.*s\n", SLICE_ARG(items[i].why));
	c->call = runner_finish(c->runner, c->view, true, on_finished, c);
}

/* Everything that the runner offers, except what is protected; even so, what is never committed is
 * asked for: the runner must refuse it. */
static void commit(struct client *c)
{
	c->call = runner_commit_many(c->runner, c->view, c->index, c->n_index, on_committed, c);
}

static bool keep(struct client *c, const struct view_result *v)
{
	if (!v->view)
		return false;
	c->view = v->view;
	c->index = calloc(v->n_changes + 1, sizeof(*c->index));
	for (size_t i = 0; c->index && i < v->n_changes; i++) {
		if (v->changes[i].is_protected)
			(void)fprintf(stderr, "protected: %.*s\n",
				      SLICE_ARG(v->changes[i].path));
		else
			c->index[c->n_index++] = v->changes[i].index;
	}
	commit(c);
	return true;
}

static void on_done(void *payload, const struct command_result *r, const struct err *err)
{
	struct client *c = payload;
	int status = r->exit_status;
	struct arena arena;

	if (err) {
		complain(c, err);
		return;
	}
	if (r->held.n > 0) {
		arena_init(&arena);
		(void)fprintf(stderr, "held:\n%.*s", SLICE_ARG(held_text(&r->held, &arena)));
		arena_release(&arena);
	}
	if (once_more(c, r))
		return;
	if (c->killed_at)
		(void)printf("%" PRIu64 "\n", (uv_hrtime() - c->killed_at) / 1000);
	else
		(void)fwrite(r->output.ptr, 1, r->output.len, stdout);
	if (r->term_signal)
		status = 128 + r->term_signal;
	if (r->timed_out || r->idle_timed_out)
		status = EXIT_TIMEOUT;
	if (r->limit_hit.len) {
		(void)fprintf(stderr, "limit: %.*s\n", SLICE_ARG(r->limit_hit));
		status = EXIT_LIMIT;
	}
	c->status = status;
	if (!keep(c, &r->changed))
		end(c, status);
}

static void on_json(void *payload, struct slice json, const struct err *err)
{
	struct client *c = payload;

	if (err) {
		complain(c, err);
		return;
	}
	(void)printf("%.*s\n", SLICE_ARG(json));
	end(c, 0);
}

static void on_read(void *payload, const struct file_content *f, const struct err *err)
{
	struct client *c = payload;

	if (err) {
		complain(c, err);
		return;
	}
	(void)fwrite(f->data.ptr, 1, f->data.len, stdout);
	end(c, 0);
}

static void on_write(void *payload, struct slice sha256, const struct err *err)
{
	struct client *c = payload;

	(void)sha256;
	if (err)
		complain(c, err);
	else
		end(c, 0);
}

static void on_lost(void *payload, const struct err *why)
{
	struct client *c = payload;

	if (!uv_is_closing((uv_handle_t *)&c->timer))
		complain(c, why);
}

static void on_timer(uv_timer_t *t)
{
	struct client *c = t->data;

	if (c->die_ms)
		(void)raise(SIGKILL);
	runner_drop(c->call);
	end(c, 0);
}

static void add_host(struct client *c, const char *rule)
{
	struct err err;

	if (!c->hosts)
		c->hosts = hosts_new();
	if (!hosts_add(c->hosts, VERDICT_ALLOW, slice_of(rule), &err))
		(void)fprintf(stderr, "%s\n", err.msg);
}

static const char *option(struct client *c, const char *name, const char *value)
{
	if (strcmp(name, "--program") == 0)
		c->options.program = slice_of(value);
	else if (strcmp(name, "--deny") == 0 && c->options.n_denied < PATTERNS_MAX)
		c->denied[c->options.n_denied++] = slice_of(value);
	else if (strcmp(name, "--read-dir") == 0 && c->options.n_read_dirs < PATTERNS_MAX)
		c->read_dirs[c->options.n_read_dirs++] = slice_of(value);
	else if (strcmp(name, "--host") == 0)
		add_host(c, value);
	else if (strcmp(name, "--views") == 0)
		c->options.views = slice_of(value);
	else if (strcmp(name, "--where") == 0)
		c->options.where = slice_of(value);
	else if (strcmp(name, "--image") == 0)
		c->options.image = slice_of(value);
	else if (strcmp(name, "--timeout") == 0)
		c->spec.timeout_ms = strtoull(value, NULL, 10);
	else if (strcmp(name, "--memory") == 0)
		c->options.memory_bytes = strtoull(value, NULL, 10);
	else if (strcmp(name, "--file") == 0)
		c->options.file_bytes = strtoull(value, NULL, 10);
	else if (strcmp(name, "--processes") == 0)
		c->options.processes = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(name, "--cwd") == 0)
		c->spec.cwd = slice_of(value);
	else if (strcmp(name, "--read") == 0)
		c->read = value;
	else if (strcmp(name, "--write") == 0)
		c->write = value;
	else if (strcmp(name, "--list") == 0)
		c->list = value;
	else if (strcmp(name, "--search") == 0)
		c->search = value;
	else if (strcmp(name, "--die") == 0)
		c->die_ms = strtol(value, NULL, 10);
	else if (strcmp(name, "--repeat") == 0)
		c->repeat = c->left = strtol(value, NULL, 10);
	else if (strcmp(name, "--kill-when") == 0)
		c->kill_when = value;
	else if (strcmp(name, "--cancel") == 0)
		c->cancel_ms = strtol(value, NULL, 10);
	else
		return name;
	return NULL;
}

static int arguments(struct client *c, int argc, char **argv)
{
	int i = 1;

	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		const char *unknown = NULL;

		if (strcmp(argv[i], "--full") == 0) {
			c->options.reduced = false;
		} else if (strcmp(argv[i], "--no-sandbox") == 0) {
			c->options.no_sandbox = true;
		} else if (strcmp(argv[i], "--direct") == 0) {
			c->spec.direct = true;
		} else if (strcmp(argv[i], "--layers") == 0) {
			c->layers = true;
		} else if (i + 1 < argc) {
			unknown = option(c, argv[i], argv[i + 1]);
			i++;
		}
		if (unknown) {
			(void)fprintf(stderr, "unknown option %s\n", unknown);
			return -1;
		}
	}
	c->workspace = i < argc ? argv[i] : NULL;
	c->command = i + 1 < argc ? argv[i + 1] : "";
	return c->workspace ? 0 : -1;
}

/* The word is short, and printed at once. */
static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct client *c = payload;

	(void)is_stderr;
	if (!c->kill_when || c->killed_at ||
	    slice_find(bytes, slice_of(c->kill_when), 0) == SIZE_MAX)
		return;
	c->killed_at = uv_hrtime();
	runner_kill(c->call);
}

static const struct command_callbacks callbacks = { .done = on_done, .output = on_output };

/* The first run is not counted: it waits for the worker to start. */
static bool once_more(struct client *c, const struct command_result *r)
{
	if (c->repeat == 0 || r->exit_status != 0 || r->term_signal != 0)
		return false;
	if (c->left == c->repeat)
		c->began_at = uv_hrtime();
	if (c->left-- > 0) {
		c->call = runner_command(c->runner, &c->spec, &callbacks, c);
		return true;
	}
	(void)printf("%" PRIu64 "\n", (uv_hrtime() - c->began_at) / 1000 / (uint64_t)c->repeat);
	return false;
}

/* --- the network: what is not named is refused --- */

static void decide_host(void *payload, struct broker_target *t)
{
	struct client *c = payload;
	struct host_decision d;

	hosts_decide(c->hosts, &t->at, &d);
	t->verdict = d.verdict == VERDICT_ALLOW ? VERDICT_ALLOW : VERDICT_DENY;
	t->local = d.local;
	(void)snprintf(t->why, sizeof(t->why), "not named");
}

static void host_barred(void *payload, const struct broker_target *t)
{
	(void)payload;
	(void)fprintf(stderr, "barred: %s: %s\n", t->text, t->trouble);
}

static void network_is_ready(void *payload, const struct err *err)
{
	struct client *c = payload;

	if (err) {
		complain(c, err);
		return;
	}
	c->spec.proxy = broker_url(c->broker);
	c->call = runner_command(c->runner, &c->spec, &callbacks, c);
}

static void begin(struct client *c)
{
	struct broker_face face = { decide_host, host_barred, network_is_ready, c };
	struct list_query l = { .depth = 9 };
	struct search_query q = { .literal = true };
	struct file_write w = { .expect_sha256 = { "*", 1 }, .make_parents = true };

	c->spec.command = slice_of(c->command);
	w.data = c->spec.command;
	if (c->repeat > 0) {
		c->program = slice_of(c->command);
		c->spec.command = (struct slice){ NULL, 0 };
		c->spec.argv = &c->program;
		c->spec.n_argv = 1;
	}
	if (c->layers) {
		c->call = runner_layers(c->runner, on_json, c);
	} else if (c->list) {
		l.path = slice_of(c->list);
		c->call = runner_list(c->runner, &l, on_json, c);
	} else if (c->search) {
		q.pattern = slice_of(c->search);
		c->call = runner_search(c->runner, &q, on_json, c);
	} else if (c->read) {
		c->call = runner_read(c->runner, slice_of(c->read), 0, on_read, c);
	} else if (c->write) {
		w.path = slice_of(c->write);
		c->call = runner_write(c->runner, &w, on_write, c);
	} else if (c->hosts) {
		c->broker = broker_open(c->runner, &face);
	} else {
		c->call = runner_command(c->runner, &c->spec, &callbacks, c);
	}
	if (c->die_ms || c->cancel_ms)
		(void)uv_timer_start(&c->timer, on_timer,
				     (uint64_t)(c->die_ms ? c->die_ms : c->cancel_ms), 0);
}

int main(int argc, char **argv)
{
	static struct client c;
	char self[4096], workspace[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct err err;

	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	if (argc == 3 && strcmp(argv[1], "runner") == 0)
		return runner_main_stdio();
	(void)signal(SIGPIPE, SIG_IGN);
	self[n > 0 ? n : 0] = 0;
	c.options.program = slice_of(self);
	c.options.reduced = true;
	if (arguments(&c, argc, argv) < 0 || !realpath(c.workspace, workspace)) {
		(void)fprintf(stderr, "usage: client [OPTION]... WORKSPACE COMMAND\n");
		return 2;
	}
	(void)uv_loop_init(&c.loop);
	runq_init(&c.runq, &c.loop);
	(void)uv_timer_init(&c.loop, &c.timer);
	c.timer.data = &c;
	c.options.loop = &c.loop;
	c.options.runq = &c.runq;
	c.options.workspace = slice_of(workspace);
	c.options.denied = c.denied;
	c.options.read_dirs = c.read_dirs;
	c.options.lost = on_lost;
	c.options.payload = &c;
	if (!runner_start(&c.options, &c.runner, &err)) {
		(void)fprintf(stderr, "%s\n", err.msg);
		return EXIT_ERROR;
	}
	begin(&c);
	(void)uv_run(&c.loop, UV_RUN_DEFAULT);
	return c.status;
}
