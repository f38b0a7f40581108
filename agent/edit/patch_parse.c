/* patch_parse.c - see patch.h: the text of a patch into its files and hunks.
 *
 * One pass over the lines; `hunk` and `file` are the ones that the next line belongs to. Arrays are
 * sized by a first count of the lines that may begin something. */
#include "agent/edit/patch.h"
#include "protocol/base/buf.h"
#include "protocol/base/limits.h"

/* Where the parser is. Slices of the result are copied out of the two buffers when a hunk or file ends. */
struct parser {
	struct arena *arena;
	struct slice rest, line;
	size_t number;
	struct patch *out;
	struct patch_file *file;
	struct patch_hunk *hunk;
	size_t hunks_left;
	struct buf old_text, new_text; /* of the hunk, or of the added file */
	bool body;		       /* the hunk has lines other than "@@" */
};

static bool next(struct parser *p)
{
	if (!slice_next_line(&p->rest, &p->line))
		return false;
	p->number++;
	if (slice_ends(p->line, SLICE("\r")))
		p->line.len--;
	return true;
}

/* What is wrong, with the number of the line: the model mends that line and sends the patch again. */
static bool bad(const struct parser *p, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "Line %zu of the patch: %s.", p->number, what);
}

static bool take_word(struct slice line, const char *word, struct slice *rest)
{
	struct slice w = slice_of(word);

	if (!slice_starts(line, w))
		return false;
	*rest = slice_trim(slice_sub(line, w.len, line.len));
	return true;
}

static bool is_command(struct slice line, const char *command)
{
	return slice_eq(slice_trim(line), slice_of(command));
}

static void put(struct buf *b, struct slice line)
{
	buf_append(b, line);
	buf_putc(b, '\n');
}

static struct slice taken(struct parser *p, struct buf *b)
{
	struct slice s = arena_dup(p->arena, buf_slice(b));

	buf_clear(b);
	return s;
}

static bool end_hunk(struct parser *p, struct err *err)
{
	if (p->hunk && !p->body)
		return bad(p, "the hunk before has no lines that start with ' ', '-' or '+'", err);
	if (p->hunk) {
		p->hunk->old_text = taken(p, &p->old_text);
		p->hunk->new_text = taken(p, &p->new_text);
	}
	p->hunk = NULL;
	p->body = false;
	return true;
}

static bool end_file(struct parser *p, struct err *err)
{
	struct patch_file *f = p->file;

	if (!end_hunk(p, err))
		return false;
	if (f && f->kind == PATCH_ADD)
		f->content = taken(p, &p->new_text);
	if (f && f->kind == PATCH_UPDATE && f->n_hunks == 0 && f->move_to.len == 0)
		return bad(p, "the file before is to be updated, but no hunk says how", err);
	p->file = NULL;
	return true;
}

static bool begin_file(struct parser *p, enum patch_kind kind, struct slice path, struct err *err)
{
	if (!end_file(p, err))
		return false;
	if (path.len == 0)
		return bad(p, "the path is missing", err);
	if (p->out->n_files == LIMIT_PATCH_FILES)
		return err_set(err, ERR_TOO_LARGE,
			       "The patch has more than %d files. Send it in parts.",
			       LIMIT_PATCH_FILES);
	p->file = &p->out->files[p->out->n_files++];
	*p->file = (struct patch_file){
		.kind = kind,
		.path = path,
		.move_to = SLICE(""),
		.content = SLICE(""),
		.hunks = kind == PATCH_UPDATE
				 ? arena_array(p->arena, p->hunks_left + 1, sizeof(*p->hunk))
				 : NULL,
	};
	return true;
}

static bool begin_hunk(struct parser *p, struct err *err)
{
	if (p->hunks_left == 0)
		return err_set(err, ERR_TOO_LARGE,
			       "The patch has more than %d hunks. Send it in parts.",
			       LIMIT_EDITS_PER_CALL);
	p->hunks_left--;
	p->hunk = &p->file->hunks[p->file->n_hunks++];
	*p->hunk = (struct patch_hunk){ .line = p->number };
	p->hunk->anchors = arena_array(p->arena, LIMIT_PATCH_ANCHORS, sizeof(struct slice));
	return true;
}

/* A "@@" line begins a hunk, unless only "@@" lines have come since the last one began: several in a row
 * narrow the place down, a class and then its method. */
static bool add_anchor(struct parser *p, struct slice text, struct err *err)
{
	if ((!p->hunk || p->body) && (!end_hunk(p, err) || !begin_hunk(p, err)))
		return false;
	if (text.len == 0)
		return true;
	if (p->hunk->n_anchors == LIMIT_PATCH_ANCHORS)
		return bad(p, "too many @@ lines for one hunk", err);
	p->hunk->anchors[p->hunk->n_anchors++] = text;
	return true;
}

/* Two liberties are allowed here, which models take: a hunk without a "@@" line, and an empty line of
 * context that has lost its blank. */
static bool update_line(struct parser *p, struct err *err)
{
	struct slice text, line = p->line;
	char kind = line.len > 0 ? line.ptr[0] : ' '; /* an empty line of context lost its blank */

	if (p->file->n_hunks == 0 && !p->hunk && take_word(line, "*** Move to:", &text)) {
		p->file->move_to = text;
		return text.len > 0 || bad(p, "the path is missing", err);
	}
	if (is_command(line, "*** End of File")) {
		if (!p->hunk || !p->body)
			return bad(p, "*** End of File stands behind the lines of a hunk", err);
		p->hunk->at_end = true;
		return end_hunk(p, err);
	}
	if (take_word(line, "@@", &text))
		return add_anchor(p, text, err);
	if (kind != ' ' && kind != '+' && kind != '-')
		return bad(p, "it starts with none of ' ', '-', '+', '@@' and '***'", err);
	if (!p->hunk && !begin_hunk(p, err))
		return false;
	p->body = true;
	text = slice_sub(line, 1, line.len);
	if (kind != '+')
		put(&p->old_text, text);
	if (kind != '-')
		put(&p->new_text, text);
	return true;
}

static bool body_line(struct parser *p, struct err *err)
{
	if (!p->file)
		return slice_trim(p->line).len == 0 ||
		       bad(p,
			   "expected is *** Add File:, *** Update File: or *** Delete File:", err);
	switch (p->file->kind) {
	case PATCH_UPDATE:
		return update_line(p, err);
	case PATCH_ADD:
		if (!slice_starts(p->line, SLICE("+")))
			return slice_trim(p->line).len == 0 ||
			       bad(p, "each line of an added file starts with '+'", err);
		put(&p->new_text, slice_sub(p->line, 1, p->line.len));
		return true;
	case PATCH_DELETE:
		break;
	}
	return slice_trim(p->line).len == 0 || bad(p, "a deleted file has no lines", err);
}

/* A line that begins a section ends the one before, and with it its last hunk. */
static bool one_line(struct parser *p, bool *ended, struct err *err)
{
	struct slice path;

	if (is_command(p->line, "*** End Patch")) {
		*ended = true;
		return end_file(p, err);
	}
	if (take_word(p->line, "*** Add File:", &path))
		return begin_file(p, PATCH_ADD, path, err);
	if (take_word(p->line, "*** Update File:", &path))
		return begin_file(p, PATCH_UPDATE, path, err);
	if (take_word(p->line, "*** Delete File:", &path))
		return begin_file(p, PATCH_DELETE, path, err);
	return body_line(p, err);
}

/* Before, in and behind the patch blank lines and code fences are overlooked; other text is refused, since
 * it may be a piece of the patch. */
static bool parse(struct parser *p, struct err *err)
{
	bool ended = false;

	while (next(p) && !is_command(p->line, "*** Begin Patch"))
		if (slice_trim(p->line).len > 0 && !slice_starts(p->line, SLICE("```")))
			return bad(p, "a patch begins with *** Begin Patch", err);
	while (!ended && next(p))
		if (!one_line(p, &ended, err))
			return false;
	if (!ended)
		return err_set(err, ERR_INVALID, "The patch has no *** End Patch: is it whole?");
	while (next(p))
		if (slice_trim(p->line).len > 0 && !slice_starts(p->line, SLICE("```")))
			return bad(p, "there is text behind *** End Patch", err);
	if (p->out->n_files == 0)
		return err_set(err, ERR_INVALID, "The patch names no file.");
	return true;
}

bool patch_parse(struct arena *a, struct slice text, struct patch *out, struct err *err)
{
	struct parser p = {
		.arena = a, .rest = text, .out = out, .hunks_left = LIMIT_EDITS_PER_CALL
	};
	bool ok;

	*out = (struct patch){ 0 };
	out->files = arena_array(a, LIMIT_PATCH_FILES, sizeof(*out->files));
	buf_init(&p.old_text, text.len + 1);
	buf_init(&p.new_text, text.len + 1);
	ok = parse(&p, err);
	buf_release(&p.old_text);
	buf_release(&p.new_text);
	return ok;
}
