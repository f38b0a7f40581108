/* test_sha256.c - known answers, and that random things are random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/base/sha256.h"

static void known_answers(void **state)
{
	char *million = malloc(1000000);

	(void)state;
	memset(million, 'a', 1000000);
	assert_string_equal(sha256(SLICE("")).s,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(sha256(SLICE("abc")).s,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(sha256(slice_make(million, 1000000)).s,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void two_parts_are_their_concatenation(void **state)
{
	struct slice text = SLICE("The quick brown fox jumps over the lazy dog");

	(void)state;
	for (size_t i = 0; i <= text.len; i++)
		assert_string_equal(
			sha256_two(slice_sub(text, 0, i), slice_sub(text, i, text.len)).s,
			sha256(text).s);
}

/* RFC 4231, cases 2 and 6: a short key, and one that is longer than a block. */
static void keyed_hashes_are_those_of_the_standard(void **state)
{
	static const unsigned char jefe[HMAC_SHA256_BYTES] = {
		0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
		0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
		0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43
	};
	static const unsigned char long_key[HMAC_SHA256_BYTES] = {
		0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f, 0x0d, 0x8a, 0x26,
		0xaa, 0xcb, 0xf5, 0xb7, 0x7f, 0x8e, 0x0b, 0xc6, 0x21, 0x37, 0x28,
		0xc5, 0x14, 0x05, 0x46, 0x04, 0x0f, 0x0e, 0xe3, 0x7f, 0x54
	};
	unsigned char out[HMAC_SHA256_BYTES];
	char key[131];

	(void)state;
	hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), out);
	assert_memory_equal(out, jefe, sizeof(out));
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(slice_make(key, sizeof(key)),
		    SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_memory_equal(out, long_key, sizeof(out));
}

static void ids_have_their_alphabet_and_differ(void **state)
{
	bool seen[256] = { false };
	char a[33], b[33];

	(void)state;
	random_id(a, 32);
	random_id(b, 32);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
	for (int i = 0; i < 200; i++) {
		random_id(a, 32);
		for (int k = 0; k < 32; k++)
			seen[(unsigned char)a[k]] = true;
	}
	for (int c = 0; c < 256; c++)
		assert_int_equal(seen[c], (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
}

static void random_bytes_fill_all(void **state)
{
	unsigned char sum[1000] = { 0 }, one[1000];

	(void)state;
	for (int i = 0; i < 20; i++) {
		random_bytes(one, sizeof(one));
		for (size_t k = 0; k < sizeof(one); k++)
			sum[k] |= one[k];
	}
	for (size_t k = 0; k < sizeof(one); k++)
		assert_int_not_equal(sum[k], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers),
		cmocka_unit_test(two_parts_are_their_concatenation),
		cmocka_unit_test(keyed_hashes_are_those_of_the_standard),
		cmocka_unit_test(ids_have_their_alphabet_and_differ),
		cmocka_unit_test(random_bytes_fill_all),
	};

	return cmocka_run_group_tests_name("store/sha256", tests, NULL, NULL);
}
