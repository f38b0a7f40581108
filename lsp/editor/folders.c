/* folders.c - see folders.h
 *
 * A folder has two names: as the editor spells it, and with all links resolved. The core works with
 * the second, the editor is answered in the first. Only folders are resolved, once, when they are
 * added: a file may not be there yet. */
#include "lsp/editor/folders.h"

#include <stdlib.h>
#include <unistd.h>

#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

static struct slice without_final_slash(struct slice path)
{
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

/* What follows the folder in the path, with its '/'; false if the path is not inside. */
static bool inside(struct slice folder, struct slice path, struct slice *rest)
{
	bool root = slice_eq(folder, SLICE("/"));

	if (!slice_starts(path, folder) ||
	    (!root && path.len > folder.len && path.ptr[folder.len] != '/'))
		return false;
	*rest = slice_sub(path, root ? 0 : folder.len, path.len);
	return true;
}

static void add_path(struct folders *f, struct slice path)
{
	struct folder *folder;

	path = without_final_slash(path);
	if (f->n == LIMIT_FOLDERS || path.len == 0 || path.ptr[0] != '/')
		return;
	for (size_t i = 0; i < f->n; i++)
		if (slice_eq_cstr(path, f->list[i].path))
			return;
	folder = &f->list[f->n++];
	folder->path = xslicedup(path);
	folder->real = realpath(folder->path, NULL);
	if (!folder->real)
		folder->real = xstrdup(folder->path);
}

static void remove_path(struct folders *f, struct slice path)
{
	path = without_final_slash(path);
	for (size_t i = 0; i < f->n; i++) {
		if (!slice_eq_cstr(path, f->list[i].path))
			continue;
		free(f->list[i].path);
		free(f->list[i].real);
		f->n--;
		memmove(&f->list[i], &f->list[i + 1], (f->n - i) * sizeof(f->list[0]));
		return;
	}
}

static bool path_of_uri(struct json uri, struct arena *a, struct slice *path)
{
	struct slice text;

	return json_str(uri, a, &text) && uri_to_path(text, a, path);
}

void folders_init(struct folders *f, struct json params)
{
	struct json list = json_get(params, "workspaceFolders");
	struct slice path;
	struct arena a;

	*f = (struct folders){ .n = 0 };
	arena_init(&a);
	for (struct json_iter it = json_iter(list); json_next(&it);)
		if (path_of_uri(json_get(it.value, "uri"), &a, &path))
			add_path(f, path);
	if (f->n == 0 && path_of_uri(json_get(params, "rootUri"), &a, &path))
		add_path(f, path);
	if (f->n == 0 && json_str(json_get(params, "rootPath"), &a, &path))
		add_path(f, path);
	arena_release(&a);
}

void folders_release(struct folders *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->list[i].path);
		free(f->list[i].real);
	}
	f->n = 0;
}

void folders_change(struct folders *f, struct json event)
{
	struct slice path;
	struct arena a;

	arena_init(&a);
	for (struct json_iter it = json_iter(json_get(event, "removed")); json_next(&it);)
		if (path_of_uri(json_get(it.value, "uri"), &a, &path))
			remove_path(f, path);
	for (struct json_iter it = json_iter(json_get(event, "added")); json_next(&it);)
		if (path_of_uri(json_get(it.value, "uri"), &a, &path))
			add_path(f, path);
	arena_release(&a);
}

static struct slice resolved(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	struct slice s = arena_dup(a, slice_of(real ? real : path));

	free(real);
	return s;
}

static struct slice own_folder(struct arena *a, struct slice path, struct slice *name)
{
	size_t slash = path.len;

	while (slash > 0 && path.ptr[slash - 1] != '/')
		slash--;
	*name = slice_sub(path, slash, path.len);
	return resolved(a, slash <= 1 ? "/" : arena_cstr(a, slice_sub(path, 0, slash - 1)));
}

/* The deepest folder counts, as people open a folder and one within it. A file outside of all has
 * its own folder for a workspace; without a file it is the first folder, or where we were started.
 */
void folders_place(const struct folders *f, struct arena *a, struct slice path,
		   struct slice *workspace, struct slice *real)
{
	const struct folder *best = NULL;
	struct slice rest, best_rest = slice_of("");
	size_t depth = 0;

	*real = slice_of("");
	for (size_t i = 0; i < f->n; i++) {
		struct slice folder = slice_of(f->list[i].path);

		if (path.len && folder.len >= depth && inside(folder, path, &rest)) {
			best = &f->list[i];
			best_rest = rest;
			depth = folder.len;
		}
	}
	if (best) {
		*workspace = arena_dup(a, slice_of(best->real));
		*real = arena_printf(a, "%s%.*s",
				     slice_eq(*workspace, SLICE("/")) ? "" : best->real,
				     SLICE_ARG(best_rest));
	} else if (path.len) {
		*workspace = own_folder(a, path, &rest);
		*real = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(*workspace),
				     workspace->len > 1 ? "/" : "", SLICE_ARG(rest));
	} else {
		*workspace = f->n ? arena_dup(a, slice_of(f->list[0].real)) : resolved(a, ".");
	}
}

/* *at goes through the folders from call to call, beginning with 0. */
bool folders_spelling(const struct folders *f, struct arena *a, struct slice real, size_t *at,
		      struct slice *out)
{
	struct slice rest;

	while (*at < f->n) {
		const struct folder *folder = &f->list[(*at)++];

		if (strcmp(folder->path, folder->real) == 0 ||
		    !inside(slice_of(folder->real), real, &rest))
			continue;
		*out = arena_printf(a, "%s%.*s", folder->path, SLICE_ARG(rest));
		return true;
	}
	return false;
}
