/* progress.h - the progress of one task in the editor's own display.
 *
 *   CREATING --the editor agreed--> ACTIVE --progress_end()--> ENDED, freed
 *      |  the editor refused            (begin, report*, end)
 *      +------------------------> OFF ----progress_end()-----> ENDED, freed
 *
 * Nothing is sent for a token before the editor agreed to it. Reports go out at most once per
 * LIMIT_PROGRESS_INTERVAL_MS; what comes in between waits, and the latest wins. The timer runs only
 * while something waits. */
#ifndef EMEND_LSP_PROGRESS_H
#define EMEND_LSP_PROGRESS_H

#include <uv.h>

#include "lsp/editor/client.h"
#include "protocol/rpc/conn.h"

struct progress;

struct progress_options {
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	struct json token;  /* the client's own workDoneToken; missing: one is created */
	struct slice title; /* copied */
};

/* NULL if the editor shows no progress: everything below takes that too. */
struct progress *progress_start(const struct progress_options *o);
void progress_report(struct progress *p, struct slice message);
/* The last word; p is gone for the caller. */
void progress_end(struct progress *p, struct slice message);
bool progress_has_token(const struct progress *p, struct json token);

#endif
