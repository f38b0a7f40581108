/* secret_mask.c - see secret_mask.h */
#include "agent/secret/secret_mask.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/sha256.h"
#include "agent/secret/secret_find.h"
#include "protocol/base/buf.h"
#include "protocol/base/mem.h"

enum {
	HASH_CHARS = 8,
	PLACEHOLDER_BYTES = 64,
	MOST = 4096, /* secrets of one task; more are hidden, and do not come back */
};
static const char begin[] = "[secret:";

struct secret_known {
	char placeholder[PLACEHOLDER_BYTES];
	const char *kind;
	char *value;
	size_t len;
};

void secret_mask_release(struct secret_mask *m)
{
	for (size_t i = 0; i < m->n; i++) {
		explicit_bzero(m->known[i].value, m->known[i].len);
		free(m->known[i].value);
	}
	free(m->known);
	m->known = NULL;
	m->n = m->cap = 0;
}

void secret_mask_tell(struct secret_mask *m, secret_new_cb *on_new, void *payload)
{
	m->on_new = on_new;
	m->payload = payload;
	for (size_t i = 0; i < m->n; i++)
		on_new(payload, slice_of(m->known[i].placeholder), m->known[i].kind);
}

static const struct secret_known *named(const struct secret_mask *m, struct slice placeholder)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_eq_cstr(placeholder, m->known[i].placeholder))
			return &m->known[i];
	return NULL;
}

/* The callback comes last: it may hide another text and so move the array. */
static void learn(struct secret_mask *m, const char *placeholder, const char *kind,
		  struct slice value)
{
	struct secret_known *k;

	if (m->n == MOST || named(m, slice_of(placeholder)))
		return;
	if (m->n == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 8;
		m->known = xrealloc(m->known, m->cap * sizeof(*m->known));
	}
	k = &m->known[m->n++];
	(void)snprintf(k->placeholder, sizeof(k->placeholder), "%s", placeholder);
	k->kind = kind;
	k->value = xslicedup(value);
	k->len = value.len;
	if (m->on_new)
		m->on_new(m->payload, slice_of(placeholder), kind);
}

struct slice secret_hide(struct secret_mask *m, struct arena *a, struct slice text)
{
	struct secret_found f;
	bool in_key = false;
	size_t at = 0;
	struct slice out;
	struct buf b;

	if (!m || m->off || !secret_find(text, 0, &in_key, &f))
		return text;
	buf_init(&b, SIZE_MAX / 2);
	do {
		struct slice value = slice_sub(text, f.start, f.end);
		char placeholder[PLACEHOLDER_BYTES];

		(void)snprintf(placeholder, sizeof(placeholder), "%s%s:%.*s]", begin, f.kind,
			       HASH_CHARS, sha256(value).s);
		learn(m, placeholder, f.kind, value);
		buf_append(&b, slice_sub(text, at, f.start));
		buf_puts(&b, placeholder);
		at = f.end;
	} while (secret_find(text, at, &in_key, &f));
	buf_append(&b, slice_sub(text, at, text.len));
	out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return out;
}

/* The placeholder that begins at `at`; false: it only looks like the beginning of one. */
static bool placeholder_at(struct slice text, size_t at, struct slice *out)
{
	size_t end = slice_find_byte(text, ']', at);

	if (end == SIZE_MAX || end - at >= PLACEHOLDER_BYTES)
		return false;
	*out = slice_sub(text, at, end + 1);
	for (size_t i = strlen(begin); i + 1 < out->len; i++)
		if (!((out->ptr[i] >= 'a' && out->ptr[i] <= 'z') || out->ptr[i] == '-' ||
		      out->ptr[i] == ':' || (out->ptr[i] >= '0' && out->ptr[i] <= '9')))
			return false;
	return out->len > strlen(begin) + HASH_CHARS + 2 &&
	       out->ptr[out->len - HASH_CHARS - 2] == ':';
}

/* A placeholder that is not known is an error and not left as it is: the file would hold it in
 * place of the secret. */
bool secret_reveal(const struct secret_mask *m, struct arena *a, struct slice text,
		   struct slice *out, struct err *err)
{
	size_t at = 0, next;
	struct slice mark;
	bool ok = true;
	struct buf b;

	*out = text;
	if (!m || m->off || slice_find(text, slice_of(begin), 0) == SIZE_MAX)
		return true;
	buf_init(&b, SIZE_MAX / 2);
	while (ok && (next = slice_find(text, slice_of(begin), at)) != SIZE_MAX) {
		const struct secret_known *k = NULL;

		buf_append(&b, slice_sub(text, at, next));
		at = next + strlen(begin);
		if (!placeholder_at(text, next, &mark)) {
			buf_puts(&b, begin);
			continue;
		}
		at = next + mark.len;
		k = named(m, mark);
		if (k)
			buf_append(&b, slice_make(k->value, k->len));
		else
			ok = err_set(
				err, ERR_NOT_FOUND,
				"%.*s stands for a secret that is not known any more: read the "
				"file that it came from again, and then repeat this call.",
				SLICE_ARG(mark));
	}
	buf_append(&b, slice_sub(text, at, text.len));
	*out = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return ok;
}
