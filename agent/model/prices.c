/* prices.c - see prices.h: the table of prices.def, and what it costs by it. */
#include "agent/model/prices.h"

#define M 1000000u
#define K 1000u
#define FLAT               \
	0,                 \
	{                  \
		0, 0, 0, 0 \
	}
#define TIER(above, in, out, rd, wr) \
	above,                       \
	{                            \
		in, out, rd, wr      \
	}
/* Models of one make: above the tier, input and cache cost twice and output 1.5 times. */
#define GPT_TIER(in, out, rd, wr) TIER(272 * K, 2 * (in), 1.5 * (out), 2 * (rd), 2 * (wr))
#define IMAGES true
#define TEXT false
#define MODEL(provider, name, context, most, images, in, out, rd, wr, ...) \
	{ provider, name, context, most, images, { in, out, rd, wr }, __VA_ARGS__ },

static const struct price_row rows[] = {
#include "agent/model/prices.def"
};

size_t price_rows(const struct price_row **out)
{
	*out = rows;
	return ARRAY_LEN(rows);
}

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

/* The first row that fits. A name that merely begins like a row's is another model, whose price
 * nobody has given. */
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

/* The tier is one of the whole request: above it, each of its tokens has the dearer price. */
double price_of(const struct price_row *row, const struct usage *u)
{
	const struct price *p = price_for(row, u->input + u->cache_read + u->cache_write);

	return ((double)u->input * p->input + (double)u->cache_read * p->cache_read +
		(double)u->cache_write * p->cache_write + (double)u->output * p->output) /
	       1e6;
}
