/* guest.c - see guest.h. The first call of the model is the guest's own, the second hands it the result:
 *
 *   call 1: a turn with the one tool call --the task makes it--> call 2: answered(), and a word that ends the task */
#include "agent/model/guest.h"

#include <stdlib.h>

#include "agent/model/provider.h"
#include "protocol/base/mem.h"

/* it costs nothing, and a window of 0 means that nothing is ever left out */
static const struct price_row guest_row = {
	"guest", "guest", 0, 0, false, { 0, 0, 0, 0 }, 0, { 0, 0, 0, 0 },
};

struct guest_model {
	struct model base;
	struct guest guest; /* its texts are in base.arena */
	struct slice id;    /* of the tool call; empty: it was not made yet */
};

/* Freed by end(): it has no handle of libuv, so there is nothing to wait for. */
struct guest_call {
	struct model_call base;
	struct job job;
	struct arena arena;
	struct block block;
	bool result, ok;   /* the tool has answered */
	struct slice text; /* what */
	bool cancelled;
};

/* What the other program calls itself appears in questions and in the log. Only letters, digits
 * and three signs stay, so that it cannot forge a line of either. */
struct slice guest_name(struct arena *a, struct slice client)
{
	char name[GUEST_NAME_BYTES + 1];
	size_t n = 0;

	for (size_t i = 0; i < client.len && n < GUEST_NAME_BYTES; i++) {
		unsigned char c = (unsigned char)client.ptr[i];

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    c == '-' || c == '_' || c == '.')
			name[n++] = (char)c;
		else if (n > 0 && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n > 0 && name[n - 1] == '-')
		n--;
	return n > 0 ? arena_dup(a, slice_make(name, n)) : SLICE("another-agent");
}

/* The last answer to the guest's call, if there is one. */
static void find_result(struct guest_call *c, struct slice id, const struct transcript *t)
{
	for (size_t i = 0; id.len > 0 && i < t->n; i++) {
		for (size_t k = 0; k < t->turns[i].n_blocks; k++) {
			const struct block *b = &t->turns[i].blocks[k];

			if (b->kind != BLOCK_RESULT || !slice_eq(b->id, id))
				continue;
			c->result = true;
			c->ok = !b->is_error;
			c->text = arena_dup(&c->arena, b->text);
		}
	}
}

static void end(struct guest_call *c, const struct model_result *r, const struct err *err)
{
	job_drop(&c->job);
	c->base.cb.done(c->base.payload, r, err);
	arena_release(&c->arena);
	free(c);
}

/* The tool's result is handed over before the task ends, and only once: after that, `answered`
 * is NULL. */
static void on_job(struct job *j)
{
	struct guest_call *c = container_of(j, struct guest_call, job);
	struct guest_model *m = container_of(c->base.model, struct guest_model, base);
	struct model_result r = { .turn = { .role = ROLE_ASSISTANT,
					    .model = m->base.name,
					    .blocks = &c->block,
					    .n_blocks = 1 } };
	struct err why = { .code = ERR_NONE };

	if (c->cancelled) {
		(void)err_set(&why, ERR_CANCELLED, "The call of the other agent was cancelled.");
		end(c, &r, &why);
		return;
	}
	if (c->result) {
		if (m->guest.answered)
			m->guest.answered(m->guest.payload, c->ok, c->text);
		m->guest.answered = NULL;
		c->block = (struct block){ .kind = BLOCK_TEXT,
					   .text = c->ok ? SLICE("Done.") : SLICE("Not done.") };
		r.stop = STOP_END;
	} else {
		c->block = (struct block){ .kind = BLOCK_CALL,
					   .id = m->id,
					   .name = m->guest.tool,
					   .text = m->guest.input };
		r.stop = STOP_TOOL;
	}
	end(c, &r, NULL);
}

static struct model_call *guest_call(struct model *model, const struct model_request *r,
				     const struct model_callbacks *cb, void *payload,
				     struct err *err)
{
	struct guest_model *m = container_of(model, struct guest_model, base);
	struct guest_call *c = xcalloc(1, sizeof(*c));

	(void)err;
	c->base = (struct model_call){ .model = model, .cb = *cb, .payload = payload };
	arena_init(&c->arena);
	job_init(&c->job, on_job);
	find_result(c, m->id, r->transcript);
	if (m->id.len == 0) /* another than those of the session's earlier tasks */
		m->id = arena_printf(&m->base.arena, "guest_%zu", r->transcript->n);
	runq_post(model->runq, &c->job);
	return &c->base;
}

static void guest_cancel(struct model_call *call)
{
	container_of(call, struct guest_call, base)->cancelled = true;
}

static void guest_close(struct model *m)
{
	(void)m; /* all of it lives in the arena */
}

struct model *guest_open(const struct model_options *o, const struct guest *g)
{
	static const struct model_ops ops = { guest_call, guest_cancel, guest_close, NULL, NULL };
	struct guest_model *m = xcalloc(1, sizeof(*m));
	struct arena *a = &m->base.arena;

	model_init(&m->base, &ops, o, SLICE(""));
	m->base.name = arena_printf(a, "guest:%.*s", SLICE_ARG(guest_name(a, g->client)));
	m->base.row = &guest_row;
	m->base.priced = true;
	m->guest = *g;
	m->guest.client = SLICE("");
	m->guest.tool = arena_dup(a, g->tool);
	m->guest.input = arena_dup(a, g->input);
	return &m->base;
}
