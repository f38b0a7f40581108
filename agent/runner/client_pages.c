/* client_pages.c - see runner.h: a command that changed more files than one message tells.
 *
 *   the command's result --more changes--> viewChanges, one page after the other --no more--> done
 *
 * The caller hears of it once, with all of them; until then the call is that of the command. */
#include <stdlib.h>

#include "agent/runner/client.h"
#include "protocol/base/mem.h"

struct client_pages {
	struct arena arena; /* of the texts */
	struct slice first; /* the command's result, as JSON */
	int64_t view;
	struct view_change *of;
	size_t n, cap;
};

void client_pages_free(struct client_pages *p)
{
	if (!p)
		return;
	arena_release(&p->arena);
	free(p->of);
	free(p);
}

/* The message's memory ends with it. */
static void keep(struct client_pages *p, struct json changed, struct arena *a)
{
	struct view_result page;

	client_read_changes(changed, a, &page);
	if (p->n + page.n_changes > p->cap) {
		p->cap = 2 * p->cap + page.n_changes;
		p->of = xrealloc(p->of, p->cap * sizeof(*p->of));
	}
	for (size_t i = 0; i < page.n_changes; i++) {
		struct view_change *c = &p->of[p->n++];

		*c = page.changes[i];
		c->path = arena_dup(&p->arena, c->path);
		c->before = arena_dup(&p->arena, c->before);
		c->after = arena_dup(&p->arena, c->after);
		c->reason = arena_dup(&p->arena, c->reason);
	}
}

static struct client_pages *begin(const struct rpc_reply *reply)
{
	struct client_pages *p = xcalloc(1, sizeof(*p));

	arena_init(&p->arena);
	p->first = arena_dup(&p->arena, json_raw(reply->result));
	p->view = json_i64_or(json_get(json_get(reply->result, "changed"), "view"), 0);
	return p;
}

/* `next` is the first change of the next page; 0: there is none. The same call is sent again under
 * another method, so to its owner it is one call, which can be dropped at any page. */
bool client_pages_more(struct runner_call *c, const struct rpc_reply *reply)
{
	struct json changed = c->pages ? reply->result : json_get(reply->result, "changed");
	int64_t next = json_i64_or(json_get(changed, "next"), 0);
	struct jw *w;

	if (!c->pages && next == 0)
		return false;
	if (!c->pages)
		c->pages = begin(reply);
	keep(c->pages, changed, reply->arena);
	if (next == 0)
		return false;
	w = conn_call_begin(&c->runner->conn, "viewChanges");
	jw_object(w);
	jw_ki64(w, "view", c->pages->view);
	jw_ki64(w, "from", next);
	jw_end(w);
	(void)client_end(c);
	return true;
}

bool client_pages_all(struct client_pages *p, struct json *first, struct view_result *changed)
{
	struct err err;

	if (!json_parse(&p->arena, p->first, first, &err))
		return false; /* it was parsed once: only memory could be short */
	client_read_changes(json_get(*first, "changed"), &p->arena, changed);
	changed->changes = p->of;
	changed->n_changes = p->n;
	return true;
}

int64_t client_pages_view(const struct client_pages *p)
{
	return p ? p->view : 0;
}
