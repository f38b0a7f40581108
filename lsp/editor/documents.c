/* documents.c - see documents.h: which documents are open, and how a change gets into one.
 *
 * A change that cannot be applied is worse than none: from there on every offset would be wrong,
 * and an edit of ours would hit the wrong place. So such a document is lost (lose), and tasks leave
 * it alone until its text is known again. */
#include "lsp/editor/documents.h"

#include <stdio.h>
#include <stdlib.h>

#include "lsp/editor/language.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

enum { SHORT_NAME_BYTES = 80 };

/* The endings of "NAME is open in the editor, but ..." */
#define LOST_CHANGE \
	"what the editor shows is not known any more. Ask the user to close it and open it again"
#define LOST_SIZE \
	"it is too large for Emend to follow. Ask the user to close it: then the file is worked on"
#define LOST_COUNT "too many documents are open. Ask the user to close some, and to open it again"
#define LOST_NOTEBOOK \
	"it is a notebook that was changed there. Ask the user to save it: then the file is worked on"

void documents_init(struct documents *d, uint64_t seed)
{
	map_init(&d->by_key, seed);
	list_init(&d->all);
	d->count = 0;
}

static void forget_text(struct document *doc)
{
	text_release(&doc->text);
	snapshot_unref(doc->snapshot);
	doc->snapshot = NULL;
}

static void document_free(struct documents *d, struct document *doc)
{
	list_remove(&doc->link);
	d->count--;
	forget_text(doc);
	free(doc->uri);
	free(doc->path);
	free(doc->language);
	free(doc);
}

void documents_release(struct documents *d)
{
	LIST_EACH (it, tmp, &d->all)
		document_free(d, container_of(it, struct document, link));
	map_release(&d->by_key);
}

/* The end of the name, which says most: a message is short. */
static const char *short_name(const char *uri)
{
	size_t len = strlen(uri);

	return uri + (len > SHORT_NAME_BYTES ? len - SHORT_NAME_BYTES : 0);
}

static void lose(struct document *doc, const char *why)
{
	doc->lost = why;
	forget_text(doc);
}

static bool lose_large(struct document *doc, struct err *err)
{
	lose(doc, LOST_SIZE);
	return err_set(err, ERR_TOO_LARGE,
		       "%s is larger than %d MiB, so Emend does not follow it: tasks neither read "
		       "nor change it while it is open.",
		       short_name(doc->uri), LIMIT_DOC_BYTES >> 20);
}

/* A document without its text. NULL with *err: it is not open for us.
 * didOpen of what is open replaces it: editors that restart a client do that. */
static struct document *add(struct documents *d, struct slice uri, struct slice language,
			    int32_t version, struct err *err)
{
	struct document *doc;
	struct arena a;
	struct slice path;

	documents_close(d, uri);
	if (uri.len > LIMIT_URI_BYTES || d->count >= LIMIT_DOCS_OPEN) {
		(void)err_set(err, ERR_TOO_LARGE,
			      uri.len > LIMIT_URI_BYTES
				      ? "A document whose name is longer than %d bytes was ignored."
				      : "More than %d documents are open; the others are ignored.",
			      uri.len > LIMIT_URI_BYTES ? LIMIT_URI_BYTES : LIMIT_DOCS_OPEN);
		return NULL;
	}
	arena_init(&a);
	doc = xcalloc(1, sizeof(*doc));
	doc->uri = xslicedup(uri);
	doc->path = uri_to_path(uri, &a, &path) ? xslicedup(path) : NULL;
	doc->language =
		language.len
			? xslicedup(language)
			: xstrdup(language_of_path(slice_of(doc->path ? doc->path : doc->uri)));
	doc->version = version;
	list_append(&d->all, &doc->link);
	d->count++;
	(void)map_put(&d->by_key, uri_key(uri, &a), doc);
	arena_release(&a);
	return doc;
}

bool documents_open(struct documents *d, struct slice uri, struct slice language, int32_t version,
		    struct owned_text text, struct err *err)
{
	struct document *doc = add(d, uri, language, version, err);

	if (doc && text.len <= LIMIT_DOC_BYTES && d->count <= LIMIT_DOCS) {
		text_take(&doc->text, text);
		return true;
	}
	free(text.data);
	if (!doc)
		return false;
	if (text.len > LIMIT_DOC_BYTES)
		return lose_large(doc, err);
	lose(doc, LOST_COUNT);
	return err_set(
		err, ERR_TOO_LARGE,
		"More than %d documents are open, so Emend does not follow %s: tasks neither "
		"read nor change it while it is open.",
		LIMIT_DOCS, short_name(doc->uri));
}

bool documents_open_large(struct documents *d, struct slice uri, int32_t version, struct err *err)
{
	struct document *doc = add(d, uri, SLICE(""), version, err);

	return doc && lose_large(doc, err);
}

bool documents_open_notebook(struct documents *d, struct slice uri, int32_t version,
			     struct err *err)
{
	struct document *doc = add(d, uri, SLICE(""), version, err);

	if (!doc)
		return false;
	doc->notebook = true;
	lose(doc, LOST_NOTEBOOK);
	return true;
}

bool document_large(struct document *doc, struct err *err)
{
	return lose_large(doc, err);
}

void documents_close(struct documents *d, struct slice uri)
{
	struct document *doc;
	struct arena a;

	arena_init(&a);
	doc = map_remove(&d->by_key, uri_key(uri, &a));
	if (doc)
		document_free(d, doc);
	arena_release(&a);
}

struct document *documents_any(const struct documents *d, struct slice uri)
{
	struct document *doc;
	struct arena a;

	arena_init(&a);
	doc = map_get(&d->by_key, uri_key(uri, &a));
	arena_release(&a);
	return doc;
}

struct document *documents_find(const struct documents *d, struct slice uri)
{
	struct document *doc = documents_any(d, uri);

	return doc && !doc->lost ? doc : NULL;
}

struct document *documents_find_path(const struct documents *d, struct slice path)
{
	struct document *doc;
	struct arena a;

	arena_init(&a);
	doc = documents_find(d, uri_from_path(path, &a));
	arena_release(&a);
	return doc;
}

const char *documents_lost_path(const struct documents *d, struct slice path)
{
	struct document *doc;
	struct arena a;

	arena_init(&a);
	doc = documents_any(d, uri_from_path(path, &a));
	arena_release(&a);
	return doc ? doc->lost : NULL;
}

/* --- changing --- */

/* Offset of p on its line; *fit says whether that is what was meant.
 * The line is found in the document's own index; position.c then needs to know of that line alone.
 */
static size_t offset_of(struct document *doc, enum position_encoding e, struct position p,
			enum position_fit *fit)
{
	uint32_t zero = 0;
	struct line_index one = { .starts = &zero, .lines = 1, .cap = 1 }; /* the line alone */
	size_t start, end, at;

	if (!text_line(&doc->text, p.line, &start, &end)) {
		*fit = POSITION_NO_LINE;
		return doc->text.len;
	}
	*fit = position_to_offset(&one, text_view(&doc->text, start, end), e,
				  (struct position){ .character = p.character }, &at);
	return start + at;
}

bool document_impossible(struct document *doc, struct err *err, const char *why)
{
	lose(doc, LOST_CHANGE);
	return err_set(err, ERR_INVALID,
		       "The editor's change of %s %s: Emend no longer knows this document. "
		       "Close it and open it again.",
		       short_name(doc->uri), why);
}

static bool impossible(struct document *doc, struct err *err, const char *why,
		       const struct range *r)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "at %u:%u-%u:%u %s", r->start.line + 1,
		       r->start.character + 1, r->end.line + 1, r->end.character + 1, why);
	return document_impossible(doc, err, text);
}

static bool find_span(struct document *doc, const struct range *r, enum position_encoding e,
		      size_t *start, size_t *end, struct err *err)
{
	enum position_fit at_start, at_end;

	*start = offset_of(doc, e, r->start, &at_start);
	*end = offset_of(doc, e, r->end, &at_end);
	if (at_start == POSITION_INSIDE || at_end == POSITION_INSIDE)
		return impossible(doc, err, "cuts a character in two", r);
	/* Some editors name the line behind the last one to mean the end of the text. */
	if (at_start == POSITION_NO_LINE && r->start.line > text_lines(&doc->text))
		return impossible(doc, err, "begins behind the end of the text", r);
	if (*end < *start)
		return impossible(doc, err, "ends before it begins", r);
	return true;
}

/* A whole text makes a lost document known again. */
static bool change(struct document *doc, const struct range *range, enum position_encoding e,
		   struct slice text, struct err *err)
{
	size_t start = 0, end = 0;

	if (range && doc->lost)
		return err_set(err, ERR_INVALID, "%s is not known.", short_name(doc->uri));
	if (range && !find_span(doc, range, e, &start, &end, err))
		return false;
	if ((range ? doc->text.len - (end - start) : 0) + text.len > LIMIT_DOC_BYTES)
		return lose_large(doc, err);
	if (range) {
		text_splice(&doc->text, start, end, text);
		snapshot_unref(doc->snapshot);
		doc->snapshot = NULL;
	} else {
		forget_text(doc);
		text_init(&doc->text, text);
		doc->lost = NULL;
	}
	return true;
}

bool document_change(struct document *doc, const struct range *range, enum position_encoding e,
		     struct slice text, struct err *err)
{
	return change(doc, range, e, text, err);
}

/* --- reading --- */

/* One copy for each version, shared by all who hold it. */
struct snapshot *document_snapshot(struct document *doc)
{
	if (!doc->snapshot || snapshot_version(doc->snapshot) != doc->version) {
		snapshot_unref(doc->snapshot);
		doc->snapshot = snapshot_take(text_copy(&doc->text), doc->text.len, doc->version);
	}
	return snapshot_ref(doc->snapshot);
}

size_t document_offset(struct document *doc, enum position_encoding e, struct position p)
{
	enum position_fit fit;

	return offset_of(doc, e, p, &fit);
}

struct position document_position(struct document *doc, enum position_encoding e, size_t offset)
{
	uint32_t zero = 0;
	struct line_index one = { .starts = &zero, .lines = 1, .cap = 1 };
	struct position p;
	size_t line, start, end;

	if (offset > doc->text.len)
		offset = doc->text.len;
	line = text_line_at(&doc->text, offset);
	if (!text_line(&doc->text, line, &start, &end))
		return (struct position){ 0 };
	p = position_from_offset(&one, text_view(&doc->text, start, end), e, offset - start);
	p.line = (uint32_t)line;
	return p;
}
