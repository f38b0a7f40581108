/* reject.c - see reject.h. One file and one task after the other:
 *
 *   NEXT --a hunk is left--> READING --text without the hunks--> JOURNALING --> WRITING --> NEXT
 *    |                          |----changed meanwhile: once more---------------'
 *    |                          '----every hunk refused, named ----> NEXT
 *    '--none is left--> ENDED: done(), freed
 *
 * One rejection at a time: the others wait in the agent's list. */
#include "agent/session/reject.h"

#include <stdlib.h>

#include "agent/session/agent.h"
#include "agent/store/event_log.h"
#include "agent/tool/journal.h"
#include "agent/workspace/workspace.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_TRIES = 5 };

enum reject_state { REJECT_NEXT, REJECT_READING, REJECT_JOURNALING, REJECT_WRITING, REJECT_ENDED };

struct reject {
	enum reject_state state;
	struct list link; /* of the agent's rejections */
	struct agent *agent;
	struct arena arena;
	struct job step;
	struct workspace workspace;
	struct runner *runner;
	struct policy *policy;
	struct hunks *hunks;
	struct slice *ids; /* what is left to do */
	size_t n_ids;

	/* the file and task in hand */
	struct slice path, file, task, session; /* path: relative; file: absolute */
	struct slice *now;			/* ids that are taken back by the present write */
	size_t n_now;
	int64_t edit_step;
	int tries;
	struct event_log *log;
	struct workspace_op *op;
	struct sync_wait *sync; /* of the log */
	struct slice after;
	struct snapshot *base; /* what was read; NULL: no file */
	bool is_buffer;
	struct slice sha256;

	struct buf report;
	size_t rejected, refused;
	struct err why;
	reject_done_cb *done;
	void *payload;
};

static void reject_goto(struct reject *r, enum reject_state next)
{
	static const char *const name[] = { "NEXT", "READING", "JOURNALING", "WRITING", "ENDED" };

	log_debug("reject: %s -> %s", name[r->state], name[next]);
	r->state = next;
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err);

static void read_it(struct reject *r)
{
	reject_goto(r, REJECT_READING);
	r->op = workspace_read(&r->workspace, r->path, was_read, r);
}

/* The log is open only for as long as it is written: others of the session may write between. */
static bool open_log(struct reject *r, struct err *err)
{
	return event_log_open(agent_store(r->agent), r->session, &r->log, err);
}

static bool close_log(struct reject *r, bool ok, sync_cb *done, struct err *err)
{
	ok = ok && event_log_end(r->log, err);
	if (ok)
		r->sync = event_log_sync(r->log, done, r);
	event_log_close(r->log);
	r->log = NULL;
	return ok;
}

static void go_on(struct reject *r)
{
	reject_goto(r, REJECT_NEXT);
	runq_post(agent_runq(r->agent), &r->step);
}

static bool listed(const struct slice *ids, size_t n, struct slice id)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(ids[i], id))
			return true;
	return false;
}

static void drop_id(struct reject *r, struct slice id)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_ids; i++)
		if (!slice_eq(r->ids[i], id))
			r->ids[kept++] = r->ids[i];
	r->n_ids = kept;
}

static void refuse(struct reject *r, struct slice id, const struct err *why)
{
	r->refused++;
	buf_printf(&r->report, "%.*s: %s\n", SLICE_ARG(r->path), why->msg);
	drop_id(r, id);
}

/* Nothing of the file in hand can be done. */
static void refuse_all(struct reject *r, const struct err *why)
{
	struct hunk_file *f = hunks_file(r->hunks, r->file);
	size_t before = r->refused;

	for (size_t i = 0; f && i < f->list.n; i++)
		if (slice_eq_cstr(r->task, f->list.items[i].task) &&
		    listed(r->ids, r->n_ids, slice_of(f->list.items[i].id)))
			refuse(r, slice_of(f->list.items[i].id), why);
	if (r->refused == before && r->n_ids > 0)
		refuse(r, r->ids[0], why);
	go_on(r);
}

/* --- the text without the hunks --- */

/* Each of them is taken out of the text that the one before left: *after. */
static void make_after(struct reject *r, struct hunk_list *list, struct slice text,
		       struct slice *after)
{
	struct slice present = text, next;
	struct err why;

	for (bool more = true; more;) {
		more = false;
		for (size_t i = list->n; i-- > 0 && !more;) { /* the newest first */
			struct hunk *h = &list->items[i];
			struct slice id = arena_dup(&r->arena, slice_of(h->id));

			if (!slice_eq_cstr(r->task, h->task) || !listed(r->ids, r->n_ids, id) ||
			    listed(r->now, r->n_now, id))
				continue;
			if (!hunk_revert(&r->arena, h, present, &next, &why)) {
				refuse(r, id, &why);
				continue;
			}
			r->now[r->n_now++] = id;
			h->dead = true;
			hunk_list_sweep(list);
			(void)hunks_follow(list, present, next);
			present = next;
			more = true; /* the list is another */
		}
	}
	*after = present;
}

static bool put_blob(struct reject *r, struct slice text, struct sha256_hex *out, struct err *err)
{
	out->s[0] = '\0';
	return !text.ptr || blob_put(r->log, text, out, err);
}

static void journaled(void *payload, const struct err *err);

static bool journal(struct reject *r, struct slice text, bool is_buffer, struct err *err)
{
	struct sha256_hex before, after;
	struct jw *w;

	if (!open_log(r, err))
		return false;
	if (!put_blob(r, text, &before, err) || !put_blob(r, r->after, &after, err))
		return close_log(r, false, NULL, err);
	r->edit_step = hunks_session(r->hunks, r->session, r->workspace.root)->next_step++;
	w = event_log_begin(r->log, "edit");
	jw_kstr(w, "task", r->task);
	jw_kcstr(w, "call", "");
	jw_ki64(w, "step", r->edit_step);
	jw_kstr(w, "path", r->path);
	jw_kcstr(w, "via", is_buffer ? "buffer" : "file");
	jw_kcstr(w, "before", before.s);
	jw_kcstr(w, "after", after.s);
	jw_karray(w, "hunks");
	for (size_t i = 0; i < r->n_now; i++)
		jw_str(w, r->now[i]);
	jw_end(w);
	return close_log(r, true, journaled, err);
}

static bool log_edited(struct reject *r, const struct err *failed, struct err *err)
{
	struct jw *w;

	if (!open_log(r, err))
		return false;
	w = event_log_begin(r->log, "edited");
	jw_kstr(w, "task", r->task);
	jw_ki64(w, "step", r->edit_step);
	jw_kbool(w, "ok", !failed);
	if (failed)
		jw_kcstr(w, "error", failed->msg);
	if (failed && !journal_untouched(failed))
		jw_kbool(w, "unknown", true);
	return close_log(r, true, NULL, err);
}

/* --- writing --- */

static void written(void *payload, const struct err *err)
{
	struct reject *r = payload;
	struct hunk_file *f = hunks_file(r->hunks, r->file);
	struct err broken = { 0 };

	r->op = NULL;
	if (!log_edited(r, err, &broken)) {
		refuse_all(r, &broken);
		return;
	}
	if (err && err->code == ERR_STALE && ++r->tries < MAX_TRIES) {
		read_it(r);
		return;
	}
	if (err) {
		refuse_all(r, err);
		return;
	}
	if (f && !f->open)
		hunks_read(r->hunks, f, r->after);
	hunks_remove(r->hunks, r->now, r->n_now);
	r->rejected += r->n_now;
	for (size_t i = 0; i < r->n_now; i++)
		drop_id(r, r->now[i]);
	go_on(r);
}

static void write_it(struct reject *r, const struct workspace_text *t, struct slice text)
{
	struct err err = { 0 };

	if (t->is_buffer && !r->after.ptr) /* an open document cannot go: it is emptied */
		r->after = SLICE("");
	if (!journal(r, text, t->is_buffer, &err)) {
		refuse_all(r, &err);
		return;
	}
	snapshot_unref(r->base);
	r->base = t->text ? snapshot_ref(t->text) : NULL;
	r->is_buffer = t->is_buffer;
	r->sha256 = arena_dup(&r->arena, t->sha256);
	reject_goto(r, REJECT_JOURNALING);
}

/* The log has it on the disk. What the user typed meanwhile makes the write a stale one. */
static void journaled(void *payload, const struct err *err)
{
	struct reject *r = payload;

	r->sync = NULL;
	if (err) {
		refuse_all(r, err);
		return;
	}
	reject_goto(r, REJECT_WRITING);
	r->op = workspace_write(&r->workspace,
				&(struct workspace_write){ .path = r->path,
							   .base = r->base,
							   .is_buffer = r->is_buffer,
							   .sha256 = r->sha256,
							   .after = r->after,
							   .label = SLICE("Emend: reject") },
				written, r);
}

static void was_read(void *payload, const struct workspace_text *t, const struct err *err)
{
	struct reject *r = payload;
	struct hunk_file *f = hunks_file(r->hunks, r->file);
	struct slice text = t && t->text ? snapshot_text(t->text) : (struct slice){ NULL, 0 };
	struct hunk_list list = { 0 };
	struct err why = { 0 };

	r->op = NULL;
	if (!err && t->binary)
		(void)err_set(&why, ERR_STALE, "it is not text any more");
	if (err || why.code != ERR_NONE || !f) {
		if (!err && why.code == ERR_NONE)
			(void)err_set(&why, ERR_NOT_FOUND, "nothing waits there any more");
		refuse_all(r, err ? err : &why);
		return;
	}
	if (!t->is_buffer)
		hunks_read(r->hunks, f, text);
	r->now = arena_array(&r->arena, r->n_ids + 1, sizeof(*r->now));
	r->n_now = 0;
	hunk_list_copy(&list, &f->list);
	make_after(r, &list, text, &r->after);
	hunk_list_release(&list);
	if (r->n_now == 0)
		go_on(r);
	else
		write_it(r, t, text);
}

/* --- the whole --- */

static bool is_first(struct reject *r)
{
	return agent_rejects(r->agent)->next == &r->link;
}

/* The next one in the list may begin. */
static void reject_free(struct reject *r)
{
	struct list *all = agent_rejects(r->agent);

	list_remove(&r->link);
	if (!list_empty(all))
		runq_post(agent_runq(r->agent),
			  &container_of(all->next, struct reject, link)->step);
	agent_task_gone(r->agent);
	job_drop(&r->step);
	workspace_drop(r->op);
	sync_drop(r->sync);
	snapshot_unref(r->base);
	workspace_release(&r->workspace);
	agent_runner_put(r->agent, r->runner);
	event_log_close(r->log);
	policy_free(r->policy);
	buf_release(&r->report);
	arena_release(&r->arena);
	free(r);
}

/* The next hunk that is still there and below the workspace. */
static bool find_next(struct reject *r)
{
	while (r->n_ids > 0) {
		struct hunk_file *f;
		struct hunk *h = hunks_find(r->hunks, r->ids[0], &f);

		if (!h || !slice_eq_cstr(r->workspace.root, f->workspace)) {
			drop_id(r, r->ids[0]);
			continue;
		}
		r->path = arena_dup(&r->arena, f->relative);
		r->file = arena_dup(&r->arena, slice_of(f->path));
		r->task = arena_dup(&r->arena, slice_of(h->task));
		r->session = arena_dup(&r->arena, slice_of(h->session->id));
		r->tries = 0;
		return true;
	}
	return false;
}

static void reject_step(struct job *j)
{
	struct reject *r = container_of(j, struct reject, step);

	if (r->why.code == ERR_NONE && (r->state != REJECT_NEXT || !is_first(r)))
		return;
	if (r->why.code == ERR_NONE && find_next(r)) {
		read_it(r);
		return;
	}
	reject_goto(r, REJECT_ENDED);
	r->done(r->payload, buf_slice(&r->report), r->rejected, r->refused,
		r->why.code == ERR_NONE ? NULL : &r->why);
	reject_free(r);
}

bool reject_start(struct agent *a, const struct reject_spec *s, const struct host *h,
		  reject_done_cb *done, void *payload, struct err *err)
{
	struct reject *r = xcalloc(1, sizeof(*r));

	r->agent = a;
	list_init(&r->link);
	r->hunks = s->hunks;
	r->done = done;
	r->payload = payload;
	arena_init(&r->arena);
	buf_init(&r->report, LIMIT_MESSAGE_BYTES);
	job_init(&r->step, reject_step);
	workspace_init(&r->workspace, agent_runq(a), h, NULL, arena_dup(&r->arena, s->workspace));
	r->ids = arena_array(&r->arena, s->n_ids + 1, sizeof(*r->ids));
	for (size_t i = 0; i < s->n_ids; i++)
		if (!listed(r->ids, r->n_ids, s->ids[i]))
			r->ids[r->n_ids++] = arena_dup(&r->arena, s->ids[i]);
	if (!config_policy(s->config, &r->policy, err) ||
	    !agent_runner_get(a, r->workspace.root, s->config, r->policy, &r->runner, err)) {
		reject_free(r);
		return false;
	}
	r->workspace.runner = r->runner;
	list_append(agent_rejects(a), &r->link);
	runq_post(agent_runq(a), &r->step);
	return true;
}

void reject_cancel(struct list *link)
{
	struct reject *r = container_of(link, struct reject, link);

	workspace_drop(
		r->op); /* what was being written may stand: its edit has no end in the log */
	r->op = NULL;
	sync_drop(r->sync);
	r->sync = NULL;
	(void)err_set(&r->why, ERR_CANCELLED, "the rejection was cancelled");
	runq_post(agent_runq(r->agent), &r->step);
}
