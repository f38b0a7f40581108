/* peer.c - one other face: what it holds, its connection, and whether it matters for a path.
 *
 * The buffers of a face are what it said of them last; they are replaced as a whole for the path or
 * folder that was asked about (peer_take). Nothing of it is believed unseen: the texts are those of
 * another process of the user, which may be of another version. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/path.h"
#include "agent/peers/link.h"
#include "agent/peers/peers_own.h"
#include "protocol/base/limits.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"

static void buffer_free(struct peer_buffer *b)
{
	if (b)
		snapshot_unref(b->text);
	free(b);
}

void peer_holds(struct peer *p, struct slice path, struct snapshot *text, int64_t stamp)
{
	struct peer_buffer *b = text ? xcalloc(1, sizeof(*b)) : NULL;

	if (!b) {
		buffer_free(map_remove(&p->buffers, path));
		return;
	}
	b->text = snapshot_ref(text);
	b->stamp = stamp;
	buffer_free(map_put(&p->buffers, path, b));
}

static void forget_all(struct peer *p)
{
	struct slice key;
	void *value;
	size_t at = 0;

	while (map_next(&p->buffers, &at, &key, &value))
		buffer_free(value);
	map_release(&p->buffers);
	map_init(&p->buffers, 0);
}

static bool in_scope(const struct matter *q, struct slice path)
{
	return q->below ? path_below(q->path, path) : slice_eq(q->path, path);
}

/* Takes one entry of an answer. False: it makes no sense.
 * A stamp without a text means "the text of this stamp, which you have": if we do not have it, the
 * answer makes no sense. A path that comes twice does not either. */
static bool take(struct peer *p, const struct matter *q, struct map *was, struct json e,
		 struct arena *a)
{
	struct slice path, text;
	struct peer_buffer *b, *old;
	int64_t stamp = json_i64_or(json_get(e, "stamp"), 0);

	if (!json_str(json_get(e, "path"), a, &path) || path.len == 0 ||
	    path.len >= LIMIT_PATH_BYTES || !in_scope(q, path) || map_get(&p->buffers, path))
		return false;
	old = map_get(was, path);
	b = xcalloc(1, sizeof(*b));
	b->stamp = stamp;
	if (json_str(json_get(e, "text"), a, &text))
		b->text = snapshot_new(text, 0);
	else if (!json_bool_or(json_get(e, "lost"), false) && old && old->stamp == stamp)
		b->text = snapshot_ref(old->text);
	(void)map_put(&p->buffers, path, b);
	return b->text || json_bool_or(json_get(e, "lost"), false);
}

/* `was` is freed only at the end, as a stamp may stand for a text in it. */
bool peer_take(struct peer *p, struct slice path, bool below, struct json list, struct arena *a)
{
	const struct matter q = { .path = path, .below = below };
	struct map was = p->buffers;
	bool ok = json_type(list) == JSON_ARRAY;
	struct slice key;
	void *value;
	size_t at = 0;

	map_init(&p->buffers, 0);
	while (map_next(&was, &at, &key, &value))
		if (!in_scope(&q, key))
			peer_holds(p, key, ((struct peer_buffer *)value)->text,
				   ((struct peer_buffer *)value)->stamp);
	for (struct json_iter it = json_iter(list); ok && json_next(&it);)
		ok = take(p, &q, &was, it.value, a);
	at = 0;
	while (map_next(&was, &at, &key, &value))
		buffer_free(value);
	map_release(&was);
	return ok;
}

/* --- faces --- */

void peer_free(struct peer *p)
{
	list_remove(&p->link);
	forget_all(p);
	map_release(&p->buffers);
	free(p->list);
	free(p);
}

void peer_hold(struct peer *p)
{
	p->asked++;
}

void peer_let_go(struct peer *p)
{
	p->asked--;
}

/* Its process has ended: what it held are files again. */
static void bury(struct peer *p)
{
	log_debug("peer %s is gone", p->name);
	p->gone = true;
	forget_all(p);
	peers_remove(p->peers->folder, p->name);
}

/* What it held is forgotten, so that nobody works with a text that may be old. Its list still says
 * which files are open there: these are lost until it answers (peers_holders). */
void peer_silence(struct peer *p, const char *why)
{
	if (!p->silent)
		log_warn("peer %s: %s", p->name, why);
	p->silent = true;
	forget_all(p);
}

/* why NULL: nobody listens at its socket. Only then is it dead for sure; a connection also ends for
 * other reasons. */
static void on_closed(void *owner, struct link *l, const struct err *why)
{
	struct peer *p = owner;

	(void)l;
	p->to = NULL;
	if (why)
		peer_silence(p, why->msg); /* the next question says whether it is dead */
	else
		bury(p);
}

struct link *peer_link(struct peer *p)
{
	static const struct link_ops ops = { .closed = on_closed };
	char path[256];

	if (!p->to && !p->gone) {
		(void)snprintf(path, sizeof(path), "%s/%s", p->peers->folder, p->name);
		p->to = link_connect(p->peers->o.loop, p->peers->o.runq, path, &ops, p);
	}
	return p->to;
}

/* --- does a face matter for a path? --- */

static void look_at(void *payload, enum face_line kind, struct slice path)
{
	struct matter *m = payload;
	bool inside = m->below ? path_below(m->path, path) : slice_eq(m->path, path);

	if (kind == FACE_OPEN)
		m->holds = m->holds || inside;
	else if (kind == FACE_ROOT)
		m->works = m->works || inside || path_below(path, m->path);
}

struct matter peer_matter(const struct peer *p, struct slice path, bool below)
{
	struct matter m = { .path = path, .below = below };

	peers_each_line(slice_of(p->list), look_at, &m);
	return m;
}

void peers_holders(struct peers *all, struct slice path,
		   void (*fn)(void *payload, struct peer *peer, struct peer_buffer *buffer),
		   void *payload)
{
	LIST_EACH (it, tmp, &all->all) {
		struct peer *p = container_of(it, struct peer, link);
		struct peer_buffer *b = map_get(&p->buffers, path);

		if (b)
			fn(payload, p, b);
		else if (p->silent && !p->gone && peer_matter(p, path, false).holds)
			fn(payload, p, NULL);
	}
}

struct path_walk {
	struct slice root;
	void (*fn)(void *payload, struct slice path);
	void *payload;
};

static void walk_open(void *payload, enum face_line kind, struct slice path)
{
	struct path_walk *w = payload;

	if (kind == FACE_OPEN && path_below(w->root, path))
		w->fn(w->payload, path);
}

void peers_paths(struct peers *all, struct slice root, void (*fn)(void *payload, struct slice path),
		 void *payload)
{
	struct path_walk w = { root, fn, payload };

	LIST_EACH (it, tmp, &all->all) {
		struct peer *p = container_of(it, struct peer, link);
		struct slice key;
		void *value;
		size_t at = 0;

		while (map_next(&p->buffers, &at, &key, &value))
			if (path_below(root, key))
				fn(payload, key);
		if (p->silent && !p->gone)
			peers_each_line(slice_of(p->list), walk_open, &w);
	}
}
