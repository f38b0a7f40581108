/* lines.c - see lines.h. The common head and tail are taken off here, and only the middle goes to libgit2:
 * an edit of a large file is mostly a few lines. What libgit2 says is checked against the texts (hunks_fit),
 * since an error there would end in the user's file; in doubt the middle is one hunk. */
#include "agent/edit/lines.h"

#include "agent/base/git_lib.h"
#include "protocol/base/log.h"

static bool line_ends(struct slice text, size_t i, bool cr)
{
	if (text.ptr[i] == '\n')
		return true;
	return cr && text.ptr[i] == '\r' && !(i + 1 < text.len && text.ptr[i + 1] == '\n');
}

void lines_of_cr(struct arena *a, struct slice text, bool cr, struct lines *out)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += line_ends(text, i, cr);
	out->text = text;
	out->at = arena_array(a, n + 2, sizeof(*out->at));
	n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (line_ends(text, i, cr))
			out->at[++n] = i + 1;
	}
	if (out->at[n] < text.len)
		out->at[++n] = text.len;
	out->n = n;
}

void lines_of(struct arena *a, struct slice text, struct lines *out)
{
	lines_of_cr(a, text, false, out);
}

struct slice lines_range(const struct lines *l, size_t from, size_t to)
{
	return slice_sub(l->text, l->at[from], l->at[to]);
}

size_t lines_number(struct slice text, size_t offset)
{
	size_t n = 1;

	for (size_t i = 0; i < offset && i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

static bool same_line(const struct lines *x, size_t i, const struct lines *y, size_t j)
{
	return slice_eq(lines_range(x, i, i + 1), lines_range(y, j, j + 1));
}

/* How many lines the texts share at both ends; the rest is what there is to compare. */
static void common_ends(const struct lines *x, const struct lines *y, size_t *head, size_t *tail)
{
	size_t least = x->n < y->n ? x->n : y->n;

	*head = *tail = 0;
	while (*head < least && same_line(x, *head, y, *head))
		++*head;
	while (*tail < least - *head && same_line(x, x->n - 1 - *tail, y, y->n - 1 - *tail))
		++*tail;
}

/* Without libgit2: the middle as one hunk. */
static size_t diff_plain(struct arena *a, const struct line_hunk *middle, struct line_hunk **out)
{
	*out = arena_alloc(a, sizeof(**out));
	**out = *middle;
	return 1;
}

/* What stands between the hunks must be equal on both sides, or the hunks are not a diff of these. */
static bool hunks_fit(const struct lines *x, const struct lines *y, const struct line_hunk *h,
		      size_t n)
{
	size_t i = 0, j = 0;

	for (size_t k = 0; k <= n; k++) {
		size_t to = k < n ? h[k].a : x->n, to_y = k < n ? h[k].b : y->n;

		if (to < i || to > x->n || to_y < j || to_y > y->n ||
		    !slice_eq(lines_range(x, i, to), lines_range(y, j, to_y)))
			return false;
		if (k == n)
			break;
		if (h[k].na > x->n - to || h[k].nb > y->n - to_y)
			return false;
		i = to + h[k].na;
		j = to_y + h[k].nb;
	}
	return true;
}

/* libgit2 counts lines from 1 and within the middle: head is added. */
static size_t read_hunks(const struct git_lib *git, git_patch *patch, size_t head, struct arena *a,
			 struct line_hunk **out)
{
	size_t n = git->git_patch_num_hunks(patch);

	*out = arena_array(a, n + 1, sizeof(**out));
	for (size_t i = 0; i < n; i++) {
		const git_diff_hunk *g = NULL;
		struct line_hunk *h = &(*out)[i];

		if (git->git_patch_get_hunk(&g, NULL, patch, i) < 0)
			return SIZE_MAX;
		/* "-3,0" means behind line 3, "-3,2" means from line 3 on */
		h->na = (size_t)g->old_lines;
		h->nb = (size_t)g->new_lines;
		h->a = head + (size_t)g->old_start - (h->na > 0);
		h->b = head + (size_t)g->new_start - (h->nb > 0);
	}
	return n;
}

/* Compares the middle; what stands around it is equal. */
static bool diff_git(struct arena *a, const struct lines *x, const struct lines *y,
		     const struct line_hunk *middle, struct line_hunk **out, size_t *n)
{
	struct slice p = lines_range(x, middle->a, middle->a + middle->na);
	struct slice q = lines_range(y, middle->b, middle->b + middle->nb);
	struct err err = { 0 };
	const struct git_lib *git = git_lib(&err);
	git_diff_options opts;
	git_patch *patch = NULL;
	bool ok = false;

	if (!git) {
		log_warn("%s", err.msg);
		return false;
	}
	if (git->git_diff_options_init(&opts, GIT_DIFF_OPTIONS_VERSION) < 0)
		return false;
	opts.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC;
	opts.context_lines = 0;
	opts.interhunk_lines = 0;
	if (git->git_patch_from_buffers(&patch, p.ptr, p.len, "a", q.ptr, q.len, "a", &opts) < 0)
		return false;
	*n = read_hunks(git, patch, middle->a, a, out);
	ok = *n != SIZE_MAX && hunks_fit(x, y, *out, *n);
	git->git_patch_free(patch);
	return ok;
}

size_t lines_diff(struct arena *a, const struct lines *x, const struct lines *y,
		  struct line_hunk **out)
{
	struct line_hunk middle;
	size_t head, tail, n = 0;

	common_ends(x, y, &head, &tail);
	middle = (struct line_hunk){ head, x->n - head - tail, head, y->n - head - tail };
	*out = NULL;
	if (middle.na == 0 && middle.nb == 0)
		return 0;
	if (middle.na > 0 && middle.nb > 0 && diff_git(a, x, y, &middle, out, &n))
		return n;
	return diff_plain(a, &middle, out);
}
