/* chat.h - the OpenAI Chat Completions dialect, as its files share it. */
#ifndef EMEND_CHAT_H
#define EMEND_CHAT_H

#include "agent/model/dialect.h"
#include "protocol/json/json.h"

NODISCARD bool chat_build(const struct endpoint *e, const struct model_request *r, struct buf *body,
			  struct err *err);
/* {"error": {...}} as all servers with an OpenAI-like API write it, with their variants: a text, a number as
 * the code, the whole in a list (Google). Fills kind, detail and how long to wait. */
void openai_error(struct json root, struct failure *f);
/* The body of a response that is not 2xx. */
void openai_parse_error(const struct endpoint *e, struct slice body, struct failure *f);
/* "Authorization: Bearer KEY", or "api-key: KEY" where the server wants that. */
size_t openai_headers(const struct endpoint *e, const struct api_key *key, struct arena *a,
		      const char *out[DIALECT_HEADERS]);
/* A number of tokens; what is none changes nothing. */
void openai_count(struct json v, uint64_t *out);

#endif
