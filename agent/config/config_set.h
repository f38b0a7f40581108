/* config_set.h - put one source of settings into a struct config; for agent/config only. */
#ifndef EMEND_CONFIG_SET_H
#define EMEND_CONFIG_SET_H

#include "agent/config/config_key.h"

/* One source while it is being read: into which config, and how messages name it. */
struct config_setter {
	struct config *c;
	const char *source; /* for messages: a file's path, a variable, a flag */
	struct slice text;  /* what offsets refer to; NULL: the source has no lines */
	enum config_origin origin;
	bool one_value;	  /* the source is a variable or flag, so that messages need no key */
	const char *home; /* for "~/"; may be NULL */
	const struct config_reports *reports; /* NULL: the first mistake ends it */
};

/* Every member of the object, with checks for unknown and doubled keys. null means "not set". */
NODISCARD bool config_set_object(struct config_setter *s, struct json root, struct err *err);
/* One value. Lists grow, everything else is replaced. */
NODISCARD bool config_set_value(struct config_setter *s, const struct config_key *k, struct json v,
				struct err *err);
/* One rule with examples: the object's "rule" into *rule, its examples into the config. */
NODISCARD bool config_set_rule(struct config_setter *s, const struct config_key *k, struct json v,
			       struct slice *rule, struct err *err);
/* The value of "models". */
NODISCARD bool config_set_models(struct config_setter *s, const struct config_key *k, struct json v,
				 struct err *err);
/* The same under the rules for a project's file: config_narrow.c. */
NODISCARD bool config_narrow_value(struct config_setter *s, const struct config_key *k,
				   struct json v, struct err *err);
bool config_guards(const struct config_key *k, struct json v); /* see there */
/* Once all sources are in: which caps are the user's own. */
void config_note_budget(struct config *c);
/* "file:line: key "x": WHAT"; always false. */
bool config_complain(const struct config_setter *s, const char *key, struct json at,
		     struct err *err, const char *fmt, ...) PRINTF(5, 6);

#endif
