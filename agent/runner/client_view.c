/* client_view.c - see runner.h: the changes of a command, and what is to become of them.
 *
 * A change travels as a row of values without names, as there may be thousands: the order in
 * read_change() is the order in agent/worker/serve_view.c. All texts are borrowed from the
 * message. */
#include "agent/runner/client.h"
#include "agent/worker/wire.h"

/* What is missing in a row stays missing: it is protected then, and never to be made. */
static struct json cell(struct json_iter *row)
{
	return json_next(row) ? row->value : (struct json){ 0 };
}

static void read_change(struct json v, struct arena *a, struct view_change *c)
{
	struct json_iter row = json_iter(v);
	int64_t kind, flags;

	*c = (struct view_change){ .index = json_i64_or(cell(&row), -1) };
	c->path = json_str_or(cell(&row), a, "");
	kind = json_i64_or(cell(&row), -1);
	flags = json_i64_or(cell(&row), CHANGE_PROTECTED | CHANGE_NEVER);
	c->before = json_str_or(cell(&row), a, "");
	c->after = json_str_or(cell(&row), a, "");
	c->size = (uint64_t)json_i64_or(cell(&row), 0);
	c->mode = (uint32_t)json_i64_or(cell(&row), 0);
	c->old_mode = (uint32_t)json_i64_or(cell(&row), 0);
	c->reason = json_str_or(cell(&row), a, "");
	c->open = json_i64_or(cell(&row), -1);
	c->files = (uint64_t)json_i64_or(cell(&row), 0);
	if (kind >= VIEW_CREATED && kind <= VIEW_MODE)
		c->kind = (enum view_kind)kind;
	else
		flags |= CHANGE_NEVER;
	c->file = flags & CHANGE_FILE;
	c->is_protected = flags & CHANGE_PROTECTED;
	c->never = flags & CHANGE_NEVER;
	c->git = flags & CHANGE_GIT;
	c->stale = flags & CHANGE_STALE;
}

void client_read_changes(struct json changed, struct arena *a, struct view_result *out)
{
	struct json list = json_get(changed, "changes"), unseen = json_get(changed, "unseen");
	struct json objects = json_get(changed, "objects");
	struct view_change *c = arena_array(a, json_len(list) + 1, sizeof(*c));
	int64_t *u = arena_array(a, json_len(unseen) + 1, sizeof(*u));
	struct json unlisted = json_get(changed, "unlisted");
	struct view_unlisted *f = arena_array(a, json_len(unlisted) + 1, sizeof(*f));

	*out = (struct view_result){
		.overlay = json_bool_or(json_get(changed, "overlay"), false),
		.view = json_i64_or(json_get(changed, "view"), 0),
		.packs = json_bool_or(json_get(changed, "packs"), false),
		.dropped = json_bool_or(json_get(changed, "dropped"), false),
		.too_many = json_bool_or(json_get(changed, "tooMany"), false),
		.too_large = json_bool_or(json_get(changed, "tooLarge"), false),
		.quiet = (uint64_t)json_i64_or(json_get(changed, "quiet"), 0),
		.objects_added = (uint64_t)json_i64_or(json_get(objects, "added"), 0),
		.objects_removed = (uint64_t)json_i64_or(json_get(objects, "removed"), 0),
		.objects_held = (uint64_t)json_i64_or(json_get(objects, "held"), 0),
		.unlisted = f,
		.unlisted_files = (uint64_t)json_i64_or(json_get(changed, "unlistedFiles"), 0),
		.changes = c,
		.unseen = u,
	};
	for (struct json_iter it = json_iter(list); json_next(&it);)
		read_change(it.value, a, &c[out->n_changes++]);
	for (struct json_iter it = json_iter(unlisted); json_next(&it);)
		f[out->n_unlisted++] = (struct view_unlisted){
			json_str_or(json_get(it.value, "path"), a, ""),
			(uint64_t)json_i64_or(json_get(it.value, "files"), 0),
		};
	for (struct json_iter it = json_iter(unseen); json_next(&it);)
		u[out->n_unseen++] = json_i64_or(it.value, -1);
}

static bool read_image(struct json v, struct arena *a, enum entry_kind *kind, struct slice *data)
{
	*kind = (enum entry_kind)json_i64_or(json_get(v, "kind"), -1);
	if (*kind == ENTRY_NONE)
		return true;
	if ((*kind != ENTRY_FILE && *kind != ENTRY_LINK && *kind != ENTRY_BUNDLE) ||
	    !wire_bytes_read(v, a, data))
		return false;
	if (!data->ptr)
		*data = SLICE("");
	return true;
}

static bool read_item(struct json v, struct arena *a, struct view_item *out)
{
	*out = (struct view_item){
		.index = json_i64_or(json_get(v, "index"), -1),
		.code = err_code_named(json_str_or(json_get(v, "code"), a, "")),
		.why = json_str_or(json_get(v, "why"), a, ""),
	};
	if (out->code != ERR_NONE || !json_present(json_get(v, "before")))
		return true;
	out->image.folders = (uint32_t)json_i64_or(json_get(v, "folders"), 0);
	return read_image(json_get(v, "before"), a, &out->image.was, &out->image.before) &&
	       read_image(json_get(v, "after"), a, &out->image.is, &out->image.after);
}

void client_answer_items(const struct runner_call *c, struct json v, struct arena *a,
			 const struct err *err)
{
	struct json list = json_get(v, "images");
	struct view_item *items;
	size_t n = 0;
	struct err bad;

	if (json_type(list) != JSON_ARRAY)
		list = json_get(v, "results");
	items = arena_array(a, json_len(list) + 1, sizeof(*items));
	for (struct json_iter it = json_iter(list); !err && json_next(&it); n++) {
		if (read_item(it.value, a, &items[n]))
			continue;
		err_set(&bad, ERR_INTERNAL, "The runner's answer has no data.");
		err = &bad;
	}
	c->on_items(c->payload, items, err ? 0 : n, err);
}

static void read_place(struct json v, struct arena *a, enum entry_kind *kind,
		       struct view_place *out)
{
	struct json_iter it = json_iter(v);
	int64_t n[3] = { ENTRY_NONE, 0, 0 };

	for (size_t i = 0; i < ARRAY_LEN(n) && json_next(&it); i++)
		n[i] = json_i64_or(it.value, 0);
	*kind = (enum entry_kind)n[0];
	*out = (struct view_place){ (uint64_t)n[1], (uint64_t)n[2],
				    json_next(&it) ? json_str_or(it.value, a, "") : SLICE("") };
}

static void read_packed(struct json v, struct arena *a, struct view_packed *out)
{
	*out = (struct view_packed){
		.index = json_i64_or(json_get(v, "index"), -1),
		.code = err_code_named(json_str_or(json_get(v, "code"), a, "none")),
		.why = json_str_or(json_get(v, "why"), a, ""),
		.folders = (uint32_t)json_i64_or(json_get(v, "folders"), 0),
	};
	if (out->code != ERR_NONE)
		return;
	read_place(json_get(v, "was"), a, &out->was, &out->before);
	read_place(json_get(v, "is"), a, &out->is, &out->after);
}

/* "VIEWS/r-ID/NUMBER/packNUMBER" and nothing else: the worker is not trusted with our folders.
 * The file is read and moved by the server, outside of the sandbox: a path that the worker made up
 * could name any file of the user. */
static bool is_pack(const struct runner *r, struct slice file)
{
	size_t len = r->views ? strlen(r->views) : 0, slashes = 0;
	struct slice rest = slice_sub(file, len, file.len);

	for (size_t i = 0; i < rest.len; i++)
		slashes += rest.ptr[i] == '/';
	return len > 0 && slashes == 3 && slice_starts(file, slice_of(r->views)) &&
	       slice_starts(rest, SLICE("/r-")) && slice_find_byte(file, 0, 0) == SIZE_MAX &&
	       slice_find(rest, SLICE(".."), 0) == SIZE_MAX;
}

void client_answer_pack(const struct runner_call *c, struct json v, struct arena *a,
			const struct err *err)
{
	struct json list = json_get(v, "results");
	struct slice file = json_str_or(json_get(v, "file"), a, "");
	struct view_packed *items = arena_array(a, json_len(list) + 1, sizeof(*items));
	struct err bad;
	size_t n = 0;

	if (!err && !is_pack(c->runner, file)) {
		err_set(&bad, ERR_INTERNAL, "The worker named a file that is none of its own.");
		err = &bad;
	}
	for (struct json_iter it = json_iter(list); !err && json_next(&it);)
		read_packed(it.value, a, &items[n++]);
	c->on_pack(c->payload, file, items, n, err);
}

static struct runner_call *begin(struct runner *r, const char *method, int64_t view, void *payload,
				 struct jw **w)
{
	struct runner_call *c = client_begin(r, method, payload, w);

	if (*w)
		jw_ki64(*w, "view", view);
	return c;
}

static void write_indexes(struct jw *w, const int64_t *indexes, size_t n)
{
	jw_karray(w, "indexes");
	for (size_t i = 0; i < n; i++)
		jw_i64(w, indexes[i]);
	jw_end(w);
}

struct runner_call *runner_images(struct runner *r, int64_t view, const int64_t *indexes, size_t n,
				  size_t max_bytes, runner_items_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = begin(r, "viewImages", view, payload, &w);

	c->on_items = done;
	if (w) {
		write_indexes(w, indexes, n);
		jw_ki64(w, "maxBytes", (int64_t)max_bytes);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_pack(struct runner *r, int64_t view, const int64_t *indexes, size_t n,
				runner_pack_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = begin(r, "viewPack", view, payload, &w);

	c->on_pack = done;
	if (w) {
		write_indexes(w, indexes, n);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_commit_many(struct runner *r, int64_t view, const int64_t *indexes,
				       size_t n, runner_items_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = begin(r, "viewCommitMany", view, payload, &w);

	c->on_items = done;
	if (w) {
		write_indexes(w, indexes, n);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_commit_objects(struct runner *r, int64_t view, runner_items_cb *done,
					  void *payload)
{
	struct jw *w;
	struct runner_call *c = begin(r, "viewCommitMany", view, payload, &w);

	c->on_items = done;
	if (w) {
		jw_kbool(w, "objects", true);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_finish(struct runner *r, int64_t view, bool quiet, runner_json_cb *done,
				  void *payload)
{
	struct jw *w;
	struct runner_call *c = begin(r, "viewFinish", view, payload, &w);

	c->on_json = done;
	if (w) {
		jw_kbool(w, "quiet", quiet);
		jw_end(w);
	}
	return client_end(c);
}

/* Nothing is answered. A runner that is lost has dropped its views by itself. */
void runner_view_drop(struct runner *r, int64_t view)
{
	struct jw *w;

	if (!r || !view || r->state != RUNNER_UP)
		return;
	w = conn_notify_begin(&r->conn, "viewDrop");
	jw_object(w);
	jw_ki64(w, "view", view);
	jw_end(w);
	conn_notify_end(&r->conn);
}
