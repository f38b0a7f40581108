/* pending.h - the changes of past tasks that wait for the user's word, as the editor shows them:
 * lenses, actions, and a notification for our own plugins. See agent/change/hunks.h.
 *
 * Nothing is kept while the setting `hunks` is "off". */
#ifndef EMEND_LSP_PENDING_H
#define EMEND_LSP_PENDING_H

#include "agent/change/hunks.h"
#include "lsp/editor/documents.h"

struct server;

enum {
	PENDING_OLD_BYTES = 64 * 1024, /* of a hunk's old text, that the editor is told */
	/* One message of emend/hunks, about; one hunk at least. The list of a file with more comes in
	 * several, each with `from`, where it begins, and all but the last with `more`: an editor
	 * looks at its keys between two messages only. */
	PENDING_PART_BYTES = 16 * 1024
};

struct pending {
	struct server *server;
	struct hunks hunks;
	bool on; /* `hunks` is there */
};

void pending_init(struct pending *p, struct server *s);
void pending_release(struct pending *p);

void pending_opened(struct pending *p, struct document *doc);
void pending_closing(struct pending *p, struct document *doc); /* before it goes */

struct pending_change { /* what must be known of the text before a change */
	struct hunk_file *file; /* NULL: the document has no hunk */
	struct snapshot *text;	/* of a change of the whole text */
	char *removed;		/* of a change of several lines */
	size_t start, end;
	bool whole, was_lost;
};
void pending_changing(struct pending *p, struct document *doc, const struct range *range,
		      struct pending_change *c);
void pending_changed(struct pending *p, struct document *doc, struct pending_change *c,
		     struct slice text, bool ok);

void pending_task_ended(struct pending *p, struct slice session, struct slice workspace);
void pending_undone(struct pending *p);

/* The files that have some, open or not, into an array: {uri, path, hunks: how many}. */
void pending_write_files(struct pending *p, struct jw *w);
/* The hunks of a document; NULL: there are none. */
struct hunk_file *pending_file(struct pending *p, const struct document *doc);
/* Lines of a hunk as the editor counts them: [start, end), from the start of a line. */
struct range pending_range(const struct pending *p, struct document *doc, const struct hunk *h);

#endif
