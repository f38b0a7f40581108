/* upper_secret.c - see upper_own.h: what has the name of a secret, in the layer of a command.
 *
 * A command does not see such a file, unless git tracks it: then it works with it as with any other. So
 * what it did not see is never removed or replaced by it, and no index that names it becomes real: else git
 * would track what only looked as if it were not there, and the next command would see it. What a command
 * makes under such a name is kept where its git tracks it, as a branch that is checked out has it; and where it is what
 * the command moved there from another such name, as else only the removal would be kept. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/git_path.h"
#include "agent/worker/file/files.h"
#include "agent/worker/view/upper_own.h"
#include "protocol/base/mem.h"

enum { INDEX_BYTES = 256 * 1024 * 1024 };

static const char denied[] = "its name is in the list of denied files";
static const char holds_hidden[] = "it holds a file that is hidden from commands";

bool upper_read(int top, const char *rel, struct buf *out)
{
	int fd = upper_openat(top, rel, O_RDONLY | O_NOFOLLOW);
	struct stat st;
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		  file_slurp(fd, rel, out, NULL);

	if (fd >= 0)
		(void)close(fd);
	return ok;
}

bool upper_is_hidden(const struct upper *u, const char *rel)
{
	return u->places && places_hide(u->places, rel);
}

/* False: there is none, or it cannot be read. */
static bool read_index(const struct upper *u, const char *rel, struct git_tracked *out)
{
	struct buf text;
	bool ok;

	buf_init(&text, INDEX_BYTES);
	ok = upper_read(u->fd, rel, &text);
	if (ok)
		git_tracked_read(out, buf_slice(&text));
	buf_release(&text);
	return ok;
}

/* By the index that the command left in the layer, in the innermost repository around the file. */
static bool tracked_in_layer(struct layer_walk *w, const char *rel)
{
	char folder[LIMIT_PATH_BYTES], index[LIMIT_PATH_BYTES + 16];
	size_t len = strlen(rel);

	while (len > 0) {
		while (len > 0 && rel[len - 1] != '/')
			len--;
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)len, rel);
		(void)snprintf(index, sizeof(index), "%s.git/index", folder);
		if (w->made_of && strcmp(w->made_of, folder) == 0)
			return git_tracks_surely(&w->made, rel + len);
		if (read_index(w->u, index, &w->made)) {
			free(w->made_of);
			w->made_of = xstrdup(folder);
			return git_tracks_surely(&w->made, rel + len);
		}
		len -= len > 0;
	}
	return false;
}

/* Only the last part of the path: what lies in a folder of keys stays what it is. */
static bool is_in_denied_folder(const struct root *r, const char *rel)
{
	const char *slash = strrchr(rel, '/');

	return slash && root_denied(r, slice_make(rel, (size_t)(slash - rel)));
}

const char *upper_secret_reason(struct layer_walk *w, const struct upper_change *c)
{
	struct slice rel = slice_of(c->rel);

	if (c->kind == UPPER_REMOVED && c->type == UPPER_DIR && w->u->places &&
	    upper_reason(w, c->rel, PROTECT_DIR) && places_hide_below(w->u->places, c->rel))
		return holds_hidden; /* it would go as a whole */
	if (upper_is_hidden(w->u, c->rel))
		return denied;
	if (!root_denied(w->root, rel) || protect_is_git(c->rel))
		return NULL;
	if (root_denied_always(w->root, rel))
		return denied;
	if (tracked_surely(&w->tracked, w->root, c->rel, c->type == UPPER_DIR))
		return NULL;
	if (!is_in_denied_folder(w->root, c->rel) &&
	    (tracked_in_layer(w, c->rel) || upper_reason(w, c->rel, PROTECT_FILE)))
		return NULL; /* new; what is protected, too, is asked for */
	return denied;
}

/* Was it a file with the name of a secret that the command saw, and removed? */
/* By content: a move is a removal and a new file. */
static bool was_moved(const struct layer_walk *w, const struct sha256_hex *content)
{
	for (size_t i = 0; i < w->u->n; i++) {
		const struct upper_change *c = &w->u->change[i];

		if (c->kind == UPPER_REMOVED && c->type == UPPER_FILE && c->class != UPPER_NEVER &&
		    root_denied(w->root, slice_of(c->rel)) && strcmp(c->before.s, content->s) == 0)
			return true;
	}
	return false;
}

/* When all changes are known, because the removal may be listed after the new file. */
void upper_settle_moved(struct layer_walk *w)
{
	for (size_t i = 0; i < w->u->n; i++) {
		struct upper_change *c = &w->u->change[i];
		struct sha256_hex content;
		const char *base;
		struct stat st;
		struct err why;
		int dir;

		if (c->kind != UPPER_CREATED || c->type != UPPER_FILE || c->reason != denied ||
		    upper_is_hidden(w->u, c->rel) ||
		    root_denied_always(w->root, slice_of(c->rel)) ||
		    is_in_denied_folder(w->root, c->rel))
			continue;
		dir = upper_parent(w->u->fd, c->rel, &base);
		if (dir >= 0 && fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    upper_hash_at(dir, base, &st, c->rel, &content, &why) &&
		    was_moved(w, &content)) {
			c->after = content;
			c->class = UPPER_ORDINARY;
			c->reason = NULL;
		}
		if (dir >= 0)
			(void)close(dir);
	}
}

/* Paths of an index begin at its work tree, so the hidden ones are compared from there on. */
bool upper_tracks_hidden(const struct upper *u, const struct upper_change *index)
{
	size_t end = git_path_of(slice_of(index->rel)).repository; /* behind `.git` */
	const struct buf *hidden = u->places ? &u->places->hidden : NULL;
	size_t top = end >= 4 ? end - 4 : 0; /* of its work tree, with the slash */
	struct git_tracked t;
	bool found = false;

	if (!hidden || hidden->len == 0 || strcmp(index->rel + end, "/index") != 0)
		return false;
	git_tracked_init(&t);
	if (read_index(u, index->rel, &t)) {
		const char *at = hidden->data, *stop = at + hidden->len;

		for (; at < stop && !found; at += strlen(at) + 1)
			found = strncmp(at, index->rel, top) == 0 &&
				(git_tracks_surely(&t, at + top) ||
				 (!t.all && git_tracks_below(&t, at + top)));
	}
	git_tracked_release(&t);
	return found;
}
