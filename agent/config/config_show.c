/* config_show.c - see config.h: what holds, and where it came from.
 *
 * The values are written as JSON, so that each line can be copied into a file. Keys of providers
 * are never part of the configuration, only where they are found, so that nothing here need be
 * hidden. */
#include "agent/config/config_key.h"
#include "protocol/base/limits.h"
#include "protocol/json/write.h"

static void put_fields(struct jw *w, const struct config_field *fields, size_t n, const void *from)
{
	for (size_t i = 0; i < n; i++) {
		const struct slice *s =
			(const struct slice *)(const void *)((const char *)from + fields[i].at);

		if (s->len > 0)
			jw_kstr(w, fields[i].name, *s);
	}
}

static void put_actions(struct jw *w, const struct config *c)
{
	const struct config_field *fields;
	size_t n = config_action_fields(&fields);

	jw_array(w);
	for (size_t i = 0; i < c->n_actions; i++) {
		const struct config_action *a = &c->actions[i];
		struct config_action_text t = { a->title, a->kind, a->prompt,
						a->edits ? SLICE("edit") : SLICE("show") };

		jw_object(w);
		put_fields(w, fields, n, &t);
		jw_end(w);
	}
	jw_end(w);
}

static void put_providers(struct jw *w, const struct config *c)
{
	const struct config_field *fields;
	size_t n = config_provider_fields(&fields);

	jw_object(w);
	for (size_t i = 0; i < c->n_providers; i++) {
		jw_key_slice(w, c->providers[i].name);
		jw_object(w);
		put_fields(w, fields, n, &c->providers[i]);
		jw_end(w);
	}
	jw_end(w);
}

static void put_strings(struct jw *w, const struct config *c, const struct config_key *k)
{
	const struct slice *items =
		*(const struct slice *const *)(const void *)((const char *)c + k->at);
	size_t n = *(const size_t *)(const void *)((const char *)c + k->at_count);

	jw_array(w);
	if (k->at == offsetof(struct config, deny_files) && c->deny_files_replaced)
		jw_cstr(w, "!*");
	for (size_t i = 0; i < n; i++)
		jw_str(w, items[i]);
	jw_end(w);
}

static void put_value(struct jw *w, const struct config *c, const struct config_key *k)
{
	if (k->type == KEY_ACTIONS)
		put_actions(w, c);
	else if (k->type == KEY_PROVIDERS)
		put_providers(w, c);
	else if (k->type == KEY_MODELS)
		config_put_models(w, c);
	else if (k->at_count > 0)
		put_strings(w, c, k);
	else if (k->type == KEY_MODE)
		jw_cstr(w, mode_name(c->mode));
	else if (k->type == KEY_STRING || k->type == KEY_CHOICE)
		jw_str(w, *(const struct slice *)(const void *)((const char *)c + k->at));
	else if (k->type == KEY_NUMBER)
		jw_f64(w, config_number(c, k));
	else
		jw_i64(w, (int64_t)config_number(c, k));
}

struct slice config_show(const struct config *c, struct arena *a)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	struct slice text;
	struct buf b;
	struct jw w;

	buf_init(&b, 4 * (size_t)LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&b, "%s = ", keys[i].name);
		jw_init(&w, &b);
		put_value(&w, c, &keys[i]);
		buf_printf(&b, "   # %s\n", config_origin_name((enum config_origin)c->origin[i]));
	}
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

struct slice config_show_json(const struct config *c, struct arena *a)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	struct slice text;
	struct buf b;
	struct jw w;

	buf_init(&b, 4 * (size_t)LIMIT_CONFIG_BYTES);
	jw_init(&w, &b);
	jw_object(&w);
	for (size_t i = 0; i < n; i++) {
		jw_kobject(&w, keys[i].name);
		jw_key(&w, "value");
		put_value(&w, c, &keys[i]);
		jw_kcstr(&w, "from", config_origin_name((enum config_origin)c->origin[i]));
		jw_end(&w);
	}
	jw_end(&w);
	text = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return text;
}
