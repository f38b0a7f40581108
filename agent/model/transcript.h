/* transcript.h - the conversation in a form that no provider owns. Append-only; every dialect
 * builds its request from it. A block keeps the provider's own JSON (`raw`) beside the
 * normalised form: the same provider and model get raw back, byte for byte; any other gets the
 * normalised form. */
#ifndef EMEND_TRANSCRIPT_H
#define EMEND_TRANSCRIPT_H

#include "agent/event.h"
#include "protocol/base/arena.h"

/* The only argument of a call whose arguments were no JSON object: they, as a string. */
#define CALL_NOT_JSON "_not_a_json_object"

struct image; /* agent/model/image.h */

enum block_kind {
	BLOCK_TEXT,	/* text */
	BLOCK_THINKING, /* text (may be empty), raw: opaque, signed */
	BLOCK_CALL,	/* id, name, text: arguments as JSON object text */
	BLOCK_RESULT,	/* id, name, text, is_error: answers a BLOCK_CALL */
	BLOCK_OTHER,	/* raw only: replayed unchanged */
};

/* One part of a turn. Which of the texts are set depends on the kind; the others are empty. */
struct block {
	enum block_kind kind;
	bool is_error;
	struct slice text, id, name;
	struct slice raw; /* JSON of the provider's block; empty if none */
	const struct image
		*image; /* of a text of the user or a result: shown behind it; NULL: none */
};

enum role { ROLE_USER, ROLE_ASSISTANT };

struct turn {
	enum role role;
	struct slice model; /* assistant: "anthropic/claude-...": who said it */
	struct block *blocks;
	size_t n_blocks;
};

struct transcript { /* memory: the arena that is passed in */
	struct turn *turns;
	size_t n, cap;
};

/* "text", "thinking", "call", "result", "other": as the log of a session has it. */
const char *block_kind_name(enum block_kind kind);
/* A copy whose texts are the arena's. Images are left out: no answer of a model has one. */
struct turn turn_dup(struct arena *a, const struct turn *from);
/* Appends a turn; the blocks' array and texts are borrowed and must live as long as the arena. */
void transcript_add(struct transcript *t, struct arena *a, const struct turn *turn);

#endif
