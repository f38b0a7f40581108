/* question_text.h - what a permission question says in an editor.
 *
 * A message that is asked with must hold all that is asked about, or a document that was opened
 * before holds it. Editors show messages in their own ways: some put the lines of one behind each
 * other, so the end of a line is marked in the text, too. */
#ifndef EMEND_LSP_QUESTION_TEXT_H
#define EMEND_LSP_QUESTION_TEXT_H

#include "agent/host.h"
#include "lsp/editor/client.h"

/* Is the whole of it seen in a message? can_open: the editor can open a document instead, which is
 * better for all but short commands. */
bool question_fits(const struct permission_request *r, bool can_open);
/* The message. title: of the task that asks; may be empty. opened: a document holds the whole; then it is not repeated here. */
struct slice question_message(struct arena *a, const struct client *client,
			      const struct permission_request *r, struct slice title, bool opened);
/* The whole, as a document. */
struct slice question_document(struct arena *a, const struct permission_request *r,
			       struct slice title);

/* The same text with every character visible, line by line as it is (visible.h). */
struct slice question_seen(struct arena *a, struct slice text);

#endif
