/* sse.h - server-sent events: bytes in, in any split; events out. Pure.
 *
 * Lines end in LF, CRLF or CR, mixed. One BOM at the start is dropped. Comment lines are dropped
 * (any byte is a sign of life, so idle timers live below this). Several data lines are joined
 * with a newline; id, retry and unknown fields are ignored; an event without data is not
 * dispatched. Limit: LIMIT_SSE_LINE_BYTES for a line, and for all data of one event. */
#ifndef EMEND_SSE_H
#define EMEND_SSE_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

/* event is "" if the stream named none. Borrowed for the time of the call. false: stop reading. */
typedef bool sse_event_fn(void *payload, struct slice event, struct slice data);

struct sse {
	struct buf line, event, data;
	sse_event_fn *fn;
	void *payload;
	bool after_cr; /* the next byte, if LF, belongs to the last line end */
	bool started;  /* the first line is complete: no BOM any more */
	bool has_data;
	bool stopped;
};

void sse_init(struct sse *s, sse_event_fn *fn, void *payload);
void sse_release(struct sse *s);
/* ERR_TOO_LARGE: a limit was passed. After fn said stop, bytes are ignored and true is returned. */
NODISCARD bool sse_feed(struct sse *s, struct slice bytes, struct err *err);
/* The stream came to its end: takes an unfinished last line, and dispatches what is pending. */
NODISCARD bool sse_end(struct sse *s, struct err *err);

#endif
