/* visible.h - text as a person must see it who is asked about it.
 *
 * What is shown for approval has to be what will run or be written. So nothing is left out, and
 * nothing is drawn in a way that hides or reorders what stands beside it: control characters are
 * written as "^M", bytes that are no UTF-8 as "<FF>", characters that cannot be seen or that turn
 * the direction of text as "<U+202E>", and a long run of blanks, which pushes the rest out of
 * sight, as "<2200 blanks>". */
#ifndef EMEND_VISIBLE_H
#define EMEND_VISIBLE_H

#include "protocol/base/buf.h"

/* Appends one line; `line` holds no line feed. The result is at most 8 times as long. */
void visible_line(struct buf *out, struct slice line);
/* Appends all lines, each but the last followed by `line_end`. A last empty line is not there. */
void visible_text(struct buf *out, struct slice text, const char *line_end);

/* Is drawn as nothing, or changes how its neighbours are drawn: C1 controls, zero width, direction
 * marks, line and paragraph separators. */
bool visible_is_trick(uint32_t cp);
/* May a new file have this name? No controls, no tricks, valid UTF-8; else *bad is the first code
 * point that is wrong (the byte, where it is no UTF-8). */
bool visible_name(struct slice name, uint32_t *bad);
/* How many columns of a terminal the code point takes: 0, 1 or 2. An estimate that is rather too
 * large: for wrapping. */
unsigned visible_columns(uint32_t cp);
/* The columns of a whole text; and how many of its bytes fit `columns`, never half a character. */
unsigned visible_width(struct slice s);
size_t visible_fit(struct slice s, unsigned columns);

#endif
