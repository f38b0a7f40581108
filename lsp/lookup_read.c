/* lookup_read.c - see lookup_read.h
 *
 * What language servers say differs in form from version to version: a Location or a LocationLink,
 * one or a list, changes or documentChanges, a message or MarkupContent. Here all of it becomes
 * lookup_items. */
#include "lsp/lookup_read.h"

#include "protocol/base/limits.h"
#include "protocol/lsp/uri.h"

/* NULL: there are enough, or it is in no file.
 * The item counts only when its caller has filled it and raised out->n. */
static struct lookup_item *add(const struct folders *f, struct arena *a, struct slice uri,
			       struct lookup_items *out)
{
	struct slice path, workspace;

	if (out->n == LIMIT_LOOKUP_ITEMS || !uri_to_path(uri, a, &path))
		return NULL;
	if (out->n == out->cap) {
		size_t cap = out->cap ? out->cap * 2 : 32;
		struct lookup_item *bigger = arena_array(a, cap, sizeof(*bigger));

		if (out->n)
			memcpy(bigger, out->list, out->n * sizeof(*bigger));
		out->list = bigger;
		out->cap = cap;
	}
	out->list[out->n] = (struct lookup_item){ .severity = LSP_SEVERITY_ERROR };
	folders_place(f, a, path, &workspace, &out->list[out->n].path);
	return &out->list[out->n];
}

static struct slice uri_of(struct json object, struct arena *a)
{
	return json_str_or(json_get(object, "uri"), a, "");
}

/* A message may be MarkupContent since LSP 3.18. */
static struct slice message_of(struct json diagnostic, struct arena *a)
{
	struct json message = json_get(diagnostic, "message");

	if (json_type(message) == JSON_OBJECT)
		message = json_get(message, "value");
	return json_str_or(message, a, "");
}

void lookup_read_diagnostics(const struct folders *f, struct arena *a, struct slice uri,
			     struct json diagnostics, struct lookup_items *out)
{
	for (struct json_iter it = json_iter(diagnostics); json_next(&it);) {
		int64_t severity = json_i64_or(json_get(it.value, "severity"), LSP_SEVERITY_ERROR);
		struct lookup_item *item = add(f, a, uri, out);

		if (!item)
			return;
		item->text = message_of(it.value, a);
		item->source = json_str_or(json_get(it.value, "source"), a, "");
		if (severity >= LSP_SEVERITY_ERROR && severity <= LSP_SEVERITY_HINT)
			item->severity = (int)severity;
		if (range_read(json_get(it.value, "range"), &item->range) && item->text.len)
			out->n++;
	}
}

static void read_place(const struct folders *f, struct arena *a, struct json v,
		       struct lookup_items *out)
{
	bool link = json_present(json_get(v, "targetUri"));
	struct slice uri = json_str_or(json_get(v, link ? "targetUri" : "uri"), a, "");
	struct json range = json_get(v, link ? "targetSelectionRange" : "range");
	struct lookup_item *item = add(f, a, uri, out);

	if (item && range_read(range, &item->range))
		out->n++;
}

void lookup_read_places(const struct folders *f, struct arena *a, struct json v,
			struct lookup_items *out)
{
	if (json_type(v) == JSON_OBJECT)
		read_place(f, a, v, out);
	if (json_type(v) == JSON_ARRAY)
		for (struct json_iter it = json_iter(v); json_next(&it);)
			read_place(f, a, it.value, out);
}

/* A rename is all or nothing: an edit that is not understood refuses the whole. */
static bool read_edits(const struct folders *f, struct arena *a, struct slice uri,
		       struct json edits, struct lookup_items *out, struct err *err)
{
	for (struct json_iter it = json_iter(edits); json_next(&it);) {
		struct lookup_item *item = add(f, a, uri, out);

		if (!item)
			return err_set(
				err, ERR_INVALID,
				"The language server wants to change more than %d places, or "
				"what is no file.",
				LIMIT_LOOKUP_ITEMS);
		if (!range_read(json_get(it.value, "range"), &item->range) ||
		    !json_str(json_get(it.value, "newText"), a, &item->text))
			return err_set(err, ERR_INVALID,
				       "The language server gave an edit that is not known here.");
		out->n++;
	}
	return true;
}

bool lookup_read_edit(const struct folders *f, struct arena *a, struct json v,
		      struct lookup_items *out, struct err *err)
{
	struct json changes = json_get(v, "documentChanges");

	if (!json_present(changes)) {
		for (struct json_iter it = json_iter(json_get(v, "changes")); json_next(&it);)
			if (!read_edits(f, a, json_str_or(it.key, a, ""), it.value, out, err))
				return false;
		return true;
	}
	for (struct json_iter it = json_iter(changes); json_next(&it);) {
		if (json_present(json_get(it.value, "kind")))
			return err_set(
				err, ERR_INVALID,
				"The language server would also create, rename or delete files, "
				"which is not done: use edit_file and run_command.");
		if (!read_edits(f, a, uri_of(json_get(it.value, "textDocument"), a),
				json_get(it.value, "edits"), out, err))
			return false;
	}
	return true;
}
