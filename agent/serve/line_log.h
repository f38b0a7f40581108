/* line_log.h - lines to a descriptor without waiting for it: a reader that stands still must not stop the service. Lines
 * that find no room are counted, and the count is told when there is room again. */
#ifndef EMEND_SERVE_LINE_LOG_H
#define EMEND_SERVE_LINE_LOG_H

#include <uv.h>

#include "protocol/base/buf.h"
#include "protocol/json/write.h"

enum { LINE_LOG_BYTES = 4 * 1024 * 1024 };

struct line_log {
	uv_loop_t *loop;
	int fd; /* borrowed; -1: nothing is written */
	struct buf waiting, writing;
	size_t written; /* of `writing` */
	uint64_t lost;
	bool busy, closed;
	uv_fs_t write;
};

void line_log_init(struct line_log *l, uv_loop_t *loop, int fd);
/* A line that is a JSON object: begins it with time (seconds) and level; the caller adds to it and ends it, in any case. */
void line_log_begin(struct jw *w, struct buf *b, const char *level);
void line_log_end(struct line_log *l, struct jw *w, struct buf *b);
/* Nothing more is taken; what waits is still written, as the loop runs on. l lives as long as the loop. */
void line_log_close(struct line_log *l);

#endif
