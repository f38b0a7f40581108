/* serve_fleet.c - see serve_fleet.h */
#include "agent/cli/exec/serve_fleet.h"

#include <stdlib.h>

#define NAME "emend"

/* From the variable, or from the option, which everybody on the machine can read: a password has no place there. */
static bool find_url(struct cli *c, const char *option, const char *given, const char *variable,
		     struct slice *out, struct err *err)
{
	*out = arena_dup(&c->arena, slice_of(given ? given : getenv(variable)));
	(void)unsetenv(variable);
	if (given && server_url_has_secret(*out))
		return err_set(
			err, ERR_USAGE,
			"%s: other users of this machine see the command line. Give a URL with a "
			"password in %s.",
			option, variable);
	return true;
}

static void want(struct serve_fleet *s, struct breaker *b, const char *name)
{
	breaker_init(b, name);
	s->links[s->n_links++] = b;
}

static bool read_nats(struct serve_fleet *s, struct cli *c, struct err *err)
{
	struct slice text;

	if (!find_url(c, "--nats", c->args.nats, "EMEND_NATS_URL", &text, err))
		return false;
	s->nats = text.len > 0;
	if (s->nats)
		want(s, &s->nats_breaker, "nats");
	return !s->nats || server_url_parse(&c->arena, text, "nats", NATS_PORT, &s->nats_url, err);
}

static bool read_redis(struct serve_fleet *s, struct cli *c, struct err *err)
{
	struct slice text;

	if (!find_url(c, "--redis", c->args.redis, "EMEND_REDIS_URL", &text, err))
		return false;
	s->redis = text.len > 0;
	if (s->redis)
		want(s, &s->redis_breaker, "redis");
	return !s->redis ||
	       server_url_parse(&c->arena, text, "redis", REDIS_PORT, &s->redis_url, err);
}

/* The rest of it is for libpq to read. */
static bool read_postgres(struct serve_fleet *s, struct cli *c, struct err *err)
{
	if (!find_url(c, "--postgres", c->args.postgres, "EMEND_POSTGRES_URL", &s->postgres_url,
		      err))
		return false;
	if (c->args.postgres && slice_find(s->postgres_url, SLICE("password"), 0) != SIZE_MAX)
		return err_set(
			err, ERR_USAGE,
			"--postgres: other users of this machine see the command line. Give a URL with a "
			"password in EMEND_POSTGRES_URL.");
	if (s->postgres_url.len > 0)
		want(s, &s->postgres_breaker, "postgres");
	return true;
}

bool serve_fleet_read(struct serve_fleet *s, struct cli *c, struct err *err)
{
	*s = (struct serve_fleet){ .name = slice_of(c->args.name ? c->args.name : NAME) };
	if (!nats_is_word(s->name) || s->name.len > FLEET_NAME_MAX)
		return err_set(
			err, ERR_USAGE,
			"--name: expected one word of letters, digits, '-' and '_', found \"%.*s\".",
			SLICE_ARG(slice_sub(s->name, 0, 100)));
	return read_nats(s, c, err) && read_redis(s, c, err) && read_postgres(s, c, err);
}

static void on_ended(void *owner)
{
	struct serve_fleet *s = owner;

	redis_cache_free(s->cache);
	pg_history_free(s->history);
	s->cache = NULL;
	s->history = NULL;
}

/* What is shared stands in front of what is kept here: while the server of it cannot be reached,
 * the local one is used. */
bool serve_fleet_keep(struct serve_fleet *s, struct cli_exec_run *run, struct err *err)
{
	struct cli_exec *x = &run->service;
	const struct pg_history_options o = { .loop = &run->loop.uv,
					      .runq = &run->loop.runq,
					      .url = s->postgres_url,
					      .breaker = &s->postgres_breaker,
					      .local = &x->sqlite.history };

	x->ended = on_ended;
	x->owner = s;
	if (s->postgres_url.len > 0 && !pg_history_new(&o, &s->history, err))
		return false;
	if (s->redis)
		s->cache = redis_cache_new(o.loop, o.runq, &s->redis_url, &s->redis_breaker);
	metrics_init(&x->metrics, s->history ? pg_history_face(s->history) : &x->sqlite.history,
		     s->cache ? redis_cache_face(s->cache) : &x->cache.cache);
	return true;
}

void serve_fleet_start(struct serve_fleet *s, struct cli_exec_run *run, struct line_log *log)
{
	const struct fleet_options o = { .loop = &run->loop.uv,
					 .runq = &run->loop.runq,
					 .exec = run->service.exec,
					 .metrics = &run->service.metrics,
					 .log = log,
					 .url = &s->nats_url,
					 .name = s->name,
					 .breaker = &s->nats_breaker,
					 .links = s->links,
					 .n_links = s->n_links };

	if (s->nats)
		s->fleet = fleet_new(&o);
}

void serve_fleet_ready(void *owner)
{
	struct serve_fleet *s = owner;

	if (s->fleet)
		fleet_join(s->fleet);
}

void serve_fleet_metrics(void *owner, struct buf *out)
{
	const struct serve_fleet *s = owner;

	if (s->fleet)
		fleet_metrics(s->fleet, out);
	if (s->history)
		pg_history_metrics(s->history, out);
}

static void on_drained(void *payload)
{
	struct serve_fleet *s = payload;

	s->drained(s->payload);
}

/* What was taken over NATS is in the history only when it is done. */
static void on_tasks_drained(void *payload)
{
	struct serve_fleet *s = payload;

	if (s->history)
		pg_history_drain(s->history, on_drained, s);
	else
		on_drained(s);
}

bool serve_fleet_drain(struct serve_fleet *s, void (*drained)(void *payload), void *payload)
{
	s->drained = drained;
	s->payload = payload;
	if (s->fleet)
		fleet_drain(s->fleet, on_tasks_drained, s);
	else if (s->history)
		pg_history_drain(s->history, on_drained, s);
	return s->fleet || s->history;
}

/* Cache and history go later, in on_ended(): executions that are being cancelled still write to
 * them. */
void serve_fleet_stop(struct serve_fleet *s)
{
	fleet_free(s->fleet);
	s->fleet = NULL;
}
