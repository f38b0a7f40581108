/* json_line.h - one JSON object on one line of stdout. */
#ifndef EMEND_JSON_LINE_H
#define EMEND_JSON_LINE_H

#include "agent/cli/screen/term.h"
#include "protocol/json/write.h"

struct json_line {
	struct buf buf;
	struct jw w;
};

/* Begins the object with its `type`; add members with the writer. */
struct jw *json_line_begin(struct json_line *l, const char *type);
void json_line_end(struct json_line *l, struct term *t); /* prints it */

#endif
