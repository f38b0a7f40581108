/* dialect.c - what all wire formats share around their own functions: the frame of a request, and the JSON of
 * what the server sends, parsed once, before a dialect sees it. */
#include "agent/model/dialect.h"

uint32_t endpoint_max_output(const struct endpoint *e, const struct model_request *r)
{
	bool hard = slice_eq_cstr(e->effort, "xhigh") || slice_eq_cstr(e->effort, "max");
	uint32_t most = e->row ? e->row->max_output_tokens : 0, want = r->max_output_tokens;

	if (want == 0) /* thinking is a part of it */
		want = !e->row || most == 0 ? DEFAULT_MAX_OUTPUT : hard ? 64000 : 32000;
	return most > 0 && most < want ? most : want;
}

bool dialect_build(const struct endpoint *e, const struct model_request *r, struct buf *body,
		   struct err *err)
{
	struct request_plan p;
	struct jw w;
	bool ok = request_plan(&p, r->transcript, e->name, e->images, err);

	if (ok) {
		jw_init(&w, body);
		jw_object(&w);
		e->dialect->write(&w, e, r, &p);
		jw_end(&w);
	}
	request_plan_release(&p);
	return ok;
}

/* An event that is not known may hold anything, also what is no JSON: new kinds come without
 * notice. */
static bool is_known(const struct dialect_ops *d, struct slice name)
{
	bool known = name.len == 0;

	for (size_t i = 0; d->events && d->events[i]; i++)
		known = known || slice_starts(name, slice_of(d->events[i]));
	return known;
}

/* The JSON lives for the time of the event: a dialect copies what it keeps into the reply's
 * arena. */
bool dialect_event(const struct dialect_ops *d, struct reply *r, struct slice name,
		   struct slice data, struct failure *f)
{
	struct slice type;
	struct arena a;
	struct json root;
	bool ok;

	if (slice_eq_cstr(slice_trim(data),
			  "[DONE]")) { /* also of gateways whose dialect has none */
		r->complete = r->complete || r->stopped;
		return true;
	}
	arena_init(&a);
	if (!json_parse(&a, data, &root, NULL)) {
		ok = reply_strange(r, is_known(d, name), data, f);
	} else {
		type = json_str_or(json_get(root, "type"), &a, "");
		ok = d->event(r, type.len > 0 ? type : name, root, f);
	}
	arena_release(&a);
	return ok;
}

bool dialect_whole(const struct dialect_ops *d, struct reply *r, struct slice body,
		   struct failure *f)
{
	struct arena a;
	struct json root;
	bool ok = false;

	arena_init(&a);
	if (!json_parse(&a, body, &root, NULL))
		(void)fail_set(f, FAIL_FOREIGN, body);
	else if (!d->error(root, f))
		ok = d->whole(r, root, f);
	if (f->kind == FAIL_FOREIGN && !f->detail[0])
		(void)fail_set(f, FAIL_FOREIGN, body);
	r->complete = ok;
	arena_release(&a);
	return ok;
}

/* What the body says beats the status: servers give several reasons one number. */
void dialect_error(const struct endpoint *e, struct slice body, struct failure *f)
{
	struct arena a;
	struct json root;

	arena_init(&a);
	if (!json_parse(&a, body, &root, NULL) || !e->dialect->error(root, f))
		(void)fail_set(f, fail_kind_of_status(f->status), body);
	arena_release(&a);
	if (e->dialect->judge)
		e->dialect->judge(e, f);
}
