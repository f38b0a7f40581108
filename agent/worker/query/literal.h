/* literal.h - a text that every match of a regular expression must hold.
 *
 * Looking for it by memmem() settles most files of a search at once: the regular expression, the
 * check of the encoding and the count of lines are for the few that have it. */
#ifndef EMEND_WORKER_LITERAL_H
#define EMEND_WORKER_LITERAL_H

#include "protocol/base/buf.h"

/* The longest such text that a simple reading of the pattern finds, as ASCII bytes into *out; empty
 * if there is none, or where the pattern uses anything unusual. The pattern must be valid, and
 * matched with case. plain: it is no regular expression. */
void literal_of(struct slice pattern, bool plain, struct buf *out);

#endif
