/* transcript.c - see transcript.h */
#include "agent/model/transcript.h"

enum { FIRST_TURNS = 16 };

const char *block_kind_name(enum block_kind kind)
{
	static const char *const names[] = { "text", "thinking", "call", "result", "other" };

	return names[kind];
}

struct turn turn_dup(struct arena *a, const struct turn *from)
{
	struct turn to = { .role = from->role,
			   .model = arena_dup(a, from->model),
			   .n_blocks = from->n_blocks };

	to.blocks = arena_array(a, from->n_blocks + 1, sizeof(*to.blocks));
	for (size_t i = 0; i < from->n_blocks; i++) {
		const struct block *b = &from->blocks[i];

		to.blocks[i] = (struct block){ .kind = b->kind,
					       .is_error = b->is_error,
					       .text = arena_dup(a, b->text),
					       .id = arena_dup(a, b->id),
					       .name = arena_dup(a, b->name),
					       .raw = arena_dup(a, b->raw) };
	}
	return to;
}

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
