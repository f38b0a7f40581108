/* test_runner.c - the whole way: server side, runner process, sandbox, and back.
 *
 * This program is its own runner: `PROGRAM runner` is runner_main(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "agent/base/runq.h"
#include "agent/base/sha256.h"
#include "agent/runner/runner.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/worker/folder.h"

/* The runner cannot be traced, which the leak checker of a test build wants. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct runner *runner;
	struct folder dir;
	struct runner_options options;
	unsigned answers, lost;
	/* of the last answer */
	struct err err;
	char *data; /* file, JSON or output */
	size_t len;
	char sha256[65];
	struct command_result result;
	bool cpu; /* what it was stopped for */
	atomic_size_t streamed;
	struct buf stream[2]; /* stdout and stderr, where they are apart */
	struct runner_call *call;
	/* of a command on a view, and of a batch */
	struct folder views;
	struct view_change *changes; /* copies, without their texts */
	enum err_code *codes;
	size_t n_items;
	char *image[2]; /* of the first item */
};

static char program[4096];

static void keep(struct fixture *f, struct slice data, const struct err *err)
{
	free(f->data);
	f->data = xslicedup(data);
	f->len = data.len;
	f->err = err ? *err : (struct err){ .code = ERR_NONE };
	f->answers++;
}

static void on_read(void *payload, const struct file_content *c, const struct err *err)
{
	struct fixture *f = payload;

	keep(f, c->data, err);
	memcpy(f->sha256, c->sha256, sizeof(f->sha256));
}

static void on_write(void *payload, struct slice sha, const struct err *err)
{
	keep(payload, sha, err);
}

static void on_json(void *payload, struct slice json, const struct err *err)
{
	keep(payload, json, err);
}

static void on_output(void *payload, struct slice bytes, bool is_stderr)
{
	struct fixture *f = payload;

	f->streamed += bytes.len;
	buf_append(&f->stream[is_stderr], bytes);
}

static void on_command(void *payload, const struct command_result *r, const struct err *err)
{
	struct fixture *f = payload;

	keep(f, r->output, err);
	f->result = *r;
	f->result.output = f->result.limit_hit = (struct slice){ "", 0 };
	f->cpu = slice_eq_cstr(r->limit_hit, "cpu");
	free(f->changes);
	f->changes = xcalloc(r->changed.n_changes + 1, sizeof(*f->changes));
	if (r->changed.n_changes > 0)
		memcpy(f->changes, r->changed.changes, r->changed.n_changes * sizeof(*f->changes));
}

static void on_items(void *payload, const struct view_item *items, size_t n, const struct err *err)
{
	struct fixture *f = payload;

	keep(f, n ? items[0].why : SLICE(""), err);
	f->n_items = n;
	free(f->codes);
	f->codes = xcalloc(n + 1, sizeof(*f->codes));
	for (size_t i = 0; i < n; i++)
		f->codes[i] = items[i].code;
	for (size_t i = 0; i < 2; i++)
		free(f->image[i]);
	f->image[0] = n ? xslicedup(items[0].image.before) : NULL;
	f->image[1] = n ? xslicedup(items[0].image.after) : NULL;
}

static void on_lost(void *payload, const struct err *why)
{
	struct fixture *f = payload;

	f->lost++;
	f->err = *why;
}

static const struct command_callbacks callbacks = { .output = on_output, .done = on_command };

static void wait_answers(struct fixture *f, unsigned n)
{
	while (f->answers < n)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
	static const struct slice denied[] = { { ".env*", 5 } };
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	if (!f)
		return -1;
	buf_init(&f->stream[0], LIMIT_OUTPUT_LOG_BYTES);
	buf_init(&f->stream[1], LIMIT_OUTPUT_LOG_BYTES);
	folder_make(&f->dir);
	folder_put(&f->dir, "a.txt", "hello\n");
	folder_put(&f->dir, ".env", "KEY=1\n");
	(void)uv_loop_init(&f->loop);
	runq_init(&f->runq, &f->loop);
	f->options = (struct runner_options){ .loop = &f->loop,
					      .reduced = true,
					      .runq = &f->runq,
					      .program = slice_of(program),
					      .workspace = slice_of(f->dir.path),
					      .denied = denied,
					      .n_denied = 1,
					      .lost = on_lost,
					      .payload = f };
	*state = f;
	return runner_start(&f->options, &f->runner, &err) ? 0 : -1;
}

/* The loop ends by itself: no handle is left. */
static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	runner_stop(f->runner);
	runq_close(&f->runq);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	left = uv_loop_close(&f->loop);
	folder_free(&f->dir);
	if (f->views.path[0])
		folder_free(&f->views);
	free(f->data);
	free(f->changes);
	free(f->codes);
	free(f->image[0]);
	free(f->image[1]);
	buf_release(&f->stream[0]);
	buf_release(&f->stream[1]);
	free(f);
	return left;
}

static void command(struct fixture *f, const char *text, uint64_t timeout_ms, uint64_t idle_ms)
{
	struct command_spec s = { .command = slice_of(text),
				  .timeout_ms = timeout_ms,
				  .idle_ms = idle_ms };

	f->call = runner_command(f->runner, &s, &callbacks, f);
}

/* Where this machine lacks the sandbox, commands are refused, which other suites look at. */
static void need_commands(struct fixture *f)
{
	command(f, "true", 0, 0);
	wait_answers(f, 1);
	f->answers = 0;
	if (f->err.code == ERR_SANDBOX)
		skip();
	assert_int_equal(f->err.code, ERR_NONE);
}

static void files(void **state)
{
	struct fixture *f = *state;
	struct file_write w = { .path = SLICE("new/b.bin"),
				.data = SLICE("\0\xff bytes"),
				.make_parents = true };

	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	assert_int_equal(f->answers, 0); /* never inside the call */
	wait_answers(f, 1);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_string_equal(f->data, "hello\n");
	assert_string_equal(f->sha256, sha256(SLICE("hello\n")).s);
	(void)runner_write(f->runner, &w, on_write, f);
	wait_answers(f, 2);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_string_equal(f->data, sha256(w.data).s);
	(void)runner_read(f->runner, w.path, 0, on_read, f);
	wait_answers(f, 3);
	assert_int_equal(f->len, 8);
	assert_memory_equal(f->data, "\0\xff bytes", 8);
	(void)runner_write(f->runner, &w, on_write, f);
	wait_answers(f, 4);
	assert_int_equal(f->err.code, ERR_STALE);
	(void)runner_read(f->runner, SLICE(".env"), 0, on_read, f);
	wait_answers(f, 5);
	assert_int_equal(f->err.code, ERR_DENIED);
	(void)runner_read(f->runner, SLICE("none"), 0, on_read, f);
	wait_answers(f, 6);
	assert_int_equal(f->err.code, ERR_NOT_FOUND);
}

static void list_and_search(void **state)
{
	struct fixture *f = *state;
	struct list_query l = { .files_only = true };
	struct search_query s = { .pattern = SLICE("hel+o") };

	(void)runner_list(f->runner, &l, on_json, f);
	wait_answers(f, 1);
	assert_string_equal(
		f->data, "{\"entries\":[{\"path\":\".env\",\"kind\":\"file\",\"size\":6},"
			 "{\"path\":\"a.txt\",\"kind\":\"file\",\"size\":6}],\"truncated\":false}");
	(void)runner_search(f->runner, &s, on_json, f);
	wait_answers(f, 2);
	assert_string_equal(f->data,
			    "{\"hits\":[{\"path\":\"a.txt\",\"line\":1,\"text\":\"hello\"}],"
			    "\"files\":1,\"matches\":1,\"truncated\":false,\"cut\":false}");
	s.pattern = SLICE("(");
	(void)runner_search(f->runner, &s, on_json, f);
	wait_answers(f, 3);
	assert_int_equal(f->err.code, ERR_INVALID);
}

/* Starts the runner again, with a folder for what commands write. */
static void on_views(struct fixture *f)
{
	struct err err;

	runner_stop(f->runner);
	folder_make(&f->views);
	f->options.views = slice_of(f->views.path);
	if (!runner_start(&f->options, &f->runner, &err))
		fail_msg("%s", err.msg);
}

/* Its changes, in f->changes; skips where there is no overlay. */
static size_t changes_of(struct fixture *f, const char *text)
{
	unsigned before = f->answers;

	command(f, text, 0, 0);
	wait_answers(f, before + 1);
	if (f->err.code == ERR_SANDBOX || !f->result.changed.overlay)
		skip();
	assert_int_equal(f->err.code, ERR_NONE);
	return f->result.changed.n_changes;
}

enum { MANY = 300 };

static void batch_of_changes(void **state)
{
	struct fixture *f = *state;
	int64_t index[MANY], view;
	size_t n;
	unsigned at;

	on_views(f);
	folder_put(&f->dir, "f100", "mine\n");
	n = changes_of(f, "for i in $(seq 100 399); do echo $i > f$i; done");
	assert_int_equal(n, MANY);
	for (size_t i = 0; i < n; i++)
		index[i] = f->changes[i].index;
	view = f->result.changed.view;
	at = f->answers;
	(void)runner_images(f->runner, view, index, n, 0, on_items, f);
	wait_answers(f, ++at);
	assert_int_equal(f->n_items, n);
	assert_string_equal(f->image[0], "mine\n");
	assert_string_equal(f->image[1], "100\n");
	/* At least one, however little room there is. */
	(void)runner_images(f->runner, view, index, n, 1, on_items, f);
	wait_answers(f, ++at);
	assert_int_equal(f->n_items, 1);
	/* One of them changes meanwhile: it stays, the others become real. */
	folder_put(&f->dir, "f100", "saved meanwhile\n");
	(void)runner_commit_many(f->runner, view, index, n, on_items, f);
	wait_answers(f, ++at);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_int_equal(f->n_items, 1); /* what was not made */
	assert_int_equal(f->codes[0], ERR_STALE);
	assert_string_equal(folder_get(&f->dir, "f100"), "saved meanwhile\n");
	assert_string_equal(folder_get(&f->dir, "f399"), "399\n");
	/* A change that does not exist spoils the request, and nothing else. */
	index[0] = 100000;
	(void)runner_commit_many(f->runner, view, index, n, on_items, f);
	wait_answers(f, ++at);
	assert_int_not_equal(f->err.code, ERR_NONE);
	(void)runner_finish(f->runner, view, false, on_json, f);
	wait_answers(f, ++at);
	assert_int_equal(f->err.code, ERR_NONE);
}

/* More than one message tells, and none of them vanishes. */
static void thousands_of_changes(void **state)
{
	enum { FILES = 5500 };
	struct fixture *f = *state;
	int64_t *index;
	size_t n;
	unsigned at;

	on_views(f);
	n = changes_of(f, "i=0; while [ $i -lt 5500 ]; do : > new$i; i=$((i + 1)); done");
	assert_int_equal(n, FILES);
	index = xcalloc(n, sizeof(*index));
	for (size_t i = 0; i < n; i++) {
		index[i] = f->changes[i].index;
		assert_true(i == 0 || index[i] > index[i - 1]);
	}
	at = f->answers;
	(void)runner_commit_many(f->runner, f->result.changed.view, index, n, on_items, f);
	wait_answers(f, at + 1);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_int_equal(f->n_items, 0);
	assert_int_equal(access(folder_at(&f->dir, "new5499"), F_OK), 0);
	free(index);
}

/* Requests get through while a batch is under way, and a batch that nobody waits for ends. */
static void batch_is_no_wall(void **state)
{
	struct fixture *f = *state;
	int64_t index[MANY];
	struct runner_call *c;
	size_t n;
	unsigned at;
	bool ended;

	on_views(f);
	n = changes_of(f, "for i in $(seq 100 399); do echo $i > f$i; done");
	for (size_t i = 0; i < n; i++)
		index[i] = f->changes[i].index;
	at = f->answers;
	c = runner_commit_many(f->runner, f->result.changed.view, index, n, on_items, f);
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	wait_answers(f, at + 1);
	ended = f->codes != NULL; /* on a slow day the whole batch was quicker */
	if (!ended)
		runner_drop(c);
	(void)runner_finish(f->runner, f->result.changed.view, false, on_json, f);
	(void)runner_layers(f->runner, on_json, f);
	wait_answers(f, at + 3 + ended);
	assert_int_equal(f->lost, 0);
}

/* --- somebody saves the files that a command works on, at any moment --- */

enum { SAVED_FILES = 100, SAVE_ROUNDS = 10 };

/* The command removes these two. It may do so with a save that it has seen, so that the user waits with
 * them until the command runs, on what was there before. */
static bool is_removed(unsigned i)
{
	return i == 11 || i == 22;
}

struct user {
	const struct folder *dir;
	const atomic_size_t *command; /* what it has printed: it runs */
	atomic_bool stop;
	unsigned seed;
	unsigned saves[SAVED_FILES]; /* the number of the last save of each; 0: none */
	bool there[SAVED_FILES];
};

static void save_in_place(int fd, const char *text)
{
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void save(struct user *u, unsigned i, unsigned how)
{
	char rel[32], text[64], path[300], other[300];

	(void)snprintf(rel, sizeof(rel), "f%u", 100 + i);
	(void)snprintf(path, sizeof(path), "%s/%s", u->dir->path, rel);
	(void)snprintf(other, sizeof(other), "%s/.%s.swp", u->dir->path, rel);
	if (how == 3) {
		(void)unlink(path); /* it may be gone already */
		u->there[i] = false;
		return;
	}
	(void)snprintf(text, sizeof(text), "save %u of %u\n", ++u->saves[i], i);
	u->there[i] = true;
	if (how == 0) { /* as most editors do */
		save_in_place(open(other, O_WRONLY | O_CREAT | O_TRUNC, 0644), text);
		assert_int_equal(rename(other, path), 0);
	} else if (how == 1) {
		save_in_place(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), text);
	} else { /* open for a while */
		int fd = open(path, O_WRONLY | O_CREAT, 0644);

		(void)usleep(200);
		assert_int_equal(ftruncate(fd, 0), 0);
		save_in_place(fd, text);
	}
}

static void *saves(void *payload)
{
	struct user *u = payload;

	while (!atomic_load(&u->stop)) {
		unsigned i = (unsigned)rand_r(&u->seed) % SAVED_FILES;

		if (!is_removed(i) || atomic_load(u->command) > 0)
			save(u, i, (unsigned)rand_r(&u->seed) % 4);
		(void)usleep((unsigned)rand_r(&u->seed) % 600);
	}
	return NULL;
}

/* What the user saved last is there, maybe with what the command added to it. */
static void nothing_is_lost(struct fixture *f, const struct user *u, unsigned seed)
{
	for (unsigned i = 0; i < SAVED_FILES; i++) {
		char rel[32], text[64];

		if (u->saves[i] == 0 || !u->there[i])
			continue;
		(void)snprintf(rel, sizeof(rel), "f%u", 100 + i);
		(void)snprintf(text, sizeof(text), "save %u of %u\n", u->saves[i], i);
		if (strncmp(folder_get(&f->dir, rel), text, strlen(text)) != 0)
			fail_msg("seed %u: %s shall begin with %s, but is: %s", seed, rel, text,
				 folder_get(&f->dir, rel));
	}
}

static void no_save_is_lost(void **state)
{
	struct fixture *f = *state;
	unsigned first = (unsigned)getpid();
	int64_t index[2 * SAVED_FILES];
	char name[8];

	on_views(f);
	for (unsigned round = 0; round < SAVE_ROUNDS; round++) {
		struct user u = { .dir = &f->dir, .command = &f->streamed, .seed = first + round };
		pthread_t thread;
		size_t n;
		unsigned at;

		for (unsigned i = 0; i < SAVED_FILES; i++) {
			(void)snprintf(name, sizeof(name), "f%u", 100 + i);
			folder_put(&f->dir, name, "as it was\n");
			if (i % 8 == 0) /* these are made by both */
				assert_int_equal(unlink(folder_at(&f->dir, name)), 0);
		}
		atomic_store(&f->streamed, 0);
		assert_int_equal(pthread_create(&thread, NULL, saves, &u), 0);
		n = changes_of(f, "echo; for n in 1 2 3; do for i in $(seq 100 199); do "
				  "echo command >> f$i; done; done; rm -f f111 f122");
		assert_true(n <= 2 * SAVED_FILES);
		for (size_t i = 0; i < n; i++)
			index[i] = f->changes[i].index;
		at = f->answers;
		(void)runner_commit_many(f->runner, f->result.changed.view, index, n, on_items, f);
		wait_answers(f, at + 1);
		(void)runner_finish(f->runner, f->result.changed.view, true, on_json, f);
		wait_answers(f, at + 2);
		atomic_store(&u.stop, true);
		assert_int_equal(pthread_join(thread, NULL), 0);
		nothing_is_lost(f, &u, u.seed);
	}
}

static void commands(void **state)
{
	struct fixture *f = *state;
	static const struct slice argv[] = {
		{ "printf", 6 }, { "%s|", 3 }, { "a b", 3 }, { "$c", 2 }
	};
	struct command_spec s = { .argv = argv, .n_argv = 4 };

	need_commands(f);
	command(f, "echo out; echo err >&2; echo more; exit 3", 0, 0);
	wait_answers(f, 1);
	assert_string_equal(f->data, "out\nerr\nmore\n");
	assert_int_equal(f->result.exit_status, 3);
	assert_int_equal(f->result.term_signal, 0);
	assert_int_equal(f->result.output_bytes, 13);
	assert_int_equal(f->streamed, 13);
	assert_false(f->result.truncated);
	(void)runner_command(f->runner, &s, &callbacks, f);
	wait_answers(f, 2);
	assert_string_equal(f->data, "a b|$c|");
	command(f, "kill -TERM $$", 0, 0);
	wait_answers(f, 3);
	assert_int_equal(f->result.term_signal, SIGTERM);
	command(f, "exec no-such-program", 0, 0);
	wait_answers(f, 4);
	assert_int_equal(f->result.exit_status, 127);
	s = (struct command_spec){ .command = SLICE("pwd"), .cwd = SLICE("nowhere") };
	(void)runner_command(f->runner, &s, &callbacks, f);
	wait_answers(f, 5);
	assert_int_equal(f->err.code, ERR_NOT_FOUND);
	s.cwd = SLICE("../..");
	(void)runner_command(f->runner, &s, &callbacks, f);
	wait_answers(f, 6);
	assert_int_equal(f->err.code, ERR_DENIED);
}

static void long_output_keeps_both_ends(void **state)
{
	struct fixture *f = *state;

	need_commands(f);
	command(f, "echo first; head -c 12000000 /dev/zero | tr '\\0' x; echo; echo last", 0, 0);
	wait_answers(f, 1);
	assert_true(f->result.truncated);
	assert_int_equal(f->result.output_bytes, 12000000 + 12);
	assert_true(f->len < LIMIT_OUTPUT_BYTES + 100);
	assert_memory_equal(f->data, "first\n", 6);
	assert_string_equal(f->data + f->len - 6, "\nlast\n");
	assert_non_null(strstr(f->data, "bytes left out"));
	assert_int_equal(f->streamed, LIMIT_OUTPUT_LOG_BYTES);
}

static void time_limits(void **state)
{
	struct fixture *f = *state;

	need_commands(f);
	command(f, "echo begun; sleep 60", 2000, 0); /* a busy machine needs some of it */
	wait_answers(f, 1);
	assert_true(f->result.timed_out);
	assert_int_equal(f->result.term_signal, SIGKILL);
	assert_string_equal(f->data, "begun\n");
	command(f, "echo begun; sleep 60", 0, 200);
	wait_answers(f, 2);
	assert_true(f->result.idle_timed_out);
	assert_false(f->result.timed_out);
	command(f, "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done", 0, 2000);
	wait_answers(f, 3);
	assert_false(f->result.idle_timed_out);
	assert_int_equal(f->result.exit_status, 0);
}

static void kill_answers_with_what_was_printed(void **state)
{
	struct fixture *f = *state;

	need_commands(f);
	command(f, "trap '' TERM INT; echo begun; sleep 60; sleep 60", 0, 0);
	while (f->streamed < 6)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	runner_kill(f->call);
	runner_kill(f->call);
	wait_answers(f, 1);
	assert_int_equal(f->result.term_signal, SIGKILL);
	assert_string_equal(f->data, "begun\n");
}

static bool process_named(const char *mark)
{
	char path[300], line[4096];
	DIR *d = opendir("/proc");
	bool found = false;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		ssize_t n;
		int fd;

		(void)snprintf(path, sizeof(path), "/proc/%s/cmdline", e->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		n = fd < 0 ? -1 : read(fd, line, sizeof(line));
		if (fd >= 0)
			(void)close(fd);
		found = found || (n > 0 && slice_find(slice_make(line, (size_t)n), slice_of(mark),
						      0) != SIZE_MAX);
	}
	if (d)
		(void)closedir(d);
	return found;
}

static void wait_gone(const char *mark)
{
	for (int i = 0; i < 1000 && process_named(mark); i++)
		(void)usleep(10000);
	assert_false(process_named(mark));
}

static void dropped_call_kills_and_is_silent(void **state)
{
	struct fixture *f = *state;
	char text[128], mark[32];

	need_commands(f);
	(void)snprintf(mark, sizeof(mark), "6%ld", (long)getpid());
	(void)snprintf(text, sizeof(text), "echo x; setsid sleep %s & sleep %s", mark, mark);
	command(f, text, 0, 0);
	while (f->streamed == 0)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	runner_drop(f->call);
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	wait_answers(f, 1);
	assert_string_equal(f->data, "hello\n");
	wait_gone(mark);
	assert_int_equal(f->answers, 1);
}

static void stop_kills_everything(void **state)
{
	struct fixture *f = *state;
	char text[128], mark[32];

	need_commands(f);
	(void)snprintf(mark, sizeof(mark), "7%ld", (long)getpid());
	(void)snprintf(text, sizeof(text), "echo x; trap '' TERM HUP; setsid sleep %s & sleep %s",
		       mark, mark);
	command(f, text, 0, 0);
	while (f->streamed == 0)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	runner_stop(f->runner);
	f->runner = NULL;
	wait_gone(mark);
	assert_int_equal(f->answers, 0);
	assert_int_equal(f->lost, 0);
}

static void many_at_once(void **state)
{
	struct fixture *f = *state;

	need_commands(f);
	for (int i = 0; i < 20; i++) {
		command(f, "sleep 0.05; echo ok", 0, 0);
		(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	}
	wait_answers(f, 40);
	assert_int_equal(f->answers, 40);
	assert_int_equal(f->err.code, ERR_NONE);
}

static void wrong_workspace(void **state)
{
	struct fixture *f = *state;

	runner_stop(f->runner);
	f->options.workspace = SLICE("/no/such/folder");
	assert_true(runner_start(&f->options, &f->runner, &f->err));
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	while (!f->lost)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->answers, 1);
	assert_int_equal(f->err.code, ERR_NOT_FOUND);
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f); /* after the end */
	assert_int_equal(f->answers, 1);
	wait_answers(f, 2);
	assert_int_equal(f->err.code, ERR_NOT_FOUND);
}

static void missing_program(void **state)
{
	struct fixture *f = *state;
	struct runner *r = NULL;

	f->options.program = SLICE("/no/such/program");
	assert_false(runner_start(&f->options, &r, &f->err));
	assert_int_equal(f->err.code, ERR_IO);
}

struct asking {
	struct fixture *f;
	struct runner_call *second;
	unsigned answers, dropped;
};

static void on_dropped(void *payload, const struct file_content *c, const struct err *err)
{
	struct asking *a = payload;

	(void)c;
	(void)err;
	a->dropped++;
}

static void on_first(void *payload, const struct file_content *c, const struct err *err)
{
	struct asking *a = payload;

	(void)c;
	assert_int_equal(err->code, ERR_NOT_FOUND);
	a->answers++;
	runner_drop(a->second);
	a->second = NULL;
}

/* The runner is lost already: both wait for their error. */
static void on_ask_again(void *payload, const struct file_content *c, const struct err *err)
{
	struct asking *a = payload;

	(void)c;
	assert_int_equal(err->code, ERR_NOT_FOUND);
	(void)runner_read(a->f->runner, SLICE("a.txt"), 0, on_first, a);
	a->second = runner_read(a->f->runner, SLICE("a.txt"), 0, on_dropped, a);
}

static void call_of_a_lost_runner_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct asking a = { .f = f };

	runner_stop(f->runner);
	f->options.workspace = SLICE("/no/such/folder");
	assert_true(runner_start(&f->options, &f->runner, &f->err));
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_ask_again, &a);
	while (!f->lost)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(a.answers, 1); /* before the loss was reported */
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	wait_answers(f, 1);
	assert_int_equal(a.answers, 1);
	assert_int_equal(a.dropped, 0);
}

static void layers_are_reported(void **state)
{
	struct fixture *f = *state;

	(void)runner_layers(f->runner, on_json, f);
	wait_answers(f, 1);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_non_null(strstr(f->data, "\"name\":\"landlock\""));
	assert_non_null(strstr(f->data, "\"name\":\"user namespace\""));
	assert_non_null(strstr(f->data, "\"required\":true"));
}

static void forbidden_layer_refuses(void **state)
{
	struct fixture *f = *state;

	runner_stop(f->runner);
	(void)setenv("EMEND_TEST_FORBID", "seccomp", 1);
	assert_true(runner_start(&f->options, &f->runner, &f->err));
	(void)unsetenv("EMEND_TEST_FORBID");
	command(f, "echo never", 0, 0);
	wait_answers(f, 1);
	assert_int_equal(f->err.code, ERR_SANDBOX);
	assert_non_null(strstr(f->err.msg, "seccomp"));
	assert_non_null(strstr(f->err.msg, "What to do"));
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f); /* files still work */
	wait_answers(f, 2);
	assert_int_equal(f->err.code, ERR_NONE);
}

static void typed_no_sandbox(void **state)
{
	struct fixture *f = *state;

	runner_stop(f->runner);
	f->options.no_sandbox = true;
	assert_true(runner_start(&f->options, &f->runner, &f->err));
	(void)setenv("EMEND_TEST_KEY", "leak", 1);
	command(f, "echo $EMEND_TEST_KEY; cat .env", 0, 0);
	wait_answers(f, 1);
	(void)unsetenv("EMEND_TEST_KEY");
	assert_string_equal(f->data, "\nKEY=1\n"); /* the environment is scrubbed in any case */
	command(f, "setsid sleep 60 & sleep 60", 200, 0);
	wait_answers(f, 2);
	assert_true(f->result.timed_out);
}

/* --- code that is nobody's command --- */

/* Starts the runner again, with nothing of the workspace in its view. */
static void bare(struct fixture *f, uint32_t cpu_seconds)
{
	runner_stop(f->runner);
	f->options.bare = true;
	f->options.cpu_seconds = cpu_seconds;
	assert_true(runner_start(&f->options, &f->runner, &f->err));
	need_commands(f);
}

static void code(struct fixture *f, const char *text, const struct command_spec *more)
{
	struct command_spec s = *more;

	s.command = slice_of(text);
	s.apart = s.own_env = true;
	buf_clear(&f->stream[0]);
	buf_clear(&f->stream[1]);
	f->answers = 0;
	f->call = runner_command(f->runner, &s, &callbacks, f);
	wait_answers(f, 1);
}

static void bare_has_what_it_is_given(void **state)
{
	struct fixture *f = *state;
	const struct slice env[] = { { "A=1", 3 }, { "LANG=xx", 7 } }, bad = { "=1", 2 };
	struct command_spec s = { .stdin_data = SLICE("in\0\xff"),
				  .env = env,
				  .n_env = 2,
				  .file_name = SLICE("main.sh"),
				  .file = SLICE("echo $A $LANG $TERM$USER$TZ; cat; echo no >&2") };
	char text[512];

	bare(f, 0);
	(void)setenv("TZ", "Mars/Base", 1);
	code(f, "sh main.sh", &s);
	(void)unsetenv("TZ");
	assert_int_equal(f->err.code, ERR_NONE);
	assert_int_equal(f->result.exit_status, 0);
	assert_int_equal(f->stream[0].len, 9);
	assert_memory_equal(f->stream[0].data, "1 xx\nin\0\xff", 9);
	assert_string_equal(buf_cstr(&f->stream[1]), "no\n");
	assert_true(f->result.peak_bytes > 100 * 1000);
	/* Its folder is its home; nothing of the workspace is there, nor, as the worker says, of the one before. */
	(void)snprintf(text, sizeof(text), "pwd; ls; cat; test -e '%s' || echo none", f->dir.path);
	code(f, text, &(struct command_spec){ .cwd = SLICE("") });
	assert_string_equal(buf_cstr(&f->stream[0]), f->result.again
							     ? "/home/sandbox\nnone\n"
							     : "/home/sandbox\nmain.sh\nnone\n");
	s.file_name = SLICE("../main.sh");
	code(f, "true", &s);
	assert_int_equal(f->err.code, ERR_INVALID);
	s.file_name = SLICE("");
	s.env = &bad;
	s.n_env = 1;
	code(f, "true", &s);
	assert_int_equal(f->err.code, ERR_INVALID);
}

static void bare_is_held_by_cpu_time(void **state)
{
	struct fixture *f = *state;
	const struct command_spec none = { .cwd = SLICE("") };

	bare(f, 1);
	code(f, "while :; do :; done", &none);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_int_equal(f->result.term_signal, SIGXCPU);
	assert_true(f->cpu);
	/* Who does not heed the first signal gets one that cannot be caught. */
	code(f, "trap '' XCPU; while :; do :; done", &none);
	assert_int_equal(f->result.term_signal, SIGKILL);
	assert_true(f->cpu);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(files),
		CASE(list_and_search),
		CASE(commands),
		CASE(bare_has_what_it_is_given),
		CASE(bare_is_held_by_cpu_time),
		CASE(batch_of_changes),
		CASE(thousands_of_changes),
		CASE(batch_is_no_wall),
		CASE(no_save_is_lost),
		CASE(long_output_keeps_both_ends),
		CASE(time_limits),
		CASE(kill_answers_with_what_was_printed),
		CASE(dropped_call_kills_and_is_silent),
		CASE(stop_kills_everything),
		CASE(many_at_once),
		CASE(wrong_workspace),
		CASE(call_of_a_lost_runner_is_dropped),
		CASE(missing_program),
		CASE(layers_are_reported),
		CASE(forbidden_layer_refuses),
		CASE(typed_no_sandbox),
	};
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (argc == 2 && strcmp(argv[1], "runner") == 0)
		return runner_main();
	program[n > 0 ? n : 0] = 0;
	return cmocka_run_group_tests_name("runner", tests, NULL, NULL);
}
