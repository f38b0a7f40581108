/* wire_try.h - inside agent/model: one try of a call: a request, and its response as far as it
 * came. */
#ifndef EMEND_WIRE_TRY_H
#define EMEND_WIRE_TRY_H

#include "agent/model/call/wire.h"
#include "agent/model/http/sse.h"
#include "agent/model/reply.h"

/* Embedded in the call and used anew for each try: wire_try_start() clears it, so wire_try_end()
 * must have released the one before. */
struct wire_try {
	struct wire_model *model;
	struct http_request *request; /* NULL: not in flight */
	long status;
	bool answered; /* the response is over, well or not */
	bool stopped;  /* the call was cancelled: read no further */
	bool streaming, sniffed;
	struct sse sse;
	struct buf text; /* a body that is not a stream */
	struct buf raw;	 /* the answer as it comes, up to MODEL_RAW_BYTES */
	struct reply reply;
	struct failure failure;
	char content_type[64], request_id[72];
	void (*progress)(
		void *payload); /* complete, or answered; may run inside libcurl if only complete */
	void *payload;
};

/* Sends body (borrowed until the try ends). ERR_PROVIDER: it cannot even be sent; end it all the
 * same. */
NODISCARD bool wire_try_start(struct wire_try *t, struct slice body, const struct model_call *call,
			      void (*progress)(void *payload), void *payload, struct err *err);
/* Closes the connection at once. The reply stays until wire_try_end(). */
void wire_try_stop(struct wire_try *t);
void wire_try_end(struct wire_try *t);
/* Does what came hold a turn? Memory: t->reply. false: t->failure says why not. */
NODISCARD bool wire_try_judge(struct wire_try *t, struct turn *turn);

#endif
