/* config_policy.c - see config.h: the rules of the configuration as a policy. */
#include "agent/config/config.h"

static bool add_rules(struct policy *p, enum verdict v, const struct slice *rules, size_t n,
		      struct err *err)
{
	struct err why = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!policy_add(p, v, rules[i], &why))
			return err_set(err, ERR_USAGE, "The setting permissions.%s: %s",
				       verdict_name(v), why.msg);
	return true;
}

/* The built-in patterns are there already; "!*" drops them before the user's own come. */
static bool add_files(struct policy *p, const struct config *c, struct err *err)
{
	struct err why = { 0 };

	if (c->deny_files_replaced)
		policy_deny_files_clear(p);
	for (size_t i = 0; i < c->n_deny_files; i++)
		if (!policy_deny_file(p, c->deny_files[i], &why))
			return err_set(err, ERR_USAGE, "The setting denyFiles: %s", why.msg);
	return true;
}

static bool add_hosts(struct hosts *h, enum verdict v, const struct slice *rules, size_t n,
		      struct err *err)
{
	struct err why = { 0 };

	for (size_t i = 0; i < n; i++)
		if (!hosts_add(h, v, rules[i], &why))
			return err_set(err, ERR_USAGE, "The setting network.%s: %s",
				       verdict_name(v), why.msg);
	return true;
}

bool config_hosts(const struct config *c, struct hosts **out, struct err *err)
{
	struct hosts *h = hosts_new();

	if (add_hosts(h, VERDICT_ALLOW, c->net_allow, c->n_net_allow, err) &&
	    add_hosts(h, VERDICT_DENY, c->net_deny, c->n_net_deny, err)) {
		*out = h;
		return true;
	}
	hosts_free(h);
	return false;
}

/* Rules were checked for being strings only; what policy_add() refuses is the user's mistake all
 * the same, and named by its setting. */
bool config_policy(const struct config *c, struct policy **out, struct err *err)
{
	struct policy *p = policy_new(c->mode);

	if (add_files(p, c, err) && add_rules(p, VERDICT_ALLOW, c->allow, c->n_allow, err) &&
	    add_rules(p, VERDICT_ASK, c->ask, c->n_ask, err) &&
	    add_rules(p, VERDICT_DENY, c->deny, c->n_deny, err)) {
		*out = p;
		return true;
	}
	policy_free(p);
	return false;
}
