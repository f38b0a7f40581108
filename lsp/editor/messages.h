/* messages.h - one-line texts for the user, made fit for the editor that shows them.
 *
 * Before `initialized` nothing may be sent: messages wait. */
#ifndef EMEND_LSP_MESSAGES_H
#define EMEND_LSP_MESSAGES_H

#include "lsp/editor/client.h"
#include "protocol/lsp/types.h"
#include "protocol/rpc/conn.h"

struct messages {
	struct conn *conn;
	const struct client *client;
	bool ready;
	struct buf waiting; /* lines "TYPE METHOD-LETTER text" */
};

enum { MESSAGE_SHOWN_BYTES = 600 };

void messages_init(struct messages *m, struct conn *conn, const struct client *client);
void messages_release(struct messages *m);
void messages_ready(struct messages *m); /* sends what waits, and from now on at once */

void messages_show(struct messages *m, enum lsp_message_type type, const char *fmt, ...)
	PRINTF(3, 4);
void messages_log(struct messages *m, enum lsp_message_type type, const char *fmt, ...)
	PRINTF(3, 4);

/* Text as this editor can show it: valid UTF-8, one line, no control characters, at most max bytes
 * ("…" where it was cut), no link of Markdown, and no '%' where the editor would take it for a
 * format. */
struct slice shown_text(struct arena *a, const struct client *client, struct slice text,
			size_t max);

#endif
