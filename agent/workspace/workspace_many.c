/* workspace_many.c - see workspace.h: many files that nobody has open, in one request.
 *
 *   FRESH: what is open now? --> WRITING: those that are not --> done */
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/runner/runner.h"
#include "agent/workspace/workspace.h"
#include "protocol/base/mem.h"

/* Frees itself after `done`. */
struct workspace_many {
	struct workspace *workspace;
	struct workspace_put *of;
	size_t n, *sent, n_sent; /* sent: places in `of` */
	struct runner_call *call;
	struct host_ask *ask;
	struct job job; /* nothing was to be sent: the answer comes from the loop all the same */
	workspace_many_cb *done;
	void *payload;
};

static void many_free(struct workspace_many *m)
{
	job_drop(&m->job);
	free(m->sent);
	free(m);
}

void workspace_many_drop(struct workspace_many *m)
{
	if (!m)
		return;
	if (m->ask)
		m->workspace->host.ops->drop(m->workspace->host.self, m->ask);
	runner_drop(m->call);
	many_free(m);
}

static void end(struct workspace_many *m, const struct err *err)
{
	m->done(m->payload, err);
	many_free(m);
}

static void nothing_sent(struct job *j)
{
	end(container_of(j, struct workspace_many, job), NULL);
}

/* The runner names only those that it did not make, by their place in what was sent. */
static void written(void *payload, const struct view_item *items, size_t n, const struct err *err)
{
	struct workspace_many *m = payload;

	m->call = NULL;
	for (size_t i = 0; !err && i < m->n_sent; i++)
		m->of[m->sent[i]].made = true;
	for (size_t i = 0; i < n; i++)
		if (items[i].index >= 0 && (size_t)items[i].index < m->n_sent)
			m->of[m->sent[items[i].index]].made = false;
	end(m, err);
}

/* Also if the text is not known (lost): the editor has it, and a write below it would be a second version. */
static bool in_editor(struct workspace *v, struct slice path)
{
	struct snapshot *open;
	struct arena a;
	struct err why;

	arena_init(&a);
	open = v->host.ops->buffer(v->host.self, path_join(&a, v->root, path));
	arena_release(&a);
	snapshot_unref(open);
	return open || workspace_lost(v, path, &why);
}

/* As write_file() in workspace.c, but never synced by itself. */
static struct file_write write_of(const struct workspace_put *p)
{
	return (struct file_write){ .path = p->path,
				    .data = p->after,
				    .expect_sha256 = p->sha256,
				    .remove = !p->after.ptr,
				    .mode = p->mode,
				    .folders = p->folders,
				    .make_parents = true,
				    .lazy = true,
				    .sweep = p->sweep };
}

/* All that is sent is copied into the request, so the list may go when this returns. */
static void send_those(void *payload)
{
	struct workspace_many *m = payload;
	struct file_write *of = xcalloc(m->n + 1, sizeof(*of));

	m->ask = NULL;
	for (size_t i = 0; i < m->n; i++) {
		m->of[i].made = false;
		if (!m->workspace->runner || in_editor(m->workspace, m->of[i].path))
			continue;
		of[m->n_sent] = write_of(&m->of[i]);
		of[m->n_sent].undo = m->workspace->undo;
		m->sent[m->n_sent++] = i;
	}
	if (m->n_sent > 0)
		m->call = runner_write_many(m->workspace->runner, of, m->n_sent, written, m);
	else
		runq_post(m->workspace->runq, &m->job);
	free(of);
}

struct workspace_many *workspace_write_many(struct workspace *v, struct workspace_put *of, size_t n,
					    workspace_many_cb *done, void *payload)
{
	struct workspace_many *m = xcalloc(1, sizeof(*m));

	*m = (struct workspace_many){ .workspace = v,
				      .of = of,
				      .n = n,
				      .sent = xcalloc(n + 1, sizeof(*m->sent)),
				      .done = done,
				      .payload = payload };
	job_init(&m->job, nothing_sent);
	if (v->host.ops->fresh)
		m->ask = v->host.ops->fresh(v->host.self, v->root, true, send_those, m);
	else
		send_those(m);
	return m;
}
