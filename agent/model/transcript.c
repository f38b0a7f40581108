/* transcript.c - see transcript.h */
#include "agent/model/transcript.h"

enum { FIRST_TURNS = 16 };

void transcript_add(struct transcript *t, struct arena *a, const struct turn *turn)
{
	if (t->n == t->cap) { /* doubling: the old arrays together are smaller than the last one */
		size_t cap = t->cap ? t->cap * 2 : FIRST_TURNS;
		struct turn *turns = arena_array(a, cap, sizeof(*turns));

		if (t->n > 0)
			memcpy(turns, t->turns, t->n * sizeof(*turns));
		t->turns = turns;
		t->cap = cap;
	}
	t->turns[t->n++] = *turn;
}
