/* sha256.c - see sha256.h. Nettle uses the processor's own SHA instructions where it has them: about
 * four times the speed of mbedTLS 2.28, from a smaller library. What is keyed is short and seldom,
 * and is mbedTLS's. */
#include "agent/base/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <mbedtls/md.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

#include "protocol/base/mem.h"

static struct sha256_hex to_hex(const unsigned char *digest)
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_hex hex;

	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++) {
		hex.s[2 * i] = digits[digest[i] >> 4];
		hex.s[2 * i + 1] = digits[digest[i] & 15];
	}
	hex.s[2 * SHA256_DIGEST_SIZE] = '\0';
	return hex;
}

static void add(struct sha256_ctx *c, struct slice s)
{
	if (s.len > 0)
		sha256_update(c, s.len, (const uint8_t *)s.ptr);
}

static struct sha256_hex finish(struct sha256_ctx *c)
{
	unsigned char digest[SHA256_DIGEST_SIZE];

	sha256_digest(c, sizeof(digest), digest);
	return to_hex(digest);
}

struct sha256_hex sha256_two(struct slice a, struct slice b)
{
	struct sha256_ctx c;

	sha256_init(&c);
	add(&c, a);
	add(&c, b);
	return finish(&c);
}

struct sha256_hex sha256(struct slice data)
{
	return sha256_two(data, SLICE(""));
}

struct sha256_sum {
	struct sha256_ctx c;
};

struct sha256_sum *sha256_begin(void)
{
	struct sha256_sum *sum = xcalloc(1, sizeof(*sum));

	sha256_init(&sum->c);
	return sum;
}

void sha256_add(struct sha256_sum *sum, struct slice piece)
{
	add(&sum->c, piece);
}

struct sha256_hex sha256_end(struct sha256_sum *sum)
{
	struct sha256_hex hex = finish(&sum->c);

	free(sum);
	return hex;
}

void hmac_sha256(struct slice key, struct slice text, unsigned char out[HMAC_SHA256_BYTES])
{
	const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);

	if (mbedtls_md_hmac(sha256, (const unsigned char *)key.ptr, key.len,
			    (const unsigned char *)text.ptr, text.len, out) != 0)
		abort(); /* no memory: xmalloc() would end here, too */
}

void random_bytes(void *out, size_t n)
{
	char *at = out;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			perror("emend: no random numbers from the kernel (getrandom)");
			abort();
		}
		at += got;
		n -= (size_t)got;
	}
}

void random_id(char *out, size_t chars)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (size_t i = 0; i < chars;) {
		unsigned char bytes[32];

		random_bytes(bytes, sizeof(bytes));
		for (size_t k = 0; k < sizeof(bytes) && i < chars; k++)
			if (bytes[k] < 252) /* 7 * 36: no digit is more likely than another */
				out[i++] = digits[bytes[k] % 36];
	}
	out[chars] = '\0';
}

void sha256_library_version(char out[32])
{
	(void)snprintf(out, 32, "%d.%d", nettle_version_major(), nettle_version_minor());
}
