/* providers.h - the table of providers: providers.def, as data. */
#ifndef EMEND_PROVIDERS_H
#define EMEND_PROVIDERS_H

#include "protocol/base/slice.h"

struct dialect_ops;

enum provider_quirk { /* in what a server differs from the plain form of its dialect */
		      QUIRK_LOCAL = 1
				    << 0, /* on loopback it needs no key and costs nothing; slow */
		      QUIRK_TEXT_CALLS = 1 << 1,     /* calls of tools may arrive as text */
		      QUIRK_MAX_COMPLETION = 1 << 2, /* max_completion_tokens, not max_tokens */
		      QUIRK_NO_USAGE_OPTION = 1
					      << 3, /* refuses stream_options; tells usage anyway */
		      QUIRK_EFFORT = 1 << 4,	    /* reasoning_effort: "high" */
		      QUIRK_EFFORT_OBJECT = 1 << 5, /* reasoning: {"effort": "high"} */
		      QUIRK_ECHO_REASONING = 1 << 6, /* wants its reasoning back */
		      QUIRK_ID_OF_9 = 1 << 7,	     /* ids of calls: nine letters and digits */
		      QUIRK_API_KEY_HEADER = 1 << 8, /* api-key: KEY, not a bearer */
};

enum { PROVIDER_KEYS = 2 };

/* One row of providers.def. base: of the API, without the dialect's path; version: what follows
 * a base URL that is a host alone. base_env: the variable that names another base. keys_url and
 * billing_url stand in messages. */
struct provider_row {
	const char *name, *title;
	const struct dialect_ops *dialect;
	const char *base, *version;
	const char *keys[PROVIDER_KEYS]; /* variables; NULL: no more */
	const char *base_env, *keys_url, *billing_url;
	const char *model; /* the default one; "": the user must choose */
	unsigned quirks;
};

size_t provider_rows(const struct provider_row **out);
const struct provider_row *provider_find(struct slice name); /* NULL: not known by name */
/* Which row's own host is this? NULL: none. */
const struct provider_row *provider_of_host(struct slice host);
/* For a provider that only the configuration names: "anthropic", "openai-responses", "openai-chat",
 * "gemini"; NULL: there is no such dialect. The row has no keys and no host. */
const struct provider_row *provider_of_dialect(struct slice dialect);
/* The other way round: the name of a dialect. */
const char *provider_dialect_name(const struct dialect_ops *dialect);

#endif
