/* change.c - see change.h */
#include "agent/tool/change.h"

#include "agent/edit/edit.h"
#include "agent/host.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"

enum { MAX_TRIES = 5 };

enum change_state { CHANGE_READING, CHANGE_ASKING, CHANGE_WRITING, CHANGE_DONE };

struct change {
	enum change_state state;
	struct slice path;
	bool must_exist, must_see, allowed;
	change_plan_fn *plan;
	void *plan_state;
	int tries;

	struct snapshot *now; /* what stands there; NULL: nothing */
	bool is_buffer;
	struct slice sha256;
	struct slice after, notes, diff; /* the change to make of `now` */
	int64_t step;
};

static void read_again(struct tool_run *r);

static void change_goto(struct change *c, enum change_state next)
{
	static const char *const name[] = { "READING", "ASKING", "WRITING", "DONE" };

	log_debug("change %.*s: %s -> %s", SLICE_ARG(c->path), name[c->state], name[next]);
	c->state = next;
}

void *change_plan_state(struct tool_run *r)
{
	struct change *c = r->state;

	return c->plan_state;
}

static void release(struct tool_run *r)
{
	struct change *c = r->state;

	snapshot_unref(c->now);
	c->now = NULL;
}

static struct slice now_text(const struct change *c)
{
	return c->now ? snapshot_text(c->now) : (struct slice){ NULL, 0 };
}

static void fail(struct tool_run *r, struct slice hint, const struct err *err)
{
	struct change *c = r->state;

	change_goto(c, CHANGE_DONE);
	if (hint.len > 0)
		tool_finish(r, false,
			    arena_printf(&r->arena, "%s\n%.*s", err->msg, SLICE_ARG(hint)),
			    slice_of(err->msg));
	else
		tool_fail(r, err);
}

/* From the text that the model saw to the text that shall stand there: *err says why not. */
static bool make_plan(struct tool_run *r, struct slice *hint, struct err *err)
{
	struct change *c = r->state;
	struct snapshot *seen = view_seen(&r->env->view, c->path);
	struct slice now = now_text(c), wanted;

	if (!seen || !c->now || slice_eq(snapshot_text(seen), now))
		return c->plan(r, now, &c->after, &c->notes, hint, err);

	/* The user changed it since the model read it. */
	if (c->plan(r, snapshot_text(seen), &wanted, &c->notes, hint, err) &&
	    edit_merge(&r->arena, snapshot_text(seen), now, wanted, &c->after, err)) {
		c->notes = arena_printf(
			&r->arena,
			"%.*sThe user changed this file after you read it; your change was "
			"merged with theirs.\n",
			SLICE_ARG(c->notes));
		return true;
	}
	/* What the model wants to replace may still stand there untouched, just elsewhere. */
	if (c->must_exist && c->plan(r, now, &c->after, &c->notes, hint, &(struct err){ 0 }))
		return true;
	view_saw(&r->env->view, c->path, c->now);
	return err_wrap(err,
			"%.*s was changed by the user after you read it, and your change conflicts "
			"with that: read "
			"it again",
			SLICE_ARG(c->path));
}

static bool put_blob(struct tool_run *r, struct slice text, struct sha256_hex *out)
{
	out->s[0] = '\0';
	return !text.ptr || blob_put(r->env->log, text, out, &r->env->fatal);
}

/* The journal: both images and the intent are on disk before the change is made. */
static bool journal(struct tool_run *r)
{
	struct change *c = r->state;
	struct tool_env *e = r->env;
	struct sha256_hex before, after;
	struct jw *w;

	if (!put_blob(r, now_text(c), &before) || !put_blob(r, c->after, &after))
		return false;
	c->step = e->next_step++;
	w = event_log_begin(e->log, "edit");
	jw_kstr(w, "task", e->task_id);
	jw_kstr(w, "call", r->id);
	jw_ki64(w, "step", c->step);
	jw_kstr(w, "path", c->path);
	jw_kcstr(w, "via", c->is_buffer ? "buffer" : "file");
	jw_kcstr(w, "before", before.s);
	jw_kcstr(w, "after", after.s);
	return event_log_end(e->log, &e->fatal) && event_log_sync(e->log, &e->fatal);
}

static bool log_edited(struct tool_run *r, const struct err *err)
{
	struct change *c = r->state;
	struct jw *w = event_log_begin(r->env->log, "edited");

	jw_kstr(w, "task", r->env->task_id);
	jw_ki64(w, "step", c->step);
	jw_kbool(w, "ok", !err);
	if (err)
		jw_kcstr(w, "error", err->msg);
	return event_log_end(r->env->log, &r->env->fatal);
}

static void succeed(struct tool_run *r)
{
	struct change *c = r->state;
	struct snapshot *after = snapshot_new(c->after, 0);
	struct sha256_hex before = { "" }, now = sha256(c->after);
	size_t added, removed;

	if (c->now)
		before = sha256(now_text(c));
	view_saw(&r->env->view, c->path, after);
	snapshot_unref(after);
	env_file_changed(r->env, c->path);
	tool_emit(r, &(struct task_event){ .kind = TASK_FILE_CHANGED,
					   .path = c->path,
					   .before = slice_of(before.s),
					   .after = slice_of(now.s),
					   .diff = c->diff });
	edit_diff_stat(c->diff, &added, &removed);
	change_goto(c, CHANGE_DONE);
	tool_finish(r, true,
		    arena_printf(&r->arena, "%s %.*s (+%zu -%zu)%s\n%.*s%.*s",
				 c->now ? "Changed" : "Created", SLICE_ARG(c->path), added, removed,
				 c->is_buffer ? " in the editor's buffer (not saved yet)" : "",
				 SLICE_ARG(c->notes), SLICE_ARG(c->diff)),
		    arena_printf(&r->arena, "%.*s +%zu -%zu", SLICE_ARG(c->path), added, removed));
}

static void written(void *payload, const struct err *err)
{
	struct tool_run *r = payload;
	struct change *c = r->state;

	r->op = NULL;
	if (!log_edited(r, err)) {
		fail(r, SLICE(""), &r->env->fatal);
	} else if (!err) {
		succeed(r);
	} else if (err->code == ERR_STALE && ++c->tries < MAX_TRIES) {
		read_again(r);
	} else {
		fail(r, SLICE(""), err);
	}
}

static void write_it(struct tool_run *r)
{
	struct change *c = r->state;

	if (!journal(r)) {
		fail(r, SLICE(""), &r->env->fatal);
		return;
	}
	change_goto(c, CHANGE_WRITING);
	r->op = view_write(&r->env->view,
			   &(struct view_write){ .path = c->path,
						 .base = c->now,
						 .is_buffer = c->is_buffer,
						 .sha256 = c->sha256,
						 .after = c->after,
						 .label = SLICE("Emend") },
			   written, r);
}

static void allowed(struct tool_run *r)
{
	struct change *c = r->state;

	c->allowed = true;
	read_again(r); /* the user may have typed while the question stood */
}

static void ask(struct tool_run *r)
{
	struct change *c = r->state;
	struct decision d = { 0 };

	policy_path(r->env->policy, ACCESS_WRITE, c->path, &r->arena, &d);
	change_goto(c, CHANGE_ASKING);
	permit(r, &d,
	       &(struct permission_request){ .title = c->now ? SLICE("Edit a file")
							     : SLICE("Create a file"),
					     .subject = c->path,
					     .reason = SLICE(""),
					     .diff = c->diff,
					     .rule = d.always },
	       allowed);
}

/* The file was read: plan, then ask or write. */
static void change_step(struct tool_run *r)
{
	struct change *c = r->state;
	struct slice hint = SLICE("");
	struct err err = { 0 };

	c->notes = SLICE("");
	if (!c->now && c->must_exist) {
		(void)err_set(&err, ERR_NOT_FOUND,
			      "%.*s does not exist; use write_file to create it",
			      SLICE_ARG(c->path));
		fail(r, hint, &err);
		return;
	}
	if (c->now && c->must_see && !view_seen(&r->env->view, c->path)) {
		(void)err_set(
			&err, ERR_STALE,
			"%.*s exists: read it before you replace its content, or use edit_file",
			SLICE_ARG(c->path));
		fail(r, hint, &err);
		return;
	}
	if (!make_plan(r, &hint, &err)) {
		fail(r, hint, &err);
		return;
	}
	if (c->after.len > LIMIT_WRITE_BYTES) {
		(void)err_set(&err, ERR_TOO_LARGE, "%.*s would be larger than %d bytes",
			      SLICE_ARG(c->path), LIMIT_WRITE_BYTES);
		fail(r, SLICE(""), &err);
		return;
	}
	if (c->now && slice_eq(c->after, now_text(c))) {
		change_goto(c, CHANGE_DONE);
		tool_finish(r, true,
			    arena_printf(&r->arena,
					 "%.*s is already as you want it; nothing was changed.\n",
					 SLICE_ARG(c->path)),
			    SLICE("no change"));
		return;
	}
	c->diff = edit_diff(&r->arena, c->path, now_text(c), c->after);
	if (c->allowed)
		write_it(r);
	else
		ask(r);
}

static void was_read(void *payload, const struct view_text *t, const struct err *err)
{
	struct tool_run *r = payload;
	struct change *c = r->state;

	r->op = NULL;
	if (err) {
		fail(r, SLICE(""), err);
		return;
	}
	if (t->binary) {
		struct err why;

		(void)err_set(&why, ERR_INVALID,
			      "%.*s is not UTF-8 text (%llu bytes): it is left as it is",
			      SLICE_ARG(c->path), (unsigned long long)t->size);
		fail(r, SLICE(""), &why);
		return;
	}
	snapshot_unref(c->now);
	c->now = t->text ? snapshot_ref(t->text) : NULL;
	c->is_buffer = t->is_buffer;
	c->sha256 = arena_dup(&r->arena, t->sha256);
	change_step(r);
}

static void read_again(struct tool_run *r)
{
	struct change *c = r->state;

	change_goto(c, CHANGE_READING);
	r->op = view_read(&r->env->view, c->path, was_read, r);
}

void change_start(struct tool_run *r, struct slice path, bool must_exist, bool must_see,
		  change_plan_fn *plan, void *plan_state)
{
	struct change *c = arena_alloc(&r->arena, sizeof(*c));
	struct decision d = { 0 };

	*c = (struct change){ .path = path,
			      .must_exist = must_exist,
			      .must_see = must_see,
			      .plan = plan,
			      .plan_state = plan_state };
	r->state = c;
	r->release = release;
	policy_path(r->env->policy, ACCESS_READ, path, &r->arena, &d);
	if (d.verdict == VERDICT_DENY) {
		struct err err;

		(void)err_set(&err, ERR_DENIED, "%.*s is not accessible: %.*s", SLICE_ARG(path),
			      SLICE_ARG(d.why));
		fail(r, SLICE(""), &err);
		return;
	}
	read_again(r);
}
