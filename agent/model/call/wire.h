/* wire.h - inside agent/model: a model behind HTTP. wire_open.c finds server and key, wire.c
 * makes the calls. */
#ifndef EMEND_WIRE_H
#define EMEND_WIRE_H

#include "agent/model/dialect.h"
#include "agent/model/http/http.h"
#include "agent/model/provider.h"

/* Made by wire_open() and not changed afterwards, but for the key and the trust store, which are
 * read with the first call that needs them. All texts are in base.arena. */
struct wire_model {
	struct model base;
	struct endpoint endpoint;
	struct api_key key;	 /* empty while the key command has not run */
	const char *key_command; /* NULL: none */
	bool keyring;		 /* it is the keyring's: which may have none */
	const char *no_key;	 /* then: what is said; NULL: the call is made without */
	struct http_trust trust;
	bool trust_loaded;
	bool direct; /* loopback: through no proxy */
	uint32_t idle_ms;
};

extern const struct model_ops wire_ops;

/* Where the provider's API is: from config, the environment, or its own. "": nobody says. Memory: the arena,
 * or what it was found in. */
struct slice wire_base_url(const struct provider_row *row, const struct model_options *o,
			   struct arena *a);
/* A key must be printable ASCII without spaces: it goes into a header. */
NODISCARD bool wire_check_key(struct slice key, const char *source, struct err *err);

#endif
