/* host.c - see host.h. Each operation is carried out by the file of its mechanism. */
#include "lsp/host.h"

#include <stdlib.h>

#include "lsp/editor/ask.h"
#include "lsp/server.h"
#include "lsp/tell.h"
#include "protocol/base/limits.h"

static struct snapshot *buffer(void *self, struct slice path)
{
	struct tracked *t = self;
	struct document *doc = edits_document(&t->server->edits, path);

	return doc ? document_snapshot(doc) : NULL;
}

/* The path of the document as the core names files under this root; false if it is not below it.
 * The real path is tried first; where the task's root is a path with a link in it, the editor's own
 * spelling fits. */
static bool path_below(struct server *s, struct arena *a, const struct document *doc,
		       struct slice root, struct slice *path)
{
	struct slice workspace;

	if (!doc->path)
		return false;
	folders_place(&s->folders, a, slice_of(doc->path), &workspace, path);
	if (!slice_starts(*path, root))
		*path = slice_of(doc->path);
	return slice_starts(*path, root) &&
	       (path->len == root.len || slice_ends(root, SLICE("/")) ||
		path->ptr[root.len] == '/');
}

static void each_buffer(void *self, struct slice root,
			void (*fn)(void *payload, struct slice path, struct snapshot *text),
			void *payload)
{
	struct tracked *t = self;
	struct server *s = t->server;

	LIST_EACH (it, tmp, &s->documents.all) {
		struct document *doc = container_of(it, struct document, link);
		struct snapshot *text;
		struct slice path;
		struct arena a;

		arena_init(&a);
		if (path_below(s, &a, doc, root, &path)) {
			text = doc->lost ? NULL : document_snapshot(doc);
			fn(payload, path, text);
			snapshot_unref(text);
		}
		arena_release(&a);
	}
}

static struct host_ask *edit(void *self, struct task *task, const struct buffer_edit *e,
			     edit_cb *done, void *payload)
{
	struct tracked *t = self;

	(void)task;
	return edits_apply(&t->server->edits, e, done, payload);
}

/* EMEND_PERMISSION_MS shortens the wait: for tests, and for people who know. */
static uint64_t permission_ms(void)
{
	const char *text = getenv("EMEND_PERMISSION_MS");
	unsigned long ms = text ? strtoul(text, NULL, 10) : 0;

	return ms > 0 && ms < LIMIT_PERMISSION_MS ? ms : LIMIT_PERMISSION_MS;
}

static struct question_place place(const struct tracked *t)
{
	return (struct question_place){ .task = slice_of(t->id),
					.title = slice_of(t->title),
					.state_dir = slice_of(t->server->state_dir),
					.wait_ms = permission_ms() };
}

static struct host_ask *permission(void *self, struct task *task,
				   const struct permission_request *r, permission_cb *done,
				   void *payload)
{
	struct tracked *t = self;

	(void)task;
	return questions_permission(&t->server->questions, place(t), r, done, payload);
}

static struct host_ask *question(void *self, struct task *task, const struct question *q,
				 question_cb *done, void *payload)
{
	struct tracked *t = self;

	(void)task;
	return questions_ask(&t->server->questions, place(t), q, done, payload);
}

static void drop(void *self, struct host_ask *ask)
{
	(void)self;
	ask->drop(ask);
}

static void event(void *self, struct task *task, const struct task_event *ev)
{
	(void)task;
	tracked_event(self, ev);
}

static void show(void *self, struct task *task, struct slice path, struct slice title)
{
	struct tracked *t = self;

	(void)task;
	tell_flush(t); /* what streamed comes before the whole */
	t->reported = t->server->client.emend || t->server->client.show_document;
	shown_report(&t->server->shown, slice_of(t->id), path, title);
}

static const char *lost(void *self, struct slice path)
{
	struct tracked *t = self;

	return edits_lost(&t->server->edits, path);
}

static bool knows(void *self, enum lookup_kind kind)
{
	struct tracked *t = self;

	return lookups_know(&t->server->lookups, kind);
}

static struct host_ask *lookup(void *self, const struct lookup *q, lookup_cb *done, void *payload)
{
	struct tracked *t = self;

	return lookups_ask(&t->server->lookups, q, done, payload);
}

static bool by_file(void *self)
{
	return ((struct tracked *)self)->server->client.by_file;
}

static const struct host_ops ops = {
	.buffer = buffer,
	.each_buffer = each_buffer,
	.edit = edit,
	.permission = permission,
	.question = question,
	.drop = drop,
	.event = event,
	.show = show,
	.lost = lost,
	.knows = knows,
	.lookup = lookup,
	.by_file = by_file,
};

/* For other faces: what our user has open, and nothing of others. */
struct host host_own(struct tracked *t)
{
	return (struct host){ .ops = &ops, .self = t };
}

/* For our tasks: with the buffers of the other faces, and shown to them. */
struct host host_for(struct tracked *t)
{
	return peer_host_init(&t->others, host_own(t), t->server->peers,
			      t->quiet ? NULL : &t->server->board);
}
