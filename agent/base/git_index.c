/* git_index.c - see git_index.h
 *
 *   "DIRC" version count | entries | extensions ("TREE", "REUC", ..., each with its length) | checksum
 *
 * An entry: 40 bytes of what stat(2) said when git last looked (the mode among it), the id of the
 * content, 16 bits of flags, from version 3 on perhaps 16 more, and the path. Up to version 3 the path
 * ends with NULs to a multiple of eight; in version 4 it says how much of the path before it stays.
 * Which of the two lengths an id has stands in the configuration, not here: the shorter is tried
 * first, and with the wrong one the entries do not end where the extensions begin. */
#include "agent/base/git_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

/* PATHS_BYTES: more than any repository has; beyond it the list counts as unreadable. */
enum {
	HEAD_BYTES = 12,
	STAT_BYTES = 40,
	MTIME_AT = 8,
	MODE_AT = 24,
	SIZE_AT = 36,
	FLAG_MORE = 0x4000,
	STAGE_SHIFT = 12,
	FLAG_LENGTH = 0x0fff, /* the part of the flags that is the path's length */
	FOLDER_MODE = 040000, /* a sparse index: a whole folder */
	PATHS_BYTES = 256 * 1024 * 1024
};

struct entry {
	struct slice path; /* valid until the next one */
	struct slice id;
	uint32_t mode, mtime_s, mtime_ns, size;
	uint16_t flags, more;
};
typedef void entry_fn(void *payload, const struct entry *e);

struct reader {
	struct slice in;
	size_t at, id_bytes;
	uint32_t version, n;
	char path[LIMIT_PATH_BYTES]; /* of the last entry; version 4 builds on it */
	size_t path_len;
};

static uint32_t number(const struct reader *r, size_t at, size_t bytes)
{
	uint32_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)r->in.ptr[at + i];
	return v;
}

/* How many bytes of the path before it go: git's own variable length.
 * See "Version 4" in git's Documentation/gitformat-index.txt. */
static bool read_cut(struct reader *r, size_t *cut)
{
	unsigned char c = 0x80;

	for (*cut = 0; c & 0x80; *cut = *cut << 7 | (c & 0x7f)) {
		if (r->at >= r->in.len || *cut > LIMIT_PATH_BYTES)
			return false;
		c = (unsigned char)r->in.ptr[r->at++];
		if (c & 0x80)
			++*cut; /* git counts on: no number has two spellings */
	}
	return true;
}

static bool read_path(struct reader *r, size_t begin, struct entry *e)
{
	size_t kept = 0, end;

	if (r->version == 4) {
		if (!read_cut(r, &kept) || kept > r->path_len)
			return false;
		kept = r->path_len - kept;
	}
	end = slice_find_byte(r->in, '\0', r->at);
	if (end == SIZE_MAX || kept + (end - r->at) >= sizeof(r->path))
		return false;
	memcpy(r->path + kept, r->in.ptr + r->at, end - r->at);
	r->path_len = kept + (end - r->at);
	r->path[r->path_len] = '\0';
	e->path = slice_make(r->path, r->path_len);
	r->at = r->version == 4 ? end + 1 : begin + ((end - begin + 8) & ~(size_t)7);
	return r->path_len > 0 && r->at <= r->in.len &&
	       ((e->flags & FLAG_LENGTH) == FLAG_LENGTH || (e->flags & FLAG_LENGTH) == r->path_len);
}

static bool read_entry(struct reader *r, struct entry *e)
{
	size_t begin = r->at;

	if (r->in.len - r->at < STAT_BYTES + r->id_bytes + 4)
		return false;
	e->mtime_s = number(r, r->at + MTIME_AT, 4);
	e->mtime_ns = number(r, r->at + MTIME_AT + 4, 4);
	e->mode = number(r, r->at + MODE_AT, 4);
	e->size = number(r, r->at + SIZE_AT, 4);
	r->at += STAT_BYTES;
	e->id = slice_sub(r->in, r->at, r->at + r->id_bytes);
	r->at += r->id_bytes;
	e->flags = (uint16_t)number(r, r->at, 2);
	r->at += 2;
	e->more = 0;
	if (e->flags & FLAG_MORE) {
		e->more = (uint16_t)number(r, r->at, 2);
		r->at += 2;
	}
	return read_path(r, begin, e);
}

/* What follows must end where the checksum begins; a part of the list elsewhere is not understood. */
static bool read_extensions(struct reader *r)
{
	size_t end = r->in.len - r->id_bytes;

	while (r->at + 8 <= end) {
		uint32_t n = number(r, r->at + 4, 4);

		if (slice_starts(slice_sub(r->in, r->at, end), SLICE("link")) ||
		    n > end - r->at - 8)
			return false;
		r->at += 8 + n;
	}
	return r->at == end;
}

static bool read_as(struct slice index, size_t id_bytes, entry_fn *fn, void *payload)
{
	struct reader r = { .in = index, .at = HEAD_BYTES, .id_bytes = id_bytes };
	struct entry e;

	if (index.len < HEAD_BYTES + id_bytes || !slice_starts(index, SLICE("DIRC")))
		return false;
	r.version = number(&r, 4, 4);
	r.n = number(&r, 8, 4);
	if (r.version < 2 || r.version > 4)
		return false;
	for (uint32_t i = 0; i < r.n; i++) {
		if (!read_entry(&r, &e))
			return false;
		fn(payload, &e);
	}
	return read_extensions(&r);
}

/* --- what it says --- */

static void add_to_digest(void *payload, const struct entry *e)
{
	unsigned char fixed[] = { (unsigned char)(e->mode >> 24),  (unsigned char)(e->mode >> 16),
				  (unsigned char)(e->mode >> 8),   (unsigned char)e->mode,
				  (unsigned char)(e->flags >> 12), (unsigned char)(e->more >> 8),
				  (unsigned char)e->more };

	sha256_add(payload, slice_make((const char *)fixed, sizeof(fixed)));
	sha256_add(payload, e->id);
	sha256_add(payload, slice_make(e->path.ptr, e->path.len + 1)); /* with its NUL */
}

bool git_index_digest(struct slice index, struct sha256_hex *out)
{
	static const size_t lengths[] = { 20, 32 };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct sha256_sum *sum = sha256_begin();
		bool ok = read_as(index, lengths[i], add_to_digest, sum);
		struct sha256_hex hash = sha256_end(sum);

		if (ok) {
			*out = hash;
			return true;
		}
	}
	return false;
}

struct telling {
	git_noted_fn *fn;
	void *payload;
};

static void tell(void *payload, const struct entry *e)
{
	const struct telling *t = payload;

	t->fn(t->payload, &(struct git_noted){ .path = e->path.ptr,
					       .mtime_s = e->mtime_s,
					       .mtime_ns = e->mtime_ns,
					       .mode = e->mode,
					       .size = e->size,
					       .stage = e->flags >> STAGE_SHIFT & 3 });
}

bool git_index_each(struct slice index, git_noted_fn *fn, void *payload)
{
	struct telling t = { fn, payload };

	return read_as(index, 20, tell, &t); /* longer ids are still rare */
}

/* --- what it tracks --- */

void git_tracked_init(struct git_tracked *t)
{
	*t = (struct git_tracked){ .n = 0 };
	buf_init(&t->text, PATHS_BYTES);
}

void git_tracked_release(struct git_tracked *t)
{
	buf_release(&t->text);
	free(t->at);
}

static void add_path(void *payload, const struct entry *e)
{
	struct git_tracked *t = payload;

	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->at = xrealloc(t->at, t->cap * sizeof(*t->at));
	}
	t->at[t->n++] = (uint32_t)t->text.len;
	buf_append(&t->text, slice_make(e->path.ptr, e->path.len + 1));
	t->all = t->all || (e->mode & 0170000) == FOLDER_MODE;
}

void git_tracked_read(struct git_tracked *t, struct slice index)
{
	static const size_t lengths[] = { 20, 32 };
	bool ok = false;

	for (size_t i = 0; i < ARRAY_LEN(lengths) && !ok; i++) {
		t->n = 0;
		t->all = false;
		buf_clear(&t->text);
		ok = read_as(index, lengths[i], add_path, t);
	}
	t->all = t->all || !ok || t->text.full;
}

/* The first path that is not before this one. */
static const char *at_or_after(const struct git_tracked *t, const char *path)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(t->text.data + t->at[mid], path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < t->n ? t->text.data + t->at[low] : NULL;
}

bool git_tracks(const struct git_tracked *t, const char *path)
{
	const char *found = t->all ? path : at_or_after(t, path);

	return found && strcmp(found, path) == 0;
}

bool git_tracks_surely(const struct git_tracked *t, const char *path)
{
	const char *found = at_or_after(t, path);

	return found && strcmp(found, path) == 0;
}

bool git_tracks_below(const struct git_tracked *t, const char *folder)
{
	char first[LIMIT_PATH_BYTES];
	int n = snprintf(first, sizeof(first), "%s/", folder);
	const char *found;

	if (t->all || n < 0 || (size_t)n >= sizeof(first))
		return true;
	found = at_or_after(t, first);
	return found && strncmp(found, first, (size_t)n) == 0;
}
