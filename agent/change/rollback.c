/* rollback.c - see rollback.h */
#include "agent/change/rollback.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/runner/runner.h"
#include "agent/store/unfinished.h"
#include "agent/change/restore.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum rollback_state { ROLLBACK_READING, ROLLBACK_SWEEPING, ROLLBACK_RESTORING, ROLLBACK_ENDED };

struct step {
	int64_t number;
	struct slice path, before, after; /* hashes, "" = no file */
	uint32_t mode;
	struct restore_entry entry;
	bool file, made, failed;
};

struct rollback {
	enum rollback_state state;
	struct arena arena;
	struct workspace *workspace;
	struct event_log *log;
	struct job job;
	struct slice task, transaction; /* transaction "": none is unfinished */
	struct step *steps;
	size_t n, cap, at; /* steps[at - 1] is the next to look at */
	int64_t files;	   /* that were to be changed; 0: the log does not tell */
	struct runner_call *call;
	struct restore *restore;
	struct buf report;
	struct rollback_result out;
	struct err why;	    /* files could not be reached: it ends */
	struct err log_why; /* the log cannot be written: files go back all the same */
	rollback_cb *done;
	void *payload;
};

static struct slice text_of(struct rollback *b, struct json ev, const char *key)
{
	return arena_dup(&b->arena, json_str_or(json_get(ev, key), &b->arena, ""));
}

static void take_edit(struct rollback *b, struct json ev)
{
	if (!slice_eq(text_of(b, ev, "transaction"), b->transaction))
		return;
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 16;
		b->steps = xrealloc(b->steps, b->cap * sizeof(*b->steps));
	}
	b->steps[b->n++] = (struct step){ .number = json_i64_or(json_get(ev, "step"), 0),
					  .path = text_of(b, ev, "path"),
					  .before = text_of(b, ev, "before"),
					  .after = text_of(b, ev, "after"),
					  .mode = (uint32_t)json_i64_or(json_get(ev, "mode"), 0),
					  .entry = restore_entry_read(ev),
					  .file = !json_is(json_get(ev, "via"), "buffer") };
}

static void take_edited(struct rollback *b, struct json ev)
{
	int64_t number = json_i64_or(json_get(ev, "step"), 0);

	for (size_t i = 0; i < b->n; i++)
		if (b->steps[i].number == number) {
			b->steps[i].made = json_bool_or(json_get(ev, "ok"), false);
			b->steps[i].failed = !b->steps[i].made;
		}
}

/* A command's change without images: whether it was made is not known. */
static void take_changed(struct rollback *b, struct json ev)
{
	b->out.left++;
	buf_printf(&b->report,
		   "%.*s (a folder or a large file) may be as the command left it\n",
		   SLICE_ARG(text_of(b, ev, "path")));
}

static bool take(void *payload, struct json ev, struct err *err)
{
	struct rollback *b = payload;
	struct json type = json_get(ev, "type");

	(void)err;
	if (json_is(type, "begin")) {
		b->transaction = text_of(b, ev, "transaction");
		b->task = text_of(b, ev, "task");
		b->files = json_i64_or(json_get(ev, "files"), 0);
		b->n = 0;
		b->out.left = 0;
		buf_clear(&b->report);
	} else if (json_is(type, "edit") && b->transaction.len > 0) {
		take_edit(b, ev);
	} else if (json_is(type, "edited") && b->transaction.len > 0) {
		take_edited(b, ev);
	} else if (json_is(type, "changed") && b->transaction.len > 0) {
		take_changed(b, ev);
	} else if (json_is(type, "commit")) {
		b->transaction = SLICE("");
	}
	return true;
}

static void post(struct rollback *b)
{
	runq_post(b->workspace->runq, &b->job);
}

/* unknown: the editor was asked, has not answered, and may still do it. */
static void log_step(struct rollback *b, const struct step *s, bool unknown)
{
	struct jw *w = event_log_begin(b->log, "edited");

	jw_kstr(w, "task", b->task);
	jw_ki64(w, "step", s->number);
	jw_kbool(w, "ok", false);
	jw_kcstr(w, "error", "rolled back");
	if (unknown)
		jw_kbool(w, "unknown", true);
	(void)!event_log_end(b->log, &b->log_why);
}

static void restored(void *payload, const struct restored *r, const struct err *err)
{
	struct rollback *b = payload;
	const struct step *s = &b->steps[b->at - 1];

	b->restore = NULL;
	b->at--;
	if (err && (err->code == ERR_IO || err->code == ERR_SANDBOX || err->code == ERR_INTERNAL ||
		    err->code == ERR_CANCELLED || err->code == ERR_TIMEOUT)) {
		b->why = *err;
		(void)err_wrap(&b->why, "%.*s could not be put back", SLICE_ARG(s->path));
	} else if (err) {
		b->out.left++;
		buf_printf(&b->report, "%.*s could not be put back: %s\n", SLICE_ARG(s->path),
			   err->msg);
	} else {
		log_step(b, s, !s->file && !s->made && !r->written);
		if (r->written || s->made) {
			b->out.restored++;
			buf_printf(&b->report, "%.*s is as it was before\n", SLICE_ARG(s->path));
		}
	}
	post(b);
}

static bool get_blob(struct rollback *b, struct slice hash, struct slice *out)
{
	*out = (struct slice){ NULL, 0 };
	return hash.len == 0 || blob_get(event_log_state_dir(b->log), event_log_session(b->log),
					 hash, &b->arena, out, &b->why);
}

static void restore_one(struct rollback *b)
{
	const struct step *s = &b->steps[b->at - 1];
	struct restore_spec spec = { .path = s->path,
				     .entry = s->entry,
				     .mode = s->mode,
				     .label = SLICE("Emend: roll back") };

	b->state = ROLLBACK_RESTORING;
	if (!get_blob(b, s->before, &spec.before) || !get_blob(b, s->after, &spec.left))
		post(b);
	else
		b->restore = restore_start(b->workspace, &spec, restored, b);
}

static void swept(void *payload, struct slice json, const struct err *err)
{
	struct rollback *b = payload;

	(void)json;
	b->call = NULL;
	if (err)
		log_warn("rollback: %s", err->msg); /* the restore says what is wrong */
	restore_one(b);
}

static bool all_made(const struct rollback *b)
{
	size_t made = 0;

	for (size_t i = 0; i < b->n; i++)
		made += b->steps[i].made;
	return b->files > 0 && (int64_t)made == b->files;
}

static bool log_commit(struct rollback *b)
{
	struct jw *w = event_log_begin(b->log, "commit");

	jw_kstr(w, "task", b->task);
	jw_kstr(w, "transaction", b->transaction);
	jw_kbool(w, "ok", b->out.finished);
	if (!b->out.finished)
		jw_kcstr(w, "error",
			 b->out.left > 0 ? "rolled back, but not everywhere" : "rolled back");
	return event_log_end(b->log, &b->why) && event_log_sync(b->log, &b->why);
}

static void end(struct rollback *b)
{
	rollback_cb *done = b->done;
	bool ok;

	b->state = ROLLBACK_ENDED;
	if (b->why.code == ERR_NONE)
		b->why = b->log_why;
	ok = b->why.code == ERR_NONE;
	if (ok && b->transaction.len > 0)
		ok = log_commit(b);
	if (ok)
		unfinished_clear(event_log_state_dir(b->log), b->workspace->root,
				 event_log_session(b->log));
	b->out.report = buf_slice(&b->report);
	done(b->payload, &b->out, ok ? NULL : &b->why);
	rollback_drop(b);
}

static void step(struct job *j)
{
	struct rollback *b = container_of(j, struct rollback, job);

	if (b->state == ROLLBACK_READING && b->why.code == ERR_NONE && all_made(b)) {
		b->out.finished = true;
		b->at = 0;
		buf_puts(&b->report, "all files had been changed\n");
	}
	while (b->at > 0 && b->steps[b->at - 1].failed)
		b->at--;
	if (b->at == 0 || b->why.code != ERR_NONE) {
		end(b);
	} else if (b->steps[b->at - 1].file && b->workspace->runner) {
		b->state = ROLLBACK_SWEEPING;
		b->call = runner_sweep(b->workspace->runner, b->steps[b->at - 1].path, swept, b);
	} else {
		restore_one(b);
	}
}

struct rollback *rollback_start(struct workspace *v, struct event_log *log, rollback_cb *done,
				void *payload)
{
	struct rollback *b = xcalloc(1, sizeof(*b));

	b->workspace = v;
	b->log = log;
	b->done = done;
	b->payload = payload;
	b->transaction = SLICE("");
	arena_init(&b->arena);
	buf_init(&b->report, LIMIT_RESULT_BYTES);
	job_init(&b->job, step);
	if (event_log_read(event_log_state_dir(log), event_log_session(log), take, b, &b->why) &&
	    b->transaction.len == 0) {
		b->n = b->out.left = 0;
		buf_clear(&b->report);
	}
	b->at = b->n;
	post(b);
	return b;
}

void rollback_drop(struct rollback *b)
{
	if (!b)
		return;
	job_drop(&b->job);
	restore_drop(b->restore);
	if (b->call)
		runner_drop(b->call);
	buf_release(&b->report);
	arena_release(&b->arena);
	free(b->steps);
	free(b);
}
