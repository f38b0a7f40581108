/* test_address.c - what is out on the network, and what only looks so */
#include "agent/policy/address.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *local(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_local((const struct sockaddr *)(const void *)&v4);
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) != 1)
		fail_msg("%s is no address", text);
	return address_local((const struct sockaddr *)(const void *)&v6);
}

static void public_addresses(void **state)
{
	static const char *const t[] = {
		"1.1.1.1",	   "8.8.8.8",	      "9.255.255.255",	  "11.0.0.0",
		"100.63.255.255",  "100.128.0.0",     "126.255.255.255",  "128.0.0.1",
		"169.253.255.255", "169.255.0.0",     "172.15.255.255",	  "172.32.0.0",
		"192.0.1.1",	   "192.0.3.1",	      "192.167.255.255",  "192.169.0.0",
		"198.17.255.255",  "198.20.0.0",      "203.0.114.1",	  "223.255.255.255",
		"168.63.129.15",   "2606:4700::1111", "2a00:1450::1",	  "2001:4860:4860::8888",
		"2620:fe::fe",	   "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:808:808::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (local(t[i]))
			fail_msg("%s is %s", t[i], local(t[i]));
}

static void all_others(void **state)
{
	static const char *const t[][2] = {
		{ "0.0.0.0", "this machine" },
		{ "0.1.2.3", "this machine" },
		{ "127.0.0.1", "this machine" },
		{ "127.255.255.254", "this machine" },
		{ "10.0.0.1", "private" },
		{ "172.16.0.1", "private" },
		{ "172.31.255.255", "private" },
		{ "192.168.1.1", "private" },
		{ "100.64.0.1", "private" },
		{ "100.127.255.255", "private" },
		{ "169.254.1.1", "link-local" },
		{ "169.254.169.254", "metadata" },
		{ "168.63.129.16", "metadata" },
		{ "100.100.100.200", "metadata" },
		{ "192.0.0.8", "reserved" },
		{ "192.0.2.1", "reserved" },
		{ "198.18.0.1", "reserved" },
		{ "198.19.255.255", "reserved" },
		{ "198.51.100.1", "reserved" },
		{ "203.0.113.1", "reserved" },
		{ "224.0.0.1", "multicast" },
		{ "239.255.255.255", "multicast" },
		{ "240.0.0.1", "reserved" },
		{ "255.255.255.255", "reserved" },
		{ "::", "this machine" },
		{ "::1", "this machine" },
		{ "::127.0.0.1", "reserved" },
		{ "::ffff:127.0.0.1", "this machine" },
		{ "::ffff:10.1.2.3", "private" },
		{ "::ffff:169.254.169.254", "metadata" },
		{ "::ffff:0:127.0.0.1", "this machine" },
		{ "64:ff9b::127.0.0.1", "this machine" },
		{ "64:ff9b::a9fe:a9fe", "metadata" },
		{ "64:ff9b:1::1", "private" },
		{ "2002:7f00:1::", "this machine" },
		{ "2002:a00:1::1", "private" },
		{ "2001::1", "reserved" },
		{ "2001:db8::1", "reserved" },
		{ "100::1", "reserved" },
		{ "fc00::1", "private" },
		{ "fdff::1", "private" },
		{ "fd00:ec2::254", "metadata" },
		{ "fe80::1", "link-local" },
		{ "febf::1", "link-local" },
		{ "fec0::1", "private" },
		{ "ff02::1", "multicast" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!local(t[i][0]) || !strstr(local(t[i][0]), t[i][1]))
			fail_msg("%s is %s", t[i][0], local(t[i][0]) ? local(t[i][0]) : "public");
}

static void other_families(void **state)
{
	struct sockaddr sa = { .sa_family = AF_UNIX };

	(void)state;
	assert_non_null(address_local(&sa));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(public_addresses),
					    cmocka_unit_test(all_others),
					    cmocka_unit_test(other_families) };

	return cmocka_run_group_tests_name("policy/address", tests, NULL, NULL);
}
