/* write.h - a JSON writer: keys come out in the order of the calls, so equal calls give equal
 * bytes.
 *
 * Every string is made safe on the way: invalid UTF-8 and lone surrogates become U+FFFD. U+0000 is
 * written as \u0000, so that a text comes back as it was; only where `no_nul` is set, for readers
 * who drop a whole message that has one, it becomes U+FFFD as well. The buffer's maximum is the only
 * way to fail: check out->full at the end. Nesting errors are our bugs and assert. */
#ifndef EMEND_JSON_WRITE_H
#define EMEND_JSON_WRITE_H

#include "protocol/base/buf.h"

enum { JW_MAX_DEPTH = 64 };

/* Borrows the buffer and owns nothing: it can be thrown away at any moment. */
struct jw {
	struct buf *out;
	uint64_t nonempty; /* bit d: the container at depth d has an element */
	uint64_t object;   /* bit d: it is an object */
	unsigned depth;
	bool after_key;
	bool no_nul; /* set it after jw_init() */
};

void jw_init(struct jw *w, struct buf *out); /* appends to out */
void jw_object(struct jw *w);
void jw_array(struct jw *w);
void jw_end(struct jw *w); /* closes the innermost container */
void jw_key(struct jw *w, const char *key);
void jw_key_slice(struct jw *w, struct slice key);
void jw_str(struct jw *w, struct slice s);
void jw_cstr(struct jw *w, const char *s); /* NULL writes null */
void jw_i64(struct jw *w, int64_t n);
void jw_f64(struct jw *w, double n); /* shortest form that reads back equal; not finite: null */
void jw_bool(struct jw *w, bool b);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, struct slice json); /* the caller vouches that it is one JSON value */

/* key and value in one call */
void jw_kstr(struct jw *w, const char *key, struct slice s);
void jw_kcstr(struct jw *w, const char *key, const char *s);
void jw_ki64(struct jw *w, const char *key, int64_t n);
void jw_kf64(struct jw *w, const char *key, double n);
void jw_kbool(struct jw *w, const char *key, bool b);
void jw_kraw(struct jw *w, const char *key, struct slice json);
void jw_kobject(struct jw *w, const char *key);
void jw_karray(struct jw *w, const char *key);

#endif
