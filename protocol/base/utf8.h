/* utf8.h - UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing over
 * U+10FFFF. */
#ifndef EMEND_UTF8_H
#define EMEND_UTF8_H

#include "protocol/base/buf.h"

/* Decodes the code point at s.ptr[at]; returns its length in bytes (1 to 4), or 0 if the bytes
 * there are not valid UTF-8. `at` < s.len. */
size_t utf8_decode(struct slice s, size_t at, uint32_t *cp);
size_t utf8_encode(uint32_t cp, char out[4]); /* bytes written; a surrogate becomes U+FFFD */
bool utf8_valid(struct slice s);
/* Length of the longest prefix that does not end inside a code point that might still be
 * completed: what may be shown of a text that is still arriving. */
size_t utf8_complete_prefix(struct slice s);
/* Appends s with every invalid byte as U+FFFD, and NUL and the other C0 controls except
 * \t \n \r (and DEL) dropped: safe for any editor, provider or terminal to read. */
void utf8_sanitize(struct buf *out, struct slice s);

/* How many bytes from `at` on are printable ASCII, but for '"', '\\' and DEL: those that JSON and everything else
 * takes as they are. It may stop before the last of them, never behind it. Eight at a time. */
size_t utf8_plain(struct slice s, size_t at);

#endif
