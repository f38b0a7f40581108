/* entry.c - see entry.h. The words and the numbers of enum entry_kind are written to the log, so neither may
 * change its meaning: logs of older versions are read with the same table. */
#include "agent/change/entry.h"

#include "protocol/base/base.h"

static const char *const kinds[] = {
	[RESTORE_TEXT] = "text",     [RESTORE_LINK] = "link",	  [RESTORE_MODE] = "mode",
	[RESTORE_FOLDER] = "folder", [RESTORE_BUNDLE] = "bundle",
};

void restore_entry_write(struct jw *w, const struct restore_entry *e)
{
	if (e->left_mode)
		jw_ki64(w, "newMode", e->left_mode);
	if (e->kind == RESTORE_TEXT)
		return; /* the usual case has no field, as in logs of before there were others */
	jw_kcstr(w, "kind", kinds[e->kind]);
	if (e->kind != RESTORE_MODE) {
		jw_ki64(w, "was", e->before);
		jw_ki64(w, "is", e->left);
	}
}

struct restore_entry restore_entry_read(struct json event)
{
	struct json kind = json_get(event, "kind");
	struct restore_entry e = {
		.kind = RESTORE_TEXT,
		.before = (enum entry_kind)json_i64_or(json_get(event, "was"), ENTRY_NONE),
		.left = (enum entry_kind)json_i64_or(json_get(event, "is"), ENTRY_NONE),
		.left_mode = (uint32_t)json_i64_or(json_get(event, "newMode"), 0),
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (json_is(kind, kinds[i]))
			e.kind = (enum restore_kind)i;
	return e;
}
