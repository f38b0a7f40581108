/* wire_open.c - which server, which key: from config, then the environment. Contacts nobody.
 *
 * The server: base_url of the configuration, the provider's variable (OPENAI_BASE_URL, OLLAMA_HOST,
 * ...), its own address. The key: key_command, key_env, the provider's variables, the keyring. The
 * first that says something wins. A plain http:// address is refused unless it is of this machine
 * or of a private network.
 *
 * What a server is known to do otherwise than its API says (quirks) comes from the table of
 * providers, and for an address of one's own from the host that it names. */
#include "agent/model/call/wire.h"

#include "agent/model/call/gate.h"
#include "agent/model/keys/keyring.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

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

/* Whether it has the key shows at the first call: nothing waits for it here. False: there is no
 * keyring to ask here. A local server without a key gets none. */
static bool key_of_keyring(struct wire_model *m, const struct model_options *o,
			   const struct provider_row *row, bool loopback)
{
	struct arena *a = &m->base.arena;

	if (loopback && (row->quirks & QUIRK_LOCAL))
		return false;
	m->key_command = keyring_command(o, row, a);
	m->keyring = m->key_command != NULL;
	if (!m->keyring)
		return false;
	m->endpoint.where.key_source = "the keyring";
	if (!loopback)
		m->no_key = arena_printf(a,
					 "There is no API key for %.*s, neither in %s nor in the "
					 "keyring. Set %s (keys: %s), or store it once: %s",
					 SLICE_ARG(m->base.name), row->keys[0], row->keys[0],
					 row->keys_url, keyring_store_hint(row, a).ptr)
				    .ptr;
	return true;
}

static bool key_of_environment(struct wire_model *m, const struct model_options *o,
			       const struct provider_row *row, bool loopback, struct err *err)
{
	for (size_t i = 0; i < PROVIDER_KEYS && row->keys[i]; i++) {
		struct slice key = model_env(o, row->keys[i]);

		if (key.len > 0) /* tokens of a sign-in always go as a bearer */
			return use_key(m, key, row->keys[i],
				       slice_ends(slice_of(row->keys[i]), SLICE("_AUTH_TOKEN")),
				       err);
	}
	m->endpoint.where.key_source = "nowhere (none is set)";
	if (key_of_keyring(m, o, row, loopback))
		return true;
	if (loopback || !row->keys[0]) /* a local server needs none; another may want none */
		return true;
	return err_set(
		err, ERR_PROVIDER,
		"There is no API key for %.*s. Set %s (keys: %s), or key_env or key_command in "
		"the configuration; or try Emend without a key: --model scripted:FILE.",
		SLICE_ARG(m->base.name), row->keys[0], row->keys_url);
}

/* What the configuration names is used or is an error: falling back to another key could bill
 * another account. */
static bool find_key(struct wire_model *m, const struct model_options *o,
		     const struct provider_row *row, bool loopback, struct err *err)
{
	struct arena *a = &m->base.arena;

	if (o->key_command.len > 0) {
		m->key_command = arena_cstr(a, o->key_command);
		m->endpoint.where.key_source = "the key command";
		return true;
	}
	if (o->key_env.len > 0) {
		const char *name = arena_cstr(a, o->key_env);
		struct slice key = model_env(o, name);

		if (key.len == 0)
			return err_set(
				err, ERR_PROVIDER,
				"%s is not set; the configuration says that it holds the API "
				"key of %.*s.",
				name, SLICE_ARG(m->base.name));
		return use_key(m, key, name, false, err);
	}
	return key_of_environment(m, o, row, loopback, err);
}

/* Without a final "/", the dialect's path or "/v1", which people write or leave out. */
static struct slice strip_base(struct slice s, const struct dialect_ops *d)
{
	const char *const tails[] = { d->path ? d->path : "", "/v1/messages", "/chat/completions",
				      "/responses" };

	while (slice_ends(s, SLICE("/")))
		s = slice_sub(s, 0, s.len - 1);
	for (size_t i = 0; i < ARRAY_LEN(tails); i++)
		if (tails[i][0] && slice_ends(s, slice_of(tails[i])))
			s = slice_sub(s, 0, s.len - strlen(tails[i]));
	if (d == &anthropic_dialect && slice_ends(s, SLICE("/v1"))) /* its path has it */
		s = slice_sub(s, 0, s.len - 3);
	while (slice_ends(s, SLICE("/")))
		s = slice_sub(s, 0, s.len - 1);
	return s;
}

/* OLLAMA_HOST: "host", "host:port", ":port" or an address; "every interface" is this machine. */
static struct slice complete_host(struct slice s, struct arena *a)
{
	bool bare = slice_find(s, SLICE("://"), 0) == SIZE_MAX;

	if (slice_starts(s, SLICE(":")))
		return arena_printf(a, "http://127.0.0.1%.*s", SLICE_ARG(s));
	if (bare && slice_starts(s, SLICE("0.0.0.0")))
		s = arena_printf(a, "127.0.0.1%.*s", SLICE_ARG(slice_sub(s, 7, s.len)));
	if (!bare)
		return s;
	return arena_printf(a, "http://%.*s%s", SLICE_ARG(s),
			    slice_find_byte(s, ':', 0) == SIZE_MAX ? ":11434" : "");
}

struct slice wire_base_url(const struct provider_row *row, const struct model_options *o,
			   struct arena *a)
{
	struct slice base = slice_trim(o->base_url);

	if (base.len == 0 && row->base_env[0])
		base = slice_trim(model_env(o, row->base_env));
	if (base.len > 0 && strcmp(row->base_env, "OLLAMA_HOST") == 0)
		base = complete_host(base, a);
	if (base.len == 0)
		base = slice_of(row->base);
	base = strip_base(base, row->dialect);
	/* a host alone: the version of the API goes behind it */
	if (base.len > 8 && row->version[0] && slice_find_byte(base, '/', 8) == SIZE_MAX)
		base = arena_printf(a, "%.*s%s", SLICE_ARG(base), row->version);
	return base;
}

static bool check_server(struct slice base, const char *from, bool *tls, struct slice *host,
			 struct err *err)
{
	if (!http_split_url(base, tls, host, err)) {
		err->code = ERR_PROVIDER;
		return err_wrap(err, "The model's address (%s) is wrong", from);
	}
	if (*tls || http_is_private(*host))
		return true;
	return err_set(err, ERR_PROVIDER,
		       "The model's address %.*s (%s) is not encrypted: your key and code could "
		       "be read on the way. Use https://; http:// is for this machine and "
		       "private networks only.",
		       SLICE_ARG(base), from);
}

/* "Official" is a server with the host and the dialect of a provider of the table, reached by
 * TLS. Only then do messages name the provider and its pages for keys and bills; of any other
 * server nobody knows them. */
static bool find_server(struct wire_model *m, const struct model_options *o,
			const struct provider_row *row, bool *loopback, struct err *err)
{
	struct arena *a = &m->base.arena;
	struct endpoint *e = &m->endpoint;
	struct slice base = wire_base_url(row, o, a), host, authority;
	const char *from = o->base_url.len > 0 ? "base_url in the configuration" : row->base_env;
	const struct provider_row *known;
	bool tls;

	if (base.len == 0)
		return err_set(err, ERR_PROVIDER,
			       "Where is %.*s? Set %s, or base_url of the provider in the "
			       "configuration.",
			       SLICE_ARG(m->base.name),
			       row->base_env[0] ? row->base_env : "its address");
	if (!check_server(base, from, &tls, &host, err))
		return false;
	e->url = row->dialect->url
			 ? row->dialect->url(a, base, e->model).ptr
			 : arena_printf(a, "%.*s%s", SLICE_ARG(base), row->dialect->path).ptr;
	known = tls ? provider_of_host(host) : NULL;
	e->official = known && known->dialect == row->dialect;
	if (e->official)
		e->quirks |= known->quirks;
	authority = slice_sub(base, tls ? 8 : 7, slice_find_byte(base, '/', 8));
	e->where.host = arena_cstr(a, authority);
	e->where.provider = e->official ? known->title : e->where.host;
	e->where.keys_url = e->official ? known->keys_url : "ask who runs that server";
	e->where.billing_url = e->official ? known->billing_url : "your account there";
	e->where.api = row->dialect->title;
	*loopback = m->direct = http_is_loopback(host);
	if (m->base.per_minute == 0 && !*loopback)
		m->base.per_minute = GATE_REQUESTS;
	if (*loopback)
		m->idle_ms = LIMIT_LOCAL_IDLE_MS;
	return true;
}

static bool check_effort(struct slice effort, struct err *err)
{
	static const char *const levels[] = { "",	"none", "minimal", "low",
					      "medium", "high", "xhigh",   "max" };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (slice_eq_cstr(effort, levels[i]))
			return true;
	return err_set(err, ERR_PROVIDER,
		       "The effort \"%.*s\" is unknown: use low, medium, high, xhigh or max.",
		       SLICE_ARG(effort));
}

/* Some models are sold under a name with a maker in front, and with dots: "anthropic/claude-opus-4.5". */
static struct slice price_name(struct arena *a, struct slice model)
{
	size_t slash = model.len;
	struct slice name;

	while (slash > 0 && model.ptr[slash - 1] != '/')
		slash--;
	name = arena_dup(a, slice_sub(model, slash, model.len));
	if (slice_starts(name, SLICE("claude-")))
		for (size_t i = 0; i < name.len; i++)
			if (name.ptr[i] == '.')
				((char *)(uintptr_t)name.ptr)[i] = '-';
	return name;
}

/* A local server is without a price: its tokens cost nothing. model_know() comes before the
 * types of images, which depend on the model's row. */
bool wire_open(const struct model_options *o, const struct provider_row *row, struct slice provider,
	       struct slice model, struct model **out, struct err *err)
{
	struct wire_model *m = xcalloc(1, sizeof(*m));
	struct arena scratch;
	bool loopback = false;

	arena_init(&scratch);
	model_init(&m->base, &wire_ops, o,
		   arena_printf(&scratch, "%.*s/%.*s", SLICE_ARG(provider), SLICE_ARG(model)));
	arena_release(&scratch);
	m->idle_ms = LIMIT_STREAM_IDLE_MS;
	m->endpoint = (struct endpoint){
		.dialect = row->dialect,
		.quirks = row->quirks,
		.name = m->base.name,
		.model = arena_dup(&m->base.arena, model),
		.effort = arena_dup(&m->base.arena, o->effort),
	};
	m->endpoint.where.model = m->endpoint.model;
	if (!check_effort(o->effort, err) || !find_server(m, o, row, &loopback, err) ||
	    !find_key(m, o, row, loopback, err)) {
		model_close(&m->base);
		return false;
	}
	model_know(&m->base, o, price_name(&m->base.arena, model),
		   loopback && (m->endpoint.quirks & QUIRK_LOCAL));
	m->endpoint.row = m->base.row;
	m->base.image_types = row->dialect->image_types;
	m->endpoint.images = model_images(&m->base);
	*out = &m->base;
	return true;
}

void wire_set_idle(struct model *m, uint32_t ms)
{
	container_of(m, struct wire_model, base)->idle_ms = ms;
}
