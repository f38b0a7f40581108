/* config.c - see config.h: the sources, one on top of the other.
 *
 * Each source is set on top of what the ones before it left: a value is replaced, a list grows.
 * `origin` notes for each key which source had the last word. A source that cannot be read ends the
 * loading with its message; with reports (config_reports), mistakes inside of it are told and
 * passed over. */
#include "agent/config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/config/config_set.h"
#include "agent/config/config_text.h"
#include "agent/store/store_path.h"
#include "protocol/base/limits.h"
#include "protocol/json/write.h"

/* A variable that is empty counts as one that is not set. */
static const char *get_env(const struct config_sources *s, const char *name)
{
	const char *value = s->env ? s->env(s->env_ctx, name) : getenv(name);

	return value && *value ? value : NULL;
}

static struct config_setter setter(struct config *c, const struct config_sources *s,
				   enum config_origin origin)
{
	return (struct config_setter){
		.c = c, .origin = origin, .home = get_env(s, "HOME"), .reports = s->reports
	};
}

/* The defaults are JSON text in the table and go the same way as a user's value, so that none
 * can be one that a user may not set. */
static bool set_defaults(struct config *c, const struct config_sources *sources, struct err *err)
{
	struct config_setter s = setter(c, sources, CONFIG_DEFAULT);
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	struct json v;

	for (size_t i = 0; i < n; i++) {
		s.source = keys[i].name;
		if (keys[i].def && (!json_parse(&c->arena, slice_of(keys[i].def), &v, err) ||
				    !config_set_value(&s, &keys[i], v, err)))
			return false;
	}
	return true;
}

/* The user's text, and the name that messages give it. A missing file in the standard place is an
 * empty text. */
static bool user_text(struct config *c, const struct config_sources *s, const char **name,
		      struct slice *text, struct err *err)
{
	bool standard = s->user_file.len == 0;
	struct slice path = s->user_file;

	*name = "user config";
	*text = s->user_text;
	if (s->user_text.ptr)
		return true;
	if (standard) {
		const char *base = get_env(s, "XDG_CONFIG_HOME");

		if (!base && !get_env(s, "HOME"))
			return true;
		path = base ? arena_printf(&c->arena, "%s/emend/config.json", base)
			    : arena_printf(&c->arena, "%s/.config/emend/config.json",
					   get_env(s, "HOME"));
	}
	*name = arena_cstr(&c->arena, path);
	if (read_whole(slice_of(*name), LIMIT_CONFIG_BYTES, &c->arena, text, err))
		return true;
	if (standard && err->code == ERR_NOT_FOUND) {
		*text = SLICE("");
		return true;
	}
	err->code = ERR_USAGE;
	return false;
}

static bool set_user(struct config *c, const struct config_sources *sources, struct err *err)
{
	struct config_setter s = setter(c, sources, CONFIG_USER);
	struct slice text = SLICE("");
	struct json root;
	struct err why = { 0 };

	if (!user_text(c, sources, &s.source, &text, &why))
		return err_set(err, why.code, "%s", why.msg);
	return config_text_parse(&c->arena, s.source, text, &s.text, &root, err) &&
	       config_set_object(&s, root, err);
}

/* Already parsed, and not a file: messages name the key, but no line. */
static bool set_editor(struct config *c, const struct config_sources *sources, struct err *err)
{
	struct config_setter s = setter(c, sources, CONFIG_EDITOR);

	s.source = "The editor's settings for Emend";
	if (!json_present(sources->editor))
		return true;
	if (json_type(sources->editor) != JSON_OBJECT)
		return err_set(err, ERR_USAGE, "%s: expected an object, found %s.", s.source,
			       json_type_phrase(json_type(sources->editor)));
	return config_set_object(&s, sources->editor, err);
}

/* A value that came as text: for a number it is JSON as it stands, for the rest it becomes a JSON
 * string. */
static bool set_word(struct config_setter *s, const struct config_key *k, size_t index,
		     struct slice word, struct err *err)
{
	bool number = k->type == KEY_NUMBER || k->type == KEY_U64 || k->type == KEY_U32 ||
		      k->type == KEY_INT;
	struct buf b;
	struct slice text;
	struct json v;
	struct jw w;

	buf_init(&b, LIMIT_CONFIG_BYTES);
	jw_init(&w, &b);
	jw_str(&w, word);
	text = arena_dup(&s->c->arena, buf_slice(&b));
	buf_release(&b);
	s->one_value = true;
	s->c->origin[index] = (unsigned char)s->origin;
	if (number && json_check(slice_trim(word), NULL, NULL))
		text = arena_dup(&s->c->arena, slice_trim(word));
	return json_parse(&s->c->arena, text, &v, err) && config_set_value(s, k, v, err);
}

static bool set_env(struct config *c, const struct config_sources *sources, struct err *err)
{
	struct config_setter s = setter(c, sources, CONFIG_ENV);
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	for (size_t i = 0; i < n; i++) {
		const char *value = keys[i].env ? get_env(sources, keys[i].env) : NULL;

		s.source = keys[i].env;
		if (value && !set_word(&s, &keys[i], i, slice_of(value), err))
			return false;
	}
	return true;
}

static bool set_flag(struct config_setter *s, const char *name, struct slice word, struct err *err)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	s->source = name;
	for (size_t i = 0; i < n; i++)
		if (keys[i].flag && strcmp(keys[i].flag, name) == 0)
			return set_word(s, &keys[i], i, word, err);
	return err_set(err, ERR_INTERNAL, "The flag %s sets nothing.", name);
}

/* Only what was typed: a flag that was not has no pointer, or is not above 0. */
static bool set_flags(struct config *c, const struct config_sources *sources, struct err *err)
{
	struct config_setter s = setter(c, sources, CONFIG_FLAG);
	const struct config_flags *f = sources->flags;
	struct arena *a = &c->arena;

	if (!f)
		return true;
	return (!f->model.ptr || set_flag(&s, "--model", f->model, err)) &&
	       (!f->mode.ptr || set_flag(&s, "--mode", f->mode, err)) &&
	       (f->max_usd <= 0 ||
		set_flag(&s, "--max-usd", arena_printf(a, "%.15g", f->max_usd), err)) &&
	       (f->max_seconds <= 0 ||
		set_flag(&s, "--max-time", arena_printf(a, "%.15g", f->max_seconds), err)) &&
	       (f->max_tokens <= 0 ||
		set_flag(&s, "--max-tokens", arena_printf(a, "%lld", (long long)f->max_tokens),
			 err)) &&
	       (f->max_turns <= 0 ||
		set_flag(&s, "--max-turns", arena_printf(a, "%lld", (long long)f->max_turns), err));
}

/* A project's file is measured by what the user's files say, not by a flag of today: else the
 * same file would be right in one run and wrong in the next. The copy borrows from the arena of
 * c and has none of its own. */
static void remember_configured(struct config *c)
{
	struct config *copy = arena_alloc(&c->arena, sizeof(*copy));

	*copy = *c;
	copy->arena = (struct arena){ 0 };
	c->configured = copy;
}

/* *out need not be released where this fails. */
bool config_load(struct config *out, const struct config_sources *s, struct err *err)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);
	bool ok;

	*out = (struct config){ .model = SLICE(""), .effort = SLICE("") };
	arena_init(&out->arena);
	out->origin = arena_alloc(&out->arena, n);
	ok = set_defaults(out, s, err) && set_user(out, s, err) && set_editor(out, s, err);
	if (ok) {
		remember_configured(out);
		ok = set_env(out, s, err) && set_flags(out, s, err);
	}
	if (ok)
		config_note_budget(out);
	else
		config_release(out);
	return ok;
}

static bool is_set(const struct config *c, size_t at)
{
	const struct config_key *keys;
	size_t n = config_keys(&keys);

	for (size_t i = 0; i < n; i++)
		if (keys[i].at == at)
			return c->origin[i] != CONFIG_DEFAULT;
	return false;
}

bool config_mode_set(const struct config *c)
{
	return is_set(c, offsetof(struct config, mode));
}

void config_note_budget(struct config *c)
{
	c->budget.usd_set = is_set(c, offsetof(struct config, budget.task_usd)) ||
			    is_set(c, offsetof(struct config, budget.session_usd)) ||
			    is_set(c, offsetof(struct config, budget.day_usd));
	c->budget.tokens_set = is_set(c, offsetof(struct config, budget.tokens));
}

/* May be called twice: what is left is an empty config with an empty arena. */
void config_release(struct config *c)
{
	arena_release(&c->arena);
	*c = (struct config){ 0 };
	arena_init(&c->arena);
}
