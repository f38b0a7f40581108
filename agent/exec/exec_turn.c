/* exec_turn.c - how a request gets into the service: copied, since the sender's texts end with the call that brought it, and
 * placed among those that wait. */
#include "agent/exec/exec_own.h"

static const struct slice *copy_list(struct arena *a, const struct slice *list, size_t n)
{
	struct slice *out = arena_array(a, n + 1, sizeof(*out));

	for (size_t i = 0; i < n; i++)
		out[i] = arena_dup(a, list[i]);
	return out;
}

void exec_copy_request(struct exec_job *j, const struct exec_request *r)
{
	struct exec_request *to = &j->request;

	*to = *r;
	to->code = arena_dup(&j->arena, r->code);
	to->stdin_data = arena_dup(&j->arena, r->stdin_data);
	to->correlation_id = arena_dup(&j->arena, r->correlation_id);
	to->traceparent = arena_dup(&j->arena, r->traceparent);
	to->env = copy_list(&j->arena, r->env, r->n_env);
	to->dependencies = copy_list(&j->arena, r->dependencies, r->n_dependencies);
}

uint64_t exec_turn(uint64_t now_ms, int priority)
{
	return now_ms + (uint64_t)(EXEC_PRIORITY_MAX - priority) * EXEC_PRIORITY_MS;
}

/* Behind those whose turn is the same, which came before. */
void exec_take_turn(struct exec_job *j)
{
	struct exec *e = j->exec;
	struct list *at = &e->queued;

	j->turn = exec_turn(uv_now(e->options.loop), j->request.priority);
	while (at->prev != &e->queued &&
	       container_of(at->prev, struct exec_job, link)->turn > j->turn)
		at = at->prev;
	list_append(at, &j->link);
	e->n_queued++;
}
