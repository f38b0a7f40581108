/* question_documents.h - files that hold the whole of what is asked, for the editor to open.
 *
 * They lie below the state folder, readable by the user alone, and go when the server ends. */
#ifndef EMEND_LSP_QUESTION_DOCUMENTS_H
#define EMEND_LSP_QUESTION_DOCUMENTS_H

#include "protocol/base/arena.h"

enum { QUESTION_DOCUMENTS = 16 }; /* that can still be looked at; the oldest goes first */

struct question_documents { /* zeroed: there is none */
	char *path[QUESTION_DOCUMENTS];
	unsigned next;
};

/* The path of the new file, in the arena; NULL: it could not be written, which is logged. Written
 * without a sync: it need not outlive this process. */
const char *question_documents_add(struct question_documents *d, struct arena *a,
				   struct slice state_dir, const char *ending, struct slice text);
void question_documents_release(struct question_documents *d);

#endif
