/* hosts.c - see hosts.h */
#include "agent/policy/hosts.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "agent/policy/address.h"
#include "protocol/base/mem.h"

struct host_rule {
	enum verdict verdict;
	bool below, any, granted; /* below: "*.NAME"; any: "*" */
	struct host_port at;	  /* port 0: none was written */
	struct slice text;
};

/* All texts are in the arena. */
struct hosts {
	struct arena arena;
	struct host_rule *rules;
	size_t n, cap;
};

struct hosts *hosts_new(void)
{
	return xcalloc(1, sizeof(struct hosts));
}

void hosts_free(struct hosts *h)
{
	if (!h)
		return;
	arena_release(&h->arena);
	free(h);
}

/* "*" alone only denies: a list that allows everything is none. */
static bool rule_parse(enum verdict v, struct slice text, struct host_rule *out, struct err *err)
{
	struct err why;

	text = slice_trim(text);
	*out = (struct host_rule){ .verdict = v, .text = text };
	if (slice_eq_cstr(text, "*")) {
		out->any = true;
		if (v == VERDICT_DENY)
			return true;
		return err_set(err, ERR_INVALID,
			       "\"*\" would allow every host: name the hosts, or the part below "
			       "which they lie, as \"*.example.org\".");
	}
	out->below = slice_starts(text, SLICE("*."));
	if (!host_port_parse(slice_sub(text, out->below ? 2 : 0, text.len), &out->at, &why))
		return err_set(err, ERR_INVALID,
			       "%s A rule is a host (\"registry.npmjs.org\"), a host and a port "
			       "(\"host:8443\"), or the hosts below a name (\"*.debian.org\").",
			       why.msg);
	if (out->below && out->at.kind != HOST_NAMED)
		return err_set(err, ERR_INVALID, "\"*.\" stands in front of a name only.");
	return true;
}

bool hosts_rule_check(enum verdict v, struct slice rule, struct err *err)
{
	struct host_rule r;

	return rule_parse(v, rule, &r, err);
}

static bool add(struct hosts *h, enum verdict v, struct slice rule, bool granted, struct err *err)
{
	struct host_rule r;

	if (!rule_parse(v, rule, &r, err))
		return false;
	if (h->n == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 16;
		struct host_rule *more = arena_array(&h->arena, cap, sizeof(*more));

		if (h->n > 0)
			memcpy(more, h->rules, h->n * sizeof(*more));
		h->rules = more;
		h->cap = cap;
	}
	r.granted = granted;
	r.text = arena_dup(&h->arena, r.text);
	h->rules[h->n++] = r;
	return true;
}

bool hosts_add(struct hosts *h, enum verdict v, struct slice rule, struct err *err)
{
	return add(h, v, rule, false, err);
}

bool hosts_grant(struct hosts *h, struct slice rule, struct err *err)
{
	return add(h, VERDICT_ALLOW, rule, true, err);
}

/* Without a port a rule denies all, and allows those of the web. */
static bool port_fits(const struct host_rule *r, uint16_t port)
{
	if (r->at.port)
		return r->at.port == port;
	return r->verdict == VERDICT_DENY || port == 443 || port == 80;
}

/* The dot in front must be there: "*.example.org" is not badexample.org. */
static bool name_fits(const struct host_rule *r, const struct host_port *at)
{
	size_t n = strlen(at->name), tail = strlen(r->at.name);

	if (r->any)
		return true;
	if (!r->below)
		return r->at.kind == at->kind && strcmp(r->at.name, at->name) == 0;
	return at->kind == HOST_NAMED && n > tail + 1 && at->name[n - tail - 1] == '.' &&
	       strcmp(at->name + n - tail, r->at.name) == 0;
}

/* The first rule that allows is the one that is named, but `local` is looked for in all of them.
 * It needs the port, and one name: only who wrote both meant a service of this machine. */
void hosts_decide(const struct hosts *h, const struct host_port *at, struct host_decision *out)
{
	*out = (struct host_decision){ .verdict = VERDICT_ASK, .rule = SLICE("") };
	for (size_t i = 0; i < h->n; i++) {
		const struct host_rule *r = &h->rules[i];

		if (!name_fits(r, at) || !port_fits(r, at->port))
			continue;
		if (r->verdict == VERDICT_DENY) {
			*out = (struct host_decision){ .verdict = VERDICT_DENY, .rule = r->text };
			return;
		}
		if (out->verdict == VERDICT_ASK) {
			out->rule = r->text;
			out->granted = r->granted;
		}
		out->verdict = VERDICT_ALLOW;
		out->local = out->local || (r->at.port && !r->below && !r->granted);
	}
}

const char *host_local(const struct host_port *at)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (at->kind == HOST_IPV4)
		return inet_pton(AF_INET, at->name, &v4.sin_addr) == 1
			       ? address_local((const struct sockaddr *)(const void *)&v4)
			       : NULL;
	if (at->kind == HOST_IPV6)
		return inet_pton(AF_INET6, at->name, &v6.sin6_addr) == 1
			       ? address_local((const struct sockaddr *)(const void *)&v6)
			       : NULL;
	return strcmp(at->name, "localhost") == 0 ||
			       slice_ends(slice_of(at->name), SLICE(".localhost"))
		       ? "this machine"
		       : NULL;
}

/* The ports that a rule without a port allows are left out, so that one yes is enough for both. */
void hosts_always(const struct host_port *at, char out[HOST_PORT_BYTES])
{
	struct host_port rule = *at;

	if (rule.port == 443 || rule.port == 80)
		rule.port = 0;
	host_port_print(&rule, out);
}
