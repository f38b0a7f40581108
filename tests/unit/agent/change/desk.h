/* desk.h - what tests of going back need: an editor in memory with a.txt and b.txt open below /ws, a
 * workspace over it, and a state folder with the log of one session. Include after <cmocka.h>. */
#ifndef EMEND_TEST_DESK_H
#define EMEND_TEST_DESK_H

#include "agent/workspace/workspace.h"
#include "protocol/base/mem.h"
#include "tests/unit/agent/change/editor.h"
#include "tests/unit/agent/store/shelf.h"

struct desk {
	struct scratch *state;
	struct store *store;
	uv_loop_t loop;
	struct runq q;
	struct arena arena;
	struct editor e;
	struct workspace workspace;
	struct event_log *log;
	struct err err;
};

static int desk_setup(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));
	void *scratch = NULL;

	if (scratch_setup(&scratch) != 0 || uv_loop_init(&d->loop) != 0)
		return -1;
	d->state = scratch;
	runq_init(&d->q, &d->loop);
	editor_init(&d->e, &d->q, 1);
	d->e.idle = d->e.honest = true;
	d->e.encoding = POSITION_UTF16;
	d->e.eol = "\n";
	editor_open(&d->e, 0, SLICE("one\ntwo\nthree\n\nfive\n"));
	editor_open(&d->e, 1, SLICE("alpha\nbeta\n"));
	d->store = store_new(&d->loop, &d->q, scratch_dir(d->state));
	workspace_init(&d->workspace, &d->q, &(struct host){ &editor_ops, &d->e }, NULL, SLICE("/ws"));
	*state = d;
	return event_log_open(d->store, SLICE("20260101-aaaaaaaaa"), &d->log, NULL) ? 0 : -1;
}

static int desk_teardown(void **state)
{
	struct desk *d = *state;
	void *scratch = d->state;

	event_log_close(d->log);
	workspace_release(&d->workspace);
	editor_release(&d->e);
	arena_release(&d->arena);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	store_close(d->store, NULL, NULL);
	runq_close(&d->q);
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&d->loop) != 0)
		return -1;
	free(d);
	return scratch_teardown(&scratch);
}

static inline void desk_run(struct desk *d)
{
	(void)uv_run(&d->loop, UV_RUN_DEFAULT);
	assert_false(d->e.failed);
}

static inline void desk_holds(struct desk *d, int file, const char *text)
{
	assert_string_equal(buf_cstr(&d->e.text[file]), text);
}

/* The user changes the text, and the server does not know it yet. */
static inline void desk_type(struct desk *d, int file, size_t at, const char *text)
{
	editor_change(&d->e, file, at, at, slice_of(text));
}

/* What was typed is told. */
static inline void desk_tell(struct desk *d)
{
	editor_tell_all(&d->e);
}

/* --- what a session logged of a change --- */

static inline void desk_begin(struct event_log *l, int files)
{
	struct jw *w = event_log_begin(l, "begin");

	jw_kcstr(w, "task", "t1");
	jw_kcstr(w, "transaction", "t1.1");
	jw_ki64(w, "files", files);
	assert_true(event_log_end(l, NULL));
	event_log_mark(l, SLICE("/ws"));
}

static inline void desk_edit(struct event_log *l, int step, const char *path, const char *before,
			     const char *after)
{
	struct sha256_hex b, a;
	struct jw *w;

	assert_true(blob_put(l, slice_of(before), &b, NULL) && blob_put(l, slice_of(after), &a, NULL));
	w = event_log_begin(l, "edit");
	jw_kcstr(w, "task", "t1");
	jw_ki64(w, "step", step);
	jw_kcstr(w, "path", path);
	jw_kcstr(w, "via", "buffer");
	jw_kcstr(w, "before", b.s);
	jw_kcstr(w, "after", a.s);
	jw_kcstr(w, "transaction", "t1.1");
	assert_true(event_log_end(l, NULL));
}

static inline void desk_edited(struct event_log *l, int step, bool ok)
{
	struct jw *w = event_log_begin(l, "edited");

	jw_kcstr(w, "task", "t1");
	jw_ki64(w, "step", step);
	jw_kbool(w, "ok", ok);
	assert_true(event_log_end(l, NULL));
}

static inline bool desk_marked(struct desk *d)
{
	struct slice names[4];

	return unfinished_list(scratch_dir(d->state), SLICE("/ws"), &d->arena, names, 4) > 0;
}

#endif
