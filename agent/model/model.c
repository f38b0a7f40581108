/* model.c - names of models, and what all of them share. See model.h. */
#include "agent/model/model.h"

#include <stdlib.h>

#include "agent/config/config.h"
#include "agent/model/provider.h"
#include "protocol/base/mem.h"

#define DEFAULT_MODEL "claude-sonnet-5-5"
#define SCRIPTED "scripted:"
#define INSTEAD                                                                               \
	"use an Anthropic model (set ANTHROPIC_API_KEY), a server that speaks the Anthropic " \
	"Messages API (ANTHROPIC_BASE_URL), or scripted:FILE"

enum { RETRIES = 3 };

struct slice model_env(const struct model_options *o, const char *name)
{
	return slice_of(o->env ? o->env(o->env_ctx, name) : getenv(name));
}

static const char *env_default(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

void model_init(struct model *m, const struct model_ops *ops, const struct model_options *o,
		struct slice name)
{
	arena_init(&m->arena);
	m->ops = ops;
	m->loop = o->loop;
	m->runq = o->runq;
	m->http = o->http;
	m->env = o->env ? o->env : env_default;
	m->env_ctx = o->env_ctx;
	m->retries = o->retries > 0 ? o->retries : o->retries < 0 ? 0 : RETRIES;
	m->name = arena_dup(&m->arena, name);
}

void model_know(struct model *m, const struct model_options *o, struct slice model, bool free)
{
	const struct config_model *k = o->known;

	m->row = price_find(model);
	m->priced = m->row != NULL || free;
	if (!k && (m->row || !free))
		return;
	if (m->row)
		m->own = *m->row;
	m->row = &m->own;
	if (!k)
		return;
	if (k->priced) {
		m->own.price = (struct price){ k->input, k->output, k->cache_read, k->cache_write };
		m->own.tier_tokens = 0;
		m->priced = true;
	}
	if (k->context_tokens > 0)
		m->own.context_tokens = k->context_tokens;
	if (k->max_output_tokens > 0)
		m->own.max_output_tokens = k->max_output_tokens;
}

/* Providers that Emend knows by name but whose wire format it does not speak. */
static bool is_foreign(struct slice provider)
{
	static const char *const names[] = { "openai", "gemini",   "google",   "openrouter",
					     "ollama", "llamacpp", "deepseek", "xai" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_cstr(provider, names[i]))
			return true;
	return false;
}

static bool check_provider(const struct model_options *o, struct slice provider, struct err *err)
{
	if (o->dialect.len > 0 && !slice_eq_cstr(o->dialect, "anthropic"))
		return err_set(
			err, ERR_PROVIDER,
			"The dialect \"%.*s\" of provider %.*s is not built into this version "
			"yet: " INSTEAD ".",
			SLICE_ARG(o->dialect), SLICE_ARG(provider));
	if (slice_eq_cstr(provider, "anthropic") || o->dialect.len > 0)
		return true;
	if (is_foreign(provider))
		return err_set(err, ERR_PROVIDER,
			       "Models of %.*s are not built into this version yet: " INSTEAD ".",
			       SLICE_ARG(provider));
	if (o->base_url.len == 0)
		return err_set(
			err, ERR_PROVIDER,
			"There is no provider \"%.*s\": use anthropic/MODEL or scripted:FILE, or "
			"configure providers.%.*s with its base_url.",
			SLICE_ARG(provider), SLICE_ARG(provider));
	return true;
}

bool model_open(const struct model_options *o, struct slice name, struct model **out,
		struct err *err)
{
	struct slice scripted = SLICE(SCRIPTED), provider, model;
	size_t slash = slice_find_byte(name, '/', 0);

	if (slice_starts(name, scripted))
		return scripted_open(o, slice_sub(name, scripted.len, name.len), out, err);
	if (slash != SIZE_MAX) {
		provider = slice_sub(name, 0, slash);
		model = slice_sub(name, slash + 1, name.len);
	} else {
		provider = slice_starts(name, SLICE("claude"))	 ? SLICE("anthropic")
			   : slice_starts(name, SLICE("gpt"))	 ? SLICE("openai")
			   : slice_starts(name, SLICE("gemini")) ? SLICE("gemini")
								 : SLICE("");
		model = name;
	}
	if (provider.len == 0 || model.len == 0)
		return err_set(
			err, ERR_PROVIDER,
			"\"%.*s\" is not the name of a model: give PROVIDER/MODEL, for example "
			"anthropic/" DEFAULT_MODEL ", or scripted:FILE.",
			SLICE_ARG(name));
	return check_provider(o, provider, err) && wire_open(o, provider, model, out, err);
}

bool model_default_name(const struct model_options *o, struct arena *a, struct slice *out,
			struct err *err)
{
	static const char *const foreign[] = { "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY",
					       "OPENROUTER_API_KEY" };
	struct slice model = slice_trim(model_env(o, "ANTHROPIC_MODEL"));

	if (model_env(o, "ANTHROPIC_API_KEY").len > 0 ||
	    model_env(o, "ANTHROPIC_AUTH_TOKEN").len > 0 || o->key_command.len > 0 ||
	    o->key_env.len > 0) {
		if (model.len == 0)
			model = SLICE(DEFAULT_MODEL);
		*out = arena_printf(a, "anthropic/%.*s", SLICE_ARG(model));
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		if (model_env(o, foreign[i]).len > 0)
			return err_set(
				err, ERR_PROVIDER,
				"No model is chosen. %s is set, but models of that provider are "
				"not built into this version yet: " INSTEAD ".",
				foreign[i]);
	return err_set(
		err, ERR_PROVIDER,
		"No model is configured. Three ways to get one: (1) set ANTHROPIC_API_KEY (keys: "
		"https://console.anthropic.com/settings/keys); (2) set ANTHROPIC_BASE_URL to a "
		"server that speaks the Anthropic Messages API and choose its model with --model "
		"anthropic/NAME; (3) without any key, let a script play the model: --model "
		"scripted:FILE.");
}

void model_close(struct model *m)
{
	if (!m)
		return;
	m->ops->close(m);
	arena_release(&m->arena);
	free(m);
}

struct slice model_name(const struct model *m)
{
	return m->name;
}

struct model_limits model_limits(const struct model *m)
{
	if (!m->row)
		return (struct model_limits){ 0, 0 };
	return (struct model_limits){ m->row->context_tokens, m->row->max_output_tokens };
}

bool model_priced(const struct model *m)
{
	return m->priced;
}

bool model_price(const struct model *m, const struct usage *u, double *usd)
{
	if (!m->priced)
		return false;
	*usd = price_of(m->row, u);
	return true;
}

void model_add_usage(const struct model *m, struct usage *total, const struct usage *u)
{
	total->input += u->input;
	total->cache_read += u->cache_read;
	total->cache_write += u->cache_write;
	total->output += u->output;
	total->reasoning += u->reasoning;
	total->estimated |= u->estimated;
	if (m->priced)
		total->usd += price_of(m->row, u);
	else if (u->input + u->cache_read + u->cache_write + u->output > 0)
		total->unpriced = true;
}

uint64_t model_estimate(const struct model *m, const struct model_request *r)
{
	enum { REQUEST_TOKENS = 512, BLOCK_TOKENS = 16, BYTES_PER_TOKEN = 3 };
	uint64_t bytes = r->system.len, blocks = r->n_tools;

	(void)m;
	for (size_t i = 0; i < r->n_tools; i++)
		bytes += strlen(r->tools[i].name) + strlen(r->tools[i].description) +
			 strlen(r->tools[i].input_schema);
	for (size_t i = 0; i < r->transcript->n; i++) {
		const struct turn *t = &r->transcript->turns[i];

		blocks += t->n_blocks;
		for (size_t k = 0; k < t->n_blocks; k++)
			bytes += t->blocks[k].text.len + t->blocks[k].raw.len +
				 t->blocks[k].id.len + t->blocks[k].name.len;
	}
	return bytes / BYTES_PER_TOKEN + blocks * BLOCK_TOKENS + REQUEST_TOKENS;
}

struct model_call *model_call(struct model *m, const struct model_request *r,
			      const struct model_callbacks *cb, void *payload, struct err *err)
{
	return m->ops->call(m, r, cb, payload, err);
}

void model_cancel(struct model_call *c)
{
	c->model->ops->cancel(c);
}
