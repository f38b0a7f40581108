/* shown.h - Markdown reports, on the user's screen: as files, or as virtual `emend:` documents
 * where the editor takes those. Our own plugins open them by themselves, beside the user's code:
 * they are told by emend/show {taskId?, title, uri}. */
#ifndef EMEND_LSP_SHOWN_H
#define EMEND_LSP_SHOWN_H

#include <uv.h>

#include "lsp/editor/messages.h"

enum { SHOWN_REPORTS = 64 }; /* virtual documents that can still be read; the oldest go first */

struct shown {
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	struct messages *messages;
	char *uri[SHOWN_REPORTS], *path[SHOWN_REPORTS]; /* of the virtual ones; a ring */
	unsigned next;
};

void shown_init(struct shown *s, uv_loop_t *loop, struct conn *conn, const struct client *client,
		struct messages *messages);
void shown_release(struct shown *s);
/* Opens the file in the editor, which can show documents; `done` gets its reply. */
struct rpc_call *shown_open(struct shown *s, struct slice path, rpc_done_cb *done, void *payload);
/* task: the id of the task whose report it is; may be empty. */
void shown_report(struct shown *s, struct slice task, struct slice path, struct slice title);
/* The file behind a virtual document; NULL if it is none of ours. Borrowed. */
const char *shown_path(const struct shown *s, struct slice uri);

#endif
