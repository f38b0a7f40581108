/* output.h - what one command prints: its beginning and its end for the answer, the first
 * LIMIT_OUTPUT_LOG_BYTES of a long one in a file without a name. */
#ifndef EMEND_RUNNER_OUTPUT_H
#define EMEND_RUNNER_OUTPUT_H

#include "protocol/base/buf.h"

struct output {
	struct buf head, tail; /* tail: at most twice what is given of it, cut at the end */
	uint64_t total;	       /* bytes that came */
	bool keeps;	       /* a long one is to lie in a file */
	int file;	       /* -1: it is short so far, or there is no file */
	uint64_t in_file;
};

void output_init(struct output *o, bool keeps);
void output_add(struct output *o, struct slice s);
bool output_truncated(const struct output *o);
/* The beginning and the end, within LIMIT_OUTPUT_BYTES, and between them how much is missing. */
void output_text(const struct output *o, struct buf *out);
void output_release(struct output *o);

#endif
