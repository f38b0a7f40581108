/* sha256.h - hashes and randomness; the one file that uses nettle. */
#ifndef EMEND_BASE_SHA256_H
#define EMEND_BASE_SHA256_H

#include "protocol/base/slice.h"

struct sha256_hex {
	char s[65]; /* lower-case hex, NUL-terminated */
};
struct sha256_hex sha256(struct slice data);
struct sha256_hex sha256_two(struct slice a, struct slice b); /* of the concatenation */
/* Of what comes in pieces. */
struct sha256_sum;
struct sha256_sum *sha256_begin(void);
void sha256_add(struct sha256_sum *sum, struct slice piece);
struct sha256_hex sha256_end(struct sha256_sum *sum); /* frees it */
enum { HMAC_SHA256_BYTES = 32 };
void hmac_sha256(struct slice key, struct slice text, unsigned char out[HMAC_SHA256_BYTES]);
void random_bytes(void *out, size_t n);	 /* from the kernel; cannot fail after boot */
void random_id(char *out, size_t chars); /* chars characters of [a-z0-9] and NUL */

void sha256_library_version(char out[32]); /* NUL-terminated */

#endif
