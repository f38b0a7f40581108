/* wrap.h - another language server behind ours, for editors that run one server for a buffer.
 *
 *   editor <== our connection ==> emend lsp <== another connection, over pipes ==> the wrapped server
 *
 * Every message that is not for us goes on as the very bytes that came, with the id that it has. What both
 * know is asked there under an id of ours, and joined (join.h, and merge.h for initialize). The ids of our
 * own requests, on both connections, begin as nobody else's do.
 *
 *   STARTING --initialize answered--> RUNNING --the editor leaves--> LEAVING --it has ended--> GONE
 *      '------------- it ends by itself, or could not be started -------------------------------^
 *
 * When it has ended by itself the user is told once. What the editor waits for is answered with an error
 * then, and whatever comes later with null, which editors take in silence; our own part goes on. */
#ifndef EMEND_LSP_WRAP_H
#define EMEND_LSP_WRAP_H

#include "agent/base/runq.h"
#include "lsp/editor/messages.h"
#include "lsp/wrap/noted.h"
#include "protocol/rpc/conn.h"

struct wrap;

/* What it announced: kept also when it is gone. */
enum wrap_feature {
	WRAP_CODE_ACTION = 1 << 0,
	WRAP_CODE_LENS = 1 << 1,
	WRAP_REFERENCES = 1 << 2,
	WRAP_DEFINITION = 1 << 3,
	WRAP_RENAME = 1 << 4,
	WRAP_OPEN_CLOSE = 1 << 5, /* it wants didOpen and didClose */
	WRAP_CHANGE = 1 << 6,	  /* and didChange */
	WRAP_FOLDERS = 1 << 7,	  /* and changes of the workspace folders */
};

struct wrap_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct conn *editor;
	struct messages *messages;
	struct documents *documents;
	const char *ids;   /* of our requests: see conn_options */
	char *const *argv; /* NULL-terminated; must outlive it */
};

/* Where it cannot be started it is gone from the start, and that is told as a crash is. */
struct wrap *wrap_start(const struct wrap_options *o);
void wrap_free(struct wrap *w); /* the loop has run out; NULL is fine, as everywhere here */

/* conn_handlers.relay of the editor's connection. */
bool wrap_relay(struct wrap *w, struct slice body, const struct message *m);
/* Output of the editor's connection was written: the wrapped server is read again if it had to wait. */
void wrap_editor_read(struct wrap *w);

bool wrap_starts(const struct wrap *w); /* initialize can be asked */
bool wrap_runs(const struct wrap *w);	/* all else can */
bool wrap_has(const struct wrap *w, enum wrap_feature f);
/* For calls to it, while wrap_runs(); their deadlines are of the loop's clock. */
struct conn *wrap_conn(struct wrap *w);
struct noted *wrap_noted(struct wrap *w);

/* The editor's initialize was answered with this result of it; missing: it failed. */
void wrap_initialized(struct wrap *w, struct json result);
/* The editor leaves: it is told so, and has a second to end. */
void wrap_leave(struct wrap *w);

#endif
