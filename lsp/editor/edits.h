/* edits.h - changes to open documents, through the editor, each proved by what the editor reports.
 *
 * A reply `applied: true` proves nothing: editors say so for edits that they dropped, or that the
 * user declined. The proof is a didChange whose text is the text that was meant.
 *
 * But its absence proves nothing either: eglot 1.17, once the user has answered a question in the
 * minibuffer, sends its didChange only after the next key, and nothing that a server may send makes
 * it do so earlier. So the user is asked for a key there, and the edit waits as long as a question
 * does; other editors get LIMIT_EDIT_CONFIRM_MS, Neovim none, which always tells within 150 ms.
 * What did not come by then is called "not confirmed", never "not made".
 *
 *   SENT --answered--> PROVING --seen, or: refused and it is another text--> DONE: done(), freed
 *    |                     | LIMIT_EDIT_VERIFY_MS                             ^
 *    |                     +--it may come late--> CONFIRMING --seen, or late--+
 *    |                     +--it may not--------------------------------------+
 *    +--seen, closed (no answer within LIMIT_CLIENT_REPLY_MS is a refusal)----+
 */
#ifndef EMEND_LSP_EDITS_H
#define EMEND_LSP_EDITS_H

#include <uv.h>

#include "agent/base/runq.h"
#include "agent/host.h"
#include "lsp/editor/client.h"
#include "lsp/editor/documents.h"
#include "lsp/editor/folders.h"
#include "lsp/editor/messages.h"
#include "protocol/rpc/conn.h"

/* `pending`: those that the editor was asked for; `given_up`: those that nobody waits for, and that
 * may still be made. */
struct edits {
	uv_loop_t *loop;
	struct runq *runq;
	struct conn *conn;
	const struct client *client;
	const struct documents *documents;
	const struct folders *folders;
	struct messages *messages;
	struct list pending;
	struct list given_up; /* that the editor may still make: the user is told if it does */
};

void edits_init(struct edits *e, uv_loop_t *loop, struct runq *runq, struct conn *conn,
		const struct client *client, const struct documents *documents,
		const struct folders *folders, struct messages *messages);
void edits_release(struct edits *e); /* none is pending */
/* The open document of an absolute, maybe resolved, path; NULL if there is none. */
struct document *edits_document(const struct edits *e, struct slice path);
/* Why the open document of this path is not known (document.lost); NULL: it is, or is not open. */
const char *edits_lost(const struct edits *e, struct slice path);
/* See host_ops.edit. */
struct host_ask *edits_apply(struct edits *e, const struct buffer_edit *edit, edit_cb *done,
			     void *payload);
/* The text of the document is another now: after each content change, and at its close. */
void edits_seen(struct edits *e, struct document *doc, bool closed);

#endif
