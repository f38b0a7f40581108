/* reply.h - one try's answer as it arrives, in the terms of no provider.
 *
 * A dialect opens blocks by the server's index, appends to them, and closes them with the raw
 * JSON that must be replayed. reply_turn() makes the turn of it. Limits: LIMIT_TURN_BYTES in
 * all, LIMIT_TOOL_ARGS_BYTES for a call's arguments, REPLY_BLOCKS blocks; passing one is FAIL_LIMIT. */
#ifndef EMEND_REPLY_H
#define EMEND_REPLY_H

#include "agent/model/failure.h"
#include "agent/model/model.h"
#include "protocol/base/buf.h"
#include "protocol/json/json.h"

enum { REPLY_BLOCKS = 1024 };

struct reply_block {
	enum block_kind kind;
	int64_t index; /* the server's number for it */
	struct slice id, name;
	struct slice start; /* the server's first JSON of it, for kinds that are replayed raw */
	struct slice raw;   /* empty: the normalised form is all there is */
	struct buf text;    /* text, thinking, or arguments */
	struct buf extra;   /* dialect's own: signature, citations */
	bool closed;
};

struct reply {
	struct arena arena;
	struct reply_block *blocks;
	size_t n, cap;
	/* of all texts of the reply, against LIMIT_TURN_BYTES */
	size_t bytes;
	struct usage usage;
	enum stop_reason stop;
	struct slice stop_detail, response_id;
	bool cut_call;
	bool complete; /* the terminal event came */
	bool stopped;  /* the server gave a reason to stop: a clean end now completes the reply */
	bool refused;  /* the model said no in a block of its own */
	/* who hears of the text as it comes; borrowed from the call; may be NULL */
	const struct model_callbacks *sink;
	void *payload;
};

void reply_init(struct reply *r, const struct model_callbacks *sink, void *payload);
void reply_release(struct reply *r);
/* Has the provider begun to answer? From then on the call is paid for. */
bool reply_began(const struct reply *r);
/* An event that is no JSON: ignored if it is of a kind that is not `known` (servers add such), else
 * FAIL_PROTOCOL; FAIL_FOREIGN where a page of HTML came instead of an answer. */
NODISCARD bool reply_strange(const struct reply *r, bool known, struct slice data,
			     struct failure *f);
/* An id for a call that came without one, unlike any other of the session. Memory: r->arena. */
struct slice reply_make_id(struct reply *r, size_t number);
/* NULL: a limit was passed. The block is borrowed until the next reply_open(). */
struct reply_block *reply_open(struct reply *r, enum block_kind kind, int64_t index,
			       struct failure *f);
struct reply_block *reply_find(struct reply *r, int64_t index); /* NULL if there is none */
/* Appends to the block's text; text and thinking are shown at once. */
NODISCARD bool reply_text(struct reply *r, struct reply_block *b, struct slice text,
			  struct failure *f);
/* The same with a JSON string; what is none is "". b NULL: false, for reply_open() has said why. */
NODISCARD bool reply_add(struct reply *r, struct reply_block *b, struct json v, struct failure *f);
/* A JSON string that lives as long as the reply; for short ones. */
struct slice reply_keep(struct reply *r, struct json v);
/* Do these arguments of a call read as a JSON object? */
bool reply_is_object(struct slice args);
NODISCARD bool reply_extra(struct reply *r, struct reply_block *b, struct slice extra,
			   struct failure *f);
/* The server's reason to stop. No string: there is none yet. One that is not in the table is STOP_OTHER with
 * its text as the detail, which a refusal keeps too. */
struct stop_row {
	const char *text;
	enum stop_reason stop;
};
void reply_stop(struct reply *r, struct json reason, const struct stop_row *rows, size_t n);
/* A number of tokens; what is none changes nothing. */
void reply_count(struct json v, uint64_t *out);
/* The uncached part of a prompt whose number counts what the cache held and what was put into it. */
void reply_prompt(struct reply *r, uint64_t prompt);
/* The complete reply as a turn said by `model`; derives STOP_TOOL and cut_call. Arguments of a call
 * that are no JSON object become one with the member CALL_NOT_JSON. Memory: r->arena. */
void reply_turn(struct reply *r, struct slice model, struct turn *out);

#endif
