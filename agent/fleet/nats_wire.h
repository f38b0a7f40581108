/* nats_wire.h - the text protocol of NATS, the side of a client: bytes to operations. Pure, for any bytes in any pieces.
 *
 *   INFO {json}\r\n   PING\r\n   PONG\r\n   +OK\r\n   -ERR 'text'\r\n
 *   MSG subject sid [reply] bytes\r\n payload \r\n
 *   HMSG subject sid [reply] header-bytes all-bytes\r\n header payload \r\n */
#ifndef EMEND_FLEET_NATS_WIRE_H
#define EMEND_FLEET_NATS_WIRE_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

enum {
	NATS_LINE_MAX = 64 * 1024,	     /* INFO of a large cluster */
	NATS_PAYLOAD_MAX = 64 * 1024 * 1024, /* what a server can be set up for at most */
	NATS_SUBJECT_MAX = 256,
};

enum nats_op { NATS_INFO, NATS_PING, NATS_PONG, NATS_OK, NATS_ERR, NATS_MSG };

struct nats_msg { /* borrowed for the call */
	enum nats_op op;
	struct slice text;	     /* INFO, -ERR: what follows the word */
	struct slice subject, reply; /* reply: "": nobody waits */
	struct slice header;	     /* "NATS/1.0 ...\r\n" with its end; "": none */
	struct slice payload;
	uint64_t sid;
};

/* False: no more is wanted, the wire is gone. */
typedef bool nats_msg_fn(void *payload, const struct nats_msg *m);

/* `in` is owned: what came and is no whole operation yet. */
struct nats_wire {
	struct buf in;
	nats_msg_fn *fn;
	void *payload;
	size_t need; /* bytes of `in` before it is worth to look again; 0: a line */
};

void nats_wire_init(struct nats_wire *w, nats_msg_fn *fn, void *payload);
void nats_wire_release(struct nats_wire *w);
/* ERR_INVALID: this is no NATS; ERR_TOO_LARGE. Then nothing more can be read. */
NODISCARD bool nats_wire_feed(struct nats_wire *w, struct slice bytes, struct err *err);

/* The value of a header, without white space around it; "": there is none. Names in any case. */
struct slice nats_header(struct slice header, const char *name);
/* The status of its first line, as 503 of a request that nobody listens to; 0: none. */
unsigned nats_header_status(struct slice header);

/* Letters, digits, '-' and '_', not empty: a word of a subject that nobody can take for more than one. */
bool nats_is_word(struct slice s);
/* Can be published to: no white space, no wildcard. */
bool nats_is_subject(struct slice s);

#endif
