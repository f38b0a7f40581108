/* exec_probe.c - which languages this machine has: the version command of each runs in the sandbox, where
 * the code would, so that what is found is what the code will find. */
#include <stdlib.h>

#include "agent/exec/exec_own.h"
#include "protocol/base/mem.h"

enum { PROBE_SECONDS = 20, PROBE_BYTES = 4096 };

/* Owned by whoever asked; freed after done(), or by the drop. */
struct exec_probe {
	struct list link;
	struct arena arena;
	struct one {
		struct exec_probe *probe;
		struct exec_job *job; /* NULL: it has its answer */
	} of[EXEC_LANGUAGES];
	struct exec_found found[EXEC_LANGUAGES];
	size_t left;
	exec_found_cb *done;
	void *payload;
};

void exec_probe_drop(struct exec_probe *p)
{
	if (!p)
		return;
	list_remove(&p->link);
	for (size_t i = 0; i < EXEC_LANGUAGES; i++)
		exec_drop(p->of[i].job);
	arena_release(&p->arena);
	free(p);
}

void exec_probes_drop(struct exec *e)
{
	LIST_EACH (it, tmp, &e->probes) {
		struct exec_probe *p = container_of(it, struct exec_probe, link);

		for (size_t i = 0; i < EXEC_LANGUAGES; i++)
			p->of[i].job = NULL; /* freed with the lists of the service */
		exec_probe_drop(p);
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "" where the text has no digit. */
struct slice exec_version_in(struct slice text)
{
	size_t from = 0, to;

	while (from < text.len && !is_digit(text.ptr[from]))
		from++;
	for (to = from; to < text.len && (is_digit(text.ptr[to]) || text.ptr[to] == '.'); to++)
		;
	return slice_sub(text, from, to);
}

static void on_version(void *payload, const struct exec_answer *a)
{
	struct one *one = payload;
	struct exec_probe *p = one->probe;
	struct exec_found *f = &p->found[one - p->of];

	one->job = NULL;
	f->available = a->status == EXEC_SUCCESS;
	f->failed = a->failed;
	f->version = arena_dup(&p->arena, exec_version_in(a->out));
	f->reason = arena_dup(&p->arena, slice_of(f->available ? "" : a->error_message));
	if (--p->left > 0)
		return;
	list_remove(&p->link); /* the receiver may end the service */
	p->done(p->payload, p->found);
	exec_probe_drop(p);
}

bool exec_probe(struct exec *e, exec_found_cb *done, void *payload, struct exec_probe **out,
		struct err *err)
{
	const struct exec_callbacks cb = { .done = on_version };
	struct exec_probe *p = xcalloc(1, sizeof(*p));

	arena_init(&p->arena);
	p->done = done;
	p->payload = payload;
	p->left = EXEC_LANGUAGES;
	list_append(&e->probes, &p->link);
	for (size_t i = 0; i < EXEC_LANGUAGES; i++) {
		struct exec_request r = { .language = exec_language_at(i),
					  .timeout_seconds = PROBE_SECONDS,
					  .max_output_size = PROBE_BYTES };

		p->of[i].probe = p;
		if (!exec_enqueue(e, &r, r.language->version, &cb, &p->of[i], &p->of[i].job, err)) {
			exec_probe_drop(p);
			return false;
		}
	}
	*out = p;
	return true;
}
