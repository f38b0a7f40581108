/* test_launch.c - the command line of a container engine, and a runner behind an engine.
 *
 * The engine is a script in a PATH of ours. This program is its own runner: `PROGRAM runner --stdio`
 * is runner_main_stdio(). What real engines make of it is for tests/heavy/podman. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>

#include "agent/base/runq.h"
#include "agent/runner/launch.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/worker/folder.h"

/* The runner cannot be traced, which the leak checker of a test build wants. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char program[4096];

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct runner *runner;
	struct folder dir, bin;
	struct runner_options options;
	struct launch launch;
	unsigned answers, lost;
	struct err err;
	char *data;
	char *path; /* PATH before */
};

static void engine(struct fixture *f, const char *name, const char *script)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\nPROGRAM='%s' BIN='%s'\n%s\n", program,
		       f->bin.path, script);
	folder_put(&f->bin, name, text);
	assert_int_equal(chmod(folder_at(&f->bin, name), 0755), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char path[256];

	if (!f)
		return -1;
	folder_make(&f->dir);
	folder_make(&f->bin);
	(void)chmod(f->bin.path, 0755);
	folder_put(&f->dir, "a.txt", "hello\n");
	f->path = xstrdup(getenv("PATH"));
	(void)snprintf(path, sizeof(path), "relative:%s", f->bin.path);
	(void)setenv("PATH", path, 1);
	(void)uv_loop_init(&f->loop);
	runq_init(&f->runq, &f->loop);
	f->options = (struct runner_options){ .loop = &f->loop,
					      .reduced = true,
					      .runq = &f->runq,
					      .program = slice_of(program),
					      .workspace = slice_of(f->dir.path),
					      .where = SLICE("podman"),
					      .image = SLICE("debian:12") };
	f->launch.errors = -1;
	*state = f;
	return 0;
}

/* The loop ends by itself: no handle is left. */
static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	(void)setenv("PATH", f->path, 1);
	runner_stop(f->runner);
	runq_close(&f->runq);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	left = uv_loop_close(&f->loop);
	launch_release(&f->launch);
	folder_free(&f->dir);
	folder_free(&f->bin);
	free(f->data);
	free(f->path);
	free(f);
	return left;
}

static bool has(const struct fixture *f, const char *arg)
{
	for (size_t i = 0; f->launch.argv[i]; i++) {
		if (strcmp(f->launch.argv[i], arg) == 0)
			return true;
	}
	return false;
}

static bool has_start(const struct fixture *f, const char *start)
{
	for (size_t i = 0; f->launch.argv[i]; i++) {
		if (strncmp(f->launch.argv[i], start, strlen(start)) == 0)
			return true;
	}
	return false;
}

static void prepare(struct fixture *f)
{
	assert_true(launch_prepare(&f->options, &f->launch, &f->err));
	assert_null(f->launch.argv[f->launch.n_args]);
	assert_null(f->launch.env[f->launch.n_env]);
}

static void natively(void **state)
{
	struct fixture *f = *state;

	f->options.where = SLICE("native");
	(void)setenv("ANTHROPIC_API_KEY", "sk-secret", 1);
	prepare(f);
	assert_null(f->launch.engine);
	assert_string_equal(f->launch.argv[0], program);
	assert_string_equal(f->launch.argv[1], "runner");
	assert_int_equal(f->launch.n_args, 2);
	for (size_t i = 0; f->launch.env[i]; i++)
		assert_null(strstr(f->launch.env[i], "sk-secret"));
}

static void walls(void **state)
{
	static const char *const wanted[] = {
		"run",
		"-i",
		"--rm",
		"--pull=never",
		"--network=none",
		"--read-only",
		"--read-only-tmpfs=false",
		"--cap-drop=ALL",
		"--security-opt=no-new-privileges",
		"--ipc=private",
		"--http-proxy=false",
		"--log-driver=none",
		"--hostname=sandbox",
		"--ulimit=core=0:0",
		"--memory=6442450944b",
		"--memory-swap=6442450944b",
		"--pids-limit=800",
		"--cpus=1.50",
		"--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=512m",
		"--entrypoint=/run/emend/loader",
	};
	struct fixture *f = *state;

	engine(f, "podman", "exit 1");
	f->options.memory_bytes = UINT64_C(3) << 30;
	f->options.processes = 100;
	f->options.cpus = 1.5;
	(void)setenv("ANTHROPIC_API_KEY", "sk-secret", 1);
	prepare(f);
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		if (!has(f, wanted[i]))
			fail_msg("%s is missing", wanted[i]);
	}
	assert_string_equal(f->launch.file, folder_at(&f->bin, "podman"));
	assert_true(has_start(f, "--name=emend-"));
	assert_true(has_start(f, "--ulimit=nofile="));
	assert_false(has_start(f, "--privileged"));
	for (size_t i = 0; f->launch.env[i]; i++)
		assert_null(strstr(f->launch.env[i], "sk-secret"));
}

/* The files belong to who they belonged to; nobody gets a capability but root for itself. */
static void users(void **state)
{
	struct fixture *f = *state;
	char text[64];

	engine(f, "podman", "exit 1");
	engine(f, "docker", "exit 1");
	if (getuid() == 0)
		assert_int_equal(chown(f->dir.path, 1234, 1235), 0);
	prepare(f);
	assert_true(has(f, getuid() ? "--userns=keep-id" : "--user=1234:1235"));
	assert_false(has_start(f, "--cap-add"));
	launch_release(&f->launch);
	f->options.where = SLICE("docker");
	prepare(f);
	(void)snprintf(text, sizeof(text), "--user=%u:%u", getuid() ? getuid() : 1234,
		       getuid() ? getgid() : 1235);
	assert_true(has(f, text));
	assert_false(has_start(f, "--userns"));
	assert_false(has_start(f, "--http-proxy"));
	launch_release(&f->launch);
	if (getuid() != 0)
		return;
	assert_int_equal(chown(f->dir.path, 0, 0), 0);
	prepare(f);
	assert_true(has(f, "--user=0:0"));
	assert_true(has(f, "--cap-add=SETFCAP"));
}

static void volumes(void **state)
{
	struct fixture *f = *state;
	const struct slice writes[] = { { "/var/tmp", 8 }, { "/no/such/folder", 15 } };
	const struct slice reads[] = { { "/opt", 4 }, { "/var/tmp", 8 } };
	char text[256];
	size_t n = 0;

	engine(f, "podman", "exit 1");
	f->options.write_dirs = writes;
	f->options.n_write_dirs = 2;
	f->options.read_dirs = reads;
	f->options.n_read_dirs = 2;
	f->options.views = slice_of(folder_at(&f->bin, "views"));
	prepare(f);
	(void)snprintf(text, sizeof(text), "--volume=%s:%s:rw,nosuid,nodev", f->dir.path,
		       f->dir.path);
	assert_true(has(f, text));
	assert_true(has(f, "--volume=/var/tmp:/var/tmp:rw,nosuid,nodev"));
	assert_false(has(f, "--volume=/var/tmp:/var/tmp:ro")); /* twice would be refused */
	assert_true(has(f, "--volume=/opt:/opt:ro"));
	assert_false(has_start(f, "--volume=/no/such"));
	assert_int_equal(access(folder_at(&f->bin, "views"), F_OK), 0);
	(void)snprintf(text, sizeof(text), "--volume=%s/views:", f->bin.path);
	assert_true(has_start(f, text));
	(void)snprintf(text, sizeof(text), "--volume=%s:/run/emend/emend:ro", program);
	assert_true(has(f, text));
	for (size_t i = 0; f->launch.argv[i]; i++)
		n += strstr(f->launch.argv[i], ":/run/emend/lib/libc.so") != NULL;
	assert_int_equal(n, 1);
}

static void settings(void **state)
{
	struct fixture *f = *state;

	assert_false(launch_prepare(&f->options, &f->launch, &f->err));
	assert_int_equal(f->err.code, ERR_SANDBOX); /* no program podman */
	assert_non_null(strstr(f->err.msg, "apt install podman"));
	engine(f, "podman", "exit 1");
	f->options.image = SLICE("");
	assert_false(launch_prepare(&f->options, &f->launch, &f->err));
	assert_int_equal(f->err.code, ERR_USAGE);
	assert_non_null(strstr(f->err.msg, "container"));
	f->options.image = SLICE("--privileged");
	assert_false(launch_prepare(&f->options, &f->launch, &f->err));
	assert_int_equal(f->err.code, ERR_USAGE);
	f->options.image = SLICE("debian:12");
	f->options.where = SLICE("chroot");
	assert_false(launch_prepare(&f->options, &f->launch, &f->err));
	assert_int_equal(f->err.code, ERR_USAGE);
	f->options.where = SLICE("podman");
	f->options.workspace = SLICE("/tmp/a:b");
	assert_int_equal(mkdir("/tmp/a:b", 0700) == 0 || errno == EEXIST, 1);
	assert_false(launch_prepare(&f->options, &f->launch, &f->err));
	assert_int_equal(f->err.code, ERR_SANDBOX);
	assert_non_null(strstr(f->err.msg, "colon"));
	(void)rmdir("/tmp/a:b");
}

/* --- with a runner behind it --- */

static void keep(struct fixture *f, struct slice data, const struct err *err)
{
	free(f->data);
	f->data = xslicedup(data);
	f->err = err ? *err : (struct err){ .code = ERR_NONE };
	f->answers++;
}

static void on_read(void *payload, const struct file_content *c, const struct err *err)
{
	keep(payload, c->data, err);
}

static void on_command(void *payload, const struct command_result *r, const struct err *err)
{
	keep(payload, r->output, err);
}

static void on_lost(void *payload, const struct err *why)
{
	struct fixture *f = payload;

	(void)why;
	f->lost++;
}

static void start(struct fixture *f)
{
	struct err err;

	f->options.lost = on_lost;
	f->options.payload = f;
	assert_true(runner_start(&f->options, &f->runner, &err));
}

static void wait_answers(struct fixture *f, unsigned n)
{
	while (f->answers < n)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
}

static void read_one(struct fixture *f, unsigned n)
{
	(void)runner_read(f->runner, SLICE("a.txt"), 0, on_read, f);
	wait_answers(f, n);
}

static void speaks_on_stdio(void **state)
{
	struct fixture *f = *state;
	const struct command_callbacks callbacks = { .done = on_command };
	struct command_spec s = { .command = SLICE("cat a.txt; echo $MARK; cat <&0 | wc -c") };

	engine(f, "podman",
	       "echo $$ >$BIN/pid; MARK=image PATH=/usr/bin:/bin; export MARK; exec \"$PROGRAM\" runner --stdio");
	start(f);
	assert_false(runner_packs(f->runner));
	read_one(f, 1);
	assert_int_equal(f->err.code, ERR_NONE);
	assert_string_equal(f->data, "hello\n");
	(void)runner_command(f->runner, &s, &callbacks, f);
	wait_answers(f, 2);
	if (f->err.code == ERR_NONE) /* what the image says of itself is there; stdin is not ours */
		assert_string_equal(f->data, "hello\nimage\n0\n");
	else
		assert_int_equal(f->err.code, ERR_SANDBOX);
	assert_int_equal(f->lost, 0);
}

/* A process that is gone, or only waits to be reaped by somebody else. */
static bool alive(const struct fixture *f)
{
	return kill((pid_t)strtol(folder_get(&f->bin, "pid"), NULL, 10), 0) == 0;
}

static void ends_with_its_connection(void **state)
{
	struct fixture *f = *state;

	engine(f, "podman", "echo $$ >$BIN/pid; exec \"$PROGRAM\" runner --stdio");
	start(f);
	read_one(f, 1);
	assert_true(alive(f));
	runner_stop(f->runner);
	f->runner = NULL;
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_false(alive(f));
	assert_string_equal(folder_get(&f->bin, "removed"), "(no file)");
}

/* What does not end by itself is removed by the engine. */
static void removed_when_it_hangs(void **state)
{
	struct fixture *f = *state;

	engine(f, "podman",
	       "[ \"$1\" != rm ] || { echo \"$*\" >$BIN/removed; exit; }\n"
	       "echo $$ >$BIN/pid; exec /bin/sleep 1000");
	start(f);
	runner_stop(f->runner);
	f->runner = NULL;
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_false(alive(f));
	assert_non_null(strstr(folder_get(&f->bin, "removed"), "rm -f emend-"));
}

static void says_why(void **state)
{
	static const struct {
		const char *said, *expect, *also;
	} cases[] = {
		{ "Error: debian:12: image not known", "podman pull debian:12", "container.image" },
		{ "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all",
		  "unified_cgroup_hierarchy", "crun: cgroups" },
		{ "some warning\nError: cannot find newuidmap\nmore words", "cannot find newuidmap",
		  "status 125" },
		{ "", "did not start", "status 125" },
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
		char script[256];

		(void)snprintf(script, sizeof(script), "echo '%s' >&2; exit 125", cases[i].said);
		engine(f, "podman", script);
		start(f);
		read_one(f, i + 1);
		assert_int_equal(f->err.code, ERR_SANDBOX);
		assert_non_null(strstr(f->err.msg, cases[i].expect));
		assert_non_null(strstr(f->err.msg, cases[i].also));
		runner_stop(f->runner);
		f->runner = NULL;
	}
}

/* An engine that never stops to complain costs no memory of ours. */
static void many_words(void **state)
{
	struct fixture *f = *state;

	engine(f, "podman", "/usr/bin/yes 'Error: too many words' >&2; exit 125");
	start(f);
	read_one(f, 1);
	assert_int_equal(f->err.code, ERR_SANDBOX);
	assert_non_null(strstr(f->err.msg, "too many words"));
}

static void killed_later(void **state)
{
	struct fixture *f = *state;

	engine(f, "podman", "echo $$ >$BIN/pid; exec \"$PROGRAM\" runner --stdio");
	start(f);
	read_one(f, 1);
	assert_int_equal(f->err.code, ERR_NONE);
	(void)kill((pid_t)strtol(folder_get(&f->bin, "pid"), NULL, 10), SIGKILL);
	while (!f->lost)
		(void)uv_run(&f->loop, UV_RUN_ONCE);
	read_one(f, 2);
	assert_int_equal(f->err.code, ERR_SANDBOX);
	assert_non_null(strstr(f->err.msg, "ended"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(natively),
		CASE(walls),
		CASE(users),
		CASE(volumes),
		CASE(settings),
		CASE(speaks_on_stdio),
		CASE(ends_with_its_connection),
		CASE(removed_when_it_hangs),
		CASE(says_why),
		CASE(many_words),
		CASE(killed_later),
	};
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (argc == 3 && strcmp(argv[1], "runner") == 0)
		return runner_main_stdio();
	program[n > 0 ? n : 0] = 0;
	(void)signal(SIGPIPE, SIG_IGN); /* as the server does: the engine may be gone already */
	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
