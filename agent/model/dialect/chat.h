/* chat.h - the OpenAI Chat Completions dialect, as its files share it. */
#ifndef EMEND_CHAT_H
#define EMEND_CHAT_H

#include "agent/model/dialect.h"

void chat_write(struct jw *w, const struct endpoint *e, const struct model_request *r,
		struct request_plan *p);
/* {"error": {...}} as all servers with an OpenAI-like API write it, with their variants: a text, a number as
 * the code, the whole in a list (Google). */
bool openai_error(struct json root, struct failure *f);
/* "Authorization: Bearer KEY", or "api-key: KEY" where the server wants that. */
size_t openai_headers(const struct endpoint *e, const struct api_key *key, struct arena *a,
		      const char *out[DIALECT_HEADERS]);

#endif
