/* editor.h - an editor in memory, for the property tests of the writing tools: its own buffers, a
 * user who types at any moment, and change reports to the server's real documents that may come
 * late. It turns positions into offsets by code of its own. Of the edits that it is asked for it
 * refuses some, and some it never answers: those it makes at once, later, or not at all. */
#ifndef EMEND_TEST_EDITOR_H
#define EMEND_TEST_EDITOR_H

#include "agent/base/runq.h"
#include "agent/host.h"
#include "lsp/editor/documents.h"
#include "protocol/base/buf.h"
#include "protocol/lsp/position.h"

enum { EDITOR_FILES = 2, EDITOR_REPORTS = 64 };

struct report { /* a didChange that the server has not seen yet */
	int file;
	int32_t version;
	bool whole;
	struct range range;
	char *text;
};

struct request { /* an edit, as it goes over the wire */
	bool waits;
	int file;
	int32_t version;
	struct range ranges[64];
	char *texts[64];
	size_t n;
};

enum answer { ANSWER_MADE, ANSWER_REFUSED, ANSWER_NONE_MADE, ANSWER_NONE_LATER, ANSWER_NONE };

struct editor {
	struct documents documents;
	enum position_encoding encoding;
	const char *eol; /* NULL: mixed */
	uint32_t seed;
	struct buf text[EDITOR_FILES]; /* what the user sees */
	int32_t version[EDITOR_FILES];
	bool bare[EDITOR_FILES]; /* it had no line end at some time */
	struct buf typed;	       /* every character of the user's, in order of the files */
	struct report reports[EDITOR_REPORTS];
	size_t n_reports;
	uint64_t keys, stale, asks, refused, silent, late; /* counted: does the test test something? */
	bool idle;   /* the user has left the keyboard */
	bool tidy;   /* the user only adds lines of their own */
	bool honest; /* nothing by chance: `always` is the answer */
	enum answer always;

	/* The server has heard of a change; before, now: the texts that it knows. NULL: nobody listens. */
	bool (*listens)(void *owner, int file);
	void (*heard)(void *owner, int file, struct slice before, struct slice now);
	void *owner;

	struct runq *q;
	struct job job;
	int delay; /* turns of the loop until the answer */
	edit_cb *edit_done;
	permission_cb *permission_done;
	void *payload;
	struct request now, later; /* under way; unanswered, and made when its turn comes */
	bool failed;
	char why[200];
};

static const char *const editor_uris[EDITOR_FILES] = { "file:///ws/a.txt", "file:///ws/b.txt" };

static uint32_t editor_random(struct editor *e, uint32_t below)
{
	e->seed = e->seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(e->seed >> 4) * below) >> 28);
}

static struct document *editor_document(struct editor *e, int file)
{
	return documents_any(&e->documents, slice_of(editor_uris[file]));
}

/* --- the editor's own view of positions --- */

static size_t units_of(const char *p, size_t left, enum position_encoding enc, uint32_t *units)
{
	unsigned char c = (unsigned char)*p;
	size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	len = len > left ? left : len;
	*units = enc == POSITION_UTF8  ? (uint32_t)len :
		 enc == POSITION_UTF16 ? (len == 4 ? 2 : 1) :
					 1;
	return len;
}

static size_t editor_offset(struct editor *e, const struct buf *b, struct position p)
{
	size_t i = 0;
	uint32_t line = 0, column = 0, units;

	for (; line < p.line && i < b->len; i++)
		if (b->data[i] == '\n' ||
		    (b->data[i] == '\r' && (i + 1 == b->len || b->data[i + 1] != '\n')))
			line++;
	while (i < b->len && b->data[i] != '\n' && b->data[i] != '\r' && column < p.character) {
		i += units_of(b->data + i, b->len - i, e->encoding, &units);
		column += units;
	}
	return i;
}

static struct position editor_position(struct editor *e, const struct buf *b, size_t offset)
{
	struct position p = { 0 };
	uint32_t units;

	for (size_t i = 0; i < offset;) {
		bool end = b->data[i] == '\n' || (b->data[i] == '\r' && (i + 1 == b->len ||
									  b->data[i + 1] != '\n'));

		i += units_of(b->data + i, b->len - i, e->encoding, &units);
		p.character = end ? 0 : p.character + units;
		p.line += end;
	}
	return p;
}

static void editor_splice(struct buf *b, size_t start, size_t end, struct slice with)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_append(&out, slice_make(b->data, start));
	buf_append(&out, with);
	buf_append(&out, slice_make(b->data + end, b->len - end));
	buf_release(b);
	*b = out;
}

/* The user's characters: all that is not ASCII, and capitals. The model and the first text have none. */
static void editor_typed(struct editor *e, struct buf *out)
{
	buf_clear(out);
	for (int f = 0; f < EDITOR_FILES; f++) {
		for (size_t i = 0; i < e->text[f].len; i++) {
			unsigned char c = (unsigned char)e->text[f].data[i];

			if (c >= 0x80 || (c >= 'A' && c <= 'Z'))
				buf_putc(out, (char)c);
		}
		buf_putc(out, '|');
	}
}

static void editor_must(struct editor *e, bool what, const char *why)
{
	if (!what && !e->failed) {
		e->failed = true;
		(void)snprintf(e->why, sizeof(e->why), "%s", why);
	}
}

/* --- reports to the server --- */

static void editor_tell_one(struct editor *e)
{
	struct report r = e->reports[0];
	struct document *doc = editor_document(e, r.file);
	bool listens = e->listens && e->listens(e->owner, r.file);
	char *before = listens ? text_copy(&doc->text) : NULL, *now;
	size_t len = doc->text.len;
	struct err err = { 0 };

	editor_must(e,
		    document_change(doc, r.whole ? NULL : &r.range, e->encoding, slice_of(r.text),
				    &err),
		    "the server did not understand a change");
	doc->version = r.version;
	if (listens) {
		now = text_copy(&doc->text);
		e->heard(e->owner, r.file, slice_make(before, len),
			 slice_make(now, doc->text.len));
		free(now);
	}
	free(before);
	free(r.text);
	memmove(&e->reports[0], &e->reports[1], --e->n_reports * sizeof(r));
}

static void editor_tell_all(struct editor *e)
{
	while (e->n_reports > 0)
		editor_tell_one(e);
}

/* One change of a buffer, by whomever; the report waits. */
static void editor_change(struct editor *e, int file, size_t start, size_t end, struct slice with)
{
	struct buf *b = &e->text[file];
	struct report r = { .file = file,
			    .version = ++e->version[file],
			    .whole = editor_random(e, 8) == 0 };

	if (e->n_reports == EDITOR_REPORTS)
		editor_tell_one(e);
	r.range.start = editor_position(e, b, start);
	r.range.end = editor_position(e, b, end);
	editor_splice(b, start, end, with);
	e->bare[file] = e->bare[file] || !memchr(b->data, *(e->eol ? e->eol : "\n"), b->len);
	r.text = r.whole ? xslicedup(buf_slice(b)) : xslicedup(with);
	e->reports[e->n_reports++] = r;
}

/* --- the user --- */

/* A place where a cursor can stand. */
static size_t editor_place(struct editor *e, const struct buf *b)
{
	size_t at = editor_random(e, (uint32_t)b->len + 1);

	while (at > 0 && at < b->len &&
	       (((unsigned char)b->data[at] & 0xc0) == 0x80 ||
		(b->data[at] == '\n' && b->data[at - 1] == '\r')))
		at--;
	return at;
}

/* "\n", "\r\n", ...: the document's, or any */
static const char *editor_eol(struct editor *e)
{
	static const char *const eols[] = { "\n", "\r\n", "\r" };

	return e->eol ? e->eol : eols[editor_random(e, 3)];
}

/* A whole line of the user's, between two others. */
static void editor_add_line(struct editor *e)
{
	int file = (int)editor_random(e, EDITOR_FILES);
	struct buf *b = &e->text[file];
	char line[16];
	size_t at;

	at = editor_offset(e, b, (struct position){ .line = editor_random(e, 14) });
	if (at == b->len)
		return;
	(void)snprintf(line, sizeof(line), "MINE%s", e->eol ? e->eol : "\n");
	editor_change(e, file, at, at, slice_of(line));
	editor_typed(e, &e->typed);
	e->keys++;
}

static void editor_type(struct editor *e)
{
	static const char *const keys[] = { "A", "HELLO", "\xc3\x84", "\xf0\x9f\x98\x80",
					    "\xe2\x82\xac", "Z Z" };
	int file = (int)editor_random(e, EDITOR_FILES);
	struct buf *b = &e->text[file];
	size_t at = editor_place(e, b), end = at;
	struct slice text = slice_of(keys[editor_random(e, ARRAY_LEN(keys))]);

	if (e->idle)
		return;
	if (e->tidy) {
		editor_add_line(e);
		return;
	}
	if (editor_random(e, 6) == 0)
		text = slice_of(editor_eol(e));
	if (editor_random(e, 6) == 0) { /* over a selection */
		end = editor_place(e, b);
		if (end < at || end - at > 20)
			end = at;
	}
	editor_change(e, file, at, end, text);
	editor_typed(e, &e->typed);
	e->keys++;
}

/* The edit arrives: made if the document has that version. */
static bool editor_make(struct editor *e, struct request *r)
{
	struct buf *b = &e->text[r->file];
	bool fits = r->version == e->version[r->file];

	for (size_t i = r->n; i-- > 0;) { /* the last first: the others keep their places */
		size_t start = editor_offset(e, b, r->ranges[i].start);
		size_t end = editor_offset(e, b, r->ranges[i].end);

		if (fits) {
			editor_must(e, start <= end, "a range that ends before it starts");
			editor_change(e, r->file, start, end, slice_of(r->texts[i]));
		}
		free(r->texts[i]);
	}
	r->n = 0;
	r->waits = false;
	return fits;
}

static void editor_live(struct editor *e)
{
	if (e->later.waits && editor_random(e, 3) == 0)
		e->late += editor_make(e, &e->later);
	while (editor_random(e, 3) == 0)
		editor_type(e);
	while (e->n_reports > 0 && editor_random(e, 2) == 0)
		editor_tell_one(e);
}

/* --- what the core asks --- */

static struct snapshot *editor_buffer(void *self, struct slice path)
{
	struct editor *e = self;
	struct document *doc = documents_find_path(&e->documents, path);

	return doc ? document_snapshot(doc) : NULL;
}

static void editor_each(void *self, struct slice root,
			void (*fn)(void *, struct slice, struct snapshot *), void *payload)
{
	(void)self, (void)root, (void)fn, (void)payload;
}

static enum answer editor_choose(struct editor *e)
{
	uint32_t n = editor_random(e, 40);

	if (e->honest)
		return e->always;
	return n < 3 ? ANSWER_REFUSED + n : n == 3 ? ANSWER_NONE : ANSWER_MADE;
}

static void editor_answer_edit(struct editor *e)
{
	edit_cb *done = e->edit_done;
	enum answer how = editor_choose(e);
	int file = e->now.file;
	struct snapshot *now;
	struct err err = { 0 };

	if (how == ANSWER_MADE && !editor_make(e, &e->now)) {
		(void)err_set(&err, ERR_STALE, "the buffer changed");
		e->stale++;
	} else if (how == ANSWER_REFUSED) {
		(void)err_set(&err, ERR_DENIED, "the user said no");
		e->refused++;
	} else if (how >= ANSWER_NONE_MADE) {
		(void)err_set(&err, ERR_TIMEOUT, "the editor does not answer");
		e->silent++;
		if (how == ANSWER_NONE_MADE)
			(void)editor_make(e, &e->now);
	}
	if (how == ANSWER_NONE_LATER && !e->later.waits) {
		e->later = e->now;
		e->now.n = 0;
	}
	editor_tell_all(e); /* the change report that proves it, and all before it */
	while (e->now.n > 0)
		free(e->now.texts[--e->now.n]);
	e->edit_done = NULL;
	now = document_snapshot(editor_document(e, file));
	done(e->payload, now, err.code ? &err : NULL);
	snapshot_unref(now);
}

static void editor_job(struct job *j)
{
	struct editor *e = container_of(j, struct editor, job);
	permission_cb *permission_done = e->permission_done;

	editor_live(e);
	if (e->delay-- > 0) {
		runq_post(e->q, &e->job);
	} else if (e->edit_done) {
		editor_answer_edit(e);
	} else if (permission_done) {
		e->permission_done = NULL;
		permission_done(e->payload, &(struct permission_answer){ PERMISSION_ONCE, SLICE("") },
				NULL);
	}
}

static struct host_ask *editor_edit(void *self, struct task *t, const struct buffer_edit *b,
				    edit_cb *done, void *payload)
{
	struct editor *e = self;
	struct document *doc = documents_find_path(&e->documents, b->path);

	(void)t;
	e->now = (struct request){ .waits = true,
				   .file = doc == editor_document(e, 0) ? 0 : 1,
				   .version = doc->version };
	editor_must(e, text_equals(&doc->text, snapshot_text(b->base)), "an edit of an old text");
	editor_must(e, b->n_changes <= ARRAY_LEN(e->now.ranges), "too many changes");
	for (size_t i = 0; i < b->n_changes; i++, e->now.n++) {
		e->now.ranges[i].start = document_position(doc, e->encoding, b->changes[i].start);
		e->now.ranges[i].end = document_position(doc, e->encoding, b->changes[i].end);
		e->now.texts[i] = xslicedup(b->changes[i].text);
	}
	e->edit_done = done;
	e->payload = payload;
	e->delay = (int)editor_random(e, 3);
	runq_post(e->q, &e->job);
	return (struct host_ask *)e;
}

static struct host_ask *editor_permission(void *self, struct task *t,
					  const struct permission_request *r, permission_cb *done,
					  void *payload)
{
	struct editor *e = self;

	(void)t, (void)r;
	e->asks++;
	e->permission_done = done;
	e->payload = payload;
	e->delay = (int)editor_random(e, 3);
	runq_post(e->q, &e->job);
	return (struct host_ask *)e;
}

static struct host_ask *editor_question(void *self, struct task *t, const struct question *q,
					question_cb *done, void *payload)
{
	(void)t, (void)q, (void)done, (void)payload;
	editor_must(self, false, "a question");
	return NULL;
}

static void editor_drop(void *self, struct host_ask *ask)
{
	(void)self, (void)ask;
}

static void editor_event(void *self, struct task *t, const struct task_event *ev)
{
	(void)self, (void)t, (void)ev;
}

static void editor_show(void *self, struct task *t, struct slice path, struct slice title)
{
	(void)self, (void)t, (void)path, (void)title;
}

static const struct host_ops editor_ops = { editor_buffer,     editor_each,	editor_edit,
					    editor_permission, editor_question, editor_drop,
					    editor_event,      editor_show,	.lost = NULL };

static void editor_init(struct editor *e, struct runq *q, uint32_t seed)
{
	*e = (struct editor){ .q = q, .seed = seed };
	documents_init(&e->documents, seed);
	job_init(&e->job, editor_job);
	for (int f = 0; f < EDITOR_FILES; f++)
		buf_init(&e->text[f], 1 << 20);
	buf_init(&e->typed, 1 << 20);
}

static void editor_release(struct editor *e)
{
	job_drop(&e->job);
	(void)editor_make(e, &e->later);
	editor_tell_all(e);
	documents_release(&e->documents);
	for (int f = 0; f < EDITOR_FILES; f++)
		buf_release(&e->text[f]);
	buf_release(&e->typed);
}

/* Opens both files with new texts. */
static void editor_open(struct editor *e, int file, struct slice text)
{
	struct owned_text own = { xslicedup(text), text.len, text.len };
	struct err err = { 0 };

	(void)editor_make(e, &e->later);
	editor_tell_all(e);
	buf_clear(&e->text[file]);
	buf_append(&e->text[file], text);
	e->version[file] = 1;
	e->bare[file] = !memchr(text.ptr, *(e->eol ? e->eol : "\n"), text.len);
	editor_must(e,
		    documents_open(&e->documents, slice_of(editor_uris[file]), SLICE("text"), 1,
				   own, &err),
		    "not opened");
	editor_typed(e, &e->typed);
}

#endif
