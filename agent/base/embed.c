/* embed.c - see embed.h */
#include "agent/base/embed.h"

struct slice embed_find(const struct embed *table, struct slice name)
{
	for (; table->name; table++)
		if (slice_eq_cstr(name, table->name))
			return slice_make(table->text, table->len);
	return (struct slice){ NULL, 0 };
}
