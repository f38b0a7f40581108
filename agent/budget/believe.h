/* believe.h - whether the tokens that a provider reports can be what a call used. Pure. */
#ifndef EMEND_BELIEVE_H
#define EMEND_BELIEVE_H

#include "agent/event.h"

/* Puts an estimate from the bytes where the report is missing or cannot be: a call that was sent has
 * a prompt, and what came back is no fewer tokens than its bytes need at the very least. More than the
 * estimate is believed: the provider bills what it says. u->estimated tells that something was put in.
 * sent: bytes of the request; received: bytes of text, thinking and arguments. */
void usage_believe(struct usage *u, uint64_t sent, uint64_t received, bool complete);

#endif
