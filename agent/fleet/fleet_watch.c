/* fleet_watch.c - see fleet_watch.h
 *
 * Each worker keeps the same picture from the same messages, so that they agree without a word who
 * tells a loss (is_ours_to_tell). Where they do not agree a loss may be told twice; if the one that
 * should tell it is lost in the same moment, it is not told. */
#include "agent/fleet/fleet_watch.h"

#include <stdlib.h>

#include "protocol/base/mem.h"

/* Owned by the list, until it is lost. */
struct peer {
	struct list link;
	char name[WATCH_NAME + 1];
	int64_t session;
	uint64_t heard, unreached; /* unreached: since when; 0: it can be */
	uint64_t since;		   /* it sees tasks since then; UINT64_MAX: it does not */
};

/* Owned by the list: forgotten when it is settled, told as lost, or when there are more than
 * WATCH_TASKS. */
struct watched {
	struct list link;
	uint64_t came, at;	    /* at: since then a claim, or its worker, is waited for */
	char owner[WATCH_NAME + 1]; /* "": unclaimed */
	int64_t session;
	size_t reply_len, id_len;
	char text[]; /* the reply subject, then the id */
};

static void set_name(char out[WATCH_NAME + 1], struct slice name)
{
	size_t n = name.len < WATCH_NAME ? name.len : WATCH_NAME;

	memcpy(out, name.ptr, n);
	out[n] = '\0';
}

void fleet_watch_init(struct fleet_watch *w, struct slice self)
{
	*w = (struct fleet_watch){ .since = UINT64_MAX };
	set_name(w->self, self);
	list_init(&w->peers);
	list_init(&w->tasks);
}

static void forget(struct fleet_watch *w, struct watched *t)
{
	list_remove(&t->link);
	w->n_tasks--;
	free(t);
}

static void peer_free(struct fleet_watch *w, struct peer *p)
{
	list_remove(&p->link);
	w->n_peers--;
	free(p);
}

void fleet_watch_release(struct fleet_watch *w)
{
	LIST_EACH (it, tmp, &w->tasks)
		forget(w, container_of(it, struct watched, link));
	LIST_EACH (it, tmp, &w->peers)
		peer_free(w, container_of(it, struct peer, link));
}

/* --- workers --- */

static struct peer *peer_find(const struct fleet_watch *w, struct slice name)
{
	LIST_EACH (it, tmp, &w->peers) {
		struct peer *p = container_of(it, struct peer, link);

		if (slice_eq_cstr(name, p->name))
			return p;
	}
	return NULL;
}

void fleet_watch_begin(struct fleet_watch *w, uint64_t now)
{
	w->since = now;
	fleet_watch_excuse(w, now);
}

void fleet_watch_excuse(struct fleet_watch *w, uint64_t now)
{
	LIST_EACH (it, tmp, &w->tasks)
		container_of(it, struct watched, link)->at = now;
	LIST_EACH (it, tmp, &w->peers) {
		struct peer *p = container_of(it, struct peer, link);

		p->heard = now;
		p->unreached = 0;
	}
}

/* True makes the caller answer with a beat of its own, so that a new worker knows the others at
 * once. */
bool fleet_watch_beat(struct fleet_watch *w, const struct watch_beat *b, uint64_t now)
{
	struct peer *p = peer_find(w, b->name);
	bool known = p != NULL;

	if (slice_eq_cstr(b->name, w->self) || b->name.len == 0 || b->name.len > WATCH_NAME ||
	    (!p && w->n_peers == WATCH_PEERS))
		return false;
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		set_name(p->name, b->name);
		list_append(&w->peers, &p->link);
		w->n_peers++;
	}
	p->heard = now;
	p->unreached = 0;
	p->session = b->session;
	p->since = b->up_ms == 0 ? UINT64_MAX : b->up_ms > now ? 0 : now - b->up_ms;
	return !known;
}

void fleet_watch_unreached(struct fleet_watch *w, struct slice name, uint64_t now)
{
	struct peer *p = peer_find(w, name);

	if (p && p->unreached == 0)
		p->unreached = now;
}

bool fleet_watch_alone(const struct fleet_watch *w)
{
	return w->n_peers == 0;
}

static bool is_lost(const struct peer *p, uint64_t now)
{
	return (p->unreached > 0 && now - p->unreached >= WATCH_LOST_MS) ||
	       now - p->heard >= WATCH_SILENT_MS;
}

/* --- tasks --- */

static bool is_of(const struct watched *t, struct slice reply, struct slice id)
{
	return slice_eq(slice_make(t->text, t->reply_len), reply) &&
	       slice_eq(slice_make(t->text + t->reply_len, t->id_len), id);
}

static struct watched *find(const struct fleet_watch *w, struct slice reply, struct slice id)
{
	LIST_EACH (it, tmp, &w->tasks) {
		struct watched *t = container_of(it, struct watched, link);

		if (is_of(t, reply, id))
			return t;
	}
	return NULL;
}

/* The oldest goes: it is the one that is settled most likely, its note lost. */
static struct watched *add(struct fleet_watch *w, struct slice reply, struct slice id, uint64_t now)
{
	struct watched *t = xcalloc(1, sizeof(*t) + reply.len + id.len);

	if (w->n_tasks == WATCH_TASKS)
		forget(w, container_of(w->tasks.next, struct watched, link));
	t->came = t->at = now;
	t->reply_len = reply.len;
	t->id_len = id.len;
	memcpy(t->text, reply.ptr, reply.len);
	memcpy(t->text + reply.len, id.ptr, id.len);
	list_append(&w->tasks, &t->link);
	w->n_tasks++;
	return t;
}

void fleet_watch_task(struct fleet_watch *w, struct slice reply, struct slice id, uint64_t now)
{
	if (reply.len > 0 && !find(w, reply, id))
		(void)add(w, reply, id, now);
}

/* One's own task is nothing to watch: whoever is lost does not tell. */
void fleet_watch_claim(struct fleet_watch *w, struct slice reply, struct slice id,
		       struct slice name, int64_t session, uint64_t now)
{
	struct watched *t = find(w, reply, id);

	if (slice_eq_cstr(name, w->self)) {
		if (t)
			forget(w, t);
		return;
	}
	if (!t)
		t = add(w, reply, id, now);
	set_name(t->owner, name);
	t->session = session;
}

void fleet_watch_settled(struct fleet_watch *w, struct slice reply, struct slice id)
{
	struct watched *t = find(w, reply, id);

	if (t)
		forget(w, t);
}

/* Workers without tasks are not asked: nothing would follow from their loss. */
void fleet_watch_each_busy(struct fleet_watch *w, void (*fn)(void *payload, struct slice name),
			   void *payload)
{
	LIST_EACH (it, tmp, &w->peers) {
		const struct peer *p = container_of(it, struct peer, link);
		bool busy = false;

		LIST_EACH (at, next, &w->tasks)
			busy = busy ||
			       strcmp(container_of(at, struct watched, link)->owner, p->name) == 0;
		if (busy)
			fn(payload, slice_of(p->name));
	}
}

/* Among all who saw it come, the same one for each of them.
 * One that cannot be reached just now is passed over, although it is not lost yet: somebody must
 * tell. */
static bool is_ours_to_tell(const struct fleet_watch *w, const struct watched *t, uint64_t now)
{
	LIST_EACH (it, tmp, &w->peers) {
		const struct peer *p = container_of(it, struct peer, link);

		if (!is_lost(p, now) && p->unreached == 0 && p->since <= t->came &&
		    strcmp(p->name, t->owner) != 0 && strcmp(p->name, w->self) < 0)
			return false;
	}
	return true;
}

/* Of a worker that we never heard of a heartbeat comes, or it is lost.
 * A higher session means that its worker has given up what it had taken before. */
static bool task_is_lost(const struct fleet_watch *w, const struct watched *t, uint64_t now)
{
	const struct peer *p = peer_find(w, slice_of(t->owner));

	if (!*t->owner || !p)
		return now - t->at >= (*t->owner ? WATCH_SILENT_MS : WATCH_LOST_MS);
	return is_lost(p, now) || p->session > t->session;
}

void fleet_watch_tick(struct fleet_watch *w, uint64_t now, watch_lost_fn *fn, void *payload)
{
	LIST_EACH (it, tmp, &w->tasks) {
		struct watched *t = container_of(it, struct watched, link);

		if (!task_is_lost(w, t, now))
			continue;
		if (is_ours_to_tell(w, t, now))
			fn(payload, slice_make(t->text, t->reply_len),
			   slice_make(t->text + t->reply_len, t->id_len), slice_of(t->owner));
		forget(w, t);
	}
	LIST_EACH (it, tmp, &w->peers) {
		struct peer *p = container_of(it, struct peer, link);

		if (is_lost(p, now))
			peer_free(w, p);
	}
}
