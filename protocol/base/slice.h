/* slice.h - a view of bytes, passed by value. It owns nothing and need not end in NUL. */
#ifndef EMEND_SLICE_H
#define EMEND_SLICE_H

#include <string.h>

#include "protocol/base/base.h"

struct slice {
	const char *ptr; /* may be NULL only if len is 0 */
	size_t len;	 /* bytes */
};

/* A slice of a string literal. */
#define SLICE(lit) ((struct slice){ (lit), sizeof(lit) - 1 })
/* For "%.*s". Longer than INT_MAX prints as INT_MAX bytes. */
#define SLICE_ARG(s) (int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len), (s).ptr

static inline struct slice slice_of(const char *cstr) /* NULL gives the empty slice */
{
	return (struct slice){ cstr ? cstr : "", cstr ? strlen(cstr) : 0 };
}

static inline struct slice slice_make(const char *ptr, size_t len)
{
	return (struct slice){ ptr, len };
}

bool slice_eq(struct slice a, struct slice b);
bool slice_eq_cstr(struct slice a, const char *b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);
int slice_cmp(struct slice a, struct slice b); /* bytewise, shorter first: for qsort */
/* [from, to), both clamped to the slice. */
struct slice slice_sub(struct slice s, size_t from, size_t to);
/* Offset of the first match at or after `from`; SIZE_MAX if there is none. */
size_t slice_find(struct slice s, struct slice needle, size_t from);
size_t slice_find_byte(struct slice s, char c, size_t from);
/* Without leading and trailing ASCII white space. */
struct slice slice_trim(struct slice s);
/* Takes the next line off *rest, without its '\n' (a '\r' before it stays); false at the end. */
bool slice_next_line(struct slice *rest, struct slice *line);

/* FNV-1a, 64 bits, going on from h; SLICE_HASH to begin with. For tables and names, not against forgery. */
#define SLICE_HASH UINT64_C(14695981039346656037)
uint64_t slice_hash(uint64_t h, struct slice s);

#endif
