/* workspace.c - see workspace.h.
 *
 *   read:   ask the host what is open now (where it has to ask) --> a buffer: its text --> done
 *                                                              '--> else the runner reads --> decode --> done
 *   write:  the same question --> a buffer: is it still the base? the host edits it --> done
 *                            '--> else the runner compares the hash and writes --> done
 *
 * Whether a path is a buffer is decided twice, when it is read and again when it is written: the user may
 * have opened or closed it in between, and the write is then refused as stale. Each answer comes from the
 * loop, never inside the call, so that a caller can keep the op before it hears of it. */
#include "agent/workspace/workspace.h"

#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/edit/edit.h"
#include "agent/policy/secret_file.h"
#include "agent/runner/runner.h"
#include "protocol/base/mem.h"

/* One of call, ask and job is what it waits for. It frees itself after its callback. */
struct workspace_op {
	struct job job; /* the answer comes from the loop, also when it is known at once */
	struct workspace *workspace;
	struct runner_call *call;
	struct host_ask *ask;
	struct snapshot *text; /* an open buffer */
	struct slice path;     /* while it waits to hear what is open: the request */
	struct workspace_write write;
	struct err err;
	struct arena arena;
	workspace_read_cb *read_done;
	workspace_write_cb *write_done;
	void *payload;
};

void workspace_init(struct workspace *v, struct runq *q, const struct host *h, struct task *t,
		    struct slice root)
{
	*v = (struct workspace){ .runq = q, .host = *h, .task = t, .root = root };
	map_init(&v->seen, 0);
	map_init(&v->partly, 0);
}

void workspace_release(struct workspace *v)
{
	struct slice key;
	void *text;
	size_t at = 0;

	while (map_next(&v->seen, &at, &key, &text))
		snapshot_unref(text);
	map_release(&v->seen);
	at = 0;
	while (map_next(&v->partly, &at, &key, &text))
		free(text);
	map_release(&v->partly);
}

struct snapshot *workspace_seen(const struct workspace *v, struct slice path)
{
	return map_get(&v->seen, path);
}

/* Without a text the path is forgotten, and with it the lines that were shown. */
void workspace_saw(struct workspace *v, struct slice path, struct snapshot *text)
{
	struct snapshot *old =
		text ? map_put(&v->seen, path, snapshot_ref(text)) : map_remove(&v->seen, path);

	snapshot_unref(old);
	if (!text)
		free(map_remove(&v->partly, path));
}

/* Do the two ranges overlap or touch? to is the line after the last. */
static bool meet(struct line_range a, struct line_range b)
{
	return a.from <= b.to && b.from <= a.to;
}

/* Only one range is kept for a path. Where the new one does not meet it, the older is forgotten: the model
 * then has to read again before it may replace the whole file, which is safe. */
void workspace_saw_lines(struct workspace *v, struct slice path, struct snapshot *text,
			 struct line_range shown, int64_t total)
{
	struct snapshot *seen = workspace_seen(v, path);
	struct line_range *old = map_get(&v->partly, path);
	bool same = seen && slice_eq(snapshot_text(seen), snapshot_text(text));

	if (same && old && meet(*old, shown)) {
		shown.from = old->from < shown.from ? old->from : shown.from;
		shown.to = old->to > shown.to ? old->to : shown.to;
	}
	if ((same && !old) || (shown.from <= 1 && shown.to > total)) {
		free(map_remove(&v->partly, path));
	} else {
		old = xmalloc(sizeof(*old));
		*old = shown;
		free(map_put(&v->partly, path, old));
	}
	workspace_saw(v, path, text);
}

bool workspace_saw_partly(const struct workspace *v, struct slice path, struct line_range *out)
{
	const struct line_range *r = map_get(&v->partly, path);

	if (r)
		*out = *r;
	return r != NULL;
}

void workspace_saw_change(struct workspace *v, struct slice path, bool edited)
{
	struct line_range *r = map_get(&v->partly, path);

	if (r && edited)
		*r = (struct line_range){ 0, 0 };
	else
		free(map_remove(&v->partly, path));
}

/* fn: what the op's job does when it is posted instead of a call to the runner or the host. */
static struct workspace_op *op_new(struct workspace *v, job_fn *fn, void *payload)
{
	struct workspace_op *op = xcalloc(1, sizeof(*op));

	job_init(&op->job, fn);
	op->workspace = v;
	op->payload = payload;
	return op;
}

static void op_free(struct workspace_op *op)
{
	job_drop(&op->job);
	snapshot_unref(op->text);
	snapshot_unref(op->write.base);
	arena_release(&op->arena);
	free(op);
}

/* What the runner or the editor was asked to do may still happen. */
void workspace_drop(struct workspace_op *op)
{
	if (!op)
		return;
	if (op->call)
		runner_drop(op->call);
	if (op->ask)
		op->workspace->host.ops->drop(op->workspace->host.self, op->ask);
	op_free(op);
}

/* A reference of our own to the buffer's text; NULL: it is not open. */
static struct snapshot *open_buffer(struct workspace *v, struct slice path)
{
	struct arena a;
	struct snapshot *s;

	arena_init(&a);
	s = v->host.ops->buffer(v->host.self, path_join(&a, v->root, path));
	arena_release(&a);
	return s;
}

bool workspace_lost(struct workspace *v, struct slice path, struct err *err)
{
	struct arena a;
	const char *why;

	if (!v->host.ops->lost)
		return false;
	arena_init(&a);
	why = v->host.ops->lost(v->host.self, path_join(&a, v->root, path));
	arena_release(&a);
	if (why)
		(void)err_set(err, ERR_DENIED, "%.*s is open in the editor, but %s",
			      SLICE_ARG(path), why);
	return why != NULL;
}

/* The text of a buffer with a NUL is binary, as that of such a file: tools for lines would damage it,
 * and some editors cannot be sent it. It is neither shown nor changed, in no part. */
static bool is_binary(struct snapshot *buffer)
{
	return slice_find_byte(snapshot_text(buffer), '\0', 0) != SIZE_MAX;
}

/* By what it holds; its name is known to be none of a secret before it is read. False: it is one. */
static bool may_show(struct workspace_op *op, const struct workspace_text *t)
{
	const struct workspace *v = op->workspace;

	if (!v->policy || !policy_looks_into(v->policy, op->path) || !t->bytes.ptr ||
	    !secret_file_holds(op->path, t->bytes))
		return true;
	return err_set(&op->err, ERR_DENIED,
		       "%.*s is not accessible: it holds a secret, and such files are "
		       "withheld from the model.",
		       SLICE_ARG(op->path));
}

/* Also the end of a read that failed before anything was asked: then there is no text, and err says why. */
static void read_buffer_done(struct job *j)
{
	struct workspace_op *op = container_of(j, struct workspace_op, job);
	struct workspace_text t = { 0 };

	if (op->text) {
		t = (struct workspace_text){ .exists = true,
					     .is_buffer = true,
					     .text = op->text,
					     .bytes = snapshot_text(op->text),
					     .size = snapshot_text(op->text).len,
					     .sha256 = SLICE("") };
		t.binary = is_binary(op->text);
		if (t.binary) {
			t.text = NULL;
			t.why = SLICE("It is binary in the editor: it has a NUL.");
		}
		if (may_show(op, &t))
			op->read_done(op->payload, &t, NULL);
		else
			op->read_done(op->payload, NULL, &op->err);
	} else {
		op->read_done(op->payload, NULL, &op->err);
	}
	op_free(op);
}

static void decode(struct workspace_op *op, struct workspace_text *t)
{
	struct slice text;

	t->binary = !encoding_decode(&op->arena, t->bytes, &t->encoding, &text, &op->err);
	if (t->binary)
		t->why = slice_of(op->err.msg);
	else
		t->text = op->text = snapshot_new(text, 0);
}

/* A missing file is an answer: the number of missing folders above it comes with the error. */
static void read_file_done(void *payload, const struct file_content *f, const struct err *err)
{
	struct workspace_op *op = payload;
	struct workspace_text t = { .sha256 = SLICE("") };

	op->call = NULL;
	if (err && err->code != ERR_NOT_FOUND) {
		op->read_done(op->payload, NULL, err);
		op_free(op);
		return;
	}
	if (err)
		t.folders = f->missing_folders;
	if (!err && f->exists) {
		t.exists = true;
		t.size = f->size;
		t.sha256 = slice_of(f->sha256);
		t.mode = f->mode;
		t.bytes = f->data.ptr ? f->data : SLICE("");
		decode(op, &t);
	}
	if (may_show(op, &t))
		op->read_done(op->payload, &t, NULL);
	else
		op->read_done(op->payload, NULL, &op->err);
	op_free(op);
}

static void read_now(struct workspace_op *op, struct slice path)
{
	struct workspace *v = op->workspace;

	op->text = open_buffer(v, path);
	if (!op->text && workspace_lost(v, path, &op->err)) {
		runq_post(v->runq, &op->job);
		return;
	}
	if (!op->text && v->runner) {
		op->call = v->undo ? runner_read_for_undo(v->runner, path, read_file_done, op)
				   : runner_read(v->runner, path, 0, read_file_done, op);
		return;
	}
	if (!op->text)
		(void)err_set(&op->err, ERR_SANDBOX, "the file runner is not available");
	runq_post(v->runq, &op->job);
}

/* Asks the host for what is open now, where other programs may have it open. False: it always knows. */
static bool ask_fresh(struct workspace_op *op, struct slice path, fresh_cb *done)
{
	struct workspace *v = op->workspace;

	if (!v->host.ops->fresh)
		return false;
	op->ask = v->host.ops->fresh(v->host.self, path_join(&op->arena, v->root, path), false,
				     done, op);
	return true;
}

static void read_fresh(void *payload)
{
	struct workspace_op *op = payload;

	op->ask = NULL;
	read_now(op, op->path);
}

struct workspace_op *workspace_read(struct workspace *v, struct slice path, workspace_read_cb *done,
				    void *payload)
{
	struct workspace_op *op = op_new(v, read_buffer_done, payload);

	op->read_done = done;
	op->path = arena_dup(&op->arena, path);
	if (!ask_fresh(op, path, read_fresh))
		read_now(op, path);
	return op;
}

static void write_failed(struct job *j)
{
	struct workspace_op *op = container_of(j, struct workspace_op, job);

	op->write_done(op->payload, &op->err);
	op_free(op);
}

static void write_file_done(void *payload, struct slice sha, const struct err *err)
{
	struct workspace_op *op = payload;

	(void)sha;
	op->call = NULL;
	op->write_done(op->payload, err);
	op_free(op);
}

static void write_buffer_done(void *payload, struct snapshot *now, const struct err *err)
{
	struct workspace_op *op = payload;

	(void)now;
	op->ask = NULL;
	op->write_done(op->payload, err);
	op_free(op);
}

/* A buffer takes text: bytes of a file are decoded first. */
/* False: what was to be written is no text; nobody was asked. The editor gets the difference to the base,
 * not the whole text, so that cursors and folds stay. */
static bool write_buffer(struct workspace_op *op, const struct workspace_write *w)
{
	struct workspace *v = op->workspace;
	struct text_change *changes = NULL;
	enum encoding encoding;
	struct slice after;
	size_t n = 0;

	if (!encoding_decode(&op->arena, w->after, &encoding, &after, &op->err))
		return false;
	edit_changes(&op->arena, snapshot_text(w->base), after, &changes, &n);
	op->ask = v->host.ops->edit(
		v->host.self, v->task,
		&(struct buffer_edit){ .path = path_join(&op->arena, v->root, w->path),
				       .base = w->base,
				       .changes = changes,
				       .n_changes = n,
				       .after = after,
				       .label = w->label },
		write_buffer_done, op);
	return true;
}

static void write_file(struct workspace_op *op, const struct workspace_write *w)
{
	struct file_write f = { .path = w->path,
				.data = w->after,
				.expect_sha256 = w->sha256,
				.remove = !w->after.ptr,
				.mode = w->mode,
				.folders = w->folders,
				.make_parents = true,
				.lazy = w->lazy,
				.judged = w->judged,
				.undo = op->workspace->undo };

	op->call = runner_write(op->workspace->runner, &f, write_file_done, op);
}

/* Decoded again for proof: a text that would come back as another one is not written. */
bool workspace_encode(struct arena *a, enum encoding e, struct slice text, struct slice *bytes,
		      struct err *err)
{
	enum encoding again;
	struct slice back;

	if (!encoding_encode(a, e, text, bytes, err))
		return false;
	if (!bytes->ptr)
		*bytes = SLICE(""); /* empty, not missing */
	if (encoding_decode(a, *bytes, &again, &back, err) && slice_eq(back, text))
		return true;
	return err_set(err, ERR_INVALID,
		       "The new text would not be read back from a file in %s: it would be taken "
		       "for another encoding, or for binary.",
		       encoding_name(e));
}

/* In this order, from the most certain reason to refuse to the least: the user is told the one that they can
 * do something about. */
static void write_now(struct workspace_op *op, const struct workspace_write *w)
{
	struct workspace *v = op->workspace;

	op->text = open_buffer(v, w->path); /* opened or closed since it was read? */
	if (op->text && is_binary(op->text))
		(void)err_set(
			&op->err, ERR_INVALID,
			"%.*s is open in the editor and binary: it has a NUL, and is left as it is",
			SLICE_ARG(w->path));
	else if (w->is_buffer != (op->text != NULL) ||
		 (op->text && !slice_eq(snapshot_text(op->text), snapshot_text(w->base))))
		(void)err_set(&op->err, ERR_STALE, "%.*s changed since it was read",
			      SLICE_ARG(w->path));
	else if (op->text && !w->after.ptr)
		(void)err_set(&op->err, ERR_DENIED,
			      "%.*s is open in the editor: close it before it is removed",
			      SLICE_ARG(w->path));
	else if (!op->text && workspace_lost(v, w->path, &op->err))
		; /* said */
	else if (!op->text && !v->runner)
		(void)err_set(&op->err, ERR_SANDBOX, "the file runner is not available");

	if (op->err.code != ERR_NONE || (op->text && !write_buffer(op, w)))
		runq_post(v->runq, &op->job);
	else if (!op->text)
		write_file(op, w);
}

/* The request was copied when it had to wait (workspace_write); its base is let go only now. */
static void write_fresh(void *payload)
{
	struct workspace_op *op = payload;
	struct snapshot *base = op->write.base;

	op->ask = NULL;
	write_now(op, &op->write);
	op->write.base = NULL;
	snapshot_unref(base);
}

/* Where the host has to be asked first, the request is copied, since the caller's is gone by then. */
struct workspace_op *workspace_write(struct workspace *v, const struct workspace_write *w,
				     workspace_write_cb *done, void *payload)
{
	struct workspace_op *op = op_new(v, write_failed, payload);

	op->write_done = done;
	op->path = arena_dup(&op->arena, w->path);
	if (!ask_fresh(op, w->path, write_fresh)) {
		write_now(op, w);
		return op;
	}
	op->write = *w;
	op->write.path = op->path;
	op->write.base = w->base ? snapshot_ref(w->base) : NULL;
	if (w->after.ptr)
		op->write.after = arena_dup(&op->arena, w->after);
	op->write.sha256 = arena_dup(&op->arena, w->sha256);
	op->write.label = arena_dup(&op->arena, w->label);
	return op;
}
