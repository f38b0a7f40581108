/* serve_glance.c - `glance`: what somebody who sits there sees without looking: the top of the tree, and which tracked
 * files are not as git last saw them, by names and dates alone, so that it costs a task's first request nothing; and
 * the first lines of the project's skills. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/git_index.h"
#include "agent/base/skill.h"
#include "agent/worker/file/files.h"
#include "agent/worker/serve.h"
#include "protocol/base/mem.h"

enum { TOP_MAX = 40, CHANGED_MAX = 8, LOOKED_AT_MAX = 4000, INDEX_MAX_BYTES = 1024 * 1024 };
enum {
	GLANCE_MS = 20,
	GLANCE_FILES = 64
}; /* a file system far away: the time is looked at between so many */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_folder(const struct root *r, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(r->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Denied names are left out, as the model is not to know them. */
static void write_top(struct serve *s, struct jw *w)
{
	int copy = openat(s->root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	char **names = NULL, name[sizeof(((struct dirent *)0)->d_name) + 1];
	size_t n = 0, cap = 0;
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, ".git") == 0 || root_denied(&s->root, slice_of(e->d_name)))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			names = xrealloc(names, cap * sizeof(*names));
		}
		(void)snprintf(name, sizeof(name), "%s%s", e->d_name,
			       is_folder(&s->root, e) ? "/" : "");
		names[n++] = xslicedup(slice_of(name));
	}
	if (d)
		(void)closedir(d);
	else if (copy >= 0)
		(void)close(copy);
	if (n > 0)
		qsort(names, n, sizeof(*names), by_name);
	jw_karray(w, "top");
	for (size_t i = 0; i < n; i++) {
		if (i < TOP_MAX)
			jw_cstr(w, names[i]);
		free(names[i]);
	}
	jw_end(w);
	jw_ki64(w, "more", n > TOP_MAX ? (int64_t)(n - TOP_MAX) : 0);
	free(names);
}

struct look {
	const struct root *root;
	size_t seen, n;
	uint64_t until;
	char *changed[CHANGED_MAX];
};

/* A file counts as changed if its size or time is another than in the index; its content is not read. The
 * time is looked at now and then, because a file system far away may take milliseconds for each stat. */
static void look_at(void *payload, const struct git_noted *g)
{
	struct look *l = payload;
	struct stat st;

	if (++l->seen % GLANCE_FILES == 0 && serve_now() > l->until)
		l->seen = LOOKED_AT_MAX + 1;
	if (l->seen > LOOKED_AT_MAX)
		return;
	if (g->stage == 0 && fstatat(l->root->fd, g->path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ((g->mode & S_IFMT) == 0160000 || /* a submodule */
	     (g->size == (uint32_t)st.st_size && g->mtime_s == (uint32_t)st.st_mtim.tv_sec &&
	      (g->mtime_ns == 0 || g->mtime_ns == (uint32_t)st.st_mtim.tv_nsec))))
		return;
	if (root_denied(l->root, slice_of(g->path)))
		return;
	if (l->n < CHANGED_MAX)
		l->changed[l->n] = xslicedup(slice_of(g->path));
	l->n++;
}

/* Nothing is written where it is not known: no repository, or one that is too large to look at here. */
static void write_changed(struct serve *s, struct jw *w)
{
	struct look l = { .root = &s->root, .until = serve_now() + GLANCE_MS };
	int fd = root_open_file(&s->root, ".git/index", true, NULL);
	struct buf index;

	if (fd < 0)
		return;
	buf_init(&index, INDEX_MAX_BYTES);
	if (file_slurp(fd, ".git/index", &index, NULL) &&
	    git_index_each(buf_slice(&index), look_at, &l) && l.seen <= LOOKED_AT_MAX) {
		jw_ki64(w, "changed", (int64_t)l.n);
		jw_karray(w, "names");
		for (size_t i = 0; i < l.n && i < CHANGED_MAX; i++)
			jw_cstr(w, l.changed[i]);
		jw_end(w);
	}
	for (size_t i = 0; i < l.n && i < CHANGED_MAX; i++)
		free(l.changed[i]);
	buf_release(&index);
	(void)close(fd);
}

/* A denied name is left out here, too. */
static void write_skills(struct serve *s, struct arena *a, struct jw *w)
{
	struct skill *found = arena_array(a, SKILLS_MAX, sizeof(*found));
	int fd = openat(s->root.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t more = 0, n = fd < 0 ? 0 : skills_read(fd, a, found, &more);

	jw_karray(w, "skills");
	for (size_t i = 0; i < n; i++) {
		if (root_denied(&s->root, arena_printf(a, SKILLS_FOLDER "/%.*s/SKILL.md",
						       SLICE_ARG(found[i].name))))
			continue;
		jw_object(w);
		jw_kstr(w, "name", found[i].name);
		jw_kstr(w, "description", found[i].description);
		jw_kstr(w, "why", found[i].why);
		jw_end(w);
	}
	jw_end(w);
	jw_ki64(w, "moreSkills", (int64_t)more);
	if (fd >= 0)
		(void)close(fd);
}

void serve_glance(struct serve *s, struct rpc_request *req)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	write_top(s, w);
	write_changed(s, w);
	write_skills(s, &req->arena, w);
	jw_end(w);
	conn_result_end(req);
}

/* Nothing is hidden without a sandbox: then a name alone has to do. */
void serve_shown(struct serve *s, struct rpc_request *req)
{
	bool shown = s->layers.mode == SANDBOX_VIEW || s->layers.mode == SANDBOX_REDUCED;
	struct json_iter it = json_iter(json_get(req->params, "paths"));
	struct err err;
	struct jw *w;

	if (shown && !places_refresh(&s->places, &s->root, serve_now(), &err)) {
		conn_reply_err(req, &err);
		return;
	}
	while (shown && json_next(&it))
		shown = !places_hide(
			&s->places,
			arena_cstr(&req->arena, json_str_or(it.value, &req->arena, "")));
	w = conn_result_begin(req);
	jw_object(w);
	jw_kbool(w, "shown", shown);
	jw_end(w);
	conn_result_end(req);
}
