/* rollback.c - see rollback.h.
 *
 *   sync the log --> read it: what is unfinished? --> apply.h, the newest step first --> "commit" --> unmark
 *
 * The log is read from its file, not from memory, so that a rollback inside a task and one after a crash are
 * the same code. take() keeps only the last transaction: a `begin` forgets what came before, a `commit` says
 * that nothing is unfinished. */
#include "agent/change/rollback.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agent/change/apply.h"
#include "agent/change/step.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* One `edit` event. A step that failed was not made (the log says so) and is passed over; one that is
 * neither made nor failed may have been made, and is looked at. */
struct step {
	int64_t number;
	struct slice task, path, before, after; /* hashes, "" = no file */
	uint32_t mode, folders;
	struct restore_entry entry;
	bool file, made, failed;
};

struct rollback {
	struct arena arena;
	struct change_env env;
	struct slice task, transaction; /* transaction "": none is unfinished */
	struct step *steps;
	size_t n, cap, at;	/* steps[at - 1] is the next to look at */
	int64_t files;		/* that were to be changed; 0: the log does not tell */
	struct sync_wait *sync; /* of the log, before it is read */
	struct apply *apply;
	struct step *step; /* in hand */
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
	b->steps[b->n++] =
		(struct step){ .number = json_i64_or(json_get(ev, "step"), 0),
			       .task = text_of(b, ev, "task"),
			       .path = text_of(b, ev, "path"),
			       .before = text_of(b, ev, "before"),
			       .after = text_of(b, ev, "after"),
			       .mode = (uint32_t)json_i64_or(json_get(ev, "mode"), 0),
			       .folders = (uint32_t)json_i64_or(json_get(ev, "folders"), 0),
			       .entry = restore_entry_read(ev),
			       .file = !json_is(json_get(ev, "via"), "buffer") };
}

/* Steps are numbered through the session, so the number alone finds it. Of one that is unknown the file
 * tells, as of one without an end. */
static void take_edited(struct rollback *b, struct json ev)
{
	int64_t number = json_i64_or(json_get(ev, "step"), 0);
	bool made = json_bool_or(json_get(ev, "ok"), false);
	bool unknown = json_bool_or(json_get(ev, "unknown"), false);

	for (size_t i = 0; i < b->n; i++)
		if (b->steps[i].number == number) {
			b->steps[i].made = made;
			b->steps[i].failed = !made && !unknown;
		}
}

/* A command's change without images: whether it was made is not known. */
static void take_changed(struct rollback *b, struct json ev)
{
	b->out.left++;
	buf_printf(&b->report, "%.*s (a folder or a large file) may be as the command left it\n",
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

/* --- the plan: newest first, each step by itself --- */

static bool get_blob(struct rollback *b, struct arena *a, struct slice hash, struct slice *out,
		     struct err *err)
{
	*out = (struct slice){ NULL, 0 };
	if (hash.len == 0)
		return true;
	if (!blob_get(event_log_state_dir(b->env.log), event_log_session(b->env.log), hash, a, out,
		      err))
		return false;
	if (!out->ptr)
		*out = SLICE(""); /* empty, not missing */
	return true;
}

static enum apply_gives next(void *self, struct arena *a, struct apply_item *item)
{
	struct rollback *b = self;
	struct step *s;

	while (b->at > 0 && b->steps[b->at - 1].failed)
		b->at--;
	if (b->at == 0 || b->why.code != ERR_NONE)
		return GIVES_NOTHING;
	b->step = s = &b->steps[--b->at];
	*item = (struct apply_item){ .path = s->path,
				     .kind = s->entry.kind,
				     .sweep = s->file,
				     .from = s->entry.left,
				     .to = s->entry.before,
				     .from_mode = s->entry.left_mode,
				     .to_mode = s->mode };
	if (s->entry.kind == RESTORE_TEXT || (get_blob(b, a, s->after, &item->from_data, &b->why) &&
					      get_blob(b, a, s->before, &item->to_data, &b->why)))
		return GIVES_ITEM;
	return GIVES_NOTHING;
}

static bool plan(void *self, struct arena *a, struct apply_item *item,
		 const struct workspace_text *t, struct apply_plan *out, struct err *err)
{
	struct rollback *b = self;
	struct standing now = standing_of(t);
	struct slice from, to;

	(void)item;
	if (!get_blob(b, a, b->step->after, &from, err) ||
	    !get_blob(b, a, b->step->before, &to, err)) {
		b->why = *err; /* it stays unfinished */
		return false;
	}
	if (!step_turn_path(a, b->step->path, &now, from, to, err))
		return false;
	*out = (struct apply_plan){ now.bytes, b->step->mode, b->step->folders };
	return true;
}

/* --- what came of it --- */

/* unknown: the editor was asked, has not answered, and may still do it. */
/* As if it had failed: history.c and undo then leave it alone. A log that cannot be written does not stop
 * the rollback, because a file that goes back is worth more than the line about it. */
static void log_step(struct rollback *b, const struct step *s, bool unknown)
{
	struct jw *w = event_log_begin(b->env.log, "edited");

	jw_kstr(w, "task", s->task);
	jw_ki64(w, "step", s->number);
	jw_kbool(w, "ok", false);
	jw_kcstr(w, "error", "rolled back");
	if (unknown)
		jw_kbool(w, "unknown", true);
	(void)!event_log_end(b->env.log, &b->log_why);
}

/* The file could not be reached: a later try may do better. */
static bool out_of_reach(const struct err *err)
{
	return err->code == ERR_IO || err->code == ERR_SANDBOX || err->code == ERR_INTERNAL ||
	       err->code == ERR_CANCELLED || err->code == ERR_TIMEOUT;
}

/* What is out of reach ends the rollback and leaves the transaction unfinished. What the user changed is
 * left, named, and does not stop the others. */
static bool made(void *self, struct apply_item *item, const struct apply_result *r,
		 const struct err *err)
{
	struct rollback *b = self;
	const struct step *s = b->step;

	(void)item;
	if (b->why.code != ERR_NONE)
		return false;
	if (err && out_of_reach(err)) {
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
	return b->why.code == ERR_NONE;
}

/* --- the end --- */

/* Then emend was killed between the last file and the commit, and the user has what was asked for. */
static bool all_made(const struct rollback *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->steps[i].made;
	return b->files > 0 && (int64_t)n == b->files;
}

static bool finish(void *self, struct err *err)
{
	struct rollback *b = self;
	struct jw *w;

	if (b->why.code == ERR_NONE)
		b->why = b->log_why;
	if (b->why.code != ERR_NONE || b->transaction.len == 0) {
		*err = b->why;
		return b->why.code == ERR_NONE;
	}
	w = event_log_begin(b->env.log, "commit");
	jw_kstr(w, "task", b->task);
	jw_kstr(w, "transaction", b->transaction);
	jw_kbool(w, "ok", b->out.finished);
	if (!b->out.finished)
		jw_kcstr(w, "error",
			 b->out.left > 0 ? "rolled back, but not everywhere" : "rolled back");
	return event_log_end(b->env.log, err);
}

static void ended(void *self, const struct err *err)
{
	struct rollback *b = self;
	rollback_cb *done = b->done;

	b->apply = NULL;
	if (!err)
		event_log_unmark(b->env.log, b->env.workspace->root);
	b->out.report = buf_slice(&b->report);
	done(b->payload, &b->out, err);
	rollback_drop(b);
}

static void read_log(struct rollback *b)
{
	struct event_log *log = b->env.log;

	b->transaction = SLICE("");
	if (!event_log_read(event_log_state_dir(log), event_log_session(log), take, b, &b->why))
		return;
	if (b->transaction.len == 0) {
		b->n = b->out.left = 0;
		buf_clear(&b->report);
	} else if (all_made(b)) { /* only the commit was missing */
		b->out.finished = true;
		b->n = 0;
		buf_puts(&b->report, "all files had been changed\n");
	}
	b->at = b->n;
}

/* What the log holds so far is in its file, or can no more be written: files go back all the same. */
static void flushed(void *payload, const struct err *err)
{
	/* One path after the other: a path may be in several steps. */
	static const struct apply_ops ops = { .next = next,
					      .plan = plan,
					      .made = made,
					      .finish = finish,
					      .ended = ended };
	struct rollback *b = payload;

	b->sync = NULL;
	if (err)
		log_warn("rollback: %s", err->msg);
	read_log(b);
	b->apply = apply_start(&b->env, &ops, b);
}

struct rollback *rollback_start(struct workspace *v, struct event_log *log, rollback_cb *done,
				void *payload)
{
	struct rollback *b = xcalloc(1, sizeof(*b));

	b->env = (struct change_env){ v, log, SLICE("Emend: roll back") };
	b->done = done;
	b->payload = payload;
	arena_init(&b->arena);
	buf_init(&b->report, LIMIT_RESULT_BYTES);
	b->sync = event_log_sync(log, flushed, b);
	return b;
}

void rollback_drop(struct rollback *b)
{
	if (!b)
		return;
	sync_drop(b->sync);
	apply_drop(b->apply);
	buf_release(&b->report);
	arena_release(&b->arena);
	free(b->steps);
	free(b);
}
