/* test_hosts.c - rules for hosts: what they name, and which of them wins */
#include "agent/policy/hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "agent/policy/granted.h"

static struct host_decision decide(const struct hosts *h, const char *at)
{
	struct host_decision d;
	struct host_port p;
	struct err err;

	if (!host_port_parse(slice_of(at), &p, &err))
		fail_msg("%s: %s", at, err.msg);
	hosts_decide(h, &p, &d);
	return d;
}

static void add(struct hosts *h, enum verdict v, const char *rule)
{
	struct err err;

	if (!hosts_add(h, v, slice_of(rule), &err))
		fail_msg("%s: %s", rule, err.msg);
}

static void name_hosts_and_ports(void **state)
{
	static const struct {
		const char *at;
		enum verdict verdict;
		bool local;
	} t[] = {
		{ "registry.npmjs.org:443", VERDICT_ALLOW, false },
		{ "REGISTRY.npmjs.org.:80", VERDICT_ALLOW, false },
		{ "registry.npmjs.org:22", VERDICT_ASK, false },
		{ "npmjs.org:443", VERDICT_ASK, false },
		{ "x.registry.npmjs.org:443", VERDICT_ASK, false },
		{ "registry.npmjs.org.evil.test:443", VERDICT_ASK, false },
		{ "deb.debian.org:443", VERDICT_ALLOW, false },
		{ "a.b.debian.org:80", VERDICT_ALLOW, false },
		{ "debian.org:443", VERDICT_ASK, false },
		{ "evildebian.org:443", VERDICT_ASK, false },
		{ "deb.debian.org:8080", VERDICT_ASK, false },
		{ "build.lan:8443", VERDICT_ALLOW, true },
		{ "build.lan:443", VERDICT_ASK, false },
		{ "x.wild.lan:8443", VERDICT_ALLOW, false }, /* a pattern is no host */
		{ "10.0.0.5:8443", VERDICT_ALLOW, true },
		{ "10.0.0.5:443", VERDICT_ASK, false },
		{ "[::1]:443", VERDICT_ALLOW, false },
		{ "[::1]:9", VERDICT_ASK, false },
		{ "secret.debian.org:443", VERDICT_DENY, false },
		{ "secret.debian.org:9999", VERDICT_DENY, false },
		{ "x.bad.debian.org:80", VERDICT_DENY, false },
		{ "bad.debian.org:80", VERDICT_ALLOW, false },
		{ "part.debian.org:80", VERDICT_DENY, false },
		{ "part.debian.org:443", VERDICT_ALLOW, false },
	};
	struct hosts *h = hosts_new();

	(void)state;
	add(h, VERDICT_ALLOW, "Registry.NPMJS.org.");
	add(h, VERDICT_ALLOW, " *.debian.org ");
	add(h, VERDICT_ALLOW, "build.lan:8443");
	add(h, VERDICT_ALLOW, "*.wild.lan:8443");
	add(h, VERDICT_ALLOW, "10.0.0.5:8443");
	add(h, VERDICT_ALLOW, "[0::1]");
	add(h, VERDICT_DENY, "secret.debian.org");
	add(h, VERDICT_DENY, "*.bad.debian.org");
	add(h, VERDICT_DENY, "part.debian.org:80");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct host_decision d = decide(h, t[i].at);

		if (d.verdict != t[i].verdict || d.local != t[i].local)
			fail_msg("%s: %s, %d", t[i].at, verdict_name(d.verdict), d.local);
	}
	assert_true(slice_eq_cstr(decide(h, "deb.debian.org:443").rule, "*.debian.org"));
	add(h, VERDICT_DENY, "*");
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		assert_int_equal(decide(h, t[i].at).verdict, VERDICT_DENY);
	hosts_free(h);
	hosts_free(NULL);
}

static void an_empty_list_asks(void **state)
{
	struct hosts *h = hosts_new();

	(void)state;
	assert_int_equal(decide(h, "a.test:443").verdict, VERDICT_ASK);
	hosts_free(h);
}

static void bad_rules_are_named(void **state)
{
	static const char *const bad[] = { "",
					   " ",
					   "*",
					   "*.",
					   "*.*.org",
					   "a*.org",
					   "*.1.2.3.4",
					   "*.[::1]",
					   "https://a.org",
					   "a.org/x",
					   "a:0",
					   ("b\xc3\xbc"
					    "cher.de") };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.code = ERR_NONE;
		if (hosts_rule_check(VERDICT_ALLOW, slice_of(bad[i]), &err) ||
		    err.code != ERR_INVALID)
			fail_msg("\"%s\"", bad[i]);
	}
	assert_true(hosts_rule_check(VERDICT_DENY, SLICE("*"), &err));
}

/* What was answered with "always" in a question whose host came from the command. */
static void a_grant_opens_no_local_address(void **state)
{
	struct granted *g = granted_new(NULL);
	struct hosts *h = hosts_new();

	(void)state;
	granted_add_host(g, SLICE("/ws"), SLICE("build.test:8443"));
	granted_add_host(g, SLICE("/ws"), SLICE("build.test:8443"));
	granted_add(g, SLICE("/ws"), SLICE("make.test"));
	granted_hosts(g, SLICE("/other"), h);
	assert_int_equal(decide(h, "build.test:8443").verdict, VERDICT_ASK);
	granted_hosts(g, SLICE("/ws"), h);
	assert_int_equal(decide(h, "build.test:8443").verdict, VERDICT_ALLOW);
	assert_false(decide(h, "build.test:8443").local);
	assert_int_equal(decide(h, "make.test:443").verdict, VERDICT_ASK);
	add(h, VERDICT_DENY, "*.test");
	assert_int_equal(decide(h, "build.test:8443").verdict, VERDICT_DENY);
	hosts_free(h);
	granted_free(g);
}

static void always_means_the_host(void **state)
{
	static const char *const t[][2] = { { "a.test:443", "a.test" },
					    { "a.test:80", "a.test" },
					    { "a.test:22", "a.test:22" },
					    { "[2a00::1]:443", "[2a00::1]" },
					    { "8.8.8.8:53", "8.8.8.8:53" } };
	char rule[HOST_PORT_BYTES];
	struct host_port p;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		assert_true(host_port_parse(slice_of(t[i][0]), &p, &err));
		hosts_always(&p, rule);
		assert_string_equal(rule, t[i][1]);
	}
}

static void what_is_local_is_known_without_a_look_up(void **state)
{
	static const char *const local[] = { "localhost:1",	    "a.LOCALHOST:1",
					     "127.0.0.1:1",	    "169.254.169.254:80",
					     "[::ffff:10.0.0.1]:1", "[::]:1" };
	static const char *const open[] = { "notlocalhost:1", "localhost.test:1", "8.8.8.8:1",
					    "[2a00::1]:1", "a.test:1" };
	struct host_port p;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(local); i++) {
		assert_true(host_port_parse(slice_of(local[i]), &p, &err));
		assert_non_null(host_local(&p));
	}
	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		assert_true(host_port_parse(slice_of(open[i]), &p, &err));
		assert_null(host_local(&p));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_hosts_and_ports),
		cmocka_unit_test(an_empty_list_asks),
		cmocka_unit_test(bad_rules_are_named),
		cmocka_unit_test(a_grant_opens_no_local_address),
		cmocka_unit_test(always_means_the_host),
		cmocka_unit_test(what_is_local_is_known_without_a_look_up),
	};

	return cmocka_run_group_tests_name("policy/hosts", tests, NULL, NULL);
}
