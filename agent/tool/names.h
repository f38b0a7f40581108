/* names.h - the names that models know from other agents: of tools and of their arguments.
 *
 * Models are trained on several tool sets and mix them up. What plainly means the same is understood;
 * what nobody knows is an error that names the right word, as an argument that is ignored in silence
 * gives a result that looks right and is not. */
#ifndef EMEND_TOOL_NAMES_H
#define EMEND_TOOL_NAMES_H

#include "protocol/base/arena.h"
#include "protocol/json/json.h"

/* Our name of a tool that is called `bash` or `Grep` elsewhere; NULL: not known. Case does not count. */
const char *tool_name_of(struct slice name);
/* "; for this there is run_command", or "": the end of the sentence that a tool is not known. */
struct slice tool_name_hint(struct slice name, struct arena *a);

/* *out: the object with our names of the arguments, in new text where something changed; both in the
 * arena. ERR_INVALID: an argument that the tool does not take; names it, and what it takes. */
NODISCARD bool tool_arguments(const char *tool, struct json in, struct arena *a, struct json *out,
			      struct slice *text, struct err *err);
/* "path, start_line and line_count": what a tool takes. */
struct slice tool_argument_list(const char *tool, struct arena *a);

#endif
