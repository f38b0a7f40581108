/* test_ledger.c - money is reserved before it is spent, by several programs at once, and never past
 * the cap. */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "agent/store/ledger.h"
#include "tests/unit/agent/store/scratch.h"

#define S SLICE("s1")
#define T SLICE("t1")
#define M SLICE("scripted:x")

static bool reserve(struct ledger *l, struct slice session, struct slice task, struct slice model,
		    double usd, double day_cap, int64_t *id, struct err *err)
{
	const struct ledger_call call = { session, task, model, SLICE("/w"), SLICE("do") };

	return ledger_reserve(l, &call, usd, day_cap, id, err);
}

static void sql(const struct scratch *s, const char *text)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/emend.db", s->path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void reserve_and_settle(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .input = 10, .output = 5, .usd = 0.25 };
	struct err err = { 0 };
	double spent = -1;
	int64_t id, other;

	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0);
	assert_true(reserve(l, S, T, M, 0.9, 1.0, &id, &err));
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0);
	assert_false(reserve(l, S, T, M, 0.2, 1.0, &other, &err)); /* 0.9 is still reserved */
	assert_int_equal(err.code, ERR_BUDGET);
	assert_non_null(strstr(err.msg, "budget.dayUsd"));
	assert_true(ledger_settle(l, id, &u, &err));
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0.25);
	assert_true(reserve(l, S, T, M, 0.75, 1.0, &other, &err)); /* exactly up to the cap */
	assert_false(reserve(l, S, T, M, 0.01, 1.0, &id, &err));
	assert_true(reserve(l, S, T, M, 1000, 0, &id, &err)); /* no cap */
	ledger_free(l);
}

static void settle_is_once(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 0.5 };
	struct err err = { 0 };
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 5, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	assert_false(ledger_settle(l, id, &u, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_false(ledger_settle(l, 12345, &u, &err));
	ledger_free(l);
}

static void one_row(void *payload, const struct ledger_cost *c)
{
	*(struct ledger_cost *)payload = *c;
}

/* A process that was killed in a call: the provider bills it, so it counts at its worst case. */
static void a_dead_process_has_spent_its_worst_case(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage late = { .input = 3, .usd = 0.1 };
	struct ledger_cost cost = { 0 };
	struct err err = { 0 };
	double spent;
	int64_t id, other;
	int status = -1;
	pid_t pid;

	assert_true(ledger_spent_today(l, &spent, &err)); /* makes the file */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		l = ledger_new(scratch_dir(*state));
		_exit(!reserve(l, S, T, M, 0.4, 1, &id, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0.4); /* at once, not in an hour */
	assert_false(reserve(l, S, T, M, 0.7, 1, &other, &err));
	assert_true(reserve(l, S, T, M, 0.5, 1, &other, &err));
	assert_true(ledger_costs(l, LEDGER_BY_DAY, one_row, &cost, &err));
	assert_true(cost.died == 1 && cost.died_usd == 0.4 && cost.usage.estimated);
	assert_true(ledger_settle(l, 1, &late, &err)); /* it was only thought dead */
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0.1);
	ledger_free(l);
}

static void a_process_of_elsewhere_is_believed_for_an_hour(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct err err = { 0 };
	int64_t id, other;
	double spent;

	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	sql(*state, "UPDATE spend SET time = time - 3500 * 1000, owner = 'far ' || owner");
	assert_false(reserve(l, S, T, M, 0.5, 1, &other, &err));
	assert_true(ledger_spent_today(l, &spent, &err) && spent == 0);
	sql(*state, "UPDATE spend SET time = time - 101 * 1000");
	assert_false(reserve(l, S, T, M, 0.5, 1, &other, &err)); /* it was spent */
	assert_true(ledger_spent_today(l, &spent, &err) && spent == 1);
	ledger_free(l);
}

static void a_running_call_is_never_given_up(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 0.2 };
	struct err err = { 0 };
	double spent;
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	sql(*state, "UPDATE spend SET time = time - 7200 * 1000");
	assert_true(ledger_spent_today(l, &spent, &err) && spent == 0);
	assert_true(ledger_settle(l, id, &u, &err));
	assert_true(ledger_spent_today(l, &spent, &err) && spent == 0.2);
	ledger_free(l);
}

static void a_call_that_was_not_made_is_forgotten(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct ledger_cost cost = { .calls = 77 };
	struct err err = { 0 };
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	assert_true(ledger_settle(l, id, NULL, &err));
	assert_true(ledger_costs(l, LEDGER_BY_DAY, one_row, &cost, &err));
	assert_int_equal(cost.calls, 77); /* not one row */
	ledger_free(l);
}

static void is_key(void *payload, const struct ledger_cost *c)
{
	assert_true(slice_eq_cstr(c->key, payload));
}

/* The file of the version before this one is brought up to date, with what it holds. */
static void an_older_ledger_is_kept(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 0.5 };
	struct err err = { 0 };
	double spent = 0;
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	ledger_free(l);
	sql(*state, "DROP INDEX spend_day; CREATE INDEX spend_day ON spend(day);"
		    "ALTER TABLE spend DROP COLUMN owner; ALTER TABLE spend DROP COLUMN estimated;"
		    "ALTER TABLE spend DROP COLUMN workspace; ALTER TABLE spend DROP COLUMN kind;"
		    "INSERT INTO task VALUES('s1', 't1', '/older', 'title', 'done', 0.5, '');"
		    "DROP TABLE execution; DROP TABLE exec_cache;"
		    "PRAGMA user_version = 1");
	l = ledger_new(scratch_dir(*state));
	assert_true(ledger_spent_today(l, &spent, &err) && spent == 0.5);
	assert_true(ledger_costs(l, LEDGER_BY_PROJECT, is_key, (char[]){ "/older" }, &err));
	assert_true(ledger_costs(l, LEDGER_BY_KIND, is_key, (char[]){ "" }, &err));
	assert_true(reserve(l, S, T, M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	sql(*state, "DELETE FROM spend WHERE kind = ''");
	assert_true(ledger_costs(l, LEDGER_BY_PROJECT, is_key, (char[]){ "/w" }, &err));
	assert_true(ledger_costs(l, LEDGER_BY_KIND, is_key, (char[]){ "do" }, &err));
	ledger_free(l);
}

static void yesterday_does_not_count_today(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 1 };
	struct err err = { 0 };
	double spent;
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	sql(*state, "UPDATE spend SET day = '2020-01-01', time = 1577836800000");
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent == 0);
	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	ledger_free(l);
}

enum { PROCESSES = 4, TRIES = 40 };

/* Each reserves and settles one cent as often as it may: all together exactly the cap. */
static void race(const struct scratch *s)
{
	struct ledger *l = ledger_new(scratch_dir(s));
	struct usage u = { .usd = 0.01 };
	struct err err = { 0 };
	int64_t id;

	for (int i = 0; i < TRIES; i++) {
		if (reserve(l, S, T, M, 0.01, 1.0, &id, &err)) {
			if (!ledger_settle(l, id, &u, &err))
				_exit(2);
		} else if (err.code != ERR_BUDGET) {
			_exit(3);
		}
	}
	ledger_free(l);
	_exit(0);
}

static void racing_programs_keep_the_cap(void **state)
{
	struct ledger *l;
	struct err err = { 0 };
	double spent = 0;
	int status;

	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			race(*state);
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	l = ledger_new(scratch_dir(*state));
	assert_true(ledger_spent_today(l, &spent, &err));
	assert_true(spent > 0.9999 && spent < 1.0001); /* 160 tries at one cent; 100 fit */
	ledger_free(l);
}

static void damaged_and_newer_files_are_named(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct err err = { 0 };
	char junk[8192];
	int64_t id;

	memset(junk, 'j', sizeof(junk));
	scratch_write(*state, "emend.db", junk, sizeof(junk));
	for (int i = 0; i < 2; i++) {
		assert_false(reserve(l, S, T, M, 1, 1, &id, &err));
		assert_int_equal(err.code, ERR_IO);
		assert_non_null(strstr(err.msg, "emend.db"));
		assert_non_null(strstr(err.msg, "damaged"));
	}
	scratch_write(*state, "emend.db", "", 0);
	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	ledger_free(l);
	sql(*state, "PRAGMA user_version = 99");
	l = ledger_new(scratch_dir(*state));
	assert_false(reserve(l, S, T, M, 1, 1, &id, &err));
	assert_non_null(strstr(err.msg, "emend.db"));
	assert_non_null(strstr(err.msg, "newer emend (schema 99"));
	ledger_free(l);
}

static void file_is_private(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	static const char *const tail[] = { "", "-wal", "-shm" };
	mode_t old = umask(0);
	struct err err = { 0 };
	struct stat st;
	char path[128];
	int64_t id;

	assert_true(reserve(l, S, T, M, 1, 1, &id, &err));
	(void)umask(old);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/emend.db%s",
			       ((struct scratch *)*state)->path, tail[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	ledger_free(l);
}

struct rows {
	int n;
	char text[8][128];
	double usd[8];
};

static void on_cost(void *payload, const struct ledger_cost *c)
{
	struct rows *r = payload;

	(void)snprintf(r->text[r->n], 128, "%.*s %llu %llu", SLICE_ARG(c->key),
		       (unsigned long long)c->calls, (unsigned long long)c->usage.input);
	r->usd[r->n++] = c->usage.usd;
}

static void on_task(void *payload, const struct ledger_row *t)
{
	struct rows *r = payload;

	(void)snprintf(r->text[r->n], 128, "%.*s/%.*s %.*s: %.*s", SLICE_ARG(t->session),
		       SLICE_ARG(t->task), SLICE_ARG(t->title), SLICE_ARG(t->status));
	r->usd[r->n++] = t->usd;
}

static void costs_and_tasks_are_reported(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .input = 100, .usd = 0.5 };
	struct rows r = { 0 };
	struct err err = { 0 };
	int64_t id;

	for (int i = 0; i < 3; i++) {
		assert_true(
			reserve(l, S, T, i == 2 ? SLICE("cheap") : SLICE("dear"), 1, 0, &id, &err));
		assert_true(ledger_settle(l, id, &u, &err));
	}
	assert_true(reserve(l, S, T, M, 1, 0, &id, &err)); /* open: not in the report */
	assert_true(ledger_costs(l, LEDGER_BY_MODEL, on_cost, &r, &err));
	assert_int_equal(r.n, 2);
	assert_string_equal(r.text[0], "dear 2 200");
	assert_true(r.usd[0] == 1.0);
	assert_string_equal(r.text[1], "cheap 1 100");
	r.n = 0;
	assert_true(ledger_costs(l, LEDGER_BY_SESSION, on_cost, &r, &err));
	assert_string_equal(r.text[0], "s1 3 300");
	r.n = 0;
	assert_true(ledger_costs(l, LEDGER_BY_DAY, on_cost, &r, &err));
	assert_int_equal(r.n, 1);
	r.n = 0;
	assert_true(ledger_task(l, S, SLICE("t1"), SLICE("/w"), SLICE("first"), SLICE("running"), 0,
				&err));
	assert_true(ledger_task(l, S, SLICE("t1"), SLICE("/w"), SLICE("first"), SLICE("done"), 0.5,
				&err));
	assert_true(ledger_task(l, S, SLICE("t2"), SLICE("/other"), SLICE("2nd"), SLICE("failed"),
				0.1, &err));
	assert_true(ledger_tasks(l, SLICE("/w"), 10, on_task, &r, &err));
	assert_int_equal(r.n, 1);
	assert_string_equal(r.text[0], "s1/t1 first: done");
	assert_true(r.usd[0] == 0.5);
	r.n = 0;
	assert_true(ledger_tasks(l, SLICE(""), 10, on_task, &r, &err));
	assert_int_equal(r.n, 2);
	ledger_free(l);
}

struct seen {
	int n, newest;
	double usd;
};

static void on_unfinished(void *payload, const struct ledger_row *t)
{
	struct seen *s = payload;

	s->n++;
	s->newest += t->newest;
	s->usd = t->usd;
}

/* A task that was killed has cost what its calls did, as no end of it said so. */
static void an_unfinished_task_has_its_cost(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 0.5 };
	struct seen s = { 0 };
	struct err err = { 0 };
	int64_t id;

	assert_true(ledger_task(l, S, T, SLICE("/w"), SLICE("x"), SLICE("unfinished"), 0, &err));
	assert_true(reserve(l, S, T, M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	assert_true(ledger_tasks(l, SLICE("/w"), 10, on_unfinished, &s, &err));
	assert_true(s.n == 1 && s.newest == 1 && s.usd == 0.5);
	sql(*state, "UPDATE task SET time = '2020-01-01T00:00:00.000Z'");
	assert_true(
		ledger_task(l, S, SLICE("t9"), SLICE("/w"), SLICE("x"), SLICE("done"), 0.25, &err));
	assert_true(ledger_tasks(l, SLICE("/w"), 1, on_unfinished, &s, &err));
	assert_true(s.n == 2 && s.newest == 2 && s.usd == 0.25);
	assert_true(ledger_tasks(l, SLICE("/w"), 2, on_unfinished, &s, &err));
	assert_true(s.n == 4 && s.newest == 3 && s.usd == 0.5);
	ledger_free(l);
}

/* Today, one session, one task: each has its own sum, and says what is not exact in it. */
static void sums_of_today_session_and_task(void **state)
{
	struct ledger *l = ledger_new(scratch_dir(*state));
	struct usage u = { .usd = 0.5 }, guessed = { .usd = 0.25, .estimated = true };
	struct ledger_sums sums;
	struct err err = { 0 };
	int64_t id;

	assert_true(ledger_sums(l, S, T, &sums, &err));
	assert_true(sums.today.usd == 0 && sums.session.usd == 0 && sums.task.usd == 0);
	assert_true(reserve(l, S, T, M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	assert_true(reserve(l, S, SLICE("t9"), M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &guessed, &err));
	sql(*state, "UPDATE spend SET day = '2020-01-01' WHERE task = 't9'");
	assert_true(reserve(l, SLICE("s9"), T, M, 1, 0, &id, &err));
	assert_true(ledger_settle(l, id, &u, &err));
	assert_true(reserve(l, S, T, M, 1, 0, &id, &err)); /* open: not counted */
	assert_true(ledger_sums(l, S, T, &sums, &err));
	assert_true(sums.today.usd == 1 && !sums.today.estimated);
	assert_true(sums.session.usd == 0.75 && sums.session.estimated);
	assert_true(sums.task.usd == 0.5 && !sums.task.estimated);
	assert_true(ledger_sums(l, SLICE(""), SLICE(""), &sums, &err));
	assert_true(sums.today.usd == 1 && sums.session.usd == 0);
	ledger_free(l);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reserve_and_settle),
		TEST(settle_is_once),
		TEST(a_dead_process_has_spent_its_worst_case),
		TEST(a_process_of_elsewhere_is_believed_for_an_hour),
		TEST(a_running_call_is_never_given_up),
		TEST(a_call_that_was_not_made_is_forgotten),
		TEST(an_older_ledger_is_kept),
		TEST(yesterday_does_not_count_today),
		TEST(racing_programs_keep_the_cap),
		TEST(damaged_and_newer_files_are_named),
		TEST(file_is_private),
		TEST(costs_and_tasks_are_reported),
		TEST(an_unfinished_task_has_its_cost),
		TEST(sums_of_today_session_and_task),
	};

	return cmocka_run_group_tests_name("store/ledger", tests, NULL, NULL);
}
