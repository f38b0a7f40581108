/* message.c - see message.h */
#include "protocol/rpc/message.h"

#include <stdio.h>

#include "protocol/base/limits.h"

static void invalid(struct message *m, const char *why)
{
	m->kind = MESSAGE_INVALID;
	m->why = why;
}

/* True if there is no usable complaint about the id: a string or an integer, not too long.
 * JSON-RPC 2.0, section 4: a string or a number; a fraction is no id, as it could come back
 * changed. */
static bool read_id(struct json id, struct message *m)
{
	int64_t n;

	if (json_type(id) != JSON_STRING && !json_i64(id, &n))
		return false;
	if (json_raw(id).len > LIMIT_ID_BYTES)
		return false;
	m->id = json_raw(id);
	m->id_value = id;
	return true;
}

static void classify_response(struct json root, struct message *m)
{
	m->kind = MESSAGE_RESPONSE;
	m->result = json_get(root, "result");
	m->error = json_get(root, "error");
	if (json_type(m->error) == JSON_NULL && json_type(m->result) != JSON_MISSING)
		m->error = (struct json){ 0 }; /* some peers always send both */
	if (json_type(m->error) != JSON_MISSING && json_type(m->result) != JSON_MISSING &&
	    json_type(m->result) != JSON_NULL)
		m->why = "The response has both a result and an error.";
	else if (json_type(m->error) != JSON_MISSING && json_type(m->error) != JSON_OBJECT)
		m->why = "The error of the response is not an object.";
}

static void classify_call(struct json root, struct json method, bool has_id, struct arena *a,
			  struct message *m)
{
	enum json_type params;

	if (has_id && m->id.len == 0) {
		invalid(m, "The id must be a string or an integer of at most 1,024 bytes.");
		return;
	}
	if (!json_str(method, a, &m->method)) {
		invalid(m, "The method must be a string.");
		return;
	}
	m->params = json_get(root, "params");
	params = json_type(m->params);
	if (params == JSON_NULL) {
		m->params = (struct json){ 0 };
	} else if (params != JSON_MISSING && params != JSON_OBJECT && params != JSON_ARRAY) {
		invalid(m, "The params must be an object or an array.");
		return;
	}
	m->kind = has_id ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
}

/* A response is known by having a result or an error and no method; so a peer that forgets
 * "jsonrpc" in one is still understood. */
void message_classify(struct json root, struct arena *a, struct message *out)
{
	struct json id = json_get(root, "id");
	struct json method = json_get(root, "method");
	bool has_id = json_type(id) != JSON_MISSING;

	*out = (struct message){ .id = SLICE("") };
	if (json_type(root) == JSON_ARRAY) {
		invalid(out, "Batches are not supported: send one message at a time.");
		return;
	}
	if (json_type(root) != JSON_OBJECT) {
		invalid(out, "A message must be a JSON object.");
		return;
	}
	if (has_id)
		(void)read_id(id, out);
	if (json_type(method) == JSON_MISSING &&
	    (json_type(json_get(root, "result")) != JSON_MISSING ||
	     json_type(json_get(root, "error")) != JSON_MISSING))
		classify_response(root, out);
	else if (!json_is(json_get(root, "jsonrpc"), "2.0"))
		invalid(out, "The member \"jsonrpc\" must be \"2.0\".");
	else if (json_type(method) == JSON_MISSING)
		invalid(out, "The message has no method, no result and no error.");
	else
		classify_call(root, method, has_id, a, out);
}

/* --- writing ------------------------------------------------------------------------------- */

static void message_begin(struct jw *w)
{
	jw_object(w);
	jw_kcstr(w, "jsonrpc", "2.0");
}

static void write_id(struct jw *w, struct slice id)
{
	jw_kraw(w, "id", id.len > 0 ? id : SLICE("null"));
}

void message_request_begin(struct jw *w, struct slice id, const char *method)
{
	message_begin(w);
	write_id(w, id);
	jw_kcstr(w, "method", method);
	jw_key(w, "params");
}

void message_notification_begin(struct jw *w, const char *method)
{
	message_begin(w);
	jw_kcstr(w, "method", method);
	jw_key(w, "params");
}

void message_result_begin(struct jw *w, struct slice id)
{
	message_begin(w);
	write_id(w, id);
	jw_key(w, "result");
}

void message_end(struct jw *w)
{
	jw_end(w);
}

void message_error(struct jw *w, struct slice id, int code, struct slice text, const char *kind)
{
	char data[64];

	(void)snprintf(data, sizeof(data), "{\"kind\":\"%s\"}", kind ? kind : "");
	message_error_data(w, id, code, text, kind ? slice_of(data) : SLICE(""));
}

void message_error_data(struct jw *w, struct slice id, int code, struct slice text,
			struct slice data)
{
	message_begin(w);
	write_id(w, id);
	jw_kobject(w, "error");
	jw_ki64(w, "code", code);
	jw_kstr(w, "message", text);
	if (data.len > 0)
		jw_kraw(w, "data", data);
	jw_end(w);
	jw_end(w);
}

/* --- errors -------------------------------------------------------------------------------- */

int message_code_of(enum err_code code)
{
	switch (code) {
	case ERR_INVALID:
		return RPC_INVALID_PARAMS;
	case ERR_STALE:
		return RPC_CONTENT_MODIFIED;
	case ERR_CANCELLED:
		return RPC_REQUEST_CANCELLED;
	case ERR_INTERNAL:
		return RPC_INTERNAL_ERROR;
	case ERR_NONE:
	case ERR_USAGE:
	case ERR_TOO_LARGE:
	case ERR_NOT_FOUND:
	case ERR_TIMEOUT:
	case ERR_IO:
	case ERR_DENIED:
	case ERR_BUDGET:
	case ERR_SANDBOX:
	case ERR_PROVIDER:
		break;
	}
	return RPC_REQUEST_FAILED;
}

/* Our own name for the error first, if the other end is one of ours; then what the number says. */
static enum err_code code_from(int64_t code, struct json kind)
{
	for (int i = ERR_NONE + 1; i <= ERR_INTERNAL; i++)
		if (json_is(kind, err_name((enum err_code)i)))
			return (enum err_code)i;
	switch (code) {
	case RPC_REQUEST_CANCELLED:
	case RPC_SERVER_CANCELLED:
		return ERR_CANCELLED;
	case RPC_CONTENT_MODIFIED:
		return ERR_STALE;
	case RPC_METHOD_NOT_FOUND:
		return ERR_NOT_FOUND;
	case RPC_INVALID_PARAMS:
	case RPC_INVALID_REQUEST:
	case RPC_PARSE_ERROR:
		return ERR_INVALID;
	default:
		return ERR_INTERNAL;
	}
}

void message_error_read(struct json error, struct arena *a, struct err *out, int64_t *code)
{
	struct slice text = json_str_or(json_get(error, "message"), a, "");

	*code = json_i64_or(json_get(error, "code"), RPC_UNKNOWN_ERROR);
	if (text.len == 0)
		text = SLICE("The other side reported an error without a message.");
	(void)err_set(out, code_from(*code, json_get(json_get(error, "data"), "kind")), "%.*s",
		      SLICE_ARG(text));
}
