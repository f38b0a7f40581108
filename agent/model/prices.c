/* prices.c - see prices.h. State of the list: 2026-11. */
#include "agent/model/prices.h"

#define M 1000000u
#define K 1000u
/* clang-format off: a table is read by its columns. */
/* Models of the same make: above the tier, input and cache cost twice and output 1.5 times. */
#define GPT_TIER(in, out, rd, wr) 272 * K, { 2 * (in), 1.5 * (out), 2 * (rd), 2 * (wr) }
#define FLAT 0, { 0, 0, 0, 0 }

static const struct price_row rows[] = {
	{ "claude-fable-5-2", M, 128 * K, { 8, 40, 0.20, 10 }, FLAT },
	{ "claude-fable-5-1", M, 128 * K, { 10, 50, 0.25, 12.5 }, FLAT },
	{ "claude-fable-5", M, 128 * K, { 10, 50, 1, 12.5 }, FLAT },
	{ "claude-opus-5-5", M, 128 * K, { 4, 20, 0.20, 5 }, FLAT },
	{ "claude-sonnet-5-5", M, 128 * K, { 2, 10, 0.10, 2.50 }, FLAT },
	{ "claude-haiku-5-5", M, 128 * K, { 0.10, 0.50, 0.01, 0.125 }, 100 * K,
	  { 0.50, 2.50, 0.05, 0.625 } },
	{ "claude-opus-5", M, 128 * K, { 5, 25, 0.50, 6.25 }, FLAT },
	{ "claude-opus-4-8", M, 128 * K, { 5, 25, 0.50, 6.25 }, FLAT },
	{ "claude-opus-4-7", M, 128 * K, { 5, 25, 0.50, 6.25 }, FLAT },
	{ "claude-opus-4-6", M, 128 * K, { 5, 25, 0.50, 6.25 }, FLAT },
	{ "claude-opus-4-5", 200 * K, 64 * K, { 5, 25, 0.50, 6.25 }, FLAT },
	{ "claude-sonnet-5", M, 128 * K, { 2, 10, 0.20, 2.50 }, FLAT },
	{ "claude-sonnet-4-6", M, 128 * K, { 3, 15, 0.30, 3.75 }, FLAT },
	{ "claude-sonnet-4-5", 200 * K, 64 * K, { 3, 15, 0.30, 3.75 }, FLAT },
	{ "claude-haiku-4-5", 200 * K, 64 * K, { 1, 5, 0.10, 1.25 }, FLAT },
	{ "gpt-6-astra", 1050 * K, 128 * K, { 10, 50, 1, 12.5 }, GPT_TIER(10, 50, 1, 12.5) },
	{ "gpt-6.2-sol", 1050 * K, 128 * K, { 2, 10, 0.10, 2.50 }, GPT_TIER(2, 10, 0.10, 2.50) },
	{ "gpt-6.1-sol", 1050 * K, 128 * K, { 2, 10, 0.10, 2.50 }, GPT_TIER(2, 10, 0.10, 2.50) },
	{ "gpt-6.1-terra", 1050 * K, 128 * K, { 1, 5, 0.05, 1.25 }, GPT_TIER(1, 5, 0.05, 1.25) },
	{ "gpt-6-sol", 1050 * K, 128 * K, { 2, 10, 0.20, 2.50 }, GPT_TIER(2, 10, 0.20, 2.50) },
	{ "gpt-6-luna", 1050 * K, 128 * K, { 0.10, 0.50, 0.01, 0.125 },
	  GPT_TIER(0.10, 0.50, 0.01, 0.125) },
	{ "gpt-5.6-sol", 1050 * K, 128 * K, { 4, 20, 0.40, 5 }, GPT_TIER(4, 20, 0.40, 5) },
	{ "gpt-5.6-terra", 1050 * K, 128 * K, { 2, 12, 0.20, 2.5 }, GPT_TIER(2, 12, 0.20, 2.5) },
	{ "gpt-5.6-luna", 1050 * K, 128 * K, { 0.20, 1.20, 0.02, 0.25 },
	  GPT_TIER(0.20, 1.20, 0.02, 0.25) },
	{ "gpt-5.5", 1050 * K, 128 * K, { 5, 30, 0.50, 5 }, GPT_TIER(5, 30, 0.50, 5) },
	{ "gpt-5.4", 1050 * K, 128 * K, { 2.5, 15, 0.25, 2.5 }, GPT_TIER(2.5, 15, 0.25, 2.5) },
	{ "gpt-5.4-mini", 400 * K, 128 * K, { 0.75, 4.5, 0.075, 0.75 }, FLAT },
	{ "gpt-5.3-codex", 400 * K, 128 * K, { 1.75, 14, 0.175, 1.75 }, FLAT },
	{ "gpt-5.2", 400 * K, 128 * K, { 1.75, 14, 0.175, 1.75 }, FLAT },
	{ "gpt-5.1", 400 * K, 128 * K, { 1.25, 10, 0.125, 1.25 }, FLAT },
	{ "gpt-5", 400 * K, 128 * K, { 1.25, 10, 0.125, 1.25 }, FLAT },
	{ "gpt-5-mini", 400 * K, 128 * K, { 0.25, 2, 0.025, 0.25 }, FLAT },
	{ "gemini-4-argon", 1050 * K, 32 * K, { 2, 10, 0.10, 2 }, FLAT },
	{ "gemini-3.8-flash", 1050 * K, 65 * K, { 0.75, 3.75, 0.075, 0.75 }, FLAT },
	{ "gemini-3.7-flash", 1050 * K, 65 * K, { 0.75, 3.75, 0.075, 0.75 }, FLAT },
	{ "gemini-3.6-flash", 1050 * K, 65 * K, { 0.75, 3.75, 0.075, 0.75 }, FLAT },
	{ "gemini-3.5-flash", 1050 * K, 65 * K, { 1.5, 9, 0.15, 1.5 }, FLAT },
	{ "gemini-3.1-flash-lite", 1050 * K, 65 * K, { 0.25, 1.5, 0.025, 0.25 }, FLAT },
	{ "gemini-3.1-pro-preview", 1050 * K, 65 * K, { 2, 12, 0.20, 2 }, 200 * K,
	  { 4, 18, 0.40, 4 } },
	{ "gemini-2.5-pro", 1050 * K, 65 * K, { 1.25, 10, 0.125, 1.25 }, 200 * K,
	  { 2.5, 15, 0.25, 2.5 } },
	{ "gemini-2.5-flash", 1050 * K, 65 * K, { 0.3, 2.5, 0.03, 0.3 }, FLAT },
	{ "deepseek-v4-pro", M, 128 * K, { 1.32, 3.96, 0.044, 1.32 }, FLAT },
	{ "deepseek-v4-flash", M, 128 * K, { 0.3, 1.2, 0.006, 0.3 }, FLAT },
	{ "grok-4.7", 500 * K, 128 * K, { 2, 6, 0.5, 2 }, 200 * K, { 4, 12, 1, 4 } },
};
/* clang-format on */

/* "" or a date or "latest" after the name: another name of the same model. */
static bool is_version(struct slice s)
{
	if (s.len == 0 || slice_eq_cstr(s, "-latest"))
		return true;
	if (s.len != 9 || (s.ptr[0] != '-' && s.ptr[0] != '@'))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return true;
}

const struct price_row *price_find(struct slice model)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct slice name = slice_of(rows[i].model);

		if (slice_starts(model, name) && is_version(slice_sub(model, name.len, model.len)))
			return &rows[i];
	}
	return NULL;
}

static const struct price *price_for(const struct price_row *row, uint64_t prompt)
{
	return row->tier_tokens && prompt > row->tier_tokens ? &row->tier : &row->price;
}

double price_of(const struct price_row *row, const struct usage *u)
{
	const struct price *p = price_for(row, u->input + u->cache_read + u->cache_write);

	return ((double)u->input * p->input + (double)u->cache_read * p->cache_read +
		(double)u->cache_write * p->cache_write + (double)u->output * p->output) /
	       1e6;
}

double price_per_output_token(const struct price_row *row, uint64_t prompt_tokens)
{
	return price_for(row, prompt_tokens)->output / 1e6;
}
