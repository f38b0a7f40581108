/* test_event_log.c - writing, reading, locking, crashes and full disks. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "protocol/base/limits.h"
#include "tests/unit/agent/store/shelf.h"

#define LOG "sessions/s1/log.jsonl"

static struct event_log *open_log(struct shelf *s)
{
	struct event_log *l = NULL;
	struct err err = { 0 };

	if (!event_log_open(s->store, SLICE("s1"), &l, &err))
		fail_msg("%s", err.msg);
	return l;
}

static struct store *store_of(void **state)
{
	return ((struct shelf *)*state)->store;
}

static void put(struct event_log *l, const char *text)
{
	struct err err = { 0 };

	jw_kcstr(event_log_begin(l, "notice"), "text", text);
	if (!event_log_end(l, &err))
		fail_msg("%s", err.msg);
}

struct seen {
	unsigned n;
	char text[16][64];
};

static bool collect(void *payload, struct json event, struct err *err)
{
	struct seen *s = payload;
	struct arena a;

	(void)err;
	arena_init(&a);
	assert_int_equal(json_i64_or(json_get(event, "seq"), 0), s->n + 1);
	if (s->n < 16)
		(void)snprintf(s->text[s->n], 64, "%.*s",
			       SLICE_ARG(json_str_or(json_get(event, "text"), &a, "")));
	s->n++;
	arena_release(&a);
	return true;
}

static bool read_log(const struct scratch *s, struct seen *seen, struct err *err)
{
	memset(seen, 0, sizeof(*seen));
	return event_log_read(scratch_dir(s), SLICE("s1"), collect, seen, err);
}

static void three_events(struct shelf *s)
{
	struct event_log *l = open_log(s);

	put(l, "one");
	put(l, "two");
	put(l, "three");
	shelf_close(s, l);
}

static void written_is_read(void **state)
{
	struct err err = { 0 };
	struct seen seen;
	char *data;

	three_events(*state);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.text[0], "one");
	assert_string_equal(seen.text[2], "three");
	(void)scratch_read(*state, LOG, &data);
	assert_memory_equal(data, "{\"seq\":1,\"time\":\"20", 19);
	assert_non_null(strstr(data, "Z\",\"type\":\"notice\",\"text\":\"one\",\"hash\":\""));
	free(data);
}

static void files_are_private(void **state)
{
	struct shelf *s = *state;
	static const char *const name[] = { "sessions", "sessions/s1", LOG };
	mode_t old = umask(0);
	struct stat st;
	char path[256];

	three_events(s);
	(void)umask(old);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", s->scratch.path, name[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, i == 2 ? 0600 : 0700);
	}
}

static void open_again_goes_on(void **state)
{
	struct err err = { 0 };
	struct event_log *l;
	struct seen seen;

	three_events(*state);
	l = open_log(*state);
	assert_true(slice_eq_cstr(event_log_session(l), "s1"));
	put(l, "four");
	assert_true(shelf_sync(*state, l, &err));
	assert_true(read_log(*state, &seen, &err)); /* while it is open */
	shelf_close(*state, l);
	assert_int_equal(seen.n, 4);
	assert_string_equal(seen.text[3], "four");
}

static void second_opener_is_refused(void **state)
{
	struct event_log *l = open_log(*state), *other = NULL;
	struct err err = { 0 };

	assert_false(event_log_open(store_of(state), SLICE("s1"), &other, &err));
	assert_int_equal(err.code, ERR_DENIED);
	assert_non_null(strstr(err.msg, "s1"));
	assert_false(session_remove(scratch_dir(*state), SLICE("s1"), &err));
	assert_int_equal(err.code, ERR_DENIED);
	shelf_close(*state, l);
	shelf_close(*state, open_log(*state));
}

static void torn_tail_is_cut_at_every_byte(void **state)
{
	struct err err = { 0 };
	struct event_log *l;
	struct seen seen;
	size_t n, last;
	char *data;

	three_events(*state);
	n = scratch_read(*state, LOG, &data);
	for (last = n - 1; data[last - 1] != '\n'; last--)
		;
	for (size_t cut = last; cut < n; cut++) {
		scratch_write(*state, LOG, data, cut);
		scratch_remove(*state, "heads/s1"); /* it says that there was a whole third line */
		assert_true(read_log(*state, &seen, &err)); /* a reader passes over the torn line */
		assert_int_equal(seen.n, 2);
		l = open_log(*state);
		put(l, "again");
		shelf_close(*state, l);
		assert_true(read_log(*state, &seen, &err));
		assert_int_equal(seen.n, 3);
		assert_string_equal(seen.text[2], "again");
	}
	free(data);
}

static void bad_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	   ".",
		"..",	   "a/b",
		"../x",	   "-x",
		".hidden", "a b",
		"a\nb",	   "0123456789012345678901234567890123456789012345678901234567890123456789"
	};
	struct event_log *l = NULL;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.code = ERR_NONE;
		assert_false(event_log_open(store_of(state), slice_of(bad[i]), &l, &err));
		assert_int_equal(err.code, ERR_INVALID);
		assert_false(
			event_log_read(scratch_dir(*state), slice_of(bad[i]), collect, NULL, &err));
		assert_false(session_remove(scratch_dir(*state), slice_of(bad[i]), &err));
	}
}

static void too_large_event_is_an_error_and_the_log_goes_on(void **state)
{
	size_t n = (size_t)LIMIT_LOG_EVENT_BYTES + 1;
	struct event_log *l = open_log(*state);
	char *big = malloc(n);
	struct err err = { 0 };
	struct seen seen;

	memset(big, 'x', n);
	put(l, "before");
	jw_kstr(event_log_begin(l, "notice"), "text", slice_make(big, n));
	assert_false(event_log_end(l, &err));
	assert_int_equal(err.code, ERR_TOO_LARGE);
	jw_kstr(event_log_begin(l, "notice"), "text", slice_make(big, 3 << 20));
	assert_true(event_log_end(l, &err));
	put(l, "after");
	shelf_close(*state, l);
	free(big);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.text[2], "after");
}

/* The order of the events is that of the calls, and the disk may be as slow as it likes. */
static void nobody_waits_for_a_sync(void **state)
{
	struct event_log *l = open_log(*state);
	struct err err = { 0 }, why = { 0 };
	struct sync_wait *dropped;
	struct seen seen;

	put(l, "one");
	dropped = event_log_sync(l, shelf_synced, NULL); /* would fault */
	put(l, "two");
	sync_drop(dropped);
	assert_null(event_log_sync(l, NULL, NULL));
	put(l, "three");
	(void)event_log_sync(l, shelf_synced, &why);
	event_log_close(l); /* and what is under way is written all the same */
	shelf_run(*state);
	assert_int_equal(why.code, ERR_NONE);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, 3);
}

/* Closed, and opened again before the last batch is written: it is the same log, with its lock. */
static void opened_again_while_it_is_written(void **state)
{
	struct event_log *l = open_log(*state), *again;
	struct err err = { 0 };
	struct seen seen;

	put(l, "one");
	event_log_close(l);
	again = open_log(*state);
	put(again, "two");
	shelf_close(*state, again);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, 2);
}

static void marks_stand_from_the_sync_to_the_end(void **state)
{
	struct event_log *l = open_log(*state);
	struct slice found[2];
	struct arena a;

	arena_init(&a);
	for (int round = 0; round < 2; round++) {
		event_log_mark(l, SLICE("/ws"));
		put(l, "begin");
		assert_true(shelf_sync(*state, l, NULL));
		assert_int_equal(unfinished_list(scratch_dir(*state), SLICE("/ws"), &a, found, 2), 1);
		put(l, "commit");
		event_log_unmark(l, SLICE("/ws"));
		if (round == 0) { /* the next change begins at once: its mark stays */
			event_log_mark(l, SLICE("/ws"));
			assert_true(shelf_sync(*state, l, NULL));
			assert_int_equal(
				unfinished_list(scratch_dir(*state), SLICE("/ws"), &a, found, 2), 1);
		}
	}
	shelf_close(*state, l);
	assert_int_equal(unfinished_list(scratch_dir(*state), SLICE("/ws"), &a, found, 2), 0);
	arena_release(&a);
}

/* A limit on the file's size stands for a full disk: the kernel writes a part, then refuses. */
static void full_disk_breaks_the_log_but_leaves_whole_lines(void **state)
{
	struct rlimit old, small = { 0 };
	struct event_log *l = open_log(*state);
	struct err err = { 0 };
	struct seen seen;
	bool ok = true;
	unsigned n = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_cur = 2000;
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (ok && n < 100) {
		jw_kcstr(event_log_begin(l, "notice"), "text", "some text");
		ok = event_log_end(l, &err) && shelf_sync(*state, l, &err);
		n += ok;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.msg, LOG));
	(void)event_log_begin(l, "notice"); /* broken for good, although there is room now */
	assert_false(event_log_end(l, &err));
	assert_false(shelf_sync(*state, l, &err));
	shelf_close(*state, l);
	assert_true(n > 5);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, n);
	l = open_log(*state);
	put(l, "room again");
	shelf_close(*state, l);
	assert_true(read_log(*state, &seen, &err));
	assert_int_equal(seen.n, n + 1);
}

static bool stop_at_two(void *payload, struct json event, struct err *err)
{
	(void)event;
	return ++*(int *)payload < 2 || err_set(err, ERR_CANCELLED, "enough");
}

/* In place of the system's: what the head says when the disk is waited for. */
static char head_path[300], head_then[512];

int syncfs(int fd)
{
	int head = open(head_path, O_RDONLY | O_CLOEXEC);

	(void)fd;
	if (head >= 0) {
		(void)!read(head, head_then, sizeof(head_then) - 1);
		(void)close(head);
	}
	return 0;
}

/* Then a loss of power leaves no line that the head does not know. */
static void the_head_is_synced_with_what_files_held(void **state)
{
	struct shelf *s = *state;
	struct event_log *l = open_log(s);
	struct sha256_hex hash;
	struct err err = { 0 };

	put(l, "one");
	(void)snprintf(head_path, sizeof(head_path), "%s/heads/s1", s->scratch.path);
	assert_true(blob_put(l, SLICE("what a file held"), &hash, &err));
	put(l, "two");
	put(l, "three");
	assert_true(shelf_sync(s, l, &err));
	shelf_close(s, l);
	head_path[0] = 0;
	assert_non_null(strstr(head_then, " 3 "));
}

static void reader_may_stop(void **state)
{
	struct err err = { 0 };
	int n = 0;

	three_events(*state);
	assert_false(event_log_read(scratch_dir(*state), SLICE("s1"), stop_at_two, &n, &err));
	assert_int_equal(n, 2);
	assert_int_equal(err.code, ERR_CANCELLED);
	assert_false(event_log_read(scratch_dir(*state), SLICE("none"), stop_at_two, &n, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* By the first line alone: what comes behind it may be damaged. */
static void the_first_line_tells_the_folder(void **state)
{
	struct event_log *l = open_log(*state);
	struct slice dir = scratch_dir(*state), id = SLICE("s1");
	struct err err = { 0 };
	char *data, *second;
	size_t n;

	jw_kcstr(event_log_begin(l, "session"), "workspace", "/w \"x\"");
	assert_true(event_log_end(l, &err));
	put(l, "two");
	shelf_close(*state, l);
	assert_false(session_is_elsewhere(dir, id, SLICE("/w \"x\"")));
	assert_true(session_is_elsewhere(dir, id, SLICE("/w")));
	assert_false(session_is_elsewhere(dir, SLICE("none"), SLICE("/w")));
	n = scratch_read(*state, LOG, &data);
	second = strchr(data, '\n') + 1;
	second[5] ^= 1;
	scratch_write(*state, LOG, data, n);
	assert_true(session_is_elsewhere(dir, id, SLICE("/w")));
	data[12] ^= 1;
	scratch_write(*state, LOG, data, n);
	assert_false(session_is_elsewhere(dir, id, SLICE("/w")));
	free(data);
}

/* Also across the pieces in which it is read. */
static void a_word_of_a_log_is_found_without_reading_it(void **state)
{
	struct slice dir = scratch_dir(*state);
	static char fill[1024 * 1024 - 300];
	struct event_log *l = open_log(*state);

	memset(fill, 'x', sizeof(fill) - 1);
	put(l, fill);
	for (int i = 0; i < 100; i++) {
		char word[16];

		(void)snprintf(word, sizeof(word), "t%dword%d", i, i);
		put(l, word);
	}
	shelf_close(*state, l);
	for (int i = 0; i < 101; i++) {
		char word[16];

		(void)snprintf(word, sizeof(word), "t%dword%d", i, i);
		assert_int_equal(session_mentions(dir, SLICE("s1"), slice_of(word)), i < 100);
	}
	assert_true(session_mentions(dir, SLICE("none"), SLICE("x"))); /* its reader says why */
}

static void killed_writer_leaves_a_good_log(void **state)
{
	struct err err = { 0 };
	struct seen seen;
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct event_log *l = NULL;
		uv_loop_t loop; /* that of the parent is not for two processes */
		struct runq q;

		if (uv_loop_init(&loop) != 0)
			_exit(1);
		runq_init(&q, &loop);
		if (!event_log_open(store_new(&loop, &q, scratch_dir(*state)), SLICE("s1"), &l,
				    &err))
			_exit(1);
		for (;;) {
			jw_kcstr(event_log_begin(l, "notice"), "text", "on and on");
			if (!event_log_end(l, &err))
				_exit(1);
			(void)uv_run(&loop, UV_RUN_NOWAIT);
		}
	}
	(void)usleep(30000);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	shelf_close(*state, open_log(*state));
	assert_true(read_log(*state, &seen, &err));
}

static void sessions_are_listed_newest_first_and_removed(void **state)
{
	char id[3][24];
	struct slice ids[8];
	struct event_log *l = NULL;
	struct sha256_hex hash;
	struct err err = { 0 };
	struct arena a;

	arena_init(&a);
	assert_int_equal(session_list(scratch_dir(*state), &a, ids, 8), 0);
	for (int i = 0; i < 3; i++) {
		session_new_id(id[i]);
		assert_int_equal(strlen(id[i]), 18);
		assert_true(event_log_open(store_of(state), slice_of(id[i]), &l, &err));
		assert_true(blob_put(l, slice_of(id[i]), &hash, &err));
		shelf_close(*state, l);
		(void)usleep(4000);
	}
	assert_int_equal(session_list(scratch_dir(*state), &a, ids, 8), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(slice_eq_cstr(ids[i], id[2 - i]));
	assert_int_equal(session_list(scratch_dir(*state), &a, ids, 1), 1);
	assert_true(slice_eq_cstr(ids[0], id[2]));
	assert_true(session_remove(scratch_dir(*state), slice_of(id[2]), &err));
	assert_int_equal(session_list(scratch_dir(*state), &a, ids, 8), 2);
	assert_false(session_remove(scratch_dir(*state), slice_of(id[2]), &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	{
		char path[256];

		(void)snprintf(path, sizeof(path), "%s/sessions/%s",
			       ((struct scratch *)*state)->path, id[2]);
		assert_int_equal(access(path, F_OK), -1);
	}
	arena_release(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_is_read),
		TEST(files_are_private),
		TEST(open_again_goes_on),
		TEST(second_opener_is_refused),
		TEST(torn_tail_is_cut_at_every_byte),
		TEST(bad_names_are_refused),
		TEST(too_large_event_is_an_error_and_the_log_goes_on),
		TEST(full_disk_breaks_the_log_but_leaves_whole_lines),
		TEST(the_head_is_synced_with_what_files_held),
		TEST(nobody_waits_for_a_sync),
		TEST(opened_again_while_it_is_written),
		TEST(marks_stand_from_the_sync_to_the_end),
		TEST(reader_may_stop),
		TEST(the_first_line_tells_the_folder),
		TEST(a_word_of_a_log_is_found_without_reading_it),
		TEST(killed_writer_leaves_a_good_log),
		TEST(sessions_are_listed_newest_first_and_removed),
	};

	return cmocka_run_group_tests_name("store/event_log", tests, NULL, NULL);
}
