/* config_key.h - the table of settings: from it come parsing, messages, the schema, `config show`,
 * the environment variables and the rules for project files. A new setting is one line in
 * config_key.c and a field in struct config. */
#ifndef EMEND_CONFIG_KEY_H
#define EMEND_CONFIG_KEY_H

#include "agent/config/config.h"

/* The type says how a value is read and where it goes: FIELD() in config_key.c, list_field() in
 * config_value.c. */
enum key_type {
	KEY_STRING,
	KEY_CHOICE, /* a string; `choices` */
	KEY_MODE,   /* enum mode */
	KEY_NUMBER, /* double */
	KEY_U64,
	KEY_U32,
	KEY_INT,
	KEY_STRINGS,
	KEY_RULES,     /* strings, or objects {rule, match[], noMatch[]} */
	KEY_HOSTS,     /* strings: rules of hosts.h */
	KEY_FOLDERS,   /* strings; absolute paths, "~/" is the home folder */
	KEY_ACTIONS,   /* list of objects: config_action_fields */
	KEY_PROVIDERS, /* object of objects: config_provider_fields */
	KEY_MODELS,    /* object of objects: config_model.c */
};

enum key_narrow { /* what .emend/config.json may do with it */
		  /* a project's file may not have the key at all */
		  NARROW_NEVER,
		  NARROW_LOWER, /* a number, or a stricter mode */
		  NARROW_ADD,	/* a list: more entries */
};

/* One setting. `at` is the offset of its field in struct config, whose C type follows from the
 * type. */
struct config_key {
	const char *name; /* "budget.taskUsd": group and member */
	enum key_type type;
	enum key_narrow narrow;
	size_t at, at_count; /* in struct config; at_count for lists */
	double min, max;     /* of numbers */
	bool zero_is_no_limit;
	const char *choices;	/* "a|b|c" */
	const char *def;	/* JSON text; NULL: empty */
	const char *env, *flag; /* NULL: none */
	const char *doc;
};

size_t config_keys(const struct config_key **out); /* how many; the table */

struct config_field { /* of an action or a provider; every one is a string */
	const char *name;
	size_t at; /* of a struct slice */
	bool required;
	const char *choices, *doc;
};
size_t config_action_fields(const struct config_field **out);
size_t config_provider_fields(const struct config_field **out);
struct config_action_text { /* an action as it stands in the file */
	struct slice title, kind, prompt, result;
};

struct jw;
/* The setting "models" as JSON, its schema, and a copy of it in another arena. */
void config_put_models(struct jw *w, const struct config *c);
void config_put_model_schema(struct jw *w);
const struct config_model *config_copy_models(struct arena *a, const struct config *c);

/* Is s one of "a|b|c"? */
bool config_is_choice(const char *choices, struct slice s);
const char *config_origin_name(enum config_origin o); /* "default", "user config", ... */
double config_number(const struct config *c, const struct config_key *k);
void config_put_number(struct config *c, const struct config_key *k, double n);

#endif
