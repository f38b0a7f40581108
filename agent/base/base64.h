/* base64.h - RFC 4648, section 4, with padding and without line breaks: how bytes travel in JSON. Pure. */
#ifndef EMEND_BASE64_H
#define EMEND_BASE64_H

#include "protocol/base/slice.h"

size_t base64_size(size_t bytes);
/* Digits of s into out, which has base64_size(s.len) bytes. */
void base64_encode(struct slice s, char *out);
/* out has at least s.len / 4 * 3 bytes. false: it is no base64. */
NODISCARD bool base64_decode(struct slice s, char *out, size_t *len);

#endif
