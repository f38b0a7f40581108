/* anthropic.c - the Anthropic Messages dialect: models, headers, errors. The request is built in
 * anthropic_request.c, the stream read in anthropic_stream.c. */
#include "agent/model/dialect/anthropic.h"

#include "agent/model/image.h"

/* The first prefix that fits, so longer ones stand first. */
static const struct anthropic_model models[] = {
	{ "claude-opus-4-5", THINKING_OMIT, true },
	{ "claude-sonnet-4-5", THINKING_OMIT, false },
	{ "claude-haiku-4-5", THINKING_OMIT, false },
	{ "claude-opus-4-6", THINKING_ADAPTIVE, true },
	{ "claude-sonnet-4-6", THINKING_ADAPTIVE, true },
	{ "claude-opus-4-7", THINKING_SUMMARIZED, true },
	{ "claude-opus-4-8", THINKING_SUMMARIZED, true },
	{ "claude-opus-5", THINKING_SUMMARIZED, true },
	{ "claude-sonnet-5", THINKING_SUMMARIZED, true },
	{ "claude-haiku-5", THINKING_SUMMARIZED, true },
	{ "claude-fable-5", THINKING_SUMMARIZED, true },
	{ "claude-mythos", THINKING_SUMMARIZED, true },
	{ "", THINKING_OMIT, true },
};

const struct anthropic_model *anthropic_model(struct slice model)
{
	size_t i = 0;

	while (!slice_starts(model, slice_of(models[i].prefix)))
		i++;
	return &models[i];
}

/* Gateways know the old version for certain. The lines live in the arena for as long as the
 * request is being made. */
static size_t headers(const struct endpoint *e, const struct api_key *key, struct arena *a,
		      const char *out[DIALECT_HEADERS])
{
	size_t n = 0;

	out[n++] = "Accept: text/event-stream";
	out[n++] = e->official ? "anthropic-version: 2026-10-21" : "anthropic-version: 2023-06-01";
	if (key->text.len > 0) {
		const char *name = key->bearer ? "Authorization: Bearer " : "x-api-key: ";

		out[n++] = arena_printf(a, "%s%.*s", name, SLICE_ARG(key->text)).ptr;
	}
	return n;
}

/* The type is there in errors of a stream, too, which have no status. */
static enum fail_kind kind_of_type(struct json type, long status)
{
	static const struct {
		const char *type;
		enum fail_kind kind;
	} types[] = {
		{ "authentication_error", FAIL_AUTH },
		{ "billing_error", FAIL_BILLING },
		{ "permission_error", FAIL_FORBIDDEN },
		{ "not_found_error", FAIL_NOT_FOUND },
		{ "request_too_large", FAIL_OVERFLOW },
		{ "rate_limit_error", FAIL_RATE },
		{ "overloaded_error", FAIL_OVERLOADED },
		{ "conflict_error", FAIL_OVERLOADED },
		{ "api_error", FAIL_SERVER },
		{ "timeout_error", FAIL_SERVER },
		{ "invalid_request_error", FAIL_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (json_is(type, types[i].type))
			return types[i].kind;
	return status ? fail_kind_of_status(status) : FAIL_SERVER;
}

/* Some reasons have no type of their own and must be read from the words. */
bool anthropic_error(struct json root, struct failure *f)
{
	struct json error = json_get(root, "error");
	struct arena a;
	struct slice text, id;
	enum fail_kind kind;

	if (!json_present(error))
		return false;
	kind = kind_of_type(json_get(error, "type"), f->status);
	arena_init(&a);
	text = json_str_or(json_get(error, "message"), &a, "");
	id = json_str_or(json_get(root, "request_id"), &a, "");
	if (id.len > 0 && id.len < sizeof(f->request_id)) {
		memcpy(f->request_id, id.ptr, id.len);
		f->request_id[id.len] = '\0';
	}
	if (kind == FAIL_REQUEST && fail_is_overflow(text))
		kind = FAIL_OVERFLOW;
	else if (kind == FAIL_REQUEST &&
		 (slice_find(text, SLICE("credit balance"), 0) != SIZE_MAX ||
		  slice_find(text, SLICE("spend limit"), 0) != SIZE_MAX))
		kind = FAIL_BILLING;
	(void)fail_set(f, kind, text);
	arena_release(&a);
	return true;
}

/* Anthropic says when to come back, except where waiting does not help: a spend limit. */
static void judge(const struct endpoint *e, struct failure *f)
{
	if (e->official && f->kind == FAIL_RATE && !f->has_wait && f->said != FAIL_SAID_RETRY)
		f->kind = FAIL_BILLING;
}

static const char *const events[] = { "message_", "content_block_", "error", NULL };

const struct dialect_ops anthropic_dialect = {
	.title = "Anthropic Messages",
	.path = "/v1/messages",
	.image_types = IMAGE_ALL,
	.write = anthropic_write,
	.headers = headers,
	.events = events,
	.event = anthropic_event,
	.whole = anthropic_whole,
	.error = anthropic_error,
	.judge = judge,
};
