/* wire_open.c - which server, which key: from config, then the environment. Contacts nobody. */
#include "agent/model/wire.h"

#include <strings.h>

#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

#define OFFICIAL_HOST "api.anthropic.com"

bool wire_check_key(struct slice key, const char *source, struct err *err)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] <= ' ' || key.ptr[i] > '~')
			return err_set(
				err, ERR_PROVIDER,
				"The API key from %s holds a space or a character that no key "
				"has; copy it again.",
				source);
	return true;
}

static bool use_key(struct wire_model *m, struct slice key, const char *source, bool bearer,
		    struct err *err)
{
	key = slice_trim(key);
	m->endpoint.where.key_source = source;
	m->key.bearer = bearer;
	m->key.text = arena_dup(&m->base.arena, key);
	return wire_check_key(key, source, err);
}

static bool find_key(struct wire_model *m, const struct model_options *o, bool loopback,
		     struct err *err)
{
	struct arena *a = &m->base.arena;
	struct slice key;

	if (o->key_command.len > 0) {
		m->key_command = arena_cstr(a, o->key_command);
		m->endpoint.where.key_source = "the key command";
		return true;
	}
	if (o->key_env.len > 0) {
		const char *name = arena_cstr(a, o->key_env);

		key = model_env(o, name);
		if (key.len == 0)
			return err_set(
				err, ERR_PROVIDER,
				"%s is not set; the configuration says that it holds the API "
				"key of %.*s.",
				name, SLICE_ARG(m->base.name));
		return use_key(m, key, name, false, err);
	}
	key = model_env(o, "ANTHROPIC_API_KEY");
	if (key.len > 0)
		return use_key(m, key, "ANTHROPIC_API_KEY", false, err);
	key = model_env(o, "ANTHROPIC_AUTH_TOKEN");
	if (key.len > 0)
		return use_key(m, key, "ANTHROPIC_AUTH_TOKEN", true, err);
	m->endpoint.where.key_source = "nowhere (none is set)";
	if (loopback) /* a local server needs none */
		return true;
	return err_set(
		err, ERR_PROVIDER,
		"There is no API key for %.*s. Set ANTHROPIC_API_KEY (keys: "
		"https://console.anthropic.com/settings/keys), or key_env or key_command in the "
		"configuration; or try Emend without a key: --model scripted:FILE.",
		SLICE_ARG(m->base.name));
}

/* Without a final "/", "/v1" or "/v1/messages", which people write or leave out. */
static struct slice strip_base(struct slice s)
{
	static const char *const tails[] = { "/v1/messages", "/v1" };

	while (slice_ends(s, SLICE("/")))
		s = slice_sub(s, 0, s.len - 1);
	for (size_t i = 0; i < ARRAY_LEN(tails); i++)
		if (slice_ends(s, slice_of(tails[i])))
			s = slice_sub(s, 0, s.len - strlen(tails[i]));
	while (slice_ends(s, SLICE("/")))
		s = slice_sub(s, 0, s.len - 1);
	return s;
}

static bool find_server(struct wire_model *m, const struct model_options *o, struct slice provider,
			bool *loopback, struct err *err)
{
	struct endpoint *e = &m->endpoint;
	struct slice base = slice_trim(o->base_url), host, authority;
	const char *from = "base_url in the configuration";
	bool tls;

	if (base.len == 0) {
		base = slice_trim(model_env(o, "ANTHROPIC_BASE_URL"));
		from = "ANTHROPIC_BASE_URL";
	}
	if (base.len == 0)
		base = SLICE("https://" OFFICIAL_HOST);
	base = strip_base(base);
	if (!http_split_url(base, &tls, &host, err)) {
		err->code = ERR_PROVIDER;
		return err_wrap(err, "The model's address (%s) is wrong", from);
	}
	if (!tls && !http_is_private(host))
		return err_set(
			err, ERR_PROVIDER,
			"The model's address %.*s (%s) is not encrypted: your key and code could "
			"be read on the way. Use https://; http:// is for this machine and "
			"private networks only.",
			SLICE_ARG(base), from);
	e->url = arena_printf(&m->base.arena, "%.*s%s", SLICE_ARG(base), e->dialect->path).ptr;
	e->official = tls && host.len == strlen(OFFICIAL_HOST) &&
		      strncasecmp(host.ptr, OFFICIAL_HOST, host.len) == 0;
	authority = slice_sub(base, tls ? 8 : 7, slice_find_byte(base, '/', 8));
	e->where.host = arena_cstr(&m->base.arena, authority);
	e->where.provider =
		slice_eq_cstr(provider, "anthropic") && e->official ? "Anthropic" : e->where.host;
	e->where.keys_url = e->official ? "https://console.anthropic.com/settings/keys"
					: "ask who runs that server";
	e->where.billing_url = e->official ? "https://console.anthropic.com/settings/billing"
					   : "your account there";
	*loopback = m->direct = http_is_loopback(host);
	return true;
}

static bool check_effort(struct slice effort, struct err *err)
{
	static const char *const levels[] = { "", "low", "medium", "high", "xhigh", "max" };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (slice_eq_cstr(effort, levels[i]))
			return true;
	return err_set(err, ERR_PROVIDER,
		       "The effort \"%.*s\" is unknown: use low, medium, high, xhigh or max.",
		       SLICE_ARG(effort));
}

bool wire_open(const struct model_options *o, struct slice provider, struct slice model,
	       struct model **out, struct err *err)
{
	struct wire_model *m = xcalloc(1, sizeof(*m));
	struct arena scratch;
	bool loopback = false;

	arena_init(&scratch);
	model_init(&m->base, &wire_ops, o,
		   arena_printf(&scratch, "%.*s/%.*s", SLICE_ARG(provider), SLICE_ARG(model)));
	arena_release(&scratch);
	model_know(&m->base, o, model, false);
	m->idle_ms = LIMIT_STREAM_IDLE_MS;
	m->endpoint = (struct endpoint){
		.dialect = &anthropic_dialect,
		.name = m->base.name,
		.model = arena_dup(&m->base.arena, model),
		.effort = arena_dup(&m->base.arena, o->effort),
		.row = m->base.row,
	};
	m->endpoint.where.model = m->endpoint.model;
	if (!check_effort(o->effort, err) || !find_server(m, o, provider, &loopback, err) ||
	    !find_key(m, o, loopback, err)) {
		model_close(&m->base);
		return false;
	}
	*out = &m->base;
	return true;
}

void wire_set_idle(struct model *m, uint32_t ms)
{
	container_of(m, struct wire_model, base)->idle_ms = ms;
}
