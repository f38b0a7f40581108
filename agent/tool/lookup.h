/* lookup.h - what the tools share that ask the editor's language servers (host_ops.lookup). */
#ifndef EMEND_TOOL_LOOKUP_H
#define EMEND_TOOL_LOOKUP_H

#include "agent/tool/tool.h"

/* The question is in r->ask until done(), with the run as its payload, clears it. */
void lookup_ask(struct tool_run *r, const struct lookup *q, lookup_cb *done);
/* An absolute path as the model names it: relative to the workspace, or as it is outside. False: a rule
 * keeps the file from the model. */
NODISCARD bool lookup_name(struct tool_run *r, struct slice path, struct slice *name);
/* A copy of the items in the run's arena, by path and then by place. */
struct lookup_item *lookup_sorted(struct tool_run *r, const struct lookup_result *result);

/* An edit was made: finishes the run with this result, and below it the problems that the editor then
 * shows in those of these files (relative paths; they live as long as the run) that somebody checks. */
void diagnostics_after(struct tool_run *r, const struct slice *paths, size_t n, struct slice result,
		       struct slice summary);

#endif
