/* peer_host.c - see peer_host.h. An edit goes from holder to holder:
 *
 *   OWN (if this face has it open too) --proved--> REMOTE, one after the other --proved--> DONE
 *     '------------- refused, at any place -----------------------------------------------'
 *
 * For reading there is no machine: what others hold was asked before (fresh), and is answered from
 * memory. An ask of ours is told from one of the own face by its address, as both are opaque to the
 * core (drop). */
#include "agent/peers/peer_host.h"

#include <stdlib.h>

#include "agent/peers/link.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

/* More faces than this with one file open are not edited: the file then counts as lost. */
enum { HOLDERS_MAX = 8 };
enum ask_kind { ASK_FRESH, ASK_EDIT };

struct our_ask {
	struct list link;
	enum ask_kind kind;
	struct peer_host *host;
};

/* --- what is open --- */

/* The answer of one moment: its pointers are borrowed, and not good after the next event of the
 * loop. An edit that keeps it holds each peer (peer_hold). */
struct holders {
	struct snapshot *text; /* the first one's; borrowed */
	struct peer *peers[HOLDERS_MAX];
	int64_t stamps[HOLDERS_MAX];
	size_t n;
	bool silent, lost, differ;
};

static void add_holder(void *payload, struct peer *peer, struct peer_buffer *b)
{
	struct holders *h = payload;

	if (!b) {
		h->silent = true;
	} else if (!b->text || h->n == HOLDERS_MAX) {
		h->lost = true;
	} else {
		if (!h->text)
			h->text = b->text;
		h->differ = h->differ || !slice_eq(snapshot_text(h->text), snapshot_text(b->text));
		h->peers[h->n] = peer;
		h->stamps[h->n++] = b->stamp;
	}
}

static struct holders holders_of(struct peer_host *h, struct slice path, struct snapshot *own)
{
	struct holders all = { .text = own };

	peers_holders(h->peers, path, add_holder, &all);
	return all;
}

static bool is_lost(const struct holders *h)
{
	return h->silent || h->lost || h->differ;
}

/* NULL also where the file is open but lost; who wants to know the difference asks lost(). */
static struct snapshot *buffer(void *self, struct slice path)
{
	struct peer_host *h = self;
	struct snapshot *own = h->own.ops->buffer(h->own.self, path);
	struct holders all = holders_of(h, path, own);

	if (is_lost(&all)) {
		snapshot_unref(own);
		return NULL;
	}
	return own ? own : all.text ? snapshot_ref(all.text) : NULL;
}

static const char *lost(void *self, struct slice path)
{
	struct peer_host *h = self;
	const char *why = h->own.ops->lost ? h->own.ops->lost(h->own.self, path) : NULL;
	struct snapshot *own;
	struct holders all;

	if (why)
		return why;
	own = h->own.ops->buffer(h->own.self, path);
	all = holders_of(h, path, own);
	snapshot_unref(own);
	if (all.silent)
		return "that editor does not answer: wait for it, or close the file there";
	if (all.lost)
		return "its text is not known there: close it and open it again";
	if (all.differ)
		return "two editors show different texts of it: save one, and load the file again "
		       "in the other";
	return NULL;
}

struct each {
	struct peer_host *host;
	struct map told;
	void (*fn)(void *payload, struct slice path, struct snapshot *text);
	void *payload;
};

/* Each path once, whoever has it open, with the text that all agree on. */
static void tell(void *payload, struct slice path)
{
	struct each *e = payload;
	struct snapshot *text;

	if (map_get(&e->told, path))
		return;
	(void)map_put(&e->told, path, e);
	text = buffer(e->host, path);
	if (text || lost(e->host, path))
		e->fn(e->payload, path, text);
	snapshot_unref(text);
}

static void tell_own(void *payload, struct slice path, struct snapshot *text)
{
	(void)text;
	tell(payload, path);
}

static void each_buffer(void *self, struct slice root,
			void (*fn)(void *payload, struct slice path, struct snapshot *text),
			void *payload)
{
	struct peer_host *h = self;
	struct each e = { .host = h, .fn = fn, .payload = payload };

	map_init(&e.told, 0);
	h->own.ops->each_buffer(h->own.self, root, tell_own, &e);
	peers_paths(h->peers, root, tell, &e);
	map_release(&e.told);
}

/* --- asking what is open --- */

struct fresh_ask {
	struct our_ask ask;
	struct peer_ask *peers;
	fresh_cb *done;
	void *payload;
};

static void is_fresh(void *payload)
{
	struct fresh_ask *f = payload;
	fresh_cb *done = f->done;

	payload = f->payload;
	list_remove(&f->ask.link);
	free(f);
	done(payload);
}

static struct host_ask *fresh(void *self, struct slice path, bool below, fresh_cb *done,
			      void *payload)
{
	struct peer_host *h = self;
	struct fresh_ask *f = xcalloc(1, sizeof(*f));

	f->ask.kind = ASK_FRESH;
	f->ask.host = h;
	f->done = done;
	f->payload = payload;
	list_append(&h->asks, &f->ask.link);
	f->peers = peers_ask(h->peers, path, below, is_fresh, f);
	return (struct host_ask *)f;
}

/* --- edits --- */

/* Owned by the core, which holds it as a host_ask, until done() or drop(). */
struct edit_ask {
	struct our_ask ask;
	struct host_ask *own;  /* the edit of this face's own buffer, under way */
	struct rpc_call *call; /* the edit of the holder in hand, under way */
	struct arena arena;
	struct buffer_edit edit; /* in the arena */
	struct snapshot *now;
	struct holders all;
	size_t at; /* the holder in hand */
	bool made; /* in one place at least */
	struct err why;
	struct job job;
	edit_cb *done;
	void *payload;
};

static void edit_free(struct edit_ask *e)
{
	list_remove(&e->ask.link);
	job_drop(&e->job);
	for (size_t i = 0; i < e->all.n; i++)
		peer_let_go(e->all.peers[i]);
	snapshot_unref(e->edit.base);
	snapshot_unref(e->now);
	arena_release(&e->arena);
	free(e);
}

/* What an editor was asked for it may still make; the answer is not waited for. */
static void edit_drop(struct edit_ask *e)
{
	if (e->own)
		e->ask.host->own.ops->drop(e->ask.host->own.self, e->own);
	if (e->call)
		conn_call_drop(e->call);
	edit_free(e);
}

/* Where one has made it and another has not, nobody may believe that nothing was changed.
 * All is copied out first: done() may start the next edit of the same file. */
static void edit_end(struct edit_ask *e)
{
	edit_cb *done = e->done;
	void *payload = e->payload;
	struct snapshot *now = e->now ? snapshot_ref(e->now) : NULL;
	struct err why = e->why;

	if (why.code != ERR_NONE && e->made) {
		why.code = ERR_IO;
		(void)err_wrap(&why, "One editor made the change, another that has the file open "
				     "did not: ");
	}
	edit_free(e);
	done(payload, now, why.code == ERR_NONE ? NULL : &why);
	snapshot_unref(now);
}

/* A timeout leaves open whether the edit was made: what that face holds is then unknown, and it is
 * silent. */
static void on_edited(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct edit_ask *e = payload;
	struct peer *p = e->all.peers[e->at];
	struct slice text;

	e->call = NULL;
	snapshot_unref(e->now);
	e->now = NULL;
	if (err) {
		e->why = *err;
		if (err->code == ERR_TIMEOUT) {
			p->mute = true;
			peer_silence(p, "it does not say whether it made an edit");
		}
	} else {
		if (!json_str(json_get(reply->result, "text"), reply->arena, &text))
			text = e->edit.after;
		e->now = snapshot_new(text, 0);
		e->made = true;
		peer_holds(p, e->edit.path, e->now,
			   json_i64_or(json_get(reply->result, "stamp"), 0));
	}
	e->at++;
	runq_post(peers_runq(e->ask.host->peers), &e->job);
}

/* Offsets are bytes of the text of that stamp. The face refuses another stamp with ERR_STALE, so
 * nothing is changed that we have not seen. */
static void send_edit(struct edit_ask *e)
{
	struct peer *p = e->all.peers[e->at];
	struct conn *c = link_conn(peer_link(p));
	struct jw *w = conn_call_begin(c, "edit");

	jw_object(w);
	jw_kstr(w, "path", e->edit.path);
	jw_ki64(w, "stamp", e->all.stamps[e->at]);
	jw_kstr(w, "label", e->edit.label);
	jw_karray(w, "changes");
	for (size_t i = 0; i < e->edit.n_changes; i++) {
		const struct text_change *ch = &e->edit.changes[i];

		jw_array(w);
		jw_i64(w, (int64_t)ch->start);
		jw_i64(w, (int64_t)ch->end);
		jw_str(w, ch->text);
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	e->call = conn_call_end(c, uv_now(peers_loop(e->ask.host->peers)) + LIMIT_PEER_EDIT_MS,
				on_edited, e);
}

static void stale(struct edit_ask *e)
{
	(void)err_set(&e->why, ERR_STALE, "%.*s was changed or closed meanwhile.",
		      SLICE_ARG(e->edit.path));
}

/* From the own face, and from the loop; the next step is taken by the job, so that it does not run
 * inside of this. */
static void own_edited(void *payload, struct snapshot *now, const struct err *err)
{
	struct edit_ask *e = payload;

	e->own = NULL;
	e->now = now ? snapshot_ref(now) : NULL;
	e->made = !err;
	if (err)
		e->why = *err;
	runq_post(peers_runq(e->ask.host->peers), &e->job);
}

/* A face that has ended holds nothing any more. If it was the only one, the file is again what is on the
 * disk, for which the edit was not made. */
static void edit_step(struct job *j)
{
	struct edit_ask *e = container_of(j, struct edit_ask, job);

	while (e->at < e->all.n && !peer_link(e->all.peers[e->at]))
		e->at++;
	if (e->at == e->all.n && !e->made && e->why.code == ERR_NONE)
		stale(e);
	if (e->why.code != ERR_NONE || e->at == e->all.n)
		edit_end(e);
	else
		send_edit(e);
}

static void copy_edit(struct edit_ask *e, const struct buffer_edit *edit)
{
	struct text_change *changes;

	changes = arena_array(&e->arena, edit->n_changes + 1, sizeof(*changes));
	for (size_t i = 0; i < edit->n_changes; i++) {
		changes[i] = edit->changes[i];
		changes[i].text = arena_dup(&e->arena, edit->changes[i].text);
	}
	e->edit = (struct buffer_edit){ .path = arena_dup(&e->arena, edit->path),
					.base = snapshot_ref(edit->base),
					.changes = changes,
					.n_changes = edit->n_changes,
					.after = arena_dup(&e->arena, edit->after),
					.label = arena_dup(&e->arena, edit->label) };
}

/* The own buffer first: if that is refused nothing was changed anywhere, and its user sees the edit
 * soonest. */
static struct host_ask *edit(void *self, struct task *t, const struct buffer_edit *edit,
			     edit_cb *done, void *payload)
{
	struct peer_host *h = self;
	struct snapshot *own = h->own.ops->buffer(h->own.self, edit->path);
	struct holders all = holders_of(h, edit->path, own);
	struct edit_ask *e;

	if (own && all.n == 0 && !is_lost(&all)) {
		snapshot_unref(own);
		return h->own.ops->edit(h->own.self, t, edit, done, payload);
	}
	e = xcalloc(1, sizeof(*e));
	e->ask.kind = ASK_EDIT;
	e->ask.host = h;
	e->all = all;
	e->done = done;
	e->payload = payload;
	list_append(&h->asks, &e->ask.link);
	job_init(&e->job, edit_step);
	copy_edit(e, edit);
	for (size_t i = 0; i < all.n; i++)
		peer_hold(all.peers[i]);
	if (is_lost(&all) || !all.text ||
	    !slice_eq(snapshot_text(all.text), snapshot_text(edit->base)))
		stale(e);
	if (own && e->why.code == ERR_NONE)
		e->own = h->own.ops->edit(h->own.self, t, &e->edit, own_edited, e);
	else
		runq_post(peers_runq(h->peers), &e->job);
	snapshot_unref(own);
	return (struct host_ask *)e;
}

/* --- the rest is the face's own, and shown to others --- */

static void drop(void *self, struct host_ask *ask)
{
	struct peer_host *h = self;

	LIST_EACH (it, tmp, &h->asks) {
		struct our_ask *o = container_of(it, struct our_ask, link);

		if ((void *)o != (void *)ask)
			continue;
		if (o->kind == ASK_FRESH) {
			peer_ask_drop(((struct fresh_ask *)o)->peers);
			list_remove(&o->link);
			free(o);
			return;
		}
		edit_drop((struct edit_ask *)o);
		return;
	}
	if (!h->board || !board_drop(h->board, ask))
		h->own.ops->drop(h->own.self, ask);
}

static struct host_ask *permission(void *self, struct task *t, const struct permission_request *r,
				   permission_cb *done, void *payload)
{
	struct peer_host *h = self;

	if (h->board)
		return board_permission(h->board, &h->own, t, r, done, payload);
	return h->own.ops->permission(h->own.self, t, r, done, payload);
}

static struct host_ask *question(void *self, struct task *t, const struct question *q,
				 question_cb *done, void *payload)
{
	struct peer_host *h = self;

	if (h->board)
		return board_question(h->board, &h->own, t, q, done, payload);
	return h->own.ops->question(h->own.self, t, q, done, payload);
}

static void event(void *self, struct task *t, const struct task_event *ev)
{
	struct peer_host *h = self;

	h->own.ops->event(h->own.self, t, ev);
	if (h->board)
		board_event(h->board, t, ev);
}

static void show(void *self, struct task *t, struct slice path, struct slice title)
{
	struct peer_host *h = self;

	h->own.ops->show(h->own.self, t, path, title);
}

static bool knows(void *self, enum lookup_kind kind)
{
	struct peer_host *h = self;

	return host_knows(&h->own, kind);
}

static bool attended(void *self)
{
	return host_attended(&((struct peer_host *)self)->own);
}

static bool by_file(void *self)
{
	return host_by_file(&((struct peer_host *)self)->own);
}

static struct host_ask *lookup(void *self, const struct lookup *q, lookup_cb *done, void *payload)
{
	struct peer_host *h = self;

	return h->own.ops->lookup(h->own.self, q, done, payload);
}

struct host peer_host_init(struct peer_host *h, struct host own, struct peers *peers,
			   struct board *board)
{
	static const struct host_ops ops = { .buffer = buffer,
					     .each_buffer = each_buffer,
					     .edit = edit,
					     .permission = permission,
					     .question = question,
					     .drop = drop,
					     .event = event,
					     .show = show,
					     .lost = lost,
					     .fresh = fresh,
					     .knows = knows,
					     .lookup = lookup,
					     .attended = attended,
					     .by_file = by_file };

	h->own = own;
	h->peers = peers;
	h->board = board;
	list_init(&h->asks);
	return (struct host){ .ops = &ops, .self = h };
}
