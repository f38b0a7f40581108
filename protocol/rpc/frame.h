/* frame.h - where does one message end and the next begin?
 *
 * FRAME_HEADERS is the LSP base protocol: `Content-Length: N`, maybe other headers, an empty line,
 * N bytes. FRAME_LINES is one message a line. The reader takes bytes in pieces of any size, and
 * gives one body at a time. Once it failed it stays failed: where the next message begins cannot
 * be known any more, so the connection ends.
 *
 * A body over the limit need not end it: its length was announced, so it can be passed over without
 * being kept (frame_skip_long), and its outline given instead. */
#ifndef EMEND_RPC_FRAME_H
#define EMEND_RPC_FRAME_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/rpc/skim.h"

enum frame_mode { FRAME_HEADERS, FRAME_LINES };

enum frame_result {
	FRAME_MORE, /* *in is used up; feed more */
	FRAME_BODY, /* *body is one whole message; call again for the rest of *in */
	FRAME_LONG, /* a message was too long; *body is its outline (skim.h); call again as well */
	FRAME_FAIL, /* *err says why; it will not get better */
};

struct frame {
	enum frame_state { FRAME_IN_HEADER, FRAME_IN_BODY, FRAME_IN_LONG, FRAME_FAILED } state;
	enum frame_mode mode;
	size_t max_body;    /* bytes */
	bool skip_long;	    /* a longer body is passed over */
	uint64_t body_len;  /* of the message whose header was read */
	uint64_t passed;    /* bytes of it that were passed over */
	struct skim skim;   /* of a body that is passed over */
	bool have_len;	    /* a Content-Length was seen in this header block */
	size_t header_used; /* bytes of this header block, lines that were taken included */
	struct buf line;    /* the piece of a header line that came so far */
	struct buf body;    /* the piece of a body that came so far */
	bool given;	    /* `body` was given out: it is cleared by the next call */
};

/* max_body is at most LIMIT_MESSAGE_BYTES. */
void frame_init(struct frame *f, enum frame_mode mode, size_t max_body);
void frame_release(struct frame *f);
/* From now on a body of more than max_body bytes is passed over, up to a length that nobody can mean
 * (1 TiB). Only for FRAME_HEADERS: a line has no length to rely on. */
void frame_skip_long(struct frame *f);
/* Takes bytes off the front of *in. A body is borrowed: from *in's memory where it came in one
 * piece, else from the frame, until the next call. It may be empty: that is no message, but framing
 * holds. Empty lines between messages are skipped in FRAME_LINES. ERR_INVALID (the header),
 * ERR_TOO_LARGE (header or body). */
enum frame_result frame_next(struct frame *f, struct slice *in, struct slice *body,
			     struct err *err);
/* True between two messages, where the end of the stream is clean. */
bool frame_idle(const struct frame *f);

enum { FRAME_HEADER_MAX = 48 }; /* bytes that frame_header() needs at most */
/* Writes what stands before a body of `len` bytes; returns its length, 0 for FRAME_LINES.
 * (A line must be ended by the caller with '\n'.) */
size_t frame_header(enum frame_mode mode, size_t len, char out[FRAME_HEADER_MAX]);

#endif
