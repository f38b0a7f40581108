/* model.c - names of models, and what all of them share. See model.h.
 *
 * A model is one of three kinds, which struct model_ops tells apart: behind HTTP (wire.c), a script
 * (scripted.c), or another agent's single call (guest.c). */
#include "agent/model/model.h"

#include <stdlib.h>

#include "agent/config/config.h"
#include "agent/model/image.h"
#include "agent/model/local_find.h"
#include "agent/model/provider.h"
#include "protocol/base/mem.h"

#define SCRIPTED "scripted:"

/* after the first try, where the caller says nothing */
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

/* Options are borrowed for the time of the opening; what is needed later is copied or, like loop
 * and http, outlives the model. */
void model_init(struct model *m, const struct model_ops *ops, const struct model_options *o,
		struct slice name)
{
	arena_init(&m->arena);
	m->ops = ops;
	m->loop = o->loop;
	m->runq = o->runq;
	m->http = o->http;
	m->gates = o->gates;
	m->per_minute = o->per_minute;
	m->env = o->env ? o->env : env_default;
	m->env_ctx = o->env_ctx;
	m->retries = o->retries > 0 ? o->retries : o->retries < 0 ? 0 : RETRIES;
	m->name = arena_dup(&m->arena, name);
}

/* Price and limits: the built-in table, then what the user's configuration says of this model,
 * value by value. `free`: a local server, whose price is known to be nothing. The table's row is
 * shared by all, so that it is copied before something in it is changed. */
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
	if (k->images != IMAGES_NOT_SAID)
		m->own.images = k->images == IMAGES_YES;
}

/* A provider of the table, unless the configuration gives it another dialect; a provider of the
 * user's own speaks the dialect that is configured for it, else that of Anthropic. */
static const struct provider_row *find_row(const struct model_options *o, struct slice provider,
					   struct err *err)
{
	const struct provider_row *row = provider_find(provider);

	if (o->dialect.len > 0 &&
	    !(row && row->dialect == provider_of_dialect(o->dialect)->dialect))
		return provider_of_dialect(o->dialect);
	if (!row && o->base_url.len > 0)
		return provider_of_dialect(SLICE("anthropic"));
	if (!row)
		(void)err_set(
			err, ERR_PROVIDER,
			"There is no provider \"%.*s\": `emend models` lists those that are known; "
			"configure providers.%.*s with its base_url and dialect for another.",
			SLICE_ARG(provider), SLICE_ARG(provider));
	return row;
}

/* A name without a provider: by its maker. */
static struct slice maker_of(struct slice model)
{
	static const char *const makers[][2] = {
		{ "claude", "anthropic" }, { "gpt-oss", "" },	       { "gpt", "openai" },
		{ "gemini", "gemini" },	   { "deepseek", "deepseek" }, { "grok", "xai" },
		{ "mistral", "mistral" },  { "devstral", "mistral" },  { "codestral", "mistral" },
	};

	for (size_t i = 0; i < ARRAY_LEN(makers); i++)
		if (slice_starts(model, slice_of(makers[i][0])))
			return slice_of(makers[i][1]);
	return SLICE("");
}

/* Only the first "/" separates: the names of some models hold more of them. */
bool model_open(const struct model_options *o, struct slice name, struct model **out,
		struct err *err)
{
	struct slice scripted = SLICE(SCRIPTED), provider, model;
	size_t slash = slice_find_byte(name, '/', 0);
	const struct provider_row *row;

	if (slice_starts(name, scripted))
		return scripted_open(o, slice_sub(name, scripted.len, name.len), out, err);
	provider = slash == SIZE_MAX ? maker_of(name) : slice_sub(name, 0, slash);
	model = slash == SIZE_MAX ? name : slice_sub(name, slash + 1, name.len);
	if (config_is_level(name))
		return err_set(err, ERR_PROVIDER,
			       "No model is set for the level %.*s: name one in the configuration, "
			       "\"models\": {\"%.*s\": \"PROVIDER/MODEL\"}.",
			       SLICE_ARG(name), SLICE_ARG(name));
	if (provider.len == 0 || model.len == 0)
		return err_set(
			err, ERR_PROVIDER,
			"\"%.*s\" is not the name of a model: give PROVIDER/MODEL, for example "
			"anthropic/claude-sonnet-5-5, or scripted:FILE. `emend models` lists them.",
			SLICE_ARG(name));
	if (o->dialect.len > 0 && !provider_of_dialect(o->dialect))
		return err_set(err, ERR_PROVIDER,
			       "The dialect \"%.*s\" of provider %.*s is unknown: use anthropic, "
			       "openai-responses, openai-chat or gemini.",
			       SLICE_ARG(o->dialect), SLICE_ARG(provider));
	row = find_row(o, provider, err);
	return row && wire_open(o, row, provider, model, out, err);
}

static bool has_key(const struct model_options *o, const struct provider_row *row)
{
	for (size_t i = 0; i < PROVIDER_KEYS && row->keys[i]; i++)
		if (model_env(o, row->keys[i]).len > 0)
			return true;
	return false;
}

/* In the order of the table of providers. A local server comes last, for whoever sets a key
 * wants to use it. */
bool model_default_name(const struct model_options *o, struct arena *a, struct slice *out,
			struct err *err)
{
	const struct provider_row *rows;
	size_t n = provider_rows(&rows);
	struct slice model;

	for (size_t i = 0; i < n; i++) {
		bool first = i == 0; /* what is configured for no provider in particular is its */

		if (!rows[i].model[0] ||
		    !(has_key(o, &rows[i]) ||
		      (first && (o->key_command.len > 0 || o->key_env.len > 0))))
			continue;
		model = first ? slice_trim(model_env(o, "ANTHROPIC_MODEL")) : SLICE("");
		*out = arena_printf(a, "%s/%.*s", rows[i].name,
				    SLICE_ARG(model.len ? model : slice_of(rows[i].model)));
		return true;
	}
	if (local_find(o, a, out))
		return true;
	return err_set(
		err, ERR_PROVIDER,
		"No model is configured. Three ways to get one: (1) set a key, such as "
		"ANTHROPIC_API_KEY (https://console.anthropic.com/settings/keys), OPENAI_API_KEY, "
		"GEMINI_API_KEY or OPENROUTER_API_KEY; (2) start a local server, such as Ollama or "
		"llama.cpp, or name one with --model PROVIDER/NAME; (3) without any key, let a "
		"script play the model: --model scripted:FILE. `emend models` lists all providers.");
}

void model_close(struct model *m)
{
	if (!m)
		return;
	m->ops->close(m);
	arena_release(&m->arena);
	free(m);
}

void model_prepare(struct model *m)
{
	if (m->ops->prepare)
		m->ops->prepare(m);
}

void model_skip(struct model *m, size_t n)
{
	if (m->ops->skip)
		m->ops->skip(m, n);
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

unsigned model_images(const struct model *m)
{
	return m->row && m->row->images ? m->image_types : 0;
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

/* High on purpose: the caps of the budget rest on it. compact.c learns how much lower the real
 * count of a conversation is. */
uint64_t model_estimate(const struct model *m, const struct model_request *r)
{
	enum { REQUEST_TOKENS = 512, BLOCK_TOKENS = 16, BYTES_PER_TOKEN = 3 };
	uint64_t bytes = r->system.len, blocks = r->n_tools, images = 0;

	(void)m;
	for (size_t i = 0; i < r->n_tools; i++)
		bytes += strlen(r->tools[i].name) + strlen(r->tools[i].description) +
			 strlen(r->tools[i].input_schema);
	for (size_t i = 0; i < r->transcript->n; i++) {
		const struct turn *t = &r->transcript->turns[i];

		blocks += t->n_blocks;
		for (size_t k = 0; k < t->n_blocks; k++) {
			bytes += t->blocks[k].text.len + t->blocks[k].raw.len +
				 t->blocks[k].id.len + t->blocks[k].name.len;
			if (t->blocks[k].image)
				images += image_tokens(t->blocks[k].image);
		}
	}
	return bytes / BYTES_PER_TOKEN + blocks * BLOCK_TOKENS + images + REQUEST_TOKENS;
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
