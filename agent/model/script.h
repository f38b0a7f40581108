/* script.h - the file behind "scripted:FILE": what the model says, one JSON object a line.
 *
 * Blank lines and lines that begin with '#' are skipped. Every other line is one assistant turn:
 *   {"thinking": text, "text": text, "calls": [{"name": text, "input": object}],
 *    "usage": {"input", "cache_read", "cache_write", "output"},
 *    "stop": "end", "tool", "length", "refusal",
 *    "pause" or "context", "delay_ms": before the turn, "chunk_ms": between words, "hang": true,
 *    "error": {"code": "provider", "message": text},
 *    "expect": text or [texts] that must occur in what the user or the tools said last}
 * A turn has at least one of text, calls, error and hang. Unknown keys are errors. */
#ifndef EMEND_SCRIPT_H
#define EMEND_SCRIPT_H

#include "agent/model/model.h"

enum { SCRIPT_BYTES = 16 * 1024 * 1024, SCRIPT_MAX_MS = 60 * 60 * 1000 };

struct script_turn {
	uint32_t line; /* in the file, from 1 */
	struct slice thinking, text;
	struct block *calls; /* name and text (arguments); no id */
	size_t n_calls;
	struct slice *expect;
	size_t n_expect;
	struct usage usage;
	bool has_usage, has_stop, hang;
	enum stop_reason stop;
	uint64_t delay_ms, chunk_ms;
	struct err error; /* ERR_NONE: none */
};

struct script {
	struct slice path;
	struct script_turn *turns;
	size_t n;
};

/* Parses a whole file's text. Memory: the arena; text must live as long. ERR_PROVIDER names
 * file, line and key. */
NODISCARD bool script_parse(struct script *s, struct arena *a, struct slice path, struct slice text,
			    struct err *err);
/* Does the end of the transcript (all that was said since the model's last turn) hold what the
 * turn expects? ERR_PROVIDER names file, line and what is missing. */
NODISCARD bool script_check(const struct script *s, const struct script_turn *turn,
			    const struct transcript *t, struct err *err);

#endif
