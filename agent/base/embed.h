/* embed.h - text files that are part of the program: prompts, and what the model is told of tools.
 *
 * They are kept as files, so that people can read and change them, and are built in by .ci/embed, so that
 * the program needs none of them at run time. */
#ifndef EMEND_BASE_EMBED_H
#define EMEND_BASE_EMBED_H

#include "protocol/base/slice.h"

struct embed {
	const char *name; /* the file's own, without its folder; NULL ends a table */
	const char *text; /* UTF-8, ends in NUL */
	size_t len;	  /* bytes, without the NUL */
};

extern const struct embed embed_prompts[]; /* agent/session/prompt/ */
extern const struct embed
	embed_schemas[]; /* agent/tool/schema/, agent/mcp/tools/, agent/exec/check/ */

/* The text of this file, which lives as long as the program; ptr NULL: there is none. */
struct slice embed_find(const struct embed *table, struct slice name);

#endif
