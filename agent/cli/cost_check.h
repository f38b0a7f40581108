/* cost_check.h - emend cost --check: does the ledger say what the logs say? */
#ifndef EMEND_COST_CHECK_H
#define EMEND_COST_CHECK_H

#include "agent/cli/command.h"

struct ledger;

/* One line for each session; frees the ledger. Returns the exit status: 1 if any of them differs. A session whose
 * task runs at this moment may differ: its call is in one of the two only. */
int cost_check(struct cli *c, struct slice state, struct ledger *ledger);

#endif
