/* config_model.c - the setting "models": prices and limits of models that the user knows better than the
 * built-in table, each an object of numbers, one of them, "price", an object itself; and which model is used
 * for which kind of work or level of difficulty, a string. */
#include <stdio.h>

#include "agent/config/config_set.h"
#include "agent/config/suggest.h"
#include "protocol/json/write.h"

enum { MODELS_MAX = 1024 };

/* Names that stand for models: models.LEVEL gives one its model, and wherever a model is named
 * the level may stand. */
static const char *const levels[] = { "simple", "medium", "complex" };

/* A member of a model, as data: read by set_number(), and described in the schema. */
struct number {
	const char *name;
	size_t at; /* of a double, or (whole) of a uint32_t */
	bool whole, required;
	double max;
	const char *doc;
};

static const struct number price_numbers[] = {
	{ "input", offsetof(struct config_model, input), false, true, 1e6,
	  "US dollars for a million tokens of prompt." },
	{ "output", offsetof(struct config_model, output), false, true, 1e6,
	  "US dollars for a million tokens of output." },
	{ "cache_read", offsetof(struct config_model, cache_read), false, false, 1e6,
	  "The same for prompt that the provider's cache held. Default: as input." },
	{ "cache_write", offsetof(struct config_model, cache_write), false, false, 1e6,
	  "The same for prompt that was put into it. Default: as input." },
};

static const struct number limit_numbers[] = {
	{ "context_tokens", offsetof(struct config_model, context_tokens), true, false, 1e9,
	  "The model's context window." },
	{ "max_output_tokens", offsetof(struct config_model, max_output_tokens), true, false, 1e9,
	  "The most that it says in one turn." },
};

/* The members of a model that are no numbers. */
static const char *const others[] = { "price", "images" };

static bool set_number(struct config_setter *s, const char *key, const struct number *n,
		       struct json v, struct config_model *m, struct err *err)
{
	char *at = (char *)m + n->at;
	int64_t whole = 0;
	double d = 0;

	if (n->whole && json_i64(v, &whole) && whole > 0 && (double)whole <= n->max) {
		*(uint32_t *)(void *)at = (uint32_t)whole;
		return true;
	}
	if (!n->whole && json_f64(v, &d) && d >= 0 && d <= n->max) {
		*(double *)(void *)at = d;
		return true;
	}
	return config_complain(s, key, v, err, "\"%s\": expected a %s from %d to %.15g.", n->name,
			       n->whole ? "whole number" : "number", n->whole, n->max);
}

static bool unknown(struct config_setter *s, const char *key, struct json at, struct slice name,
		    const struct number *all, size_t n, bool more, struct err *err)
{
	const char *names[8] = { NULL }, *meant;
	size_t k = 0;

	for (; k < n; k++)
		names[k] = all[k].name;
	for (size_t i = 0; more && i < ARRAY_LEN(others); i++)
		names[k++] = others[i];
	meant = suggest(name, names, k);
	return config_complain(s, key, at, err, "it has no member \"%.*s\"%s%s%s",
			       SLICE_ARG(slice_sub(name, 0, 60)), meant ? "; did you mean \"" : "",
			       meant ? meant : "", meant ? "\"?" : ".");
}

/* Both prices must be there: half a price would make every bill wrong, and no cap would hold. */
static bool set_price(struct config_setter *s, const char *key, struct json v,
		      struct config_model *m, struct err *err)
{
	bool seen[ARRAY_LEN(price_numbers)] = { false };

	if (json_type(v) != JSON_OBJECT)
		return config_complain(
			s, key, v, err,
			"\"price\": expected an object, {\"input\": USD, \"output\": "
			"USD}, for a million tokens.");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice name = json_str_or(it.key, &s->c->arena, "");
		size_t i = 0;

		while (i < ARRAY_LEN(price_numbers) && !slice_eq_cstr(name, price_numbers[i].name))
			i++;
		if (i == ARRAY_LEN(price_numbers))
			return unknown(s, key, it.key, name, price_numbers, i, false, err);
		if (!set_number(s, key, &price_numbers[i], it.value, m, err))
			return false;
		seen[i] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(price_numbers); i++)
		if (price_numbers[i].required && !seen[i])
			return config_complain(s, key, v, err, "\"price\": \"%s\" is missing.",
					       price_numbers[i].name);
	m->cache_read = seen[2] ? m->cache_read : m->input;
	m->cache_write = seen[3] ? m->cache_write : m->input;
	m->priced = true;
	return true;
}

static bool set_images(struct config_setter *s, const char *key, struct json v,
		       struct config_model *m, struct err *err)
{
	bool yes;

	if (!json_bool(v, &yes))
		return config_complain(s, key, v, err, "\"images\": expected true or false.");
	m->images = yes ? IMAGES_YES : IMAGES_NO;
	return true;
}

/* A string is the model for a kind of work; whether that kind exists is asked later
 * (task_check_models), as the kinds are not known here. */
static bool set_model(struct config_setter *s, const char *key, struct json v,
		      struct config_model *m, struct err *err)
{
	if (json_str(v, &s->c->arena, &m->use) && m->use.len > 0) {
		m->use = arena_dup(&s->c->arena, m->use); /* the source does not live as long */
		return true;
	}
	if (json_type(v) != JSON_OBJECT)
		return config_complain(s, key, v, err,
				       "expected an object with what is known of a model, or for a "
				       "kind of work the name of a model.");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice name = json_str_or(it.key, &s->c->arena, "");
		size_t i = 0;

		if (slice_eq_cstr(name, "price")) {
			if (!set_price(s, key, it.value, m, err))
				return false;
			continue;
		}
		if (slice_eq_cstr(name, "images")) {
			if (!set_images(s, key, it.value, m, err))
				return false;
			continue;
		}
		while (i < ARRAY_LEN(limit_numbers) && !slice_eq_cstr(name, limit_numbers[i].name))
			i++;
		if (i == ARRAY_LEN(limit_numbers))
			return unknown(s, key, it.key, name, limit_numbers, i, true, err);
		if (!set_number(s, key, &limit_numbers[i], it.value, m, err))
			return false;
	}
	return true;
}

/* A model that an earlier source named is replaced as a whole, not member by member. */
bool config_set_models(struct config_setter *s, const struct config_key *k, struct json v,
		       struct err *err)
{
	size_t n = s->c->n_models, at;
	struct config_model *items;
	char key[120];

	if (json_type(v) != JSON_OBJECT || json_len(v) > MODELS_MAX)
		return config_complain(s, k->name, v, err,
				       "expected an object with one member for each model.");
	items = arena_array(&s->c->arena, n + json_len(v) + 1, sizeof(*items));
	if (n > 0)
		memcpy(items, s->c->models, n * sizeof(*items));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct config_model m = { .name = json_str_or(it.key, &s->c->arena, "") };

		(void)snprintf(key, sizeof(key), "%s.%.*s", k->name, SLICE_ARG(m.name));
		if (m.name.len == 0)
			return config_complain(s, k->name, it.key, err,
					       "a model's name is not empty.");
		if (!set_model(s, key, it.value, &m, err))
			return false;
		m.name = arena_dup(&s->c->arena, m.name);
		for (at = 0; at < n && !slice_eq(items[at].name, m.name); at++)
			;
		items[at] = m;
		n = at == n ? n + 1 : n;
	}
	s->c->models = items;
	s->c->n_models = n;
	return true;
}

/* The full name beats the name alone, whatever their order in the file. */
const struct config_model *config_model_find(const struct config *c, struct slice name)
{
	size_t slash = slice_find_byte(name, '/', 0);
	struct slice model = slash == SIZE_MAX ? name : slice_sub(name, slash + 1, name.len);
	const struct config_model *found = NULL;

	for (size_t i = 0; i < c->n_models; i++) {
		if (c->models[i].use.len > 0)
			continue;
		if (slice_eq(c->models[i].name, name))
			return &c->models[i];
		if (slice_eq(c->models[i].name, model))
			found = &c->models[i];
	}
	return found;
}

/* Where the setting "model" came from; may be changed. NULL: nobody keeps it. */
static unsigned char *origin_of_model(const struct config *c)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, "model") == 0)
			return c->origin ? &c->origin[i] : NULL;
	return NULL;
}

/* Was the model named for this one run, and not only in a file? */
static bool named_now(const struct config *c)
{
	const unsigned char *origin = origin_of_model(c);

	return origin && (*origin == CONFIG_ENV || *origin == CONFIG_FLAG);
}

void config_choose_model(struct config *c, struct slice name)
{
	unsigned char *origin = origin_of_model(c);

	c->model = arena_dup(&c->arena, name);
	if (origin)
		*origin = CONFIG_FLAG;
}

bool config_is_level(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (slice_eq_cstr(name, levels[i]))
			return true;
	return false;
}

static struct slice model_of_level(const struct config *c, struct slice level)
{
	for (size_t i = 0; i < c->n_models; i++)
		if (c->models[i].use.len > 0 && slice_eq(c->models[i].name, level))
			return c->models[i].use;
	return level; /* nobody set it: whoever opens it says so */
}

/* A level may name another one; in a ring the walk ends at one of them. */
struct slice config_model_level(const struct config *c, struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(levels) && config_is_level(name); i++)
		name = model_of_level(c, name);
	return name;
}

struct slice config_model_for(const struct config *c, struct slice kind)
{
	for (size_t i = 0; !named_now(c) && i < c->n_models; i++)
		if (c->models[i].use.len > 0 && slice_eq(c->models[i].name, kind))
			return config_model_level(c, c->models[i].use);
	return config_model_level(c, c->model);
}

const struct config_model *config_copy_models(struct arena *a, const struct config *c)
{
	struct config_model *copy = arena_array(a, c->n_models + 1, sizeof(*copy));

	for (size_t i = 0; i < c->n_models; i++) {
		copy[i] = c->models[i];
		copy[i].name = arena_dup(a, c->models[i].name);
		copy[i].use = arena_dup(a, c->models[i].use);
	}
	return copy;
}

/* As it would stand in a file. */
void config_put_models(struct jw *w, const struct config *c)
{
	jw_object(w);
	for (size_t i = 0; i < c->n_models; i++) {
		const struct config_model *m = &c->models[i];

		jw_key_slice(w, m->name);
		if (m->use.len > 0) {
			jw_str(w, m->use);
			continue;
		}
		jw_object(w);
		if (m->priced) {
			jw_kobject(w, "price");
			jw_kf64(w, "input", m->input);
			jw_kf64(w, "output", m->output);
			jw_kf64(w, "cache_read", m->cache_read);
			jw_kf64(w, "cache_write", m->cache_write);
			jw_end(w);
		}
		if (m->context_tokens > 0)
			jw_ki64(w, "context_tokens", m->context_tokens);
		if (m->max_output_tokens > 0)
			jw_ki64(w, "max_output_tokens", m->max_output_tokens);
		if (m->images != IMAGES_NOT_SAID)
			jw_kbool(w, "images", m->images == IMAGES_YES);
		jw_end(w);
	}
	jw_end(w);
}

static void put_number_schema(struct jw *w, const struct number *n)
{
	jw_kobject(w, n->name);
	jw_kcstr(w, "type", n->whole ? "integer" : "number");
	jw_ki64(w, "minimum", n->whole);
	jw_kf64(w, "maximum", n->max);
	jw_kcstr(w, "description", n->doc);
	jw_end(w);
}

void config_put_model_schema(struct jw *w)
{
	jw_karray(w, "anyOf");
	jw_object(w);
	jw_kcstr(w, "type", "string");
	jw_kcstr(w, "description",
		 "For a level (simple, medium, complex): its model. For a kind of work, such as "
		 "explain, fix or do: its model, or a level.");
	jw_end(w);
	jw_object(w);
	jw_kcstr(w, "type", "object");
	jw_kobject(w, "properties");
	jw_kobject(w, "price");
	jw_kcstr(w, "type", "object");
	jw_kobject(w, "properties");
	for (size_t i = 0; i < ARRAY_LEN(price_numbers); i++)
		put_number_schema(w, &price_numbers[i]);
	jw_end(w);
	jw_karray(w, "required");
	for (size_t i = 0; i < ARRAY_LEN(price_numbers); i++)
		if (price_numbers[i].required)
			jw_cstr(w, price_numbers[i].name);
	jw_end(w);
	jw_kbool(w, "additionalProperties", false);
	jw_end(w);
	for (size_t i = 0; i < ARRAY_LEN(limit_numbers); i++)
		put_number_schema(w, &limit_numbers[i]);
	jw_kobject(w, "images");
	jw_kcstr(w, "type", "boolean");
	jw_kcstr(w, "description", "Whether it takes images.");
	jw_end(w);
	jw_end(w);
	jw_kbool(w, "additionalProperties", false);
	jw_end(w);
	jw_end(w);
}
