/* config_schema.c - see config.h: the JSON Schema, made from the table.
 *
 * JSON Schema draft 7, which is what editors know. Names, types, ranges and texts are those of
 * config_key.c, so that the schema cannot say anything else than the parser does. */
#include "agent/config/config_key.h"
#include "protocol/json/write.h"

enum { SCHEMA_MAX_BYTES = 256 * 1024 };

static void put_choices(struct jw *w, const char *choices)
{
	struct slice all = slice_of(choices);

	jw_karray(w, "enum");
	for (size_t from = 0; from <= all.len;) {
		size_t bar = slice_find_byte(all, '|', from);

		bar = bar < all.len ? bar : all.len;
		jw_str(w, slice_sub(all, from, bar));
		from = bar + 1;
	}
	jw_end(w);
}

static void put_fields(struct jw *w, const struct config_field *fields, size_t n)
{
	jw_kcstr(w, "type", "object");
	jw_kobject(w, "properties");
	for (size_t i = 0; i < n; i++) {
		jw_kobject(w, fields[i].name);
		jw_kcstr(w, "type", "string");
		if (fields[i].choices)
			put_choices(w, fields[i].choices);
		jw_kcstr(w, "description", fields[i].doc);
		jw_end(w);
	}
	jw_end(w);
	jw_karray(w, "required");
	for (size_t i = 0; i < n; i++)
		if (fields[i].required)
			jw_cstr(w, fields[i].name);
	jw_end(w);
	jw_kbool(w, "additionalProperties", false);
}

static void put_strings(struct jw *w, const char *name, const char *doc)
{
	jw_kobject(w, name);
	jw_kcstr(w, "type", "array");
	jw_kobject(w, "items");
	jw_kcstr(w, "type", "string");
	jw_end(w);
	jw_kcstr(w, "description", doc);
	jw_end(w);
}

/* A string, or an object with examples. */
static void put_rule(struct jw *w)
{
	jw_karray(w, "anyOf");
	jw_object(w);
	jw_kcstr(w, "type", "string");
	jw_end(w);
	jw_object(w);
	jw_kcstr(w, "type", "object");
	jw_kobject(w, "properties");
	jw_kobject(w, "rule");
	jw_kcstr(w, "type", "string");
	jw_end(w);
	put_strings(w, "match", "Command lines that the rule must match.");
	put_strings(w, "noMatch", "Command lines that it must not match.");
	jw_end(w);
	jw_karray(w, "required");
	jw_cstr(w, "rule");
	jw_end(w);
	jw_kbool(w, "additionalProperties", false);
	jw_end(w);
	jw_end(w);
}

static void put_list(struct jw *w, const struct config_key *k)
{
	bool by_name = k->type == KEY_PROVIDERS || k->type == KEY_MODELS;
	const struct config_field *fields;
	size_t n;

	jw_kcstr(w, "type", by_name ? "object" : "array");
	jw_kobject(w, by_name ? "additionalProperties" : "items");
	if (k->type == KEY_ACTIONS) {
		n = config_action_fields(&fields);
		put_fields(w, fields, n);
	} else if (k->type == KEY_PROVIDERS) {
		n = config_provider_fields(&fields);
		put_fields(w, fields, n);
	} else if (k->type == KEY_MODELS) {
		config_put_model_schema(w);
	} else if (k->type == KEY_RULES) {
		put_rule(w);
	} else {
		jw_kcstr(w, "type", "string");
	}
	jw_end(w);
}

static void put_key(struct jw *w, const struct config_key *k, const char *name)
{
	jw_kobject(w, name);
	if (k->at_count > 0) {
		put_list(w, k);
	} else if (k->type == KEY_STRING || k->type == KEY_CHOICE || k->type == KEY_MODE) {
		jw_kcstr(w, "type", "string");
		if (k->choices)
			put_choices(w, k->choices);
	} else {
		jw_kcstr(w, "type", k->type == KEY_NUMBER ? "number" : "integer");
		jw_kf64(w, "minimum", k->min);
		jw_kf64(w, "maximum", k->max);
	}
	if (k->def)
		jw_kraw(w, "default", slice_of(k->def));
	jw_kcstr(w, "description", k->doc);
	jw_end(w);
}

/* The keys of a group stand next to each other in the table. */
static void put_keys(struct jw *w, const struct config_key *keys, size_t n)
{
	for (size_t i = 0; i < n;) {
		const char *dot = strchr(keys[i].name, '.');
		struct slice group =
			slice_make(keys[i].name, dot ? (size_t)(dot - keys[i].name) + 1 : 0);

		if (!dot) {
			put_key(w, &keys[i], keys[i].name);
			i++;
			continue;
		}
		jw_key_slice(w, slice_sub(group, 0, group.len - 1));
		jw_object(w);
		jw_kcstr(w, "type", "object");
		jw_kobject(w, "properties");
		for (; i < n && slice_starts(slice_of(keys[i].name), group); i++)
			put_key(w, &keys[i], keys[i].name + group.len);
		jw_end(w);
		jw_kbool(w, "additionalProperties", false);
		jw_end(w);
	}
}

struct slice config_schema(struct arena *a)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	struct slice text;
	struct buf b;
	struct jw w;

	buf_init(&b, SCHEMA_MAX_BYTES);
	jw_init(&w, &b);
	jw_object(&w);
	jw_kcstr(&w, "$schema", "http://json-schema.org/draft-07/schema#");
	jw_kcstr(&w, "title", "Emend configuration");
	jw_kcstr(&w, "type", "object");
	jw_kobject(&w, "properties");
	jw_kobject(&w, "$schema");
	jw_kcstr(&w, "type", "string");
	jw_end(&w);
	put_keys(&w, keys, n);
	jw_end(&w);
	jw_kbool(&w, "additionalProperties", false);
	jw_end(&w);
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}
