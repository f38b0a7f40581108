/* map.c - see map.h
 *
 * Linear probing over a power of two. A removed key stays as a tombstone (key without a value), as
 * the probe must go on behind it; grow() throws tombstones away, so a map that is filled and
 * emptied again and again does not grow. At most three quarters of the slots are used, so each
 * probe ends. */
#include "protocol/base/map.h"

#include <stdlib.h>

#include "protocol/base/mem.h"

struct map_slot {
	char *key; /* NULL: never used */
	size_t len;
	void *value; /* NULL: removed */
};

void map_init(struct map *m, uint64_t seed)
{
	*m = (struct map){ .seed = seed };
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		free(m->slots[i].key);
	free(m->slots);
	*m = (struct map){ .seed = m->seed };
}

static uint64_t hash(uint64_t seed, struct slice s) /* with a finalizer */
{
	uint64_t h = slice_hash(seed ^ SLICE_HASH, s);

	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* The slot of the key, or the free slot where it would go. The table is never full. */
static struct map_slot *find(const struct map *m, struct slice key)
{
	size_t i = hash(m->seed, key) & (m->cap - 1);
	struct map_slot *s = &m->slots[i];

	while (s->key && !slice_eq(slice_make(s->key, s->len), key)) {
		i = (i + 1) & (m->cap - 1);
		s = &m->slots[i];
	}
	return s;
}

/* Twice the size if many keys live; the same size if most of it is tombstones. */
static void grow(struct map *m)
{
	struct map old = *m;

	m->cap = m->live * 4 < 16 ? 16 : old.live * 2 >= old.cap / 2 ? old.cap * 2 : old.cap;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	m->used = m->live;
	for (size_t i = 0; i < old.cap; i++) {
		struct map_slot *s = &old.slots[i];

		if (s->key && s->value)
			*find(m, slice_make(s->key, s->len)) = *s;
		else
			free(s->key);
	}
	free(old.slots);
}

/* A tombstone of the same key is used again, so `used` does not change. */
void *map_put(struct map *m, struct slice key, void *value)
{
	struct map_slot *s;
	void *old;

	if (m->cap == 0 || m->used * 4 >= m->cap * 3)
		grow(m);
	s = find(m, key);
	old = s->value;
	if (!s->key) {
		s->key = xslicedup(key);
		s->len = key.len;
		m->used++;
	}
	if (!old)
		m->live++;
	s->value = value;
	return old;
}

void *map_get(const struct map *m, struct slice key)
{
	return m->cap ? find(m, key)->value : NULL;
}

void *map_remove(struct map *m, struct slice key)
{
	struct map_slot *s = m->cap ? find(m, key) : NULL;
	void *old = s ? s->value : NULL;

	if (old) {
		s->value = NULL;
		m->live--;
	}
	return old;
}

bool map_next(const struct map *m, size_t *at, struct slice *key, void **value)
{
	for (; *at < m->cap; ++*at) {
		struct map_slot *s = &m->slots[*at];

		if (!s->value)
			continue;
		*key = slice_make(s->key, s->len);
		*value = s->value;
		++*at;
		return true;
	}
	return false;
}
