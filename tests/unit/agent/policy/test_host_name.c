/* test_host_name.c - one spelling for each host, and none for what two readers could read
 * differently */
#include "agent/policy/host_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void are_brought_into_one_spelling(void **state)
{
	static const struct {
		const char *in, *out;
		enum host_kind kind;
	} t[] = {
		{ "registry.npmjs.org:443", "registry.npmjs.org:443", HOST_NAMED },
		{ "Registry.NPMJS.org.:443", "registry.npmjs.org:443", HOST_NAMED },
		{ "localhost:1", "localhost:1", HOST_NAMED },
		{ "xn--bcher-kva.example:65535", "xn--bcher-kva.example:65535", HOST_NAMED },
		{ "a-b.c_d.e9:80", "a-b.c_d.e9:80", HOST_NAMED },
		{ "3.example.9x:80", "3.example.9x:80", HOST_NAMED },
		{ "name", "name", HOST_NAMED },
		{ "192.0.2.1:8443", "192.0.2.1:8443", HOST_IPV4 },
		{ "192.0.2.1.:8443", "192.0.2.1:8443", HOST_IPV4 },
		{ "[::1]:443", "[::1]:443", HOST_IPV6 },
		{ "[0:0:0:0:0:0:0:1]:443", "[::1]:443", HOST_IPV6 },
		{ "[::FFFF:127.0.0.1]:443", "[::ffff:127.0.0.1]:443", HOST_IPV6 },
		{ "[2001:DB8::A]", "[2001:db8::a]", HOST_IPV6 },
	};
	char out[HOST_PORT_BYTES];
	struct host_port h;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		if (!host_port_parse(slice_of(t[i].in), &h, &err))
			fail_msg("%s: %s", t[i].in, err.msg);
		host_port_print(&h, out);
		assert_string_equal(out, t[i].out);
		assert_int_equal(h.kind, t[i].kind);
	}
}

static void are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		".",
		":443",
		"..",
		"a..b:1",
		".a:1",
		"-a.b:1",
		"a-.b:1",
		"a.-b:1",
		"a b:1",
		"a/b:1",
		"a@b:1",
		"user@host:1",
		"a%2e:1",
		"a,b:1",
		"a\tb:1",
		("b\xc3\xbc"
		 "cher.de:1"),
		/* a resolver reads these as addresses */
		"2130706433:80",
		"0x7f000001:80",
		"0x7f.1:80",
		"127.1:80",
		"0177.0.0.1:80",
		"127.0.0.01:80",
		"127.0.0.0x1:80",
		"1.2.3.4.5:80",
		"256.1.1.1:80",
		"a.1:80",
		"a.0x1:80",
		/* ports */
		"a:",
		"a:0",
		"a:65536",
		"a:99999",
		"a:100000",
		"a:080",
		"a:-1",
		"a:+1",
		"a:1x",
		"a: 1",
		"a:1:2",
		"a:1 ",
		/* brackets */
		"[::1:443",
		"[]:443",
		"[::1]443",
		"[::1]x:443",
		"[127.0.0.1]:443",
		"[::1%lo]:443",
		"[a]:443",
		"::1",
		"::1:443",
		"]:443",
		"[[::1]]:443",
		"[fe80::1%25eth0]:1",
	};
	struct host_port h;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		err.code = ERR_NONE;
		if (host_port_parse(slice_of(bad[i]), &h, &err) || err.code != ERR_INVALID)
			fail_msg("\"%s\"", bad[i]);
	}
	assert_false(host_port_parse(SLICE("good.org\0.evil.org:443"), &h, &err));
	assert_false(host_port_parse(SLICE("good.org:443\0"), &h, &err));
	assert_false(host_port_parse(SLICE("[::1\0]:443"), &h, &err));
}

static void have_a_length(void **state)
{
	char text[300];
	struct host_port h;
	struct err err;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 49; i < sizeof(text); i += 50)
		text[i] = '.';
	assert_true(host_port_parse(slice_make(text, 253), &h, &err));
	assert_false(host_port_parse(slice_make(text, 254), &h, &err));
	memset(text, 'a', sizeof(text));
	assert_true(host_port_parse(slice_make(text, 63), &h, &err));
	assert_false(host_port_parse(slice_make(text, 64), &h, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(are_brought_into_one_spelling),
					    cmocka_unit_test(are_refused),
					    cmocka_unit_test(have_a_length) };

	return cmocka_run_group_tests_name("policy/host_name", tests, NULL, NULL);
}
