/* notice.h - a sign for a person who looks elsewhere: the terminal's bell, or its notification (OSC 9) where a terminal is
 * known to have one, when a task is done or asks. By the setting "bell": "auto" only if the person has not touched the
 * keyboard for a while, "always", "off". Nothing is sent where the log is no terminal, or a dumb one, nor with --json
 * or -q. */
#ifndef EMEND_CLI_NOTICE_H
#define EMEND_CLI_NOTICE_H

#include "agent/cli/screen/term.h"

enum { NOTICE_AWAY_MS = 10000 };

struct notice {
	struct slice bell; /* "": off; borrowed */
	uint64_t seen_ms; /* when the person was last known to be there, on the clock of the loop */
};

/* words: ours, no text from outside. */
void notice_give(const struct notice *n, struct term *log, uint64_t now_ms, const char *words);
/* The person is there. */
void notice_seen(struct notice *n, uint64_t now_ms);

#endif
