/* query_find.c - see query.h */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/ignore.h"
#include "agent/worker/query.h"
#include "agent/worker/walk.h"
#include "protocol/base/mem.h"

struct finding {
	const struct root *root;
	const struct finder *f;
	struct match *glob; /* NULL: all */
	struct ignore *ignore;
	struct found_list *out;
};

static void add(struct finding *s, const struct walk_entry *e)
{
	struct found_list *l = s->out;
	struct found *f;
	struct stat st;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->of = xrealloc(l->of, l->cap * sizeof(*l->of));
	}
	f = &l->of[l->n++];
	*f = (struct found){ .rel = xstrdup(e->rel) };
	f->kind = e->kind == WALK_DIR	    ? FOUND_DIR
		  : e->kind == WALK_SYMLINK ? FOUND_SYMLINK
					    : FOUND_FILE;
	if (s->f->want_size && fstatat(e->dir, e->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode))
		f->size = (uint64_t)st.st_size;
}

static enum walk_next visit(void *payload, const struct walk_entry *e)
{
	struct finding *s = payload;
	bool denied, wanted;

	if (e->kind == WALK_OTHER || ignore_match(s->ignore, e->rel, e->kind == WALK_DIR))
		return WALK_SKIP;
	denied = root_denied(s->root, slice_of(e->rel));
	wanted = !(denied && !s->f->all_denied) && !(s->f->files_only && e->kind == WALK_DIR) &&
		 (!s->glob || match_is(s->glob, slice_of(e->rel)));
	if (wanted)
		add(s, e);
	return denied || (s->f->depth && e->depth >= s->f->depth) ? WALK_SKIP : WALK_ON;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->rel, ((const struct found *)b)->rel);
}

/* A start that is a file is the only result. */
static bool start_folder(const struct root *r, const struct finder *f, char *start, bool *is_file,
			 struct err *err)
{
	struct stat st;
	int fd;

	if (!root_clean(r, f->path, start, err))
		return false;
	fd = root_openat(r, start, O_PATH, false);
	if (fd < 0 || fstat(fd, &st) < 0) {
		root_errno(err, "listed", *start ? start : "The workspace");
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	if (!root_place(r, fd, start, err)) { /* a symlink to a folder inside is followed */
		(void)close(fd);
		return false;
	}
	(void)close(fd);
	*is_file = S_ISREG(st.st_mode);
	return true;
}

bool find_files(const struct root *r, const struct finder *f, struct found_list *out,
		struct err *err)
{
	struct finding s = { .root = r, .f = f, .out = out };
	char start[LIMIT_PATH_BYTES];
	bool is_file = false, ok = false;

	*out = (struct found_list){ 0 };
	if (!start_folder(r, f, start, &is_file, err))
		return false;
	if (f->glob.len && !match_new_glob(f->glob, &s.glob, err))
		return false;
	if (!ignore_open(slice_of(r->path), &s.ignore, NULL))
		s.ignore = NULL; /* without libgit2 only .git is ignored */
	if (is_file) {
		struct walk_entry e = {
			.rel = start, .name = start, .kind = WALK_FILE, .dir = r->fd
		};

		add(&s, &e);
		ok = true;
	} else {
		ok = walk_tree(r, start, visit, &s, &out->truncated, err);
	}
	if (out->n)
		qsort(out->of, out->n, sizeof(*out->of), by_path);
	while (ok && f->limit && out->n > f->limit) {
		free(out->of[--out->n].rel);
		out->truncated = true;
	}
	ignore_close(s.ignore);
	match_free(s.glob);
	return ok;
}

void found_release(struct found_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->of[i].rel);
	free(l->of);
	*l = (struct found_list){ 0 };
}
