/* shelf.h - a state folder with the store that writes to it, on a loop of its own. Its first member is
 * the scratch folder, so that a test may take it for one. Include after <cmocka.h>. */
#ifndef EMEND_TEST_SHELF_H
#define EMEND_TEST_SHELF_H

#include "agent/store/event_log.h"
#include "agent/store/store.h"
#include "agent/store/store_path.h"
#include "agent/store/unfinished.h"
#include "tests/unit/agent/store/scratch.h"

struct shelf {
	struct scratch scratch;
	uv_loop_t loop;
	struct runq q;
	struct store *store;
};

/* Everything that is under way is written when it returns. */
static inline void shelf_run(struct shelf *s)
{
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
}

static inline void shelf_synced(void *payload, const struct err *err)
{
	if (err)
		*(struct err *)payload = *err;
}

/* As event_log_sync(), but waits. */
static inline bool shelf_sync(struct shelf *s, struct event_log *l, struct err *err)
{
	struct err why = { 0 };

	(void)event_log_sync(l, shelf_synced, &why);
	shelf_run(s);
	if (why.code != ERR_NONE && err)
		*err = why;
	return why.code == ERR_NONE;
}

static inline void shelf_close(struct shelf *s, struct event_log *l)
{
	event_log_close(l);
	shelf_run(s);
}

/* The mark of a change that another process has left behind. */
static inline void shelf_mark(struct slice dir, const char *workspace, struct slice session)
{
	struct arena a;
	struct slice path;
	int fd;

	arena_init(&a);
	assert_true(make_folder(arena_printf(&a, "%.*s/unfinished", SLICE_ARG(dir)), NULL));
	path = unfinished_path(&a, dir, slice_of(workspace), session);
	fd = open(path.ptr, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	arena_release(&a);
}

static inline int shelf_setup(void **state)
{
	struct shelf *s = calloc(1, sizeof(*s));
	void *scratch = NULL;

	if (scratch_setup(&scratch) != 0 || uv_loop_init(&s->loop) != 0)
		return -1;
	s->scratch = *(struct scratch *)scratch;
	free(scratch);
	runq_init(&s->q, &s->loop);
	s->store = store_new(&s->loop, &s->q, scratch_dir(&s->scratch));
	*state = s;
	return 0;
}

static inline int shelf_teardown(void **state)
{
	struct shelf *s = *state;

	store_close(s->store, NULL, NULL);
	runq_close(&s->q);
	shelf_run(s);
	if (uv_loop_close(&s->loop) != 0)
		return -1;
	return scratch_teardown(state); /* frees it: the scratch folder is its first member */
}

#endif
