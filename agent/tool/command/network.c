/* network.c - see network.h
 *
 *   a host is named --listed, denied, of this machine, nobody to ask--> decided
 *        '--else--> waits --first of those that wait--> asked --answer--> decided, the next is asked
 */
#include "agent/tool/command/network.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/config/config.h"
#include "agent/event.h"
#include "agent/net/broker.h"
#include "agent/policy/granted.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

enum { COMMAND_SHOWN = 60, REPORTED = 20 };

/* Of one command, from before its start to its end. It owns the list of hosts and the broker; the options
 * are borrowed but for their texts, which are copied. */
struct network {
	struct network_options o;
	struct arena arena;
	struct hosts *hosts;
	struct broker *broker;
	struct host_ask *ask;	     /* the question that stands */
	struct broker_target *asked; /* what it is about */
	struct slice title;
	size_t questions;
	network_ready_cb *ready;
	void *payload;
};

/* --- a decision --- */

/* A decision, for the log and the faces. False: the log is broken. */
static bool tell(struct network *n, const struct broker_target *t, const char *rule, const char *by)
{
	bool allow = t->verdict == VERDICT_ALLOW && !t->barred;
	char subject[HOST_PORT_BYTES + 16];
	struct jw *w;

	(void)snprintf(subject, sizeof(subject), "connect to %s", t->text);
	if (n->o.log) {
		w = event_log_begin(n->o.log, "permission");
		jw_kstr(w, "task", n->o.task_id);
		jw_kstr(w, "call", n->o.call);
		jw_kcstr(w, "subject", subject);
		jw_kcstr(w, "decision", allow ? "allow" : "deny");
		jw_kcstr(w, "rule", rule);
		jw_kcstr(w, "by", by);
		if (!event_log_end(n->o.log, n->o.fatal))
			return false;
	}
	n->o.host->ops->event(
		n->o.host->self, n->o.task,
		&(struct task_event){ .kind = TASK_PERMISSION_DECIDED,
				      .task = n->o.task_id,
				      .call = n->o.call,
				      .subject = slice_of(subject),
				      .decision = slice_of(allow ? "allow" : "deny"),
				      .text = slice_of(t->barred ? t->trouble : t->why),
				      .rule = slice_of(rule) });
	return true;
}

/* Where the log cannot be written the host is refused, whatever was decided: a connection that is not in the
 * log must not be. */
static void PRINTF(5, 6) decided(struct network *n, struct broker_target *t, enum verdict v,
				 const char *by, const char *fmt, ...)
{
	struct host_decision d;
	char rule[HOST_PORT_BYTES + 24] = "network: not listed";
	va_list ap;

	hosts_decide(n->hosts, &t->at, &d);
	if (d.verdict != VERDICT_ASK)
		(void)snprintf(rule, sizeof(rule), "%s%s: %.*s", d.granted ? "always " : "network.",
			       verdict_name(d.verdict), SLICE_ARG(d.rule));
	t->verdict = v;
	va_start(ap, fmt);
	(void)vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
	if (tell(n, t, rule, by))
		return;
	t->verdict = VERDICT_DENY;
	(void)snprintf(t->why, sizeof(t->why), "the session's log cannot be written");
}

/* The model reads why; the user finds the setting that would have allowed it. */
static void refuse_unasked(struct network *n, struct broker_target *t, const char *why)
{
	char rule[HOST_PORT_BYTES];

	hosts_always(&t->at, rule);
	decided(n, t, VERDICT_DENY, "rule",
		"it is not on the user's list, and %s; \"network\": {\"allow\": [\"%.120s\"]} in the "
		"user's configuration allows it",
		why, rule);
}

/* --- asking --- */

static void ask_next(struct network *n);

/* From now on for this command, and, with `granted`, for all of the workspace. */
static void allow_always(struct network *n, const struct broker_target *t)
{
	char rule[HOST_PORT_BYTES];
	struct err err;

	hosts_always(&t->at, rule);
	if (hosts_grant(n->hosts, slice_of(rule), &err) && n->o.granted)
		granted_add_host(n->o.granted, n->o.workspace, slice_of(rule));
}

/* The broker hears of the answer before the next question is asked, as connections may wait for it. */
static void answered(void *payload, const struct permission_answer *answer, const struct err *why)
{
	struct network *n = payload;
	struct broker_target *t = n->asked;

	n->ask = NULL;
	n->asked = NULL;
	if (why)
		refuse_unasked(n, t, "nobody answered");
	else if (answer->choice == PERMISSION_DENY)
		decided(n, t, VERDICT_DENY, "user", "the user refused it");
	else
		decided(n, t, VERDICT_ALLOW, "user", "allowed by the user");
	if (t->verdict == VERDICT_ALLOW && !why && answer->choice != PERMISSION_ONCE)
		allow_always(n, t);
	broker_decided(n->broker, t);
	ask_next(n);
}

/* A host that "always" covers meanwhile needs no question. */
static bool settled(struct network *n, struct broker_target *t)
{
	struct host_decision d;

	hosts_decide(n->hosts, &t->at, &d);
	if (d.verdict == VERDICT_ASK)
		return false;
	decided(n, t, VERDICT_ALLOW, "rule", "allowed by the user");
	broker_decided(n->broker, t);
	return true;
}

static void ask(struct network *n, struct broker_target *t)
{
	const struct host_ops *ops = n->o.host->ops;
	char always[HOST_PORT_BYTES];
	struct permission_request q = { .title = n->title,
					.subject = slice_of(t->text),
					.reason = SLICE(""),
					.note = n->o.asker,
					.diff = SLICE("") };

	hosts_always(&t->at, always);
	q.rule = slice_of(always);
	n->asked = t;
	ops->event(n->o.host->self, n->o.task,
		   &(struct task_event){ .kind = TASK_PERMISSION_REQUESTED,
					 .task = n->o.task_id,
					 .call = n->o.call,
					 .subject = q.subject });
	n->ask = ops->permission(n->o.host->self, n->o.task, &q, answered, n);
}

/* One question at a time: a person reads one, and "always" may answer those behind it. */
static void ask_next(struct network *n)
{
	if (n->asked)
		return;
	LIST_EACH (it, tmp, broker_targets(n->broker)) {
		struct broker_target *t = container_of(it, struct broker_target, link);

		if (t->verdict != VERDICT_ASK || settled(n, t))
			continue;
		ask(n, t);
		return;
	}
}

/* The broker names a host for the first time. Names of this machine are not asked about, since a yes would
 * open the user's own services to the command. */
static void decide(void *payload, struct broker_target *t)
{
	struct network *n = payload;
	const char *local = host_local(&t->at);
	struct host_decision d;

	hosts_decide(n->hosts, &t->at, &d);
	t->local = d.local;
	if (d.verdict == VERDICT_ALLOW) {
		decided(n, t, VERDICT_ALLOW, "rule",
			d.granted ? "allowed by the user" : "allowed by the user's list");
	} else if (d.verdict == VERDICT_DENY) {
		decided(n, t, VERDICT_DENY, "rule", "the user's list denies it");
	} else if (local) {
		decided(n, t, VERDICT_DENY, "rule",
			"it is %s; only \"network\": {\"allow\": [\"%.120s\"]} in the user's "
			"configuration can allow it",
			local, t->text);
	} else if (n->o.nobody) {
		refuse_unasked(n, t, n->o.nobody);
	} else if (n->questions == LIMIT_NET_QUESTIONS) {
		refuse_unasked(n, t, "the command has asked for too many hosts");
	} else {
		n->questions++;
		t->verdict = VERDICT_ASK;
		ask_next(n);
	}
}

/* An allowed name that leads to an address which is not: the broker has refused it, and it is only told
 * here. */
static void barred(void *payload, const struct broker_target *t)
{
	(void)tell(payload, t, "network: the address", "rule");
}

static void ready(void *payload, const struct err *err)
{
	struct network *n = payload;

	n->ready(n->payload, err);
}

/* --- from outside --- */

/* The broker is opened at once; the command may start when `ready` is called. */
bool network_open(const struct network_options *o, network_ready_cb *on_ready, void *payload,
		  struct network **out, struct err *err)
{
	struct network *n = xcalloc(1, sizeof(*n));
	struct broker_face face = {
		.decide = decide, .barred = barred, .ready = ready, .payload = n
	};
	struct arena *a = &n->arena;
	size_t line = slice_find_byte(o->command, '\n', 0);
	struct slice command =
		slice_sub(o->command, 0, line < COMMAND_SHOWN ? line : COMMAND_SHOWN);

	command.len = utf8_complete_prefix(command);
	arena_init(a);
	if (!config_hosts(o->config, &n->hosts, err)) {
		arena_release(a);
		free(n);
		return false;
	}
	n->o = *o;
	n->o.workspace = arena_dup(a, o->workspace);
	n->o.task_id = arena_dup(a, o->task_id);
	n->o.call = arena_dup(a, o->call);
	n->o.asker = arena_dup(a, o->asker);
	n->title = arena_printf(a, "Let `%.*s%s` connect to", SLICE_ARG(command),
				command.len < o->command.len ? " ..." : "");
	n->ready = on_ready;
	n->payload = payload;
	if (o->granted)
		granted_hosts(o->granted, n->o.workspace, n->hosts);
	n->broker = broker_open(o->runner, &face);
	*out = n;
	return true;
}

void network_close(struct network *n)
{
	if (!n)
		return;
	if (n->ask)
		n->o.host->ops->drop(n->o.host->self, n->ask);
	broker_close(n->broker);
	hosts_free(n->hosts);
	arena_release(&n->arena);
	free(n);
}

struct slice network_proxy(const struct network *n)
{
	return n ? broker_url(n->broker) : SLICE("");
}

/* What became of one host, for the result of the command. */
static struct slice one(const struct broker_target *t, struct arena *a)
{
	if (t->barred)
		return arena_printf(a, "%s refused: %s", t->text, t->trouble);
	if (t->verdict == VERDICT_DENY)
		return arena_printf(a, "%s refused: %s", t->text, t->why);
	if (t->verdict == VERDICT_ASK)
		return arena_printf(a, "%s was not decided", t->text);
	return arena_printf(a, "%s %s%s%s", t->text, t->why,
			    *t->trouble ? ", but not reached: " : "", t->trouble);
}

struct slice network_report(const struct network *n, struct arena *a)
{
	struct slice all = SLICE("");
	size_t count = 0;

	if (!n)
		return all;
	LIST_EACH (it, tmp, broker_targets(n->broker)) {
		struct slice s = one(container_of(it, struct broker_target, link), a);

		if (++count <= REPORTED)
			all = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(all),
					   count == 1 ? "Network: " : "; ", SLICE_ARG(s));
	}
	if (count > REPORTED)
		all = arena_printf(a, "%.*s; and %zu more", SLICE_ARG(all), count - REPORTED);
	return count ? arena_printf(a, "%.*s\n", SLICE_ARG(all)) : all;
}
