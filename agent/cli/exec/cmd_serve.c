/* cmd_serve.c - emend serve: the execution service for other programs of this machine (agent/serve), until SIGTERM.
 *
 *   listening --SIGTERM or SIGINT--> draining: HTTP, then the fleet's tasks, then the history --> end
 *       '--the same once more: at once, with status 5 (loop.c) */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/cli/exec/serve_fleet.h"
#include "agent/peers/folder.h"
#include "agent/serve/listen.h"
#include "agent/serve/serve.h"

#define TOKEN_VARIABLE "EMEND_SERVE_TOKEN"

enum { TOKEN_MAX = 4096, FILES = 65536 };

struct serve_run {
	struct cli_exec_run run;
	struct listen listen;
	struct slice token;
	struct line_log log;
	struct serve *serve;
	struct serve_fleet fleet;
};

/* Twice is fine: what is NULL or closed already is passed over. */
static void end(void *owner)
{
	struct serve_run *r = owner;

	serve_fleet_stop(&r->fleet);
	serve_stop(r->serve);
	r->serve = NULL;
	listen_close(&r->listen);
	line_log_close(&r->log);
	cli_exec_close(&r->run.service, &r->run.loop);
}

/* HTTP first: what it runs is in the history, too. */
static void on_http_drained(void *owner)
{
	struct serve_run *r = owner;

	if (!serve_fleet_drain(&r->fleet, end, r))
		end(r);
}

static void on_interrupt(void *owner)
{
	struct serve_run *r = owner;

	if (!r->serve) {
		end(r);
		return;
	}
	if (r->fleet.fleet)
		fleet_leave(r->fleet.fleet);
	serve_drain(r->serve, on_http_drained, r);
}

/* --- the token --- */

static bool read_token_file(struct cli *c, const char *path, struct slice *out, struct err *err)
{
	char text[TOKEN_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return err_set(err, ERR_USAGE, "--token-file: cannot read %s.", path);
	*out = arena_dup(&c->arena, slice_trim(slice_make(text, (size_t)n)));
	return true;
}

/* The variable is taken out of the environment, so that no child inherits it. A socket of one's
 * own is guarded by its file's mode and needs no token; an address does, whoever may be on this
 * machine. */
static bool find_token(struct serve_run *r, struct err *err)
{
	const char *file = r->run.cli->args.token_file, *variable = getenv(TOKEN_VARIABLE);

	r->token = arena_dup(&r->run.cli->arena, slice_trim(slice_of(variable)));
	(void)unsetenv(TOKEN_VARIABLE);
	if (file && !read_token_file(r->run.cli, file, &r->token, err))
		return false;
	if (r->token.len > 0 && r->token.len < SERVE_TOKEN_MIN)
		return err_set(
			err, ERR_USAGE,
			"The token is shorter than %d characters. A good one: openssl rand -hex "
			"24",
			SERVE_TOKEN_MIN);
	if (r->token.len == 0 && (file || !r->listen.local))
		return err_set(
			err, ERR_USAGE,
			"Every program of every user can connect to %.*s, so a token is needed: "
			"set " TOKEN_VARIABLE ", or name a file with --token-file.",
			SLICE_ARG(r->listen.name));
	return true;
}

/* --- start --- */

static bool choose_address(struct serve_run *r, struct err *err)
{
	struct arena *a = &r->run.cli->arena;
	struct slice folder, text = slice_of(r->run.cli->args.http);

	if (text.len == 0) {
		if (!peers_folder(a, &folder, err))
			return false;
		text = arena_printf(a, "unix:%.*s/serve.sock", SLICE_ARG(folder));
	}
	return listen_open(a, text, &r->listen, err);
}

/* Each execution has some descriptors here, each client one. */
static void allow_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= FILES)
		return;
	l.rlim_cur = l.rlim_max < FILES ? l.rlim_max : FILES;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

/* The listener was opened before the loop, so that an address in use is a mistake of usage; it
 * is the server's from here on. */
static bool start(void *owner, struct err *err)
{
	struct serve_run *r = owner;
	const struct args *a = &r->run.cli->args;
	struct serve_options o = {
		.loop = &r->run.loop.uv,
		.runq = &r->run.loop.runq,
		.at_once = a->at_once ? (size_t)a->at_once : EXEC_AT_ONCE,
		.queue = a->queue ? (size_t)a->queue : EXEC_QUEUE,
		.metrics = &r->run.service.metrics,
		.log = &r->log,
		.local = r->listen.local,
		.token = r->token,
		.links = r->fleet.links,
		.n_links = r->fleet.n_links,
		.ready = serve_fleet_ready,
		.more_metrics = serve_fleet_metrics,
		.owner = &r->fleet,
	};

	r->run.service.at_once = o.at_once;
	r->run.service.queue = o.queue;
	allow_files();
	line_log_init(&r->log, o.loop, cli_given(r->run.cli, OPT_QUIET) ? -1 : STDERR_FILENO);
	if (!cli_exec_open(&r->run.service, &r->run.loop, &r->run.place, err))
		return false;
	if (!serve_fleet_keep(&r->fleet, &r->run, err))
		return false;
	o.exec = r->run.service.exec;
	o.listener = r->listen.fd;
	r->listen.fd = -1;
	if (!serve_start(&o, &r->serve, err))
		return false;
	serve_fleet_start(&r->fleet, &r->run, &r->log);
	if (!cli_given(r->run.cli, OPT_QUIET))
		term_printf(&r->run.cli->log, "emend: listening on %.*s\n",
			    SLICE_ARG(r->listen.name));
	(void)term_flush(&r->run.cli->log);
	return true;
}

/* The versions of all languages are asked for at once, at the start. */
static bool check_queue(struct cli *c, struct err *err)
{
	return c->args.queue == 0 || c->args.queue >= EXEC_LANGUAGES ||
	       err_set(err, ERR_USAGE, "--queue: expected at least %d.", EXEC_LANGUAGES);
}

int cmd_serve(struct cli *c)
{
	struct serve_run r = {
		.run = { .cli = c, .start = start, .end = end, .interrupted = on_interrupt },
		.listen = { .fd = -1, .lock = -1 }
	};
	struct err err = { 0 };
	int status;

	if (check_queue(c, &err) && serve_fleet_read(&r.fleet, c, &err) &&
	    place_init(&r.run.place, c, &err) && choose_address(&r, &err) && find_token(&r, &err))
		status = cli_exec_run(&r.run, &r);
	else
		status = cli_fail(c, &err);
	listen_close(&r.listen);
	place_release(&r.run.place);
	return status;
}
