/* task_cmd.c - see task_cmd.h
 *
 *   task_start() --> events (event_text.c), questions (asker.c), what is typed (steering.c)
 *      ^                      |
 *      '--the answer does not hold to the schema, once--on_done--> finish: everything closes, the loop runs out */
#include "agent/cli/task/task_cmd.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli/chat/steering.h"
#include "agent/cli/loop.h"
#include "agent/cli/task/answer.h"
#include "agent/cli/task/host_cli.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"

/* On the stack of task_cmd(). host.task is NULL when no task runs. */
struct task_run {
	struct cli *cli;
	struct cli_loop loop;
	struct host_cli host;
	struct steering steering; /* what is typed meanwhile */
	enum err_code code;
	struct task_spec *spec;
	struct answer answer; /* --output-schema */
	struct job again;     /* the task once more, when its session is free */
};

static void finish(struct task_run *r);

static void on_interrupt(void *payload)
{
	struct task_run *r = payload;

	if (!r->host.task)
		return;
	if (!r->host.json && !r->host.quiet) {
		live_hide(&r->host.live);
		term_fresh_line(r->host.log);
		term_printf(r->host.log, "Cancelling; once more ends the program at once.\n");
		(void)term_flush(r->host.log);
	}
	task_cancel(r->host.task);
}

/* Before the program ends at once: the terminal must not stay in raw mode. */
static void on_break(void *payload)
{
	struct task_run *r = payload;

	steering_restore(&r->steering);
}

/* One more try is the model's; true: it has begun. The second try is a task of its own in the
 * same session. It cannot start here: the session's log belongs to the first until done() has
 * returned. */
static bool answer_wrong(struct task_run *r, struct task *t, const struct task_outcome *o)
{
	struct arena *a = &r->cli->arena;
	struct err err = { 0 };

	if (!r->answer.wanted || o->code != ERR_NONE ||
	    answer_take(&r->answer, a, o->summary, &err))
		return false;
	if (r->answer.wrong > 1) {
		r->code = ERR_INVALID;
		live_hide(&r->host.live);
		term_error(&r->cli->log,
			   arena_printf(a, "The answer does not hold to the schema: %s.", err.msg)
				   .ptr);
		return false;
	}
	*r->spec = (struct task_spec){ .workspace = r->spec->workspace,
				       .config = r->spec->config,
				       .session = arena_dup(a, task_session(t)),
				       .instruction = answer_again(a, &err),
				       .calls_before = o->calls };
	r->host.task = NULL;
	runq_post(&r->loop.runq, &r->again);
	return true;
}

/* The task is freed when this returns. With answer_wrong() another one follows, and nothing is
 * closed yet. */
static void on_done(void *payload, struct task *t, const struct task_outcome *o)
{
	struct slice rest = o->summary, line = SLICE("");
	struct task_run *r = payload;

	r->code = o->code;
	if (answer_wrong(r, t, o))
		return;
	steering_close(&r->steering, t);
	r->host.task = NULL;
	live_hide(&r->host.live);
	(void)term_flush(&r->cli->out);
	if (o->code != ERR_NONE && !r->host.json && !r->host.stdout_gone) {
		struct err err = { .code = o->code };

		(void)slice_next_line(
			&rest, &line); /* behind it: what the model said, and that was shown */
		(void)err_set(&err, o->code, "%.*s", SLICE_ARG(line));
		term_error(&r->cli->log, err.msg);
	}
	finish(r);
}

static void finish(struct task_run *r)
{
	if (r->answer.json.len > 0)
		answer_put(&r->answer, r->cli);
	job_drop(&r->again);
	host_cli_close(&r->host);
	cli_loop_end(&r->loop);
}

static void once_more(struct job *j)
{
	struct task_run *r = container_of(j, struct task_run, again);
	struct err err = { 0 };

	if (task_start(r->loop.agent, r->spec, &r->host.host, on_done, r, &r->host.task, &err))
		return;
	r->code = err.code;
	steering_close(&r->steering, NULL);
	term_error(&r->cli->log, err.msg);
	finish(r);
}

/* The handles are closed when the task is done, or here if it never started; the loop then runs
 * out. */
int task_cmd(struct cli *c, struct place *p, struct task_spec *spec, bool report)
{
	struct task_run r = { .cli = c };
	struct err err = { 0 };
	bool started;

	spec->workspace = p->workspace;
	spec->config = &p->config;
	r.spec = spec;
	job_init(&r.again, once_more);
	if (!answer_init(&r.answer, c, &err))
		return cli_fail(c, &err);
	if (r.answer.wanted)
		spec->given = arena_printf(&c->arena, "%.*s%s%.*s", SLICE_ARG(spec->given),
					   spec->given.len ? "\n\n" : "",
					   SLICE_ARG(answer_words(&r.answer, &c->arena)));
	if (!cli_loop_init(&r.loop, c, p, true, &err))
		return cli_fail(c, &err);
	host_cli_init(&r.host, c, &r.loop, report);
	r.loop.interrupted = on_interrupt;
	r.loop.breaks = on_break;
	r.loop.payload = &r;
	if (cli_given(c, OPT_NO_SANDBOX))
		term_error(
			&c->log,
			"Warning: --no-sandbox: commands of the model can do whatever you can do.");
	r.host.notice.bell = p->config.bell;
	r.host.live.limit_usd = p->config.budget.task_usd;
	steering_open(&r.steering, &r.host, &r.loop, p, NULL);
	started = task_start(r.loop.agent, spec, &r.host.host, on_done, &r, &r.host.task, &err);
	if (!started) {
		steering_close(&r.steering, NULL);
		host_cli_close(&r.host);
		cli_loop_end(&r.loop);
	}
	cli_loop_run(&r.loop);
	return started ? err_exit_code(r.code) : cli_fail(c, &err);
}

struct slice task_words(struct cli *c, size_t from)
{
	struct slice text = SLICE("");

	for (size_t i = from; i < c->args.n_words; i++)
		text = arena_printf(&c->arena, "%.*s%s%s", SLICE_ARG(text), i > from ? " " : "",
				    c->args.words[i]);
	for (size_t i = 0; i < c->args.n_rest; i++)
		text = arena_printf(&c->arena, "%.*s%s%s", SLICE_ARG(text), text.len ? " " : "",
				    c->args.rest[i]);
	return text;
}

/* The user named the file, so this program reads it, wherever it lies; whether the model may see it is the task's
 * to decide. */
static bool read_image(struct cli *c, const char *name, struct task_image *out, struct err *err)
{
	char path[PATH_MAX];
	struct err why;

	if (c->args.dir && name[0] != '/')
		name = arena_printf(&c->arena, "%s/%s", c->args.dir, name).ptr;
	if (!realpath(name, path))
		return err_set(err, ERR_USAGE, "--image %s: %s.", name, strerror(errno));
	out->path = arena_dup(&c->arena, slice_of(path));
	if (read_whole(out->path, LIMIT_READ_BYTES, &c->arena, &out->bytes, &why))
		return true;
	return err_set(err, ERR_USAGE, "--image: %s", why.msg);
}

bool task_images(struct cli *c, struct task_spec *spec, struct err *err)
{
	struct task_image *all = arena_array(&c->arena, c->args.n_images + 1, sizeof(*all));

	for (size_t i = 0; i < c->args.n_images; i++)
		if (!read_image(c, c->args.images[i], &all[i], err))
			return false;
	spec->images = all;
	spec->n_images = c->args.n_images;
	return true;
}

bool task_piped(struct cli *c, struct slice *out, struct err *err)
{
	struct buf b;
	char text[4096];
	ssize_t n;

	buf_init(&b, LIMIT_SELECTION_BYTES);
	while ((n = read(STDIN_FILENO, text, sizeof(text))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_append(&b, slice_make(text, (size_t)n));
	}
	*out = arena_dup(&c->arena, slice_trim(buf_slice(&b)));
	if (n < 0)
		(void)err_set(err, ERR_IO, "Cannot read the standard input.");
	else if (b.full)
		(void)err_set(err, ERR_TOO_LARGE, "What is piped in has at most %d bytes.",
			      LIMIT_SELECTION_BYTES);
	n = n < 0 || b.full ? -1 : 0;
	buf_release(&b);
	return n == 0;
}

/* A terminal, a device or a socket is not waited for. */
bool task_given(struct cli *c, struct slice *given, struct err *err)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	struct slice piped;
	struct stat st;

	if (fstat(STDIN_FILENO, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)))
		return true;
	if (poll(&in, 1, PIPED_WAIT_MS) == 0) {
		term_printf(&c->log, "Nothing came on the standard input; the task goes on "
				     "without (</dev/null says so at once).\n");
		return true;
	}
	if (!task_piped(c, &piped, err))
		return false;
	if (piped.len > 0)
		*given = arena_printf(
			&c->arena, "%.*s%sThis was piped in by the user:\n<input>\n%.*s\n</input>",
			SLICE_ARG(*given), given->len ? "\n\n" : "", SLICE_ARG(piped));
	return true;
}
