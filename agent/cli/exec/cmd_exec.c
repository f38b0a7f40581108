/* cmd_exec.c - emend exec: code of a file, or from a pipe, in the sandbox by itself
 * (agent/exec).
 *
 *   prepare (words, files) --> loop: one question to the service --> its answer printed --> end
 *
 * The question is one of four: run the code, look it over (--validate), which languages there
 * are (--list), what ran before (--history). Each has a callback that prints the answer and ends
 * the loop. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/cli/exec/cli_exec.h"
#include "agent/cli/json_line.h"
#include "agent/cli/screen/table.h"
#include "agent/exec/exec_validate.h"
#include "protocol/base/limits.h"
#include "protocol/json/json.h"

enum { STATUS_TIMED_OUT = 124, PIECE = 64 * 1024, HISTORY_ROWS = 20 };

/* Of job, probe, validation and asked at most one is there: what was asked and is not answered
 * yet. */
struct exec_run {
	struct cli_exec_run run;
	struct exec_job *job;
	struct exec_probe *probe;
	struct exec_validation *validation;
	struct exec_asked *asked;
	struct exec_rows_query query; /* of --history */
	struct exec_request request;
};

/* --- what to run --- */

/* fd is read to its end; what: for the message. */
static bool read_all(struct cli *c, int fd, const char *what, size_t max, struct slice *out,
		     struct err *err)
{
	char piece[PIECE];
	struct buf b;
	ssize_t n;
	bool ok = true;

	buf_init(&b, max);
	while (ok && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = err_set(err, ERR_USAGE, "Cannot read %s: %s.", what, strerror(errno));
		else
			buf_append(&b, slice_make(piece, (size_t)n));
	}
	if (ok && b.full)
		ok = err_set(err, ERR_USAGE, "%s is larger than %zu bytes.", what, max);
	*out = arena_dup(&c->arena, buf_slice(&b));
	buf_release(&b);
	return ok;
}

static bool read_named(struct cli *c, const char *path, size_t max, struct slice *out,
		       struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set(err, ERR_USAGE, "Cannot read %s: %s.", path, strerror(errno));
	ok = read_all(c, fd, path, max, out, err);
	(void)close(fd);
	return ok;
}

static bool language_of_option(const struct args *a, const struct exec_language **out,
			       struct err *err)
{
	*out = exec_language_find(slice_of(a->language));
	return *out ||
	       err_set(err, ERR_USAGE,
		       "--language: expected python, javascript, bash or sql, found \"%.40s\".",
		       a->language);
}

/* --language, else a first word that is one, else the suffix of the file. *file: NULL, or the word that
 * names it. */
static bool choose_language(struct exec_run *r, const char **file, struct err *err)
{
	const struct args *a = &r->run.cli->args;
	const struct exec_language **l = &r->request.language;
	size_t at = 0;

	if (a->language) {
		if (!language_of_option(a, l, err))
			return false;
	} else if (a->n_words > 0) {
		*l = exec_language_find(slice_of(a->words[0]));
		at = *l ? 1 : 0;
	}
	if (a->n_words > at + 1)
		return err_set(err, ERR_USAGE,
			       "`emend exec` takes one file; \"%.80s\" is too much.",
			       a->words[at + 1]);
	*file = a->n_words > at ? a->words[at] : NULL;
	if (!*l && *file)
		*l = exec_language_of_file(slice_of(*file));
	return *l || err_set(err, ERR_USAGE,
			     "Which language? For example: emend exec --language python FILE");
}

static bool read_code(struct exec_run *r, const char *file, struct err *err)
{
	if (file && strcmp(file, "-") != 0)
		return read_named(r->run.cli, file, EXEC_CODE_MAX, &r->request.code, err);
	if (!file && isatty(STDIN_FILENO))
		return err_set(
			err, ERR_USAGE,
			"Which code? Name a file, or pipe it in: echo 'print(1)' | emend exec "
			"python");
	return read_all(r->run.cli, STDIN_FILENO, "The standard input", EXEC_CODE_MAX,
			&r->request.code, err);
}

/* --stdin - takes what is piped as the input, so that the code must come from a file. */
static bool read_input(struct exec_run *r, const char *file, struct err *err)
{
	const char *in = r->run.cli->args.in;

	if (!in)
		return true;
	if (strcmp(in, "-") != 0)
		return read_named(r->run.cli, in, LIMIT_STDIN_BYTES, &r->request.stdin_data, err);
	if (!file || strcmp(file, "-") == 0)
		return err_set(err, ERR_USAGE, "--stdin -: the code comes from there already.");
	return read_all(r->run.cli, STDIN_FILENO, "The standard input", LIMIT_STDIN_BYTES,
			&r->request.stdin_data, err);
}

/* All of the request is read before anything is started: a mistake in it costs nothing. */
static bool gather(struct exec_run *r, struct err *err)
{
	const struct args *a = &r->run.cli->args;
	struct slice *env = arena_array(&r->run.cli->arena, a->n_env + 1, sizeof(*env));
	const char *file = NULL;

	if (a->timeout > EXEC_SECONDS_MAX)
		return err_set(err, ERR_USAGE, "--timeout: at most %d seconds.", EXEC_SECONDS_MAX);
	r->request.timeout_seconds = a->timeout;
	r->request.max_memory_mb = a->memory;
	for (size_t i = 0; i < a->n_env; i++)
		env[i] = slice_of(a->env[i]);
	r->request.env = env;
	r->request.n_env = a->n_env;
	return choose_language(r, &file, err) && read_code(r, file, err) &&
	       read_input(r, file, err);
}

/* --- what came of it --- */

/* Also after Ctrl-C, when an answer may still be on its way: what is dropped here calls nobody
 * any more. */
static void end(void *owner)
{
	struct exec_run *r = owner;

	if (r->asked)
		r->run.service.sqlite.history.drop(r->asked);
	r->asked = NULL;
	cli_exec_close(&r->run.service, &r->run.loop);
}

static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct exec_run *r = payload;
	struct term *t = is_stderr ? &r->run.cli->log : &r->run.cli->out;

	if (t->tty)
		term_text(t, TERM_PLAIN, bytes); /* a file or a pipe gets the bytes as they are */
	else
		term_raw(t, bytes);
	(void)term_flush(t);
}

static void put_json(struct exec_run *r, const struct exec_answer *a)
{
	struct json_line l;
	struct jw *w = json_line_begin(&l, "execution");

	exec_answer_write(w, a);
	json_line_end(&l, &r->run.cli->out);
}

/* The status in this order: cancelled, could not be run, out of time, else that of the code. */
static void on_done(void *payload, const struct exec_answer *a)
{
	struct exec_run *r = payload;
	bool json = cli_given(r->run.cli, OPT_JSON), ran = a->exit_code >= 0;

	r->job = NULL;
	if (json)
		put_json(r, a);
	else if (a->output_truncated)
		term_printf(&r->run.cli->log,
			    "emend: the rest of the output was left out: each stream "
			    "has at most %d bytes.\n",
			    EXEC_OUTPUT);
	/* A status of the code's own says enough. */
	if (!json && (a->status == EXEC_TIMEOUT || a->status == EXEC_VIOLATION || !ran ||
		      a->failed != ERR_NONE))
		term_error(&r->run.cli->log, a->error_message);
	if (a->cancelled || r->run.loop.interrupts > 0)
		r->run.status = err_exit_code(ERR_CANCELLED);
	else if (!ran)
		r->run.status = err_exit_code(a->failed);
	else if (a->status == EXEC_TIMEOUT)
		r->run.status = STATUS_TIMED_OUT;
	else
		r->run.status = a->exit_code;
	end(r);
}

/* A language that is missing is no failure; a sandbox that does not work is. */
static void on_found(void *payload, const struct exec_found found[EXEC_LANGUAGES])
{
	static const struct table_column columns[] = { { .head = "language" },
						       { .head = "version" },
						       { .head = "", .gives = true } };
	struct exec_run *r = payload;
	struct json_line l;
	struct table t;
	struct jw *w;

	for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
		if (found[i].failed == ERR_SANDBOX)
			r->run.status = err_exit_code(ERR_SANDBOX);
	}

	if (cli_given(r->run.cli, OPT_JSON)) {
		w = json_line_begin(&l, "languages");
		exec_found_write(w, found);
		json_line_end(&l, &r->run.cli->out);
	} else {
		table_init(&t, &r->run.cli->arena, columns, ARRAY_LEN(columns));
		for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
			table_cell(&t, TERM_PLAIN, slice_of(exec_language_at(i)->name));
			table_cell(&t, TERM_PLAIN,
				   found[i].available ? found[i].version : SLICE("-"));
			table_cell(&t, TERM_DIM, found[i].reason);
		}
		table_put(&t, &r->run.cli->out);
	}
	end(r);
}

/* {"type":type, and the members of json */
static void put_object(struct exec_run *r, const char *type, struct slice json)
{
	term_raw(&r->run.cli->out, arena_printf(&r->run.cli->arena, "{\"type\":\"%s\",%.*s\n", type,
						SLICE_ARG(slice_sub(json, 1, json.len))));
}

/* A row each, the newest first. */
static void put_history(struct exec_run *r, struct json root)
{
	static const struct table_column columns[] = {
		{ .head = "when" },
		{ .head = "language" },
		{ .head = "status" },
		{ .head = "exit", .right = true },
		{ .head = "ms", .right = true },
		{ .head = "MB", .right = true },
		{ .head = "execution" },
	};
	struct arena *a = &r->run.cli->arena;
	struct table t;

	table_init(&t, a, columns, ARRAY_LEN(columns));
	for (struct json_iter it = json_iter(json_get(root, "executions")); json_next(&it);) {
		double ms = 0, mb = 0;

		if (!json_f64(json_get(it.value, "execution_time_ms"), &ms) ||
		    !json_f64(json_get(it.value, "memory_used_mb"), &mb))
			ms = mb = 0;
		table_cell(&t, TERM_DIM, json_str_or(json_get(it.value, "created_at"), a, ""));
		table_cell(&t, TERM_PLAIN, json_str_or(json_get(it.value, "language"), a, ""));
		table_cell(&t, TERM_PLAIN, json_str_or(json_get(it.value, "status"), a, ""));
		table_cell(
			&t, TERM_PLAIN,
			arena_printf(a, "%lld",
				     (long long)json_i64_or(json_get(it.value, "exit_code"), 0)));
		table_cell(&t, TERM_PLAIN, arena_printf(a, "%.0f", ms));
		table_cell(&t, TERM_PLAIN, arena_printf(a, "%.1f", mb));
		table_cell(&t, TERM_DIM, json_str_or(json_get(it.value, "execution_id"), a, ""));
	}
	table_put(&t, &r->run.cli->out);
}

static void on_history(void *payload, struct slice json, const struct err *err)
{
	struct exec_run *r = payload;
	struct json root;

	r->asked = NULL;
	if (err)
		r->run.why = *err;
	else if (cli_given(r->run.cli, OPT_JSON))
		put_object(r, "history", json);
	else if (json_parse(&r->run.cli->arena, json, &root, &r->run.why))
		put_history(r, root);
	end(r);
}

/* A line each, as compilers print them. */
static void put_findings(struct exec_run *r, struct json root)
{
	for (struct json_iter it = json_iter(json_get(root, "findings")); json_next(&it);)
		term_text(&r->run.cli->out, TERM_PLAIN,
			  arena_printf(&r->run.cli->arena, "%lld:%lld: %.*s: %.*s\n",
				       (long long)json_i64_or(json_get(it.value, "line"), 1),
				       (long long)json_i64_or(json_get(it.value, "column"), 1),
				       SLICE_ARG(json_str_or(json_get(it.value, "rule"),
							     &r->run.cli->arena, "")),
				       SLICE_ARG(json_str_or(json_get(it.value, "message"),
							     &r->run.cli->arena, ""))));
}

static void on_validated(void *payload, struct slice json, const struct err *err)
{
	struct exec_run *r = payload;
	struct json root;

	r->validation = NULL;
	if (err)
		r->run.why = *err;
	else if (json_parse(&r->run.cli->arena, arena_dup(&r->run.cli->arena, json), &root,
			    &r->run.why)) {
		r->run.status = json_bool_or(json_get(root, "is_safe"), false) ? 0 : 1;
		if (cli_given(r->run.cli, OPT_JSON))
			put_object(r, "validation", json);
		else
			put_findings(r, root);
	}
	end(r);
}

/* Code that runs is cancelled, and its answer ends the command; any other question is dropped. */
static void on_interrupt(void *owner)
{
	struct exec_run *r = owner;

	if (r->job)
		exec_cancel(r->job);
	else
		end(r);
}

static bool start(void *owner, struct err *err)
{
	struct exec_run *r = owner;
	struct exec_history *h = &r->run.service.sqlite.history;
	struct exec_callbacks cb = { cli_given(r->run.cli, OPT_JSON) ? NULL : on_output, on_done };

	if (!cli_exec_open(&r->run.service, &r->run.loop, &r->run.place, err))
		return false;
	if (cli_given(r->run.cli, OPT_HISTORY)) {
		r->asked = h->ask(h->self, &r->query, on_history, r);
		return true;
	}
	if (cli_given(r->run.cli, OPT_LIST))
		return exec_probe(r->run.service.exec, on_found, r, &r->probe, err);
	if (cli_given(r->run.cli, OPT_VALIDATE) &&
	    exec_validate(r->run.service.exec, &r->request, on_validated, r, &r->validation, err))
		return true;
	if (!cli_given(r->run.cli, OPT_VALIDATE) &&
	    exec_submit(r->run.service.exec, &r->request, &cb, r, &r->job, err))
		return true;
	if (err->code == ERR_INVALID) /* of what was typed */
		err->code = ERR_USAGE;
	return false;
}

static bool ask_history(struct exec_run *r, struct err *err)
{
	const struct args *a = &r->run.cli->args;
	const struct exec_language *l = NULL;

	if (a->n_words > 0)
		return err_set(err, ERR_USAGE, "--history takes no code.");
	if (a->language && !language_of_option(a, &l, err))
		return false;
	r->query = (struct exec_rows_query){ .language = slice_of(l ? l->name : ""),
					     .status = slice_of(a->status),
					     .limit = a->limit ? a->limit : HISTORY_ROWS };
	if (exec_query_check(&r->query, err))
		return true;
	err->code = ERR_USAGE;
	return false;
}

/* What was asked for, from the command line and the files that it names. */
static bool prepare(struct exec_run *r, struct err *err)
{
	if (cli_given(r->run.cli, OPT_HISTORY))
		return ask_history(r, err);
	if (r->run.cli->args.status)
		return err_set(err, ERR_USAGE, "--status goes with --history.");
	return cli_given(r->run.cli, OPT_LIST) || gather(r, err);
}

int cmd_exec(struct cli *c)
{
	struct exec_run r = {
		.run = { .cli = c, .start = start, .end = end, .interrupted = on_interrupt }
	};
	struct err err = { 0 };
	int status;

	if (cli_given(c, OPT_LIST) && c->args.n_words > 0)
		return cli_usage(c, "--list takes no code.");
	if (prepare(&r, &err) && place_init(&r.run.place, c, &err))
		status = cli_exec_run(&r.run, &r);
	else
		status = cli_fail(c, &err);
	place_release(&r.run.place);
	return status;
}
