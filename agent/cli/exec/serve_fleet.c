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
	if (given && server_url_has_password(*out))
		return err_set(
			err, ERR_USAGE,
			"%s: other users of this machine see the command line. Give a URL with a "
			"password in %s.",
			option, variable);
	return true;
}

static bool read_nats(struct serve_fleet *s, struct cli *c, struct err *err)
{
	struct slice text;

	if (!find_url(c, "--nats", c->args.nats, "EMEND_NATS_URL", &text, err))
		return false;
	if (text.len == 0)
		return true;
	s->nats = true;
	breaker_init(&s->nats_breaker, "nats");
	s->links[s->n_links++] = &s->nats_breaker;
	return server_url_parse(&c->arena, text, "nats", NATS_PORT, &s->nats_url, err);
}

bool serve_fleet_read(struct serve_fleet *s, struct cli *c, struct err *err)
{
	*s = (struct serve_fleet){ .name = slice_of(c->args.name ? c->args.name : NAME) };
	if (!nats_is_word(s->name) || s->name.len > FLEET_NAME_MAX)
		return err_set(
			err, ERR_USAGE,
			"--name: expected one word of letters, digits, '-' and '_', found \"%.*s\".",
			SLICE_ARG(slice_sub(s->name, 0, 100)));
	return read_nats(s, c, err);
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
					 .others = s->links + 1,
					 .n_others = s->n_links - 1 };

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
}

void serve_fleet_stop(struct serve_fleet *s)
{
	fleet_free(s->fleet);
	s->fleet = NULL;
}
