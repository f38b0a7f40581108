/* uri.h - file: URIs and the paths they stand for.
 *
 * Clients spell the same file in different ways (hex in lower case, a bare `%`, more or fewer
 * characters escaped), so URIs are compared by the path that they decode to, and a client is always
 * answered in its own spelling. URIs of other schemes (untitled:, git:, ...) are opaque: equal if
 * their bytes are equal. Local paths are '/'-separated bytes; drive letters mean nothing:
 * file:///c%3A/x is the path /c:/x. */
#ifndef EMEND_LSP_URI_H
#define EMEND_LSP_URI_H

#include "protocol/base/arena.h"

/* The absolute path of a file: URI ("file:///p", "file:/p", "file://localhost/p"; scheme and
 * host in any case). False if it is another scheme or host, has no absolute path, contains %00
 * (or a NUL), or is longer than LIMIT_URI_BYTES. "?" and "#" are part of the path; a `%`
 * without two hex digits stands for itself. The path may be invalid UTF-8. NUL-terminated. */
NODISCARD bool uri_to_path(struct slice uri, struct arena *a, struct slice *path);
/* file:// and the path, with all but letters, digits and "-._~/" percent-encoded in upper case. */
struct slice uri_from_path(struct slice path, struct arena *a);
/* The key by which documents are found: equal for every spelling of one file. */
struct slice uri_key(struct slice uri, struct arena *a);
bool uri_equal(struct slice a, struct slice b);
struct slice uri_scheme(struct slice uri); /* without the colon; "" if there is none */

#endif
