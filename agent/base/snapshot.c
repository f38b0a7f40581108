/* snapshot.c - see snapshot.h */
#include "agent/base/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "protocol/base/mem.h"

struct snapshot {
	atomic_int refs;
	int32_t version;
	size_t len;
	char *text;
};

struct snapshot *snapshot_take(char *text, size_t len, int32_t version)
{
	struct snapshot *s = xmalloc(sizeof(*s));

	atomic_init(&s->refs, 1);
	s->version = version;
	s->len = len;
	s->text = text;
	return s;
}

struct snapshot *snapshot_new(struct slice text, int32_t version)
{
	return snapshot_take(xslicedup(text), text.len, version);
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

/* acq_rel: whoever frees must see all that others did with it before they let go. */
void snapshot_unref(struct snapshot *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1)
		return;
	free(s->text);
	free(s);
}

struct slice snapshot_text(const struct snapshot *s)
{
	return slice_make(s->text, s->len);
}

int32_t snapshot_version(const struct snapshot *s)
{
	return s->version;
}
