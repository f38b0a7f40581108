/* granted.c - see granted.h */
#include "agent/policy/granted.h"

#include <stdlib.h>

#include "protocol/base/log.h"
#include "protocol/base/mem.h"

enum { MAX_GRANTED = 256 };

struct granted {
	struct arena arena;
	struct slice workspace[MAX_GRANTED], rule[MAX_GRANTED];
	bool host[MAX_GRANTED]; /* a rule for hosts */
	size_t n;
};

struct granted *granted_new(void)
{
	return xcalloc(1, sizeof(struct granted));
}

void granted_free(struct granted *g)
{
	if (!g)
		return;
	arena_release(&g->arena);
	free(g);
}

static void add(struct granted *g, bool host, struct slice workspace, struct slice rule)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->host[i] == host && slice_eq(g->workspace[i], workspace) &&
		    slice_eq(g->rule[i], rule))
			return;
	if (g->n == MAX_GRANTED)
		return; /* the next one is asked again: harmless */
	g->host[g->n] = host;
	g->workspace[g->n] = arena_dup(&g->arena, workspace);
	g->rule[g->n++] = arena_dup(&g->arena, rule);
}

void granted_add(struct granted *g, struct slice workspace, struct slice rule)
{
	add(g, false, workspace, rule);
}

void granted_add_host(struct granted *g, struct slice workspace, struct slice rule)
{
	add(g, true, workspace, rule);
}

void granted_hosts(const struct granted *g, struct slice workspace, struct hosts *h)
{
	struct err err;

	for (size_t i = 0; i < g->n; i++)
		if (g->host[i] && slice_eq(g->workspace[i], workspace) &&
		    !hosts_grant(h, g->rule[i], &err))
			log_warn("host %.*s: %s", SLICE_ARG(g->rule[i]), err.msg);
}

void granted_apply(const struct granted *g, struct slice workspace, struct policy *p)
{
	struct err err = { 0 };

	for (size_t i = 0; i < g->n; i++)
		if (!g->host[i] && slice_eq(g->workspace[i], workspace) &&
		    !policy_add(p, VERDICT_ALLOW, g->rule[i], &err))
			log_warn("rule %.*s: %s", SLICE_ARG(g->rule[i]), err.msg);
}
