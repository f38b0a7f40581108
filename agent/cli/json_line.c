/* json_line.c - see json_line.h */
#include "agent/cli/json_line.h"

#include "protocol/base/limits.h"

struct jw *json_line_begin(struct json_line *l, const char *type)
{
	buf_init(&l->buf, LIMIT_LOG_EVENT_BYTES);
	jw_init(&l->w, &l->buf);
	jw_object(&l->w);
	jw_kcstr(&l->w, "type", type);
	return &l->w;
}

/* An object that is too long is left out as a whole: half a line of JSON would break every
 * reader. */
void json_line_end(struct json_line *l, struct term *t)
{
	jw_end(&l->w);
	buf_putc(&l->buf, '\n');
	if (!l->buf.full)
		term_raw(t, buf_slice(&l->buf));
	buf_release(&l->buf);
}
