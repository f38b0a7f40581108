/* documents.c - see documents.h */
#include "lsp/documents.h"

#include <stdlib.h>

#include "lsp/language.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

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

bool documents_open(struct documents *d, struct slice uri, struct slice language, int32_t version,
		    struct slice text, struct err *err)
{
	struct document *doc;
	struct arena a;
	struct slice path;

	documents_close(d, uri);
	if (text.len > LIMIT_DOC_BYTES)
		return err_set(err, ERR_TOO_LARGE,
			       "%.*s is larger than %d MiB: Emend does not follow it.",
			       SLICE_ARG(uri), LIMIT_DOC_BYTES >> 20);
	if (uri.len > LIMIT_URI_BYTES || d->count >= LIMIT_DOCS)
		return err_set(err, ERR_TOO_LARGE,
			       "Emend follows at most %d open documents; close some.", LIMIT_DOCS);
	arena_init(&a);
	doc = xcalloc(1, sizeof(*doc));
	doc->uri = xslicedup(uri);
	doc->path = uri_to_path(uri, &a, &path) ? xslicedup(path) : NULL;
	doc->language =
		language.len
			? xslicedup(language)
			: xstrdup(language_of_path(slice_of(doc->path ? doc->path : doc->uri)));
	doc->version = version;
	text_init(&doc->text, text);
	list_append(&d->all, &doc->link);
	d->count++;
	(void)map_put(&d->by_key, uri_key(uri, &a), doc);
	arena_release(&a);
	return true;
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

bool documents_lost_path(const struct documents *d, struct slice path)
{
	struct document *doc;
	struct arena a;

	arena_init(&a);
	doc = documents_any(d, uri_from_path(path, &a));
	arena_release(&a);
	return doc && doc->lost;
}

/* --- changing --- */

/* Offset of p on its line; *fit says whether that is what was meant. */
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

static bool impossible(struct document *doc, struct err *err, const char *why,
		       const struct range *r)
{
	(void)err_set(
		err, ERR_INVALID,
		"The editor's change of %s at %u:%u-%u:%u %s: Emend no longer knows this document. "
		"Close it and open it again.",
		doc->uri, r->start.line + 1, r->start.character + 1, r->end.line + 1,
		r->end.character + 1, why);
	return false;
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

static bool change(struct document *doc, const struct range *range, enum position_encoding e,
		   struct slice text, struct err *err)
{
	size_t start = 0, end = 0;

	if (range && doc->lost)
		return err_set(err, ERR_INVALID, "%s is not known.", doc->uri);
	if (range && !find_span(doc, range, e, &start, &end, err))
		return false;
	if ((range ? doc->text.len - (end - start) : 0) + text.len > LIMIT_DOC_BYTES)
		return err_set(
			err, ERR_TOO_LARGE,
			"%s has become larger than %d MiB: Emend does not follow it any more.",
			doc->uri, LIMIT_DOC_BYTES >> 20);
	if (range) {
		text_splice(&doc->text, start, end, text);
		snapshot_unref(doc->snapshot);
		doc->snapshot = NULL;
	} else {
		forget_text(doc);
		text_init(&doc->text, text);
		doc->lost = false;
	}
	return true;
}

bool document_change(struct document *doc, const struct range *range, enum position_encoding e,
		     struct slice text, struct err *err)
{
	if (change(doc, range, e, text, err))
		return true;
	doc->lost = true;
	forget_text(doc);
	return false;
}

/* --- reading --- */

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
