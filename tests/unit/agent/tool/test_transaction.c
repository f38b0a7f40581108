/* test_transaction.c - the change machine against an editor in memory: a user who types before, while
 * and after the model edits never loses a character; a conflict goes back to the model; a denial
 * changes nothing. */
#include "agent/tool/tool.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "agent/config/config.h"
#include "agent/edit/edit.h"
#include "agent/store/store.h"
#include "protocol/base/mem.h"

/* One open buffer, /ws/a.txt, and a user who acts when he is asked or when an edit arrives. */
struct editor {
	struct snapshot *text;
	const char *type_on_edit; /* what the buffer becomes just before the first edit arrives */
	const char *type_on_ask;  /* ... while the permission question stands */
	enum permission answer;
	int asks, edits, stale;
	struct runq *q;
	struct job job;
	permission_cb *permission_done;
	edit_cb *edit_done;
	void *payload;
	struct err err;
};

static struct snapshot *buffer(void *self, struct slice path)
{
	struct editor *e = self;

	return slice_eq(path, SLICE("/ws/a.txt")) && e->text ? snapshot_ref(e->text) : NULL;
}

static void each_buffer(void *self, struct slice root,
			void (*fn)(void *, struct slice, struct snapshot *), void *payload)
{
	struct editor *e = self;

	(void)root;
	fn(payload, SLICE("/ws/a.txt"), e->text);
}

static void set_text(struct editor *e, struct slice text)
{
	struct snapshot *s = snapshot_new(text, snapshot_version(e->text) + 1);

	snapshot_unref(e->text);
	e->text = s;
}

static void answer(struct job *j)
{
	struct editor *e = container_of(j, struct editor, job);
	permission_cb *permission_done = e->permission_done;
	edit_cb *edit_done = e->edit_done;

	e->permission_done = NULL;
	e->edit_done = NULL;
	if (permission_done) {
		if (e->type_on_ask)
			set_text(e, slice_of(e->type_on_ask));
		permission_done(e->payload, &(struct permission_answer){ e->answer, SLICE("") },
				NULL);
	} else if (edit_done) {
		edit_done(e->payload, e->text, e->err.code ? &e->err : NULL);
	}
}

static struct host_ask *edit(void *self, struct task *t, const struct buffer_edit *b, edit_cb *done,
			     void *payload)
{
	struct editor *e = self;

	(void)t;
	e->edits++;
	e->err = (struct err){ 0 };
	if (e->type_on_edit) {
		set_text(e, slice_of(e->type_on_edit));
		e->type_on_edit = NULL;
	}
	if (!slice_eq(snapshot_text(e->text), snapshot_text(b->base))) {
		e->stale++;
		(void)err_set(&e->err, ERR_STALE, "the buffer changed");
	} else {
		set_text(e, b->after);
	}
	e->edit_done = done;
	e->payload = payload;
	runq_post(e->q, &e->job);
	return (struct host_ask *)e;
}

static struct host_ask *permission(void *self, struct task *t, const struct permission_request *r,
				   permission_cb *done, void *payload)
{
	struct editor *e = self;

	(void)t;
	assert_true(r->diff.len > 0);
	e->asks++;
	e->permission_done = done;
	e->payload = payload;
	runq_post(e->q, &e->job);
	return (struct host_ask *)e;
}

static struct host_ask *question(void *self, struct task *t, const struct question *q,
				 question_cb *done, void *payload)
{
	(void)self, (void)t, (void)q, (void)done, (void)payload;
	fail_msg("no question expected");
	return NULL;
}

static void drop(void *self, struct host_ask *ask)
{
	(void)self, (void)ask;
}

static void event(void *self, struct task *t, const struct task_event *ev)
{
	(void)self, (void)t, (void)ev;
}

static void show(void *self, struct task *t, struct slice path, struct slice title)
{
	(void)self, (void)t, (void)path, (void)title;
}

static const struct host_ops ops = { buffer, each_buffer, edit, permission,  question,
				     drop,   event,	  show, .lost = NULL };

struct fixture {
	uv_loop_t loop;
	struct runq q;
	struct arena arena;
	struct editor editor;
	struct tool_env env;
	struct config config;
	struct store *store;
	char dir[64];
	struct tool_run run;
	int done;
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st, (void)type, (void)w;
	return remove(path);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	*state = f;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/emend-change-XXXXXX");
	if (!mkdtemp(f->dir) || uv_loop_init(&f->loop) != 0)
		return -1;
	runq_init(&f->q, &f->loop);
	f->editor.q = &f->q;
	f->editor.text = snapshot_new(SLICE("one\ntwo\nthree\nfour\nfive\n"), 1);
	job_init(&f->editor.job, answer);
	f->env.arena = &f->arena;
	f->env.task_id = SLICE("t1");
	f->env.next_step = 1;
	f->env.policy = policy_new(MODE_ASK);
	f->env.config = &f->config;
	workspace_init(&f->env.workspace, &f->q, &(struct host){ &ops, &f->editor }, NULL, SLICE("/ws"));
	f->store = store_new(&f->loop, &f->q, slice_of(f->dir));
	return event_log_open(f->store, SLICE("20260101-aaaaaa"), &f->env.log, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	tool_release(&f->run);
	workspace_release(&f->env.workspace);
	map_release(&f->env.known_files);
	policy_free(f->env.policy);
	event_log_close(f->env.log);
	snapshot_unref(f->editor.text);
	arena_release(&f->arena);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	store_close(f->store, NULL, NULL);
	runq_close(&f->q);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	(void)nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	free(f);
	return 0;
}

static void on_done(struct tool_run *r)
{
	struct fixture *f = r->payload;

	f->done++;
}

static void call(struct fixture *f, const char *tool, const char *input)
{
	tool_release(&f->run);
	f->run = (struct tool_run){ .env = &f->env,
				    .id = SLICE("c1"),
				    .name = slice_of(tool),
				    .input_text = slice_of(input),
				    .on_done = on_done,
				    .payload = f };
	f->done = 0;
	tool_start(&f->run);
	(void)uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->done, 1);
}

#define TWO_TO_2 "{\"path\":\"a.txt\",\"edits\":[{\"old_text\":\"two\\n\",\"new_text\":\"2\\n\"}]}"

static void expect_text(struct fixture *f, const char *want)
{
	char *text = xslicedup(snapshot_text(f->editor.text));

	assert_string_equal(text, want);
	free(text);
}

static void plain(void **state)
{
	struct fixture *f = *state;

	call(f, "edit_file", TWO_TO_2);
	assert_true(f->run.ok);
	assert_int_equal(f->editor.asks, 1);
	expect_text(f, "one\n2\nthree\nfour\nfive\n");
	assert_int_equal(f->env.n_files, 1);
}

static void user_typed_after_the_read(void **state)
{
	struct fixture *f = *state;

	call(f, "read_file", "{\"path\":\"a.txt\"}");
	assert_true(f->run.ok);
	set_text(&f->editor, SLICE("one\ntwo\nthree\nfour\nfive and more\n"));
	call(f, "edit_file", TWO_TO_2);
	assert_true(f->run.ok);
	expect_text(f, "one\n2\nthree\nfour\nfive and more\n");
}

static void user_types_while_asked_and_while_edited(void **state)
{
	struct fixture *f = *state;

	f->editor.type_on_ask = "zero\none\ntwo\nthree\nfour\nfive\n";
	f->editor.type_on_edit = "zero\none\ntwo\nthree\nfour\nfive\nsix\n";
	call(f, "edit_file", TWO_TO_2);
	assert_true(f->run.ok);
	assert_int_equal(f->editor.stale, 1);
	assert_int_equal(f->editor.asks, 1); /* allowed once is allowed */
	expect_text(f, "zero\none\n2\nthree\nfour\nfive\nsix\n");
}

static void conflict_goes_back(void **state)
{
	struct fixture *f = *state;

	call(f, "read_file", "{\"path\":\"a.txt\"}");
	set_text(&f->editor, SLICE("one\nTWO!\nthree\nfour\nfive\n"));
	call(f, "edit_file", TWO_TO_2);
	assert_false(f->run.ok);
	assert_non_null(memmem(f->run.result.ptr, f->run.result.len, "read it again", 13));
	expect_text(f, "one\nTWO!\nthree\nfour\nfive\n");
	assert_int_equal(f->editor.edits, 0);
}

#define WHOLE(one, two) \
	"{\"path\":\"a.txt\",\"content\":\"" one "\\n" two "\\nthree\\nfour\\nfive\\n\"}"

/* The model writes the whole file from its old picture, with its own change in it. */
static void user_typed_before_a_whole_write(void **state)
{
	struct fixture *f = *state;

	call(f, "read_file", "{\"path\":\"a.txt\"}");
	set_text(&f->editor, SLICE("one\ntwo\nthree\nfour\nfive and more\n"));
	call(f, "edit_file", TWO_TO_2);
	assert_true(f->run.ok);
	call(f, "write_file", WHOLE("ONE", "2"));
	assert_true(f->run.ok);
	expect_text(f, "ONE\n2\nthree\nfour\nfive and more\n");
}

/* The same words once more are no sign that it has read the file since. */
static void conflict_is_not_overwritten(void **state)
{
	struct fixture *f = *state;

	call(f, "read_file", "{\"path\":\"a.txt\"}");
	set_text(&f->editor, SLICE("one\nTWO!\nthree\nfour\nfive\n"));
	for (int i = 0; i < 2; i++) {
		call(f, "write_file", WHOLE("one", "2"));
		assert_false(f->run.ok);
		expect_text(f, "one\nTWO!\nthree\nfour\nfive\n");
	}
}

static void denied(void **state)
{
	struct fixture *f = *state;

	f->editor.answer = PERMISSION_DENY;
	call(f, "edit_file", TWO_TO_2);
	assert_false(f->run.ok);
	assert_int_equal(f->editor.edits, 0);
	assert_int_equal(f->env.n_denied, 1);
	expect_text(f, "one\ntwo\nthree\nfour\nfive\n");
}

static void always_asks_no_more(void **state)
{
	struct fixture *f = *state;

	f->editor.answer = PERMISSION_ALWAYS;
	call(f, "edit_file", TWO_TO_2);
	call(f, "edit_file",
	     "{\"path\":\"a.txt\",\"edits\":[{\"old_text\":\"four\",\"new_text\":\"4\"}]}");
	assert_true(f->run.ok);
	assert_int_equal(f->editor.asks, 1);
	expect_text(f, "one\n2\nthree\n4\nfive\n");
}

static void unseen_file_is_not_replaced(void **state)
{
	struct fixture *f = *state;

	call(f, "write_file", "{\"path\":\"a.txt\",\"content\":\"new\\n\"}");
	assert_false(f->run.ok);
	assert_non_null(memmem(f->run.result.ptr, f->run.result.len, "read it before", 14));
	call(f, "edit_file", TWO_TO_2); /* so it knows two lines of it */
	call(f, "write_file", "{\"path\":\"a.txt\",\"content\":\"new\\n\"}");
	assert_false(f->run.ok);
	call(f, "read_file", "{\"path\":\"a.txt\"}");
	call(f, "write_file", "{\"path\":\"a.txt\",\"content\":\"new\\n\"}");
	assert_true(f->run.ok);
	expect_text(f, "new\n");
}

static void bad_arguments(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"path\":7,\"edits\":[]}",
		"{\"path\":\"a.txt\"}",
		"{\"path\":\"a.txt\",\"edits\":[]}",
		"{\"path\":\"a.txt\",\"edits\":[{\"old_text\":\"\",\"new_text\":\"x\"}]}",
		"{\"path\":\"../x\",\"edits\":[{\"old_text\":\"a\",\"new_text\":\"x\"}]}",
		"{\"path\":\"a.txt\",\"edits\":\"no\"}",
		"{\"path\":\"a.txt\",\"edits\":[{\"old_text\":\"nowhere\",\"new_text\":\"x\"}]}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		call(f, "edit_file", bad[i]);
		assert_false(f->run.ok);
		assert_true(f->run.result.len > 0);
	}
	call(f, "no_such_tool", "{}");
	assert_false(f->run.ok);
	assert_int_equal(f->editor.edits, 0);
}

int main(void)
{
#define ROW(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROW(plain),
		ROW(user_typed_after_the_read),
		ROW(user_types_while_asked_and_while_edited),
		ROW(conflict_goes_back),
		ROW(user_typed_before_a_whole_write),
		ROW(conflict_is_not_overwritten),
		ROW(denied),
		ROW(always_asks_no_more),
		ROW(unseen_file_is_not_replaced),
		ROW(bad_arguments),
	};

	return cmocka_run_group_tests_name("tool/change", tests, NULL, NULL);
}
