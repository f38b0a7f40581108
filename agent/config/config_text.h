/* config_text.h - the text of a config file: JSON with comments. */
#ifndef EMEND_CONFIG_TEXT_H
#define EMEND_CONFIG_TEXT_H

#include "protocol/json/json.h"

/* Parses JSON in which // and block comments stand for white space. They are blanked out, not
 * removed, so that offsets and lines stay true. An empty text is an empty object. *clean gets the
 * text that *root refers to, in the arena. ERR_USAGE names file and line. */
NODISCARD bool config_text_parse(struct arena *a, const char *file, struct slice text,
				 struct slice *clean, struct json *root, struct err *err);
size_t config_text_line(struct slice text, size_t offset); /* 1-based */

#endif
