/* address.c - see address.h. The ranges are those of IANA's registries of special-purpose
 * addresses, and the addresses at which clouds hand out keys. */
#include "agent/policy/address.h"

#include <netinet/in.h>
#include <string.h>

static const char this_machine[] = "this machine", private_net[] = "a private network",
		  link_local[] = "a link-local address", metadata[] = "a cloud's metadata service",
		  multicast[] = "a multicast address", reserved[] = "a reserved address";

struct range4 {
	uint32_t net; /* host order */
	unsigned bits;
	const char *what;
};

/* The first that fits counts: single addresses stand in front of the ranges that hold them. */
static const struct range4 ranges4[] = {
	{ 0xa9fea9fe, 32, metadata },	 /* 169.254.169.254 */
	{ 0xa83f8110, 32, metadata },	 /* 168.63.129.16 */
	{ 0x646464c8, 32, metadata },	 /* 100.100.100.200 */
	{ 0x00000000, 8, this_machine }, /* 0.0.0.0/8 */
	{ 0x7f000000, 8, this_machine }, /* 127.0.0.0/8 */
	{ 0x0a000000, 8, private_net },	 /* 10.0.0.0/8 */
	{ 0xac100000, 12, private_net }, /* 172.16.0.0/12 */
	{ 0xc0a80000, 16, private_net }, /* 192.168.0.0/16 */
	{ 0x64400000, 10, private_net }, /* 100.64.0.0/10, behind a provider's NAT */
	{ 0xa9fe0000, 16, link_local },	 /* 169.254.0.0/16 */
	{ 0xc0000000, 24, reserved },	 /* 192.0.0.0/24 */
	{ 0xc0000200, 24, reserved },	 /* 192.0.2.0/24, documents */
	{ 0xc6120000, 15, reserved },	 /* 198.18.0.0/15, benchmarks */
	{ 0xc6336400, 24, reserved },	 /* 198.51.100.0/24, documents */
	{ 0xcb007100, 24, reserved },	 /* 203.0.113.0/24, documents */
	{ 0xc0586300, 24, reserved },	 /* 192.88.99.0/24, old 6to4 relays */
	{ 0xe0000000, 4, multicast },	 /* 224.0.0.0/4 */
	{ 0xf0000000, 4, reserved },	 /* 240.0.0.0/4, with broadcast */
};

struct range6 {
	const char *what; /* NULL: an IPv4 address stands at byte `at` */
	unsigned bits, at;
	unsigned char net[16];
};

/* In the order of looking: what holds an IPv4 address is judged as that, before the wider
 * ranges. */
static const struct range6 ranges6[] = {
	{ this_machine, 128, 0, { 0 } },		/* :: */
	{ this_machine, 128, 0, { [15] = 1 } },		/* ::1 */
	{ NULL, 96, 12, { [10] = 0xff, [11] = 0xff } }, /* ::ffff:a.b.c.d */
	{ reserved, 96, 0, { 0 } },			/* ::a.b.c.d, given up */
	{ NULL, 96, 12, { [8] = 0xff, [9] = 0xff } },	/* ::ffff:0:a.b.c.d */
	{ NULL, 96, 12, { 0, 0x64, 0xff, 0x9b } },	/* 64:ff9b::a.b.c.d */
	{ private_net, 48, 0, { 0, 0x64, 0xff, 0x9b, 0, 1 } },
	{ reserved, 64, 0, { 0x01 } },			 /* 100::/64 */
	{ NULL, 16, 2, { 0x20, 0x02 } },		 /* 2002:a.b.c.d::, 6to4 */
	{ reserved, 23, 0, { 0x20, 0x01 } },		 /* Teredo and others */
	{ reserved, 32, 0, { 0x20, 0x01, 0x0d, 0xb8 } }, /* documents */
	{ reserved, 20, 0, { 0x3f, 0xff } },		 /* documents */
	{ reserved, 16, 0, { 0x5f } },			 /* 5f00::/16 */
	{ metadata, 32, 0, { 0xfd, 0, 0x0e, 0xc2 } },	 /* fd00:ec2::254 */
	{ private_net, 7, 0, { 0xfc } },
	{ link_local, 10, 0, { 0xfe, 0x80 } },
	{ private_net, 10, 0, { 0xfe, 0xc0 } },
	{ multicast, 8, 0, { 0xff } },
};

static const char *local4(const unsigned char b[4])
{
	uint32_t a = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

	for (size_t i = 0; i < ARRAY_LEN(ranges4); i++)
		if ((a ^ ranges4[i].net) >> (32 - ranges4[i].bits) == 0)
			return ranges4[i].what;
	return NULL;
}

static bool in_range(const unsigned char a[16], const struct range6 *r)
{
	for (unsigned bit = 0; bit < r->bits; bit += 8) {
		unsigned left = r->bits - bit;
		unsigned mask = left >= 8 ? 0xff : (0xffu << (8 - left)) & 0xff;

		if (((a[bit / 8] ^ r->net[bit / 8]) & mask) != 0)
			return false;
	}
	return true;
}

static const char *local6(const unsigned char a[16])
{
	for (size_t i = 0; i < ARRAY_LEN(ranges6); i++)
		if (in_range(a, &ranges6[i]))
			return ranges6[i].what ? ranges6[i].what : local4(a + ranges6[i].at);
	return NULL;
}

/* Another family than these two is nothing that a command may reach. */
const char *address_local(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;

		return local4((const unsigned char *)&in->sin_addr);
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;

		return local6(in6->sin6_addr.s6_addr);
	}
	return reserved;
}
