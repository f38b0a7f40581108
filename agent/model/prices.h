/* prices.h - windows and list prices of known models, as data. Prices are estimates: providers
 * change them. An unknown model has no row: it is used without a price. Pure. */
#ifndef EMEND_PRICES_H
#define EMEND_PRICES_H

#include "agent/event.h"
#include "protocol/base/base.h"

struct price { /* USD per million tokens */
	double input, output, cache_read, cache_write;
};

struct price_row {
	const char *provider; /* who makes it, as in providers.def */
	const char *model;    /* the name without the provider */
	uint32_t context_tokens, max_output_tokens;
	bool images; /* it takes them */
	struct price price;
	uint32_t tier_tokens; /* a prompt above this is billed, whole, at `tier`; 0: no tier */
	struct price tier;
};

size_t price_rows(const struct price_row **out);
/* Matches "NAME", "NAME-20260131", "NAME-latest" and "NAME@20260131"; NULL if unknown. */
const struct price_row *price_find(struct slice model);
/* Of one request: the tier depends on its prompt. */
double price_of(const struct price_row *row, const struct usage *u);

#endif
