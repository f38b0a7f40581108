/* map.h - a hash map from byte strings to pointers. Keys are copied, values are borrowed.
 * Open addressing with tombstones; the hash is seeded per map (give a random seed where a peer
 * chooses the keys), so that no peer can choose keys that collide. */
#ifndef EMEND_MAP_H
#define EMEND_MAP_H

#include "protocol/base/slice.h"

struct map {
	struct map_slot *slots;
	size_t cap, live, used; /* slots; used counts tombstones too */
	uint64_t seed;
};

void map_init(struct map *m, uint64_t seed);
void map_release(struct map *m);
/* Returns the value that stood there, or NULL. `value` is not NULL. */
void *map_put(struct map *m, struct slice key, void *value);
void *map_get(const struct map *m, struct slice key); /* NULL if absent */
void *map_remove(struct map *m, struct slice key);    /* the value, or NULL */
/* Iteration in no particular order: start with *at = 0; false at the end. No put while
 * iterating. */
bool map_next(const struct map *m, size_t *at, struct slice *key, void **value);

#endif
