/* peers.c - see peers.h. A question:
 *
 *   LOOKING (the folder is read, from the loop) --> ASKING each face that matters
 *                                                    |all have answered, or the time is up
 *                                                    v
 *                                                  DONE: done(), freed */
#include "agent/peers/peers.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/peers/link.h"
#include "agent/peers/peers_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum ask_state { ASK_LOOKING, ASK_ASKING, ASK_DONE };

/* Owned by whoever asked, until done() is called or it is dropped. */
struct peer_ask {
	enum ask_state state;
	struct peers *peers;
	char *path;
	size_t path_len;
	bool below;
	char own[FACE_NAME_MAX];
	struct arena arena; /* of what was found */
	struct found_face *found;
	size_t n_found;
	struct list questions; /* that are not answered */
	struct job job;
	peers_cb *done;
	void *payload;
};

/* What one face is asked. It outlives its ask: a late answer is an answer. As long as it lives its peer is
 * not freed: it counts in peer.asked. */
struct question {
	struct list link; /* of the ask, while that waits for it */
	struct peer_ask *ask;
	struct peer *peer;
	char *path;
	bool below;
	bool again,
		due; /* the connection ended: it is to be asked once more, to see if it is dead */
};

/* Not where it is found out: an answer, or an edit, may still be on its way to us through it. */
static void free_gone(struct peers *all)
{
	LIST_EACH (it, tmp, &all->all) {
		struct peer *p = container_of(it, struct peer, link);

		if (p->gone && p->asked == 0)
			peer_free(p);
	}
}

static struct peer *peer_find(struct peers *all, const char *name)
{
	LIST_EACH (it, tmp, &all->all) {
		struct peer *p = container_of(it, struct peer, link);

		if (!p->gone && strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

/* --- asking --- */

static void ask_goto(struct peer_ask *a, enum ask_state next)
{
	static const char *const name[] = { "looking", "asking", "done" };

	log_debug("peers: %s -> %s", name[a->state], name[next]);
	a->state = next;
}

static void question_free(struct question *q)
{
	q->peer->asked--;
	list_remove(&q->link);
	free(q->path);
	free(q);
}

/* Questions that are not answered stay, and belong to nobody. */
static void ask_free(struct peer_ask *a)
{
	LIST_EACH (it, tmp, &a->questions) {
		struct question *q = container_of(it, struct question, link);

		q->ask = NULL;
		list_remove(&q->link);
		if (q->due)
			question_free(q);
	}
	job_drop(&a->job);
	arena_release(&a->arena);
	free(a->path);
	free(a);
}

/* The end of a connection does not say whether the face is dead. So after ERR_IO the same is asked
 * once more on a new connection: either nobody listens, or an answer comes. The reply is borrowed;
 * peer_take() copies what it keeps. */
static void on_answer(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct question *q = payload;
	struct peer_ask *a = q->ask;
	struct peer *p = q->peer;

	if (err && err->code == ERR_TIMEOUT)
		p->mute = true;
	if (err && err->code == ERR_IO && a && !q->again)
		q->again = q->due = true;
	else if (err)
		peer_silence(p, err->msg);
	else if (!peer_take(p, slice_of(q->path), q->below, json_get(reply->result, "open"),
			    reply->arena))
		peer_silence(p, "its answer makes no sense");
	else
		p->silent = p->mute = false;
	if (!q->due)
		question_free(q);
	if (a)
		runq_post(a->peers->o.runq, &a->job);
}

static void send_question(struct question *q)
{
	struct peers *all = q->peer->peers;
	struct conn *c = link_conn(peer_link(q->peer));
	struct jw *w = conn_call_begin(c, "buffers");

	jw_object(w);
	jw_kcstr(w, q->below ? "root" : "path", q->path);
	jw_end(w);
	q->due = false;
	(void)conn_call_end(c, uv_now(all->o.loop) + LIMIT_PEER_MS, on_answer, q);
}

/* Nobody waits for a face that is mute; if it answers after all, it is one of us again.
 * A face matters if its list says that it holds the path or works there, or if it was found to hold
 * it before: the list is written a moment after the buffer is opened or closed. */
static void ask_peer(struct peer_ask *a, struct peer *p)
{
	struct matter m = peer_matter(p, slice_make(a->path, a->path_len), a->below);
	struct question *q;

	if ((!m.holds && !m.works && !map_get(&p->buffers, m.path)) || (p->mute && p->asked > 0))
		return;
	q = xcalloc(1, sizeof(*q));
	q->peer = p;
	p->asked++;
	q->path = xslicedup(m.path);
	q->below = a->below;
	list_init(&q->link);
	if (!p->mute) {
		q->ask = a;
		list_append(&a->questions, &q->link);
	}
	send_question(q);
}

/* Those whose connection ended while they were asked: either they are dead, or they answer now. */
static void ask_again(struct peer_ask *a)
{
	LIST_EACH (it, tmp, &a->questions) {
		struct question *q = container_of(it, struct question, link);

		if (q->due && q->peer->gone)
			question_free(q);
		else if (q->due)
			send_question(q);
	}
}

/* What was found becomes what is known. A face that is not there any more has removed its
 * files itself; one with a connection is judged by its connection instead, which ends by itself. */
static void merge(struct peer_ask *a)
{
	struct peers *all = a->peers;

	LIST_EACH (it, tmp, &all->all) {
		struct peer *p = container_of(it, struct peer, link);
		bool there = false;

		for (size_t i = 0; i < a->n_found && !there; i++)
			there = strcmp(a->found[i].name, p->name) == 0;
		if (!there && !p->to)
			p->gone = true; /* it ended as it should */
	}
	for (size_t i = 0; i < a->n_found; i++) {
		const struct found_face *f = &a->found[i];
		struct peer *p = peer_find(all, f->name);

		if (!p) {
			p = xcalloc(1, sizeof(*p));
			p->peers = all;
			p->pid = f->pid;
			(void)snprintf(p->name, sizeof(p->name), "%s", f->name);
			map_init(&p->buffers, 0);
			list_append(&all->all, &p->link);
		}
		free(p->list);
		p->list = xslicedup(f->list);
		ask_peer(a, p);
	}
}

/* The ask is freed before the callback, which may ask again, or close everything. */
static void finish(struct peer_ask *a)
{
	peers_cb *done = a->done;
	void *payload = a->payload;

	ask_goto(a, ASK_DONE);
	free_gone(a->peers);
	ask_free(a);
	done(payload);
}

/* In the loop: the folder lies in memory, or in /tmp, and has one small file of each Emend that runs. A thread cost
 * more than it, and could not even be made while the loader of libcurl's thread holds its lock: for as long as all
 * else of the start of a task takes. */
static void look(struct peer_ask *a)
{
	const char *folder = a->peers->folder;

	a->n_found = folder ? peers_scan(&a->arena, folder, a->own, &a->found) : 0;
	ask_goto(a, ASK_ASKING);
	if (folder)
		merge(a);
}

static void on_job(struct job *j)
{
	struct peer_ask *a = container_of(j, struct peer_ask, job);

	if (a->state == ASK_LOOKING)
		look(a);
	if (a->state != ASK_ASKING)
		return;
	ask_again(a);
	if (list_empty(&a->questions))
		finish(a);
}

/* Once: who has no folder has no other faces, for the life of the program. */
static void find_folder(struct peers *p)
{
	struct slice folder;
	struct arena a;
	struct err err;

	if (p->looked)
		return;
	p->looked = true;
	arena_init(&a);
	if (peers_folder(&a, &folder, &err))
		p->folder = xslicedup(folder);
	else
		log_warn("%s", err.msg);
	arena_release(&a);
}

struct peer_ask *peers_ask(struct peers *p, struct slice path, bool below, peers_cb *done,
			   void *payload)
{
	struct peer_ask *a = xcalloc(1, sizeof(*a));

	find_folder(p);
	a->peers = p;
	a->path = xslicedup(path);
	a->path_len = path.len;
	a->below = below;
	a->done = done;
	a->payload = payload;
	list_init(&a->questions);
	job_init(&a->job, on_job);
	(void)snprintf(a->own, sizeof(a->own), "%s", p->o.own_name(p->o.payload));
	runq_post(p->o.runq, &a->job);
	return a;
}

void peer_ask_drop(struct peer_ask *a)
{
	ask_free(a);
}

/* --- their life --- */

struct peers *peers_new(const struct peers_options *o)
{
	struct peers *p = xcalloc(1, sizeof(*p));

	p->o = *o;
	list_init(&p->all);
	return p;
}

uv_loop_t *peers_loop(const struct peers *p)
{
	return p->o.loop;
}

struct runq *peers_runq(const struct peers *p)
{
	return p->o.runq;
}

void peers_close(struct peers *p)
{
	if (!p)
		return;
	LIST_EACH (it, tmp, &p->all) {
		struct peer *peer = container_of(it, struct peer, link);

		link_close(peer->to);
		peer->to = NULL;
		peer_free(peer);
	}
	free(p->folder);
	free(p);
}
