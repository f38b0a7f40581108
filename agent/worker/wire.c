/* wire.c - see wire.h. Text travels as it is, so that a person can read the messages; anything else as
 * base64, which costs a third more. */
#include "agent/worker/wire.h"

#include <stdlib.h>

#include "agent/base/base64.h"
#include "protocol/base/mem.h"
#include "protocol/base/utf8.h"

void wire_bytes(struct jw *w, struct slice bytes)
{
	char *text;

	if (slice_find_byte(bytes, 0, 0) == SIZE_MAX && utf8_valid(bytes)) {
		jw_kstr(w, "text", bytes);
		return;
	}
	text = xmalloc(base64_size(bytes.len) + 1);
	base64_encode(bytes, text);
	jw_kstr(w, "base64", slice_make(text, base64_size(bytes.len)));
	free(text);
}

bool wire_bytes_read(struct json object, struct arena *a, struct slice *out)
{
	struct slice s;
	char *bytes;
	size_t n;

	if (json_str(json_get(object, "text"), a, out))
		return true;
	if (!json_str(json_get(object, "base64"), a, &s))
		return false;
	bytes = arena_alloc(a, s.len / 4 * 3 + 1);
	if (!base64_decode(s, bytes, &n))
		return false;
	*out = slice_make(bytes, n);
	return true;
}
