/* sha256.c - see sha256.h. Uses only calls that mbedTLS 2.28 and 3.6 both have. */
#include "agent/base/sha256.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <mbedtls/md.h>
#include <mbedtls/version.h>

#include "protocol/base/mem.h"

enum { SHA256_BYTES = 32 };

/* Hashing in memory fails only if the library was built without SHA-256, or is out of memory: both
 * are final. */
static void must(int rc)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "emend: SHA-256 failed in the mbedTLS library (error %d)\n", rc);
	abort();
}

static struct sha256_hex to_hex(const unsigned char *digest)
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_hex hex;

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		hex.s[2 * i] = digits[digest[i] >> 4];
		hex.s[2 * i + 1] = digits[digest[i] & 15];
	}
	hex.s[2 * SHA256_BYTES] = '\0';
	return hex;
}

static void add(mbedtls_md_context_t *md, struct slice s)
{
	if (s.len > 0)
		must(mbedtls_md_update(md, (const unsigned char *)s.ptr, s.len));
}

struct sha256_hex sha256_two(struct slice a, struct slice b)
{
	unsigned char digest[SHA256_BYTES];
	mbedtls_md_context_t md;

	mbedtls_md_init(&md);
	must(mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0));
	must(mbedtls_md_starts(&md));
	add(&md, a);
	add(&md, b);
	must(mbedtls_md_finish(&md, digest));
	mbedtls_md_free(&md);
	return to_hex(digest);
}

struct sha256_hex sha256(struct slice data)
{
	return sha256_two(data, SLICE(""));
}

struct sha256_sum {
	mbedtls_md_context_t md;
};

struct sha256_sum *sha256_begin(void)
{
	struct sha256_sum *sum = xcalloc(1, sizeof(*sum));

	mbedtls_md_init(&sum->md);
	must(mbedtls_md_setup(&sum->md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 0));
	must(mbedtls_md_starts(&sum->md));
	return sum;
}

void sha256_add(struct sha256_sum *sum, struct slice piece)
{
	add(&sum->md, piece);
}

struct sha256_hex sha256_end(struct sha256_sum *sum)
{
	unsigned char digest[SHA256_BYTES];

	must(mbedtls_md_finish(&sum->md, digest));
	mbedtls_md_free(&sum->md);
	free(sum);
	return to_hex(digest);
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
	unsigned n = mbedtls_version_get_number();

	(void)snprintf(out, 32, "%u.%u.%u", n >> 24, n >> 16 & 255, n >> 8 & 255);
}
