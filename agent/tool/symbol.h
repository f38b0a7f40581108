/* symbol.h - a question about one symbol: where it stands, then what the language server says.
 *
 *   READING the file --the symbol is in the line--> ASKING --answered--> found() */
#ifndef EMEND_TOOL_SYMBOL_H
#define EMEND_TOOL_SYMBOL_H

#include "agent/tool/tool.h"

struct symbol {
	struct slice path, name; /* relative; as the model wrote it */
	int64_t line;		 /* from 1 */
	struct slice new_name;
	enum lookup_kind kind;
	/* The items are in the arena of the run, by path and place; there is at least one. */
	void (*found)(struct tool_run *r, const struct lookup_item *items, size_t n,
		      enum position_encoding e);
};

/* Reads path, line and symbol of the arguments, and asks. The symbol is r->state meanwhile. */
void symbol_start(struct tool_run *r, struct symbol *s);

#endif
