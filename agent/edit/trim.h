/* trim.h - make a change as small as it can be. Internal to agent/edit. */
#ifndef EMEND_TRIM_H
#define EMEND_TRIM_H

#include "agent/edit/change.h"

/* Takes off what the replaced bytes and the new text have in common at head and tail. Never cuts
 * inside a code point or between '\r' and '\n', where an editor has no position. */
void change_trim(struct slice base, struct text_change *c);

#endif
