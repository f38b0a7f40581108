/* message.h - what kind of JSON-RPC 2.0 message is this, and how is one written?
 *
 * A message without a method but with a result or an error is a response, even a broken one, and is
 * never answered: so two peers cannot send each other errors for ever. */
#ifndef EMEND_RPC_MESSAGE_H
#define EMEND_RPC_MESSAGE_H

#include "protocol/base/err.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum rpc_code {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL_ERROR = -32603,
	RPC_SERVER_NOT_INITIALIZED = -32002,
	RPC_UNKNOWN_ERROR = -32001,
	RPC_REQUEST_FAILED = -32803,
	RPC_SERVER_CANCELLED = -32802,
	RPC_CONTENT_MODIFIED = -32801,
	RPC_REQUEST_CANCELLED = -32800,
};

enum message_kind { MESSAGE_INVALID, MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE };

struct message {
	enum message_kind kind;
	struct slice id;      /* raw JSON text, verbatim; "" if absent or unusable */
	struct json id_value; /* request, response */
	struct slice method;  /* decoded; request, notification */
	struct json params;   /* an object, an array, or missing (null counts as missing) */
	struct json result;   /* response */
	struct json error;    /* response; missing on success */
	const char *why; /* MESSAGE_INVALID, and a response that is broken: a sentence; else NULL */
};

/* Never fails: what is no message is MESSAGE_INVALID with `why`. Batches are invalid. The slices
 * borrow from the text and the arena. */
void message_classify(struct json root, struct arena *a, struct message *out);

/* Writers: one whole message each, except for the value that the caller then writes himself: the
 * _begin functions leave the writer behind the key "params" or "result", message_end() closes. */
void message_request_begin(struct jw *w, struct slice id, const char *method);
void message_notification_begin(struct jw *w, const char *method);
void message_result_begin(struct jw *w, struct slice id);
void message_end(struct jw *w);
/* id "": null. kind: an err_name() for data.kind, or NULL for no data. */
void message_error(struct jw *w, struct slice id, int code, struct slice text, const char *kind);
/* The same with a JSON value as its data; "": none. */
void message_error_data(struct jw *w, struct slice id, int code, struct slice text,
			struct slice data);

/* How an err travels: code and data.kind there, and back again. The message travels as it is. */
int message_code_of(enum err_code code);
void message_error_read(struct json error, struct arena *a, struct err *out, int64_t *code);

#endif
