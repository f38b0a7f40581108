/* documents.h - the documents that the editor has open, as it believes them to be.
 *
 * A document is found by the file that its URI stands for, in whatever spelling; the editor is
 * always
 * answered in the spelling of its didOpen. The text changes in place; whoever needs it to stay asks
 * for a snapshot, which is copied at most once per version, and only then.
 *
 * A change that cannot be means that we no longer know what the editor shows: the document is
 * lost, and
 * found by nobody, until the editor sends the whole text again. */
#ifndef EMEND_LSP_DOCUMENTS_H
#define EMEND_LSP_DOCUMENTS_H

#include "agent/base/snapshot.h"
#include "lsp/text.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/lsp/position.h"

struct document {
	char *uri;	/* the client's own spelling */
	char *path;	/* absolute; NULL if it is no file (untitled:, ...) */
	char *language; /* LSP languageId; never "" */
	int32_t version;
	bool lost;
	struct text text;
	struct snapshot *snapshot; /* of this very text, or NULL */
	struct list link;
};

struct documents {
	struct map by_key; /* uri_key() -> struct document */
	struct list all;
	size_t count;
};

void documents_init(struct documents *d, uint64_t seed);
void documents_release(struct documents *d);

/* Opening what is open already replaces it. ERR_TOO_LARGE (LIMIT_DOC_BYTES, LIMIT_DOCS,
 * LIMIT_URI_BYTES): it
 * is then not open. Copies everything. */
NODISCARD bool documents_open(struct documents *d, struct slice uri, struct slice language,
			      int32_t version, struct slice text, struct err *err);
void documents_close(struct documents *d, struct slice uri); /* not open: nothing */
/* Borrowed until it is closed; NULL if it is not open or lost. */
struct document *documents_find(const struct documents *d, struct slice uri);
struct document *documents_find_path(const struct documents *d, struct slice path);
/* The same, for the synchronisation itself: also a lost one. */
struct document *documents_any(const struct documents *d, struct slice uri);
bool documents_lost_path(const struct documents *d, struct slice path); /* it is open, and lost */

/* One content change. range NULL: text is the whole document. The range's end may lie behind the
 * last line,
 * its start at most one line behind it; a character behind the line's end is the line's end.
 * ERR_INVALID, ERR_TOO_LARGE:
 * the document is lost now. */
NODISCARD bool document_change(struct document *doc, const struct range *range,
			       enum position_encoding e, struct slice text, struct err *err);
struct snapshot *document_snapshot(struct document *doc); /* gives a reference */
/* Byte offset of a position, clamped to the text. */
size_t document_offset(struct document *doc, enum position_encoding e, struct position p);
struct position document_position(struct document *doc, enum position_encoding e, size_t offset);

#endif
