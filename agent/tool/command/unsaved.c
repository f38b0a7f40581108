/* unsaved.c - see unsaved.h. Buffers are copied first and then compared with their files one by one, as each
 * read is a request to the worker. */
#include "agent/tool/command/unsaved.h"

#include "agent/base/path.h"
#include "agent/edit/edit.h"
#include "agent/host.h"
#include "agent/runner/runner.h"

/* Of more open documents the rest is not compared. */
enum { MAX_BUFFERS = 64 };

/* In the run's arena. */
struct finding {
	unsaved_cb *done;
	struct slice path[MAX_BUFFERS], text[MAX_BUFFERS]; /* copies: the user may type meanwhile */
	size_t n, at;
	struct slice names;
};

static void next(struct tool_run *r);

static void take_buffer(void *payload, struct slice path, struct snapshot *text)
{
	struct tool_run *r = payload;
	struct finding *f = r->finding;
	struct slice rel;

	if (!text || f->n == MAX_BUFFERS ||
	    !path_relative(&r->arena, r->env->workspace.root, path, &rel, NULL))
		return;
	f->path[f->n] = rel;
	f->text[f->n] = text_with_eol(&r->arena, snapshot_text(text), EOL_LF);
	f->n++;
}

static void was_read(void *payload, const struct file_content *file, const struct err *err)
{
	struct tool_run *r = payload;
	struct finding *f = r->finding;
	bool same = !err && file->exists &&
		    slice_eq(text_with_eol(&r->arena, file->data, EOL_LF), f->text[f->at]);

	r->call = NULL;
	if (!same &&
	    (!err ||
	     err->code ==
		     ERR_NOT_FOUND)) /* what may not be read is no business of a command either */
		f->names = f->names.len == 0
				   ? f->path[f->at]
				   : arena_printf(&r->arena, "%.*s, %.*s", SLICE_ARG(f->names),
						  SLICE_ARG(f->path[f->at]));
	f->at++;
	next(r);
}

static void next(struct tool_run *r)
{
	struct finding *f = r->finding;

	if (f->at < f->n)
		r->call = runner_read(r->env->workspace.runner, f->path[f->at], 0, was_read, r);
	else
		f->done(r, f->names);
}

static void take_buffers(struct tool_run *r)
{
	struct host *h = &r->env->workspace.host;

	h->ops->each_buffer(h->self, r->env->workspace.root, take_buffer, r);
	next(r);
}

void unsaved_find(struct tool_run *r, unsaved_cb *done)
{
	r->finding = arena_alloc(&r->arena, sizeof(*r->finding));
	*r->finding = (struct finding){ .done = done, .names = SLICE("") };
	tool_fresh(r, take_buffers);
}
