/* noted.c - see noted.h
 *
 * Kept as JSON, not read: most of it is never asked for. A list that is empty and whose file is not
 * open is not kept, or a large project would fill the map with nothing. */
#include "lsp/wrap/noted.h"

#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/lsp/uri.h"

void noted_init(struct noted *n, uint64_t seed)
{
	map_init(&n->files, seed);
	n->bytes = 0;
}

static void file_free(struct noted *n, struct noted_file *f)
{
	if (!f)
		return;
	n->bytes -= strlen(f->diagnostics);
	free(f->uri);
	free(f->diagnostics);
	free(f);
}

static void free_all(struct noted *n)
{
	struct slice key;
	size_t at = 0;
	void *file;

	while (map_next(&n->files, &at, &key, &file))
		file_free(n, file);
}

void noted_release(struct noted *n)
{
	free_all(n);
	map_release(&n->files);
}

/* A server that names no version means the text that it was told last, as far as anybody knows. */
static int64_t version_of(const struct documents *open, struct slice uri, struct json params)
{
	struct document *doc = documents_find(open, uri);
	int64_t version;

	if (json_i64(json_get(params, "version"), &version))
		return version;
	return doc ? doc->version : INT64_MIN;
}

/* Beyond LIMIT_NOTED_BYTES the newest is dropped: the editor still shows it. */
void noted_add(struct noted *n, const struct documents *open, struct json params, struct arena *a)
{
	struct json list = json_get(params, "diagnostics");
	struct slice uri = json_str_or(json_get(params, "uri"), a, ""), key = uri_key(uri, a);
	bool keep =
		json_type(list) == JSON_ARRAY && (json_len(list) > 0 || documents_find(open, uri));
	struct noted_file *f;

	file_free(n, map_remove(&n->files, key));
	if (!keep || n->bytes + json_raw(list).len > LIMIT_NOTED_BYTES || uri.len > LIMIT_URI_BYTES)
		return;
	f = xcalloc(1, sizeof(*f));
	f->uri = xslicedup(uri);
	f->diagnostics = xslicedup(json_raw(list));
	f->version = version_of(open, uri, params);
	n->bytes += json_raw(list).len;
	(void)map_put(&n->files, key, f);
}

struct noted_file *noted_find(const struct noted *n, struct slice uri)
{
	struct noted_file *f;
	struct arena a;

	arena_init(&a);
	f = map_get(&n->files, uri_key(uri, &a));
	arena_release(&a);
	return f;
}

bool noted_waits(const struct noted *n, const struct documents *open, struct slice uri)
{
	const struct noted_file *f = noted_find(n, uri);
	const struct document *doc = documents_find(open, uri);

	return doc && (!f || f->version < doc->version);
}

/* Only of those that it has ever looked at: others may be of another language. */
bool noted_any_waits(const struct noted *n, const struct documents *open)
{
	struct slice key;
	size_t at = 0;
	void *file;

	while (map_next(&n->files, &at, &key, &file))
		if (noted_waits(n, open, slice_of(((struct noted_file *)file)->uri)))
			return true;
	return false;
}

void noted_clear(struct noted *n, struct conn *editor)
{
	uint64_t seed = n->files.seed;
	struct slice key;
	size_t at = 0;
	void *file;
	struct jw *w;

	while (map_next(&n->files, &at, &key, &file)) {
		if (strcmp(((struct noted_file *)file)->diagnostics, "[]") == 0)
			continue;
		w = conn_notify_begin(editor, "textDocument/publishDiagnostics");
		jw_object(w);
		jw_kcstr(w, "uri", ((struct noted_file *)file)->uri);
		jw_karray(w, "diagnostics");
		jw_end(w);
		jw_end(w);
		conn_notify_end(editor);
	}
	noted_release(n);
	noted_init(n, seed);
}
