/* text_calls.h - calls of tools that a model wrote into its text, since its server knows no better: local
 * servers whose template or parser does not fit the model. Pure. */
#ifndef EMEND_TEXT_CALLS_H
#define EMEND_TEXT_CALLS_H

#include "protocol/base/arena.h"

struct text_call {
	struct slice name, arguments; /* arguments: a JSON object */
};

enum { TEXT_CALLS_MAX = 16 };

/* Forms: <tool_call>{"name": ..., "arguments": {...}}</tool_call>, [TOOL_CALLS][{...}], <function=NAME>
 * <parameter=KEY>VALUE</parameter></function>, and a text that is, fences aside, nothing but one such object
 * or a list of them. How many were found; *rest is the text without them. Memory: the arena. */
size_t text_calls(struct arena *a, struct slice text, struct text_call out[TEXT_CALLS_MAX],
		  struct slice *rest);

#endif
