/* lookup.h - what language servers know: one behind ours (wrap/wrap.h), or the editor's, through our plugin.
 *
 *   emend/diagnostics {uri?} -> {files: [{uri, diagnostics}], pending?}   what the editor shows, whoever
 *	said it: a file that nobody checks is not among the files. pending: a server has not told yet
 *	what it thinks of the text of now.
 *   emend/lookup {lookup, method, params, characters} -> {results: [{result, encoding}]}, or {pending: true}
 *	and then the notification emend/found {lookup, results}. The plugin passes method and params on to
 *	each server of the buffer. As servers count differently, the character of the position is
 *	given in each encoding, and each result says in which it counts.
 *
 *   SENT --results, or diagnostics that are current--> done(), freed
 *    | ^ '--{pending: true} of a lookup--> PENDING --emend/found, or the deadline--> done()
 *    | '---LIMIT_... later---.
 *    '--diagnostics pending--> AGAIN (until the deadline: what is there is taken then) */
#ifndef EMEND_LSP_LOOKUP_H
#define EMEND_LSP_LOOKUP_H

#include <uv.h>

#include "agent/host.h"
#include "lsp/editor/client.h"
#include "lsp/editor/edits.h"
#include "lsp/editor/folders.h"
#include "protocol/rpc/conn.h"

struct wrap;

struct lookups {
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	const struct edits *edits; /* finds documents */
	const struct folders *folders;
	struct wrap
		*wrap;	  /* a server behind ours is asked before the editor; NULL: there is none */
	struct list open; /* that are not answered */
	uint64_t next_id;
};

void lookups_init(struct lookups *l, uv_loop_t *loop, struct conn *conn,
		  const struct client *client, const struct edits *edits,
		  const struct folders *folders);
/* See host_ops. */
bool lookups_know(const struct lookups *l, enum lookup_kind kind);
struct host_ask *lookups_ask(struct lookups *l, const struct lookup *q, lookup_cb *done,
			     void *payload);
void lookups_found(struct lookups *l, struct json params, struct arena *a); /* emend/found */

#endif
