/* base64.c - see base64.h */
#include "agent/base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_size(size_t bytes)
{
	return (bytes + 2) / 3 * 4;
}

void base64_encode(struct slice s, char *out)
{
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (k < n ? (unsigned char)s.ptr[i + k] : 0u);
		for (size_t k = 0; k < 4; k++)
			*out++ = k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
	}
}

static int value_of(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool base64_decode(struct slice s, char *out, size_t *len)
{
	size_t n = 0;

	if (s.len % 4)
		return false;
	for (size_t i = 0; i < s.len; i += 4) {
		bool last = i + 4 == s.len;
		size_t pad = last && s.ptr[i + 3] == '=' ? (s.ptr[i + 2] == '=' ? 2 : 1) : 0;
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < 4 - pad ? value_of(s.ptr[i + k]) : 0;

			if (d < 0)
				return false;
			v = v << 6 | (uint32_t)d;
		}
		for (size_t k = 0; k < 3 - pad; k++)
			out[n++] = (char)(v >> (16 - 8 * k) & 0xff);
	}
	*len = n;
	return true;
}
