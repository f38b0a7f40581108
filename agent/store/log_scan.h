/* log_scan.h - the lines of an event log, checked one by one against the hash chain. */
#ifndef EMEND_LOG_SCAN_H
#define EMEND_LOG_SCAN_H

#include "agent/base/sha256.h"
#include "protocol/base/err.h"

/* A line is TEXT,"hash":"64 hex digits"} and a line feed. */
enum { LOG_TAIL_BYTES = 9 + 64 + 2 };

struct log_scan {
	uint64_t lines; /* complete lines whose chain holds */
	uint64_t end;	/* bytes up to and with the last of them */
	uint64_t torn;	/* bytes behind it without a line feed: a write that was cut short */
	struct sha256_hex head; /* hash of the last line; zeros if there is none */
};

void log_scan_init(struct log_scan *s);
/* The hash that a line must carry: of the hash before it and the line's text up to `,"hash":`. */
struct sha256_hex log_chain(const struct sha256_hex *before, struct slice text);

/* Reads fd from its start to its end. fn (may be NULL) gets each good line, without its line feed;
 * if it returns false, reading stops and so does log_scan_read. ERR_INVALID names the first line
 * that does not fit the chain; *s then describes the good ones before it. `name`: for messages. */
typedef bool log_line_fn(void *payload, uint64_t number, struct slice line, struct err *err);
NODISCARD bool log_scan_read(struct log_scan *s, int fd, const char *name, log_line_fn *fn,
			     void *payload, struct err *err);

#endif
