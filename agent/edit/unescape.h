/* unescape.h - undo what models do to text on its way into a tool call. Internal to agent/edit. */
#ifndef EMEND_UNESCAPE_H
#define EMEND_UNESCAPE_H

#include "protocol/base/arena.h"

/* In the order in which they are tried. */
enum artefact {
	ARTEFACT_NONE,
	ARTEFACT_FENCE,	   /* a Markdown code fence around the text */
	ARTEFACT_NUMBERS,  /* "N<TAB>" in front of each line, copied from read output */
	ARTEFACT_ESCAPES,  /* backslash escapes instead of line ends, tabs and quotes */
	ARTEFACT_ENTITIES, /* "&lt;" and the like */
	ARTEFACTS,
};
const char *artefact_note(enum artefact kind); /* "a code fence", ... */

/* false: the old text has no such artefact. true: *old and *new_text without it. */
bool unescape(struct arena *a, enum artefact kind, struct slice *old, struct slice *new_text);

#endif
