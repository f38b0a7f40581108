/* cli_exec.c - see cli_exec.h */
#include "agent/cli/exec/cli_exec.h"

#include "agent/store/ledger_post.h"

/* The service first: what fails here has made no store yet, so that nothing is left to be
 * closed. */
bool cli_exec_open(struct cli_exec *x, struct cli_loop *l, const struct place *p, struct err *err)
{
	const struct config *c = &p->config;
	struct exec_options o = { .loop = &l->uv,
				  .runq = &l->runq,
				  .program = p->program,
				  .state_dir = p->state,
				  .where = c->runner,
				  .image = c->container_image,
				  .cpus = c->container_cpus,
				  .reduced = slice_eq_cstr(c->sandbox, "reduced"),
				  .toolchains = slice_eq_cstr(c->toolchains, "on"),
				  .dependencies = c->exec_dependencies,
				  .n_dependencies = c->n_exec_dependencies,
				  .history = &x->metrics.history,
				  .cache = &x->metrics.cache,
				  .at_once = x->at_once,
				  .queue = x->queue };

	x->loop = l;
	if (!exec_new(&o, &x->exec, err))
		return false;
	x->store = store_new(&l->uv, &l->runq, p->state);
	x->ledger = ledger_new(p->state);
	exec_sqlite_init(&x->sqlite, x->store, x->ledger);
	exec_sqlite_cache_init(&x->cache, x->store, x->ledger);
	metrics_init(&x->metrics, &x->sqlite.history, &x->cache.cache);
	return true;
}

int cli_exec_run(struct cli_exec_run *r, void *owner)
{
	struct err err = { 0 };

	if (!cli_loop_init(&r->loop, r->cli, &r->place, false, &err))
		return cli_fail(r->cli, &err);
	r->loop.interrupted = r->interrupted;
	r->loop.payload = owner;
	if (!r->start(owner, &r->why))
		r->end(owner);
	cli_loop_run(&r->loop);
	return r->why.code == ERR_NONE ? r->status : cli_fail(r->cli, &r->why);
}

static void on_written(void *payload)
{
	cli_loop_end(payload);
}

/* In this order: nothing more is executed; whoever keeps answers or a history elsewhere lets go
 * of them; the store writes what it was given; and only then does the loop end, as the store's
 * thread answers on it. */
void cli_exec_close(struct cli_exec *x, struct cli_loop *l)
{
	if (x->closing)
		return;
	x->closing = true;
	exec_free(x->exec);
	x->exec = NULL;
	if (x->ended)
		x->ended(x->owner);
	if (!x->store) {
		cli_loop_end(l);
		return;
	}
	ledger_post_free(x->store, x->ledger);
	store_close(x->store, on_written, l);
}
