/* documents.h - the documents that the editor has open, as it believes them to be.
 *
 * A document is found by the file that its URI stands for, in whatever spelling; the editor is
 * always answered in the spelling of its didOpen. The text changes in place; whoever needs it to
 * stay asks for a snapshot, which is copied at most once per version, and only then.
 *
 * Where we do not know what the editor shows, because a change of it cannot be, its text is too
 * large to be kept, or it is a notebook with unsaved cells, the document is lost: it is open, but
 * found by nobody, until the editor sends a whole text that can be kept. As long as it is open the
 * file below it is not taken in its place. */
#ifndef EMEND_LSP_DOCUMENTS_H
#define EMEND_LSP_DOCUMENTS_H

#include "agent/base/snapshot.h"
#include "lsp/editor/text.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/lsp/position.h"

/* Owned by `documents`. Whoever keeps a pointer to it must let go in edits_seen() or
 * pending_closing(), when it is closed. */
struct document {
	char *uri;	/* the client's own spelling */
	char *path;	/* absolute; NULL if it is no file (untitled:, ...) */
	char *language; /* LSP languageId; never "" */
	int32_t version;
	bool odd_version; /* it was said that the editor counts its versions wrongly */
	bool notebook;	  /* lost by documents_open_notebook() */
	const char *lost; /* NULL: the text is known; else why not, and what the user can do: static */
	struct text text; /* empty while it is lost */
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

/* Opening what is open already replaces it. Takes the text in any case, copies the rest.
 * ERR_TOO_LARGE: it is lost (LIMIT_DOC_BYTES, LIMIT_DOCS), or not open at all (LIMIT_URI_BYTES,
 * LIMIT_DOCS_OPEN); *err is for the user. */
NODISCARD bool documents_open(struct documents *d, struct slice uri, struct slice language,
			      int32_t version, struct owned_text text, struct err *err);
/* It was opened with a text too large to be received: it is lost from the start, unless it is not
 * open at all, as above. Always false, with *err for the user. */
bool documents_open_large(struct documents *d, struct slice uri, int32_t version, struct err *err);
/* A notebook has changes that are not in its file: it is lost until documents_close(), as its file is
 * made by the editor only. False with *err: it is not open at all, as above. */
NODISCARD bool documents_open_notebook(struct documents *d, struct slice uri, int32_t version,
				       struct err *err);
void documents_close(struct documents *d, struct slice uri); /* not open: nothing */
/* Borrowed until it is closed; NULL if it is not open or lost. */
struct document *documents_find(const struct documents *d, struct slice uri);
struct document *documents_find_path(const struct documents *d, struct slice path);
/* The same, for the synchronisation itself: also a lost one. */
struct document *documents_any(const struct documents *d, struct slice uri);
/* Why it is lost (document.lost); NULL: it is not, or it is not open. */
const char *documents_lost_path(const struct documents *d, struct slice path);

/* One content change. range NULL: text is the whole document. The range's end may lie behind the
 * last line, its start at most one line behind it; a character behind the line's end is the line's
 * end. ERR_INVALID, ERR_TOO_LARGE: the document is lost now, and *err tells the user. */
NODISCARD bool document_change(struct document *doc, const struct range *range,
			       enum position_encoding e, struct slice text, struct err *err);
/* The editor sent a change that cannot be; `why` follows "The editor's change of NAME ". The document
 * is lost now. Always false, with *err for the user. */
bool document_impossible(struct document *doc, struct err *err, const char *why);
/* A change too large to be received: the document is lost. Always false, with *err for the user. */
bool document_large(struct document *doc, struct err *err);
struct snapshot *document_snapshot(struct document *doc); /* gives a reference */
/* Byte offset of a position, clamped to the text. */
size_t document_offset(struct document *doc, enum position_encoding e, struct position p);
struct position document_position(struct document *doc, enum position_encoding e, size_t offset);

#endif
