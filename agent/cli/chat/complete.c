/* complete.c - see complete.h */
#include "agent/cli/chat/complete.h"

#include <dirent.h>
#include <stdlib.h>

#include "agent/base/git_index.h"
#include "agent/cli/chat/chat.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/base/utf8.h"

enum { CANDIDATES = 400, SHOWN = 12 };

struct completion {
	struct slice workspace; /* as of complete_line() */
	struct slice word;	/* what the word becomes; "": it stays */
	struct slice list;	/* the candidates, where there are several; one line */
};

struct candidates {
	struct arena *a;
	struct slice all[CANDIDATES];
	size_t n;
};

static void add(struct candidates *c, struct slice text)
{
	if (c->n < CANDIDATES)
		c->all[c->n++] = arena_dup(c->a, text);
}

bool complete_can(struct slice text, struct slice word)
{
	return slice_starts(word, SLICE("@")) ||
	       (slice_starts(word, SLICE("/")) && word.ptr == text.ptr);
}

static void find_commands(struct candidates *c, struct slice word)
{
	const char *name;

	for (size_t i = 0; (name = slash_name(i)); i++)
		if (slice_starts(slice_of(name), slice_sub(word, 1, word.len)))
			add(c, arena_printf(c->a, "/%s", name));
}

/* --- files --- */

static struct slice name_of(struct slice path)
{
	size_t at = path.len;

	while (at > 0 && path.ptr[at - 1] != '/')
		at--;
	return slice_sub(path, at, path.len);
}

/* how: 0 the path begins so, 1 its name does, 2 it stands somewhere in it. */
static bool matches(struct slice path, struct slice typed, int how)
{
	if (how == 0)
		return slice_starts(path, typed);
	return how == 1 ? slice_starts(name_of(path), typed)
			: slice_find(path, typed, 0) != SIZE_MAX;
}

/* False: there is no index that can be read. The index of git is read by our own parser: git is
 * not started for a press of Tab. The best way of matching that finds anything is the only one
 * used. */
static bool find_tracked(struct candidates *c, struct slice workspace, struct slice typed)
{
	struct git_tracked t;
	struct slice index;
	struct err err;
	bool ok;

	if (!read_whole(arena_printf(c->a, "%s/.git/index", workspace.ptr), LIMIT_DOC_BYTES, c->a,
			&index, &err))
		return false;
	git_tracked_init(&t);
	git_tracked_read(&t, index);
	ok = !t.all;
	for (int how = 0; ok && how < 3 && c->n == 0; how++)
		for (size_t i = 0; i < t.n; i++)
			if (matches(slice_of(t.text.data + t.at[i]), typed, how))
				add(c, arena_printf(c->a, "@%s", t.text.data + t.at[i]));
	git_tracked_release(&t);
	return ok;
}

/* The entries of the folder that is typed so far. Never those above, and nothing hidden unless its dot is typed. */
static void find_entries(struct candidates *c, struct slice workspace, struct slice typed)
{
	struct slice name = name_of(typed), folder = slice_sub(typed, 0, typed.len - name.len);
	struct dirent *e;
	DIR *d;

	if (slice_starts(typed, SLICE("/")) || slice_find(typed, SLICE(".."), 0) != SIZE_MAX)
		return;
	d = opendir(arena_printf(c->a, "%s/%.*s", workspace.ptr, SLICE_ARG(folder)).ptr);
	while (d && (e = readdir(d))) {
		struct slice entry = slice_of(e->d_name);

		if (!slice_starts(entry, name) || slice_eq_cstr(entry, ".git") ||
		    (e->d_name[0] == '.' && name.len == 0))
			continue;
		add(c, arena_printf(c->a, "@%.*s%s%s", SLICE_ARG(folder), e->d_name,
				    e->d_type == DT_DIR ? "/" : ""));
	}
	if (d)
		(void)closedir(d);
}

/* --- the word --- */

/* What all of them begin with: as far as that, completing is safe. */
static struct slice common(const struct candidates *c)
{
	struct slice s = c->all[0];

	for (size_t i = 1; i < c->n; i++) {
		size_t k = 0;

		while (k < s.len && k < c->all[i].len && s.ptr[k] == c->all[i].ptr[k])
			k++;
		s.len = k;
	}
	s.len = utf8_complete_prefix(s);
	return s;
}

static int order(const void *x, const void *y)
{
	const struct slice *a = x, *b = y;

	return slice_cmp(*a, *b);
}

static void put_list(struct completion *out, struct candidates *c)
{
	struct slice list = SLICE("");

	qsort(c->all, c->n, sizeof(c->all[0]), order);
	for (size_t i = 0; i < c->n && i < SHOWN; i++)
		list = arena_printf(c->a, "%.*s%s%.*s", SLICE_ARG(list), i ? "  " : "",
				    SLICE_ARG(c->all[i]));
	if (c->n > SHOWN)
		list = arena_printf(c->a, "%.*s  and %zu more", SLICE_ARG(list), c->n - SHOWN);
	out->list = list;
}

/* The texts are in the arena. */
static void complete_word(struct completion *out, struct arena *a, struct slice text,
			  struct slice word)
{
	struct candidates *c = arena_alloc(a, sizeof(*c));
	struct slice typed = slice_sub(word, 1, word.len), all;

	c->a = a;
	out->word = SLICE("");
	out->list = SLICE("nothing begins so");
	if (!complete_can(text, word))
		return;
	if (word.ptr[0] == '/')
		find_commands(c, word);
	else if (!find_tracked(c, out->workspace, typed) || c->n == 0)
		find_entries(c, out->workspace, typed);
	if (c->n == 0)
		return;
	out->list = SLICE("");
	all = common(c);
	if (c->n == 1 && !slice_ends(all, SLICE("/")))
		all = arena_printf(a, "%.*s ", SLICE_ARG(all));
	if (c->n == 1 || (all.len > word.len && slice_starts(all, word)))
		out->word = all;
	if (c->n > 1)
		put_list(out, c);
}

void complete_line(struct line *l, struct slice workspace, struct buf *hint)
{
	struct completion found = { .workspace = workspace };
	struct arena a;

	arena_init(&a);
	complete_word(&found, &a, buf_slice(&l->text), line_word(l));
	if (found.word.len > 0)
		line_replace_word(l, found.word);
	buf_append(hint, found.list);
	arena_release(&a);
}
