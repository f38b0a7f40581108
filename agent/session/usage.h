/* usage.h - what a call or a task used, as JSON members: the same in the log and in --json. */
#ifndef EMEND_USAGE_H
#define EMEND_USAGE_H

#include "agent/event.h"
#include "protocol/json/write.h"

/* Into the object that is open: input, cache_read, cache_write, output, reasoning (tokens), usd,
 * unpriced, estimated. */
static inline void usage_write(struct jw *w, const struct usage *u)
{
	jw_ki64(w, "input", (int64_t)u->input);
	jw_ki64(w, "cache_read", (int64_t)u->cache_read);
	jw_ki64(w, "cache_write", (int64_t)u->cache_write);
	jw_ki64(w, "output", (int64_t)u->output);
	jw_ki64(w, "reasoning", (int64_t)u->reasoning);
	jw_kf64(w, "usd", u->usd);
	jw_kbool(w, "unpriced", u->unpriced);
	jw_kbool(w, "estimated", u->estimated);
}

#endif
