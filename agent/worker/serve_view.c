/* serve_view.c - `viewChanges`, `viewFinish`, `viewDrop`: what becomes of the changes of a command, after it
 * ended. The server names a change by its place in the list. A layer lives in s->uppers until the server
 * finishes or drops it, or the runner ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/worker/file/files.h"
#include "agent/worker/serve.h"
#include "agent/worker/wire.h"

enum { UNLISTED_MAX = 40 };

bool serve_has_views(const struct serve *s)
{
	return s->layers.copies ||
	       (s->layers.mode == SANDBOX_VIEW && s->layers.of[LAYER_OVERLAY].state == LAYER_ON &&
		s->views.fd >= 0);
}

bool serve_view_new(struct serve *s, struct json params, struct arena *a, uint64_t id,
		    struct upper **out, struct err *err)
{
	struct json list = json_get(params, "unsaved");
	struct slice path, text;
	struct upper *u;

	if (!upper_new(&s->views, id, &u, err))
		return false;
	u->rules_changed = s->places.rules_changed;
	u->max_bytes = s->config.limits.disk_bytes;
	u->places = &s->places;
	u->in_memory = !s->views.path;
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		if (!json_str(json_get(it.value, "path"), a, &path) ||
		    !json_str(json_get(it.value, "text"), a, &text) ||
		    !upper_place(u, &s->root, &s->places, path, text, err)) {
			upper_free(&s->views, u);
			return false;
		}
	}
	*out = u;
	return true;
}

/* --- what changed --- */

/* A row without names: there may be tens of thousands. See wire.h. */
static void write_change(struct jw *w, const struct upper_change *c, size_t index)
{
	uint32_t flags = (c->class == UPPER_PROTECTED ? CHANGE_PROTECTED : 0) |
			 (c->class == UPPER_NEVER ? CHANGE_NEVER : 0) | (c->git ? CHANGE_GIT : 0) |
			 (c->stale ? CHANGE_STALE : 0) | (c->type == UPPER_FILE ? CHANGE_FILE : 0);

	jw_array(w);
	jw_i64(w, (int64_t)index);
	jw_str(w, slice_of(c->rel));
	jw_i64(w, c->kind);
	jw_i64(w, flags);
	jw_cstr(w, c->before.s);
	jw_cstr(w, c->after.s);
	jw_i64(w, (int64_t)c->size);
	jw_i64(w, c->mode);
	jw_i64(w, c->old_mode);
	jw_cstr(w, c->reason ? c->reason : "");
	jw_i64(w, c->open);
	jw_i64(w, (int64_t)c->files);
	jw_end(w);
}

/* From one place in the list on, as many as a message takes; "next": the place to go on, 0: none. */
/* Quiet changes are skipped, but keep their places: the server names a change by its place in the whole
 * list. */
static void write_changes(struct jw *w, const struct upper *u, size_t from)
{
	size_t i = from, n = 0;

	jw_karray(w, "changes");
	for (; i < u->n && n < LIMIT_VIEW_PAGE; i++) {
		if (u->change[i].class == UPPER_QUIET)
			continue;
		write_change(w, &u->change[i], i);
		n++;
	}
	while (i < u->n && u->change[i].class == UPPER_QUIET)
		i++;
	jw_end(w);
	jw_ki64(w, "next", i < u->n ? (int64_t)i : 0);
}

/* What is not listed and no matter of git, for a person: how many files, by the first folder of their path. */
static void write_unlisted(struct jw *w, const struct upper *u)
{
	struct slice folder = SLICE("");
	size_t files = 0, total = 0, groups = 0;

	jw_karray(w, "unlisted");
	for (size_t i = 0; i <= u->n; i++) {
		const struct upper_change *c = i < u->n ? &u->change[i] : NULL;
		struct slice rel = c ? slice_of(c->rel) : SLICE("");
		struct slice first = slice_sub(rel, 0, slice_find_byte(rel, '/', 0));

		if (c && (c->class != UPPER_QUIET || c->kind == UPPER_TIME ||
			  c->type == UPPER_DIR || c->git || c->bundle > 0))
			continue;
		if (files > 0 && !slice_eq(first, folder) && groups++ < UNLISTED_MAX) {
			jw_object(w);
			jw_kstr(w, "path", folder);
			jw_ki64(w, "files", (int64_t)files);
			jw_end(w);
		}
		files = slice_eq(first, folder) ? files + 1 : 1;
		folder = first;
		total += c != NULL;
	}
	jw_end(w);
	jw_ki64(w, "unlistedFiles", (int64_t)total);
}

/* Where nothing is kept the layer is freed by the caller, and the server hears why. */
bool serve_view_report(struct upper *u, bool drop, struct jw *w, bool *keep, struct err *err)
{
	size_t quiet;

	*keep = false;
	if (!upper_settle(u, err))
		return false;
	quiet = u->n - u->shown - u->n_times;
	*keep = u->n > 0 && !drop && !u->too_many && !u->too_large;
	jw_kbool(w, "overlay", true);
	jw_kbool(w, "packs", !u->in_memory);
	jw_ki64(w, "view", *keep ? (int64_t)u->id : 0);
	jw_kbool(w, "dropped", drop && u->n > 0);
	jw_kbool(w, "tooMany", u->too_many);
	jw_kbool(w, "tooLarge", u->too_large);
	jw_ki64(w, "quiet", (int64_t)quiet);
	jw_kobject(w, "objects");
	jw_ki64(w, "added", (int64_t)u->objects.added);
	jw_ki64(w, "removed", (int64_t)u->objects.removed);
	jw_ki64(w, "held", (int64_t)u->objects.held);
	jw_end(w);
	write_unlisted(w, u);
	jw_karray(w, "unseen");
	for (size_t i = 0; i < u->n_open; i++) {
		if (!u->open[i].rel)
			jw_i64(w, (int64_t)i);
	}
	jw_end(w);
	if (*keep)
		write_changes(w, u, 0);
	return true;
}

/* --- afterwards --- */

/* NULL also for a layer that was dropped: the server may ask for it while its notification is on the way. */
struct upper *serve_view_find(struct serve *s, struct json params)
{
	int64_t id = json_i64_or(json_get(params, "view"), 0);

	LIST_EACH (it, tmp, &s->uppers) {
		struct upper *u = container_of(it, struct upper, link);

		if ((int64_t)u->id == id)
			return u;
	}
	return NULL;
}

void serve_view_changes(struct serve *s, struct rpc_request *req)
{
	int64_t from = json_i64_or(json_get(req->params, "from"), 0);
	struct upper *u = serve_view_find(s, req->params);
	struct jw *w;

	if (!u || from < 0) {
		conn_reply_error(req, RPC_INVALID_PARAMS,
				 "There are no such changes of a command.");
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	write_changes(w, u, (size_t)from);
	jw_end(w);
	conn_result_end(req);
}

/* The bytes of a file, the target of a link, the list of a bundle. */
static bool read_image(int top, const char *rel, struct buf *out, enum entry_kind *kind,
		       struct err *err)
{
	char target[LIMIT_PATH_BYTES];
	struct stat st = { 0 };
	int fd = upper_openat(top, rel, O_PATH | O_NOFOLLOW);
	bool ok = true;
	ssize_t n;

	*kind = ENTRY_NONE;
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		n = readlinkat(fd, "", target, sizeof(target));
		if (n > 0 && (size_t)n < sizeof(target)) {
			buf_append(out, slice_make(target, (size_t)n));
			*kind = ENTRY_LINK;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	if (fd < 0 || !S_ISREG(st.st_mode))
		return true;
	fd = upper_openat(top, rel, O_RDONLY | O_NOFOLLOW);
	if (fd < 0)
		return err_set(err, ERR_IO, "%s cannot be read: %s.", rel, strerror(errno));
	ok = file_slurp(fd, rel, out, err);
	*kind = ENTRY_FILE;
	(void)close(fd);
	return ok;
}

static void write_image(struct jw *w, const char *key, enum entry_kind kind, const struct buf *b)
{
	jw_kobject(w, key);
	jw_ki64(w, "kind", kind);
	if (kind != ENTRY_NONE)
		wire_bytes(w, buf_slice(b));
	jw_end(w);
}

/* Both images are read from what is there now: the server compares their hashes with the list. */
static bool read_images(const struct serve *s, const struct upper *u, const struct upper_change *c,
			struct buf *before, enum entry_kind *was, struct buf *after,
			enum entry_kind *is, struct err *err)
{
	*was = *is = ENTRY_NONE;
	if (c->class == UPPER_NEVER)
		return err_set(err, ERR_DENIED, "%s: %s.", c->rel, c->reason);
	if (c->type == UPPER_BUNDLE) {
		*is = ENTRY_BUNDLE;
		return upper_bundle_list(u, &s->root, c, after) ||
		       err_set(err, ERR_TOO_LARGE, "%s: too many files to list.", c->rel);
	}
	return read_image(s->root.fd, c->rel, before, was, err) &&
	       (c->kind == UPPER_REMOVED || read_image(u->fd, c->rel, after, is, err));
}

bool serve_view_write_images(const struct serve *s, const struct upper *u,
			     const struct upper_change *c, struct jw *w, size_t *bytes,
			     struct err *err)
{
	enum entry_kind was, is;
	struct buf before, after;
	bool ok;

	buf_init(&before, LIMIT_READ_BYTES);
	buf_init(&after, c->type == UPPER_BUNDLE ? LIMIT_MESSAGE_BYTES / 2 : LIMIT_READ_BYTES);
	ok = read_images(s, u, c, &before, &was, &after, &is, err);
	if (ok) {
		write_image(w, "before", was, &before);
		write_image(w, "after", is, &after);
		if (was == ENTRY_NONE && is != ENTRY_BUNDLE)
			jw_ki64(w, "folders", file_missing_folders(&s->root, slice_of(c->rel)));
		*bytes = before.len + after.len;
	}
	buf_release(&before);
	buf_release(&after);
	return ok;
}

/* The quiet rest, and the end of the layer. */
void serve_view_finish(struct serve *s, struct rpc_request *req)
{
	struct upper *u = serve_view_find(s, req->params);
	size_t done = 0, failed = 0;
	struct err err = { .code = ERR_NONE };
	struct jw *w;

	if (u && json_bool_or(json_get(req->params, "quiet"), false)) {
		places_forget(&s->places);
		upper_apply_quiet(u, &s->root, &done, &failed, &err);
	}
	upper_free(&s->views, u);
	w = conn_result_begin(req);
	jw_object(w);
	jw_ki64(w, "done", (int64_t)done);
	jw_ki64(w, "failed", (int64_t)failed);
	jw_kcstr(w, "why", failed ? err.msg : "");
	jw_end(w);
	conn_result_end(req);
}

void serve_view_drop(struct serve *s, struct json params)
{
	upper_free(&s->views, serve_view_find(s, params));
}
