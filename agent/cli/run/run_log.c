/* run_log.c - see run_log.h
 *
 *   PACKING --> IMAGES: lists, or all without packs --> JOURNALING --> done() ... ENDING --> done()
 *                  '--much waits to be written--> the log is synced, and more are asked for
 *
 * The events, and what undo makes of them, are those of a command in a task: so the items, their images and
 * their journal are the ones of agent/tool/command, with a run that has nothing but a log. */
#include "agent/cli/run/run_log.h"

#include <stdlib.h>

#include "agent/base/sha256.h"
#include "agent/store/store.h"
#include "agent/tool/command/commit_own.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"

/* Of what is not packed: what one answer may hold, and from what on it is waited for the disk. A single file may
 * be more than either. */
enum { ASKED_FILES = 200, ASKED_BYTES = 4 * 1024 * 1024, UNSYNCED_BYTES = 16 * 1024 * 1024 };

struct run_log {
	struct run_log_options o;
	struct store *store;
	struct runner *runner;
	struct tool_env env;
	struct tool_run run;
	struct commit commit; /* items: first those of the pack; its arena: of the images in hand */
	size_t *item_of;      /* of each change */
	size_t n_packed, at;  /* at: the next one that comes as a message */
	size_t unsynced;      /* bytes that were given to the log */
	struct timespec began;
	run_log_cb *done;
	void *payload;
	void (*closed)(void *payload);
	void *closed_payload;
};

struct run_log *run_log_new(const struct run_log_options *o)
{
	struct run_log *l = xcalloc(1, sizeof(*l));

	l->o = *o;
	arena_init(&l->run.arena);
	arena_init(&l->commit.arena);
	l->store = store_new(o->loop, o->runq, o->state_dir);
	l->run.env = &l->env;
	l->run.commit = &l->commit;
	l->run.id = SLICE("run");
	l->env.workspace.root = o->workspace;
	l->env.next_step = 1;
	(void)clock_gettime(CLOCK_MONOTONIC, &l->began);
	return l;
}

static void answer(struct run_log *l, const struct err *err)
{
	run_log_cb *done = l->done;

	l->done = NULL;
	done(l->payload, err);
}

/* --- the log --- */

/* Named like the session, as there is no other task in it. */
static bool open_log(struct run_log *l, struct err *err)
{
	char id[24];
	struct jw *w;

	session_new_id(id);
	l->env.task_id = arena_dup(&l->run.arena, slice_of(id));
	if (!event_log_open(l->store, l->env.task_id, &l->env.log, err))
		return false;
	w = event_log_begin(l->env.log, "session");
	jw_kstr(w, "session", l->env.task_id);
	jw_kstr(w, "workspace", l->o.workspace);
	jw_kcstr(w, "version", EMEND_VERSION);
	if (!event_log_end(l->env.log, err))
		return false;
	w = event_log_begin(l->env.log, "task");
	jw_kstr(w, "task", l->env.task_id);
	jw_kcstr(w, "kind", "run");
	jw_kstr(w, "title",
		arena_printf(&l->run.arena, "emend run -- %.*s", SLICE_ARG(l->o.command)));
	jw_kcstr(w, "model", "");
	jw_kcstr(w, "mode", "");
	jw_kcstr(w, "prompt", "");
	return event_log_end(l->env.log, err);
}

static void journaled(struct tool_run *r, bool ok)
{
	struct run_log *l = container_of(r, struct run_log, run);

	answer(l, ok ? NULL : &l->env.fatal);
}

/* The next ones go into the log, as far as they came, and their images are let go. False: it was answered. */
static bool journal(struct run_log *l, size_t from, size_t to)
{
	struct commit *m = &l->commit;

	for (size_t i = from; i < to; i++) {
		struct commit_item *it = &m->items[i];

		if (!it->packed)
			l->unsynced += it->before.len + it->after.len;
		if (!commit_journal(&l->run, it, "command")) {
			answer(l, &l->env.fatal);
			return false;
		}
		it->before = it->after = it->was = it->left = (struct slice){ NULL, 0 };
	}
	arena_release(&m->arena);
	arena_init(&m->arena);
	return true;
}

/* --- the images --- */

static void next_images(struct run_log *l);

static void synced(struct tool_run *r, bool ok)
{
	struct run_log *l = container_of(r, struct run_log, run);

	l->unsynced = 0;
	if (ok)
		next_images(l);
	else
		answer(l, &l->env.fatal);
}

/* The worker answers for as many as fit, and for at least one. */
static void came(void *payload, const struct view_item *items, size_t n, const struct err *err)
{
	struct run_log *l = payload;
	struct commit *m = &l->commit;
	size_t from = l->at;
	struct err none;

	if (err || n == 0) {
		(void)err_set(&none, ERR_INTERNAL, "the worker sent no images");
		answer(l, err ? err : &none);
		return;
	}
	for (size_t i = 0; i < n && l->at < m->n_items; i++) {
		struct commit_item *it = &m->items[l->at++];

		if (items[i].code == ERR_NONE)
			commit_take_images(m, it, &items[i].image);
		else
			(void)err_set(&it->why, items[i].code, "%.*s", SLICE_ARG(items[i].why));
	}
	if (!journal(l, from, l->at))
		return;
	if (l->unsynced > UNSYNCED_BYTES)
		journal_sync(&l->run, synced);
	else
		next_images(l);
}

static void next_images(struct run_log *l)
{
	const struct commit *m = &l->commit;
	int64_t indexes[ASKED_FILES];
	size_t n = 0;

	for (; n < ASKED_FILES && l->at + n < m->n_items; n++)
		indexes[n] = m->items[l->at + n].change->index;
	if (n > 0)
		(void)runner_images(l->runner, m->view, indexes, n, ASKED_BYTES, came, l);
	else
		journal_sync(&l->run, journaled);
}

static void packed(void *payload, struct slice file, const struct view_packed *answers, size_t n,
		   const struct err *err)
{
	struct run_log *l = payload;
	struct commit *m = &l->commit;
	size_t all = m->n_items;
	bool ok;

	if (err || n != l->n_packed) {
		struct err few;

		if (!err)
			(void)err_set(&few, ERR_INTERNAL, "the worker kept not all contents");
		answer(l, err ? err : &few);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (answers[i].code == ERR_NONE)
			commit_take_packed(m, &m->items[i], &answers[i]);
		else
			(void)err_set(&m->items[i].why, answers[i].code, "%.*s",
				      SLICE_ARG(answers[i].why));
	}
	m->n_items = n;
	ok = commit_adopt(&l->run, file, answers);
	m->n_items = all;
	if (!ok)
		answer(l, &l->env.fatal);
	else if (journal(l, 0, n))
		next_images(l);
}

enum which { PACKED, BUNDLES, ALL };

static void take_items(struct run_log *l, const struct view_change *const *changes, size_t n,
		       enum which which)
{
	struct commit *m = &l->commit;

	for (size_t i = 0; i < n; i++) {
		if (which != ALL && (changes[i]->files > 0) != (which == BUNDLES))
			continue;
		l->item_of[i] = m->n_items;
		m->items[m->n_items++].change = changes[i];
	}
}

static bool packs(const struct runner *r, const struct view_result *v)
{
	return v->packs && runner_packs(r);
}

void run_log_keep(struct run_log *l, struct runner *r, const struct view_result *v,
		  const struct view_change *const *changes, size_t n, run_log_cb *done,
		  void *payload)
{
	int64_t *indexes = arena_array(&l->run.arena, n + 1, sizeof(*indexes));
	struct err err = { .code = ERR_NONE };

	l->done = done;
	l->payload = payload;
	l->runner = r;
	l->commit.view = v->view;
	l->commit.items = arena_array(&l->run.arena, n + 1, sizeof(*l->commit.items));
	l->item_of = arena_array(&l->run.arena, n + 1, sizeof(*l->item_of));
	if (packs(r, v))
		take_items(l, changes, n, PACKED);
	l->n_packed = l->at = l->commit.n_items;
	take_items(l, changes, n, packs(r, v) ? BUNDLES : ALL);
	for (size_t i = 0; i < l->n_packed; i++)
		indexes[i] = l->commit.items[i].change->index;
	if (!open_log(l, &err))
		answer(l, &err);
	else if (l->n_packed > 0)
		(void)runner_pack(r, v->view, indexes, l->n_packed, packed, l);
	else
		next_images(l);
}

/* --- afterwards --- */

/* A log that breaks now is told at the end. */
void run_log_made(struct run_log *l, size_t i, const struct err *err)
{
	(void)!commit_journal_result(&l->run, &l->commit.items[l->item_of[i]], err);
}

struct slice run_log_gap(const struct run_log *l, size_t i)
{
	const struct commit_item *it = &l->commit.items[l->item_of[i]];

	if (it->images)
		return SLICE("");
	return it->why.code != ERR_NONE ? slice_of(it->why.msg)
					: SLICE("it was changed by another program just now");
}

static void ended(void *payload, const struct err *err)
{
	struct run_log *l = payload;

	l->run.sync = NULL;
	answer(l, err);
}

void run_log_end(struct run_log *l, run_log_cb *done, void *payload)
{
	struct timespec now;
	struct jw *w;

	l->done = done;
	l->payload = payload;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)!journal_end(&l->run, l->commit.id, NULL);
	w = event_log_begin(l->env.log, "finished");
	jw_kstr(w, "task", l->env.task_id);
	jw_kcstr(w, "status", "done");
	jw_kcstr(w, "summary", "");
	jw_kf64(w, "usd", 0);
	jw_kf64(w, "seconds",
		(double)(now.tv_sec - l->began.tv_sec) +
			(double)(now.tv_nsec - l->began.tv_nsec) / 1e9);
	jw_karray(w, "files");
	for (size_t i = 0; i < l->commit.n_items; i++)
		jw_str(w, l->commit.items[i].change->path);
	jw_end(w);
	(void)!event_log_end(l->env.log, &l->env.fatal);
	l->run.sync = event_log_sync(l->env.log, ended, l);
}

static void written(void *payload)
{
	struct run_log *l = payload;

	l->closed(l->closed_payload);
	arena_release(&l->run.arena);
	arena_release(&l->commit.arena);
	free(l);
}

void run_log_close(struct run_log *l, void (*closed)(void *payload), void *payload)
{
	if (!l) {
		closed(payload);
		return;
	}
	sync_drop(l->run.sync);
	event_log_close(l->env.log);
	l->closed = closed;
	l->closed_payload = payload;
	store_close(l->store, written, l);
}
