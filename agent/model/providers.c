/* providers.c - see providers.h */
#include "agent/model/providers.h"

#include <strings.h>

#include "agent/model/dialect.h"

#define KEYS(...)           \
	{                   \
		__VA_ARGS__ \
	}
#define PROVIDER(name, title, dialect, base, version, keys, base_env, keys_url, billing, model, \
		 quirks)                                                                        \
	{                                                                                       \
		name,	  title,    &(dialect), base,  version, keys,                           \
		base_env, keys_url, billing,	model, quirks                                   \
	},

/* The order is that of model_default_name(): of several keys that are set the first row wins. */
static const struct provider_row rows[] = {
#include "agent/model/providers.def"
};

#define ASK_THEM "ask who runs that server"

/* What the configuration names and nobody knows: the plain form of a dialect. */
static const struct provider_row plain[] = {
	{ "anthropic", "", &anthropic_dialect, "", "", { NULL }, "", ASK_THEM, ASK_THEM, "", 0 },
	{ "openai-responses",
	  "",
	  &responses_dialect,
	  "",
	  "/v1",
	  { NULL },
	  "",
	  ASK_THEM,
	  ASK_THEM,
	  "",
	  0 },
	{ "openai-chat",
	  "",
	  &chat_dialect,
	  "",
	  "/v1",
	  { NULL },
	  "",
	  ASK_THEM,
	  ASK_THEM,
	  "",
	  QUIRK_TEXT_CALLS },
	{ "gemini", "", &gemini_dialect, "", "/v1beta", { NULL }, "", ASK_THEM, ASK_THEM, "", 0 },
};

size_t provider_rows(const struct provider_row **out)
{
	*out = rows;
	return ARRAY_LEN(rows);
}

const struct provider_row *provider_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (slice_eq_cstr(name, rows[i].name))
			return &rows[i];
	return slice_eq_cstr(name, "google") ? provider_find(SLICE("gemini")) : NULL;
}

/* Only https: a plain address proves nothing about who answers there. */
const struct provider_row *provider_of_host(struct slice host)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice base = slice_of(rows[i].base), own;
		size_t end;

		if (!slice_starts(base, SLICE("https://")))
			continue;
		own = slice_sub(base, 8, base.len);
		end = slice_find_byte(own, '/', 0);
		own = slice_sub(own, 0, end < own.len ? end : own.len);
		if (own.len == host.len && strncasecmp(own.ptr, host.ptr, host.len) == 0)
			return &rows[i];
	}
	return NULL;
}

const struct provider_row *provider_of_dialect(struct slice dialect)
{
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (slice_eq_cstr(dialect, plain[i].name))
			return &plain[i];
	return NULL;
}

const char *provider_dialect_name(const struct dialect_ops *dialect)
{
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		if (plain[i].dialect == dialect)
			return plain[i].name;
	return "";
}
