/* prune.h - keep the history of file contents below a size: the blobs of the oldest sessions go.
 *
 * Only blobs go, never a log: what a task did stays to be read, only its undo is over, and the log
 * says so (a "pruned" event). The newest PRUNE_KEEP sessions, sessions that are open, and those
 * with an unfinished change keep theirs whatever their size. */
#ifndef EMEND_PRUNE_H
#define EMEND_PRUNE_H

#include "agent/store/store.h"

enum { PRUNE_KEEP = 8, PRUNE_MS = 250 };

/* Stops after budget_ms milliseconds; it blocks. The next call goes on where it stopped, since the size of each
 * session is remembered beside it. max_bytes 0: no limit. Returns the number of bytes removed. */
uint64_t history_prune(struct slice state_dir, uint64_t max_bytes, uint64_t budget_ms);
/* The same on the store's thread; nobody waits for it. */
void history_prune_start(struct store *s, uint64_t max_bytes);

#endif
