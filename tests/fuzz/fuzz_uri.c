/* fuzz_uri.c - any bytes as a URI, and as a path: a path survives the way to a URI and back, and a
 * URI is equal to itself and to the clean spelling of its path. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/base/limits.h"
#include "protocol/lsp/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(size ? (const char *)data : "", size), path, back;
	struct arena a;

	arena_init(&a);
	(void)uri_scheme(in);
	(void)uri_key(in, &a);
	if (!uri_equal(in, in))
		abort();
	if (uri_to_path(in, &a, &path)) {
		struct slice clean = uri_from_path(path, &a);

		if (path.len == 0 || path.ptr[0] != '/')
			abort();
		if (clean.len <= LIMIT_URI_BYTES) {
			if (!uri_to_path(clean, &a, &back) || !slice_eq(path, back))
				abort();
			if (!uri_equal(in, clean))
				abort();
		}
	}
	arena_release(&a);
	return 0;
}
