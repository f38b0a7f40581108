/* test_history.c - what the logs say of past edits, and the transcript that a resumed session
 * starts from. */
#include "agent/change/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "agent/session/task_own.h"
#include "tests/unit/agent/store/shelf.h"

static int set_up(void **state)
{
	char *dir = strdup("/tmp/emend-history-XXXXXX");

	*state = dir;
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, *state, NULL };
	uv_process_t p;
	uv_process_options_t o = { .file = "rm", .args = argv };
	uv_loop_t loop;

	if (uv_loop_init(&loop) != 0 || uv_spawn(&loop, &p, &o) != 0)
		return -1;
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&p, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	free(*state);
	return uv_loop_close(&loop);
}

static void begin(struct shelf *s, struct slice dir)
{
	assert_int_equal(uv_loop_init(&s->loop), 0);
	runq_init(&s->q, &s->loop);
	s->store = store_new(&s->loop, &s->q, dir);
}

static void end(struct shelf *s)
{
	store_close(s->store, NULL, NULL);
	runq_close(&s->q);
	shelf_run(s);
	assert_int_equal(uv_loop_close(&s->loop), 0);
}

static void put_session(struct event_log *l, const char *workspace)
{
	struct jw *w = event_log_begin(l, "session");

	jw_kcstr(w, "session", "s");
	jw_kcstr(w, "workspace", workspace);
	assert_true(event_log_end(l, NULL));
}

static void put_edit(struct event_log *l, const char *task, int64_t step, const char *path,
		     const char *after)
{
	struct jw *w = event_log_begin(l, "edit");

	jw_kcstr(w, "task", task);
	jw_ki64(w, "step", step);
	jw_kcstr(w, "path", path);
	jw_kcstr(w, "before", "");
	jw_kcstr(w, "after", after);
	assert_true(event_log_end(l, NULL));
}

static void put_ok(struct event_log *l, const char *type, const char *task, int64_t step, bool ok)
{
	struct jw *w = event_log_begin(l, type);

	jw_kcstr(w, "task", task);
	jw_ki64(w, "step", step);
	jw_kbool(w, "ok", ok);
	assert_true(event_log_end(l, NULL));
}

static void edits(void **state)
{
	struct slice dir = slice_of(*state);
	struct shelf shelf;
	struct history h;
	struct event_log *l;
	struct arena a;
	struct err err = { 0 };

	arena_init(&a);
	begin(&shelf, dir);
	assert_true(event_log_open(shelf.store, SLICE("20260101-aaaaaa"), &l, &err));
	put_session(l, "/ws");
	put_edit(l, "t1", 1, "a.c", "11");
	put_ok(l, "edited", "t1", 1, true);
	put_edit(l, "t1", 2, "b.c", "22");
	put_ok(l, "edited", "t1", 2, false);
	put_edit(l, "t2", 1, "c.c", "33"); /* the crash came before "edited" */
	put_ok(l, "undo", "t1", 1, true);
	event_log_close(l);
	assert_true(event_log_open(shelf.store, SLICE("20260102-bbbbbb"), &l,
				   &err)); /* newer, but it edited nothing */
	put_session(l, "/ws");
	event_log_close(l);
	end(&shelf);

	assert_true(history_find(&a, dir, SLICE("/ws"), SLICE(""), &h, &err));
	assert_true(slice_eq(h.session, SLICE("20260101-aaaaaa")));
	assert_int_equal(h.n, 3);
	assert_true(h.edits[0].made && h.edits[0].undone && !h.edits[0].failed);
	assert_true(!h.edits[1].made && h.edits[1].failed);
	assert_true(!h.edits[2].made && !h.edits[2].failed && !h.edits[2].undone);
	assert_true(slice_eq(h.last_task, SLICE("t2")));
	assert_true(slice_eq(h.edits[2].path, SLICE("c.c")));

	assert_true(history_find(&a, dir, SLICE("/ws"), SLICE("t1"), &h, &err));
	assert_false(history_find(&a, dir, SLICE("/ws"), SLICE("t9"), &h, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_false(history_find(&a, dir, SLICE("/other"), SLICE(""), &h, &err));
	arena_release(&a);
}

static void damage(struct slice dir, const char *session, size_t from_end)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%.*s/sessions/%s/log.jsonl", SLICE_ARG(dir), session);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, -(long)from_end, SEEK_END), 0);
	assert_int_equal(fputc('#', f), '#');
	assert_int_equal(fclose(f), 0);
}

/* The newest session is damaged: it is named, and no older one takes its place. */
static void a_damaged_session(void **state)
{
	struct slice dir = slice_of(*state);
	struct err err = { 0 };
	struct shelf shelf;
	struct event_log *l;
	struct history h;
	struct arena a;

	arena_init(&a);
	begin(&shelf, dir);
	assert_true(event_log_open(shelf.store, SLICE("20260101-aaaaaa"), &l, &err));
	put_session(l, "/ws");
	put_edit(l, "t1", 1, "a.c", "11");
	event_log_close(l);
	assert_true(event_log_open(shelf.store, SLICE("20260102-bbbbbb"), &l, &err));
	put_session(l, "/ws");
	put_edit(l, "t2", 1, "b.c", "22");
	put_edit(l, "t2", 2, "b.c", "33");
	event_log_close(l);
	end(&shelf);
	damage(dir, "20260102-bbbbbb", 100);
	assert_false(history_find(&a, dir, SLICE("/ws"), SLICE(""), &h, &err));
	assert_non_null(strstr(err.msg, "20260102-bbbbbb is damaged from line 3"));
	assert_int_equal(err_exit_code(err.code), 1);
	assert_true(history_find(&a, dir, SLICE("/ws"), SLICE("t1"), &h, &err));
	assert_false(history_find(&a, dir, SLICE("/ws"), SLICE("t2"), &h, &err));
	assert_non_null(strstr(err.msg, "damaged from line 3"));
	assert_false(history_find(&a, dir, SLICE("/ws"), SLICE("t9"), &h, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND); /* of which no log has a word */
	assert_false(history_find(&a, dir, SLICE("/other"), SLICE(""), &h, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND); /* it is not of that workspace */
	arena_release(&a);
}

/* A session killed between a call and its result: the resumed transcript answers the call. */
static void interrupted_call(void **state)
{
	struct slice dir = slice_of(*state);
	struct task t = { .workspace = SLICE("/ws"), .session = SLICE("20260103-cccccc") };
	struct runq q;
	uv_loop_t loop;
	struct event_log *l;
	struct err err = { 0 };
	double usd = 0;
	struct jw *w;

	assert_int_equal(uv_loop_init(&loop), 0);
	runq_init(&q, &loop);
	arena_init(&t.arena);
	t.agent = agent_new(&(struct agent_options){
		.loop = &loop, .runq = &q, .program = SLICE("/x"), .state_dir = dir });
	assert_true(event_log_open(agent_store(t.agent), t.session, &l, &err));
	put_session(l, "/ws");
	w = event_log_begin(l, "user");
	jw_kcstr(w, "text", "do it");
	assert_true(event_log_end(l, NULL));
	w = event_log_begin(l, "assistant");
	jw_kcstr(w, "model", "anthropic/x");
	jw_kraw(w, "blocks",
		SLICE("[{\"kind\":\"thinking\",\"text\":\"hm\",\"raw\":\"{\\\"type\\\":"
		      "\\\"thinking\\\"}\"},"
		      "{\"kind\":\"call\",\"text\":\"{}\",\"id\":\"c1\",\"name\":\"read_file\"},"
		      "{\"kind\":\"call\",\"text\":\"{}\",\"id\":\"c2\",\"name\":\"search\"}]"));
	assert_true(event_log_end(l, NULL));
	w = event_log_begin(l, "usage");
	jw_kf64(w, "usd", 0.25);
	assert_true(event_log_end(l, NULL));
	w = event_log_begin(l, "result");
	jw_kcstr(w, "call", "c2");
	jw_kcstr(w, "tool", "search");
	jw_kbool(w, "ok", true);
	jw_kcstr(w, "text", "found");
	assert_true(event_log_end(l, NULL));
	event_log_close(l);
	(void)uv_run(&loop, UV_RUN_DEFAULT);

	assert_true(replay_log(&t, &usd, &err));
	assert_float_equal(usd, 0.25, 1e-9);
	assert_int_equal(t.transcript.n, 3);
	assert_int_equal(t.transcript.turns[1].n_blocks, 3);
	assert_true(
		slice_eq(t.transcript.turns[1].blocks[0].raw, SLICE("{\"type\":\"thinking\"}")));
	assert_int_equal(t.transcript.turns[2].n_blocks, 2);
	assert_true(slice_eq(t.transcript.turns[2].blocks[0].id, SLICE("c1")));
	assert_true(t.transcript.turns[2].blocks[0].is_error);
	assert_true(slice_eq(t.transcript.turns[2].blocks[1].text, SLICE("found")));
	assert_false(t.transcript.turns[2].blocks[1].is_error);

	t.workspace = SLICE("/elsewhere");
	assert_false(replay_log(&t, &usd, &err));
	assert_int_equal(err.code, ERR_USAGE);
	arena_release(&t.arena);
	agent_close(t.agent, NULL, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	runq_close(&q);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(edits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(interrupted_call, set_up, tear_down)
	};

	return cmocka_run_group_tests_name("change/history", tests, NULL, NULL);
}
