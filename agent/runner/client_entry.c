/* client_entry.c - see runner.h: what undo puts back beside text. */
#include "agent/runner/client.h"
#include "agent/worker/wire.h"

static void write_entry(struct jw *w, const char *key, enum entry_kind kind, struct slice data)
{
	jw_kobject(w, key);
	jw_ki64(w, "kind", kind);
	if (kind == ENTRY_FILE || kind == ENTRY_LINK || kind == ENTRY_BUNDLE)
		wire_bytes(w, data);
	jw_end(w);
}

struct runner_call *runner_put(struct runner *r, const struct entry_put *p, runner_json_cb *done,
			       void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "put", payload, &w);

	c->on_json = done;
	if (w) {
		jw_kstr(w, "path", p->path);
		write_entry(w, "from", p->from, p->from_data);
		write_entry(w, "to", p->to, p->to_data);
		jw_ki64(w, "mode", p->mode);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_mode(struct runner *r, struct slice path, uint32_t from, uint32_t to,
				runner_json_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "mode", payload, &w);

	c->on_json = done;
	if (w) {
		jw_kstr(w, "path", path);
		jw_ki64(w, "from", from);
		jw_ki64(w, "to", to);
		jw_end(w);
	}
	return client_end(c);
}
