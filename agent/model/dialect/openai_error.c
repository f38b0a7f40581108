/* openai_error.c - headers and errors of OpenAI and of all who follow it; Google's errors are close enough to
 * be read here too. */
#include "agent/model/call/retry.h"
#include "agent/model/dialect/chat.h"

size_t openai_headers(const struct endpoint *e, const struct api_key *key, struct arena *a,
		      const char *out[DIALECT_HEADERS])
{
	size_t n = 0;

	out[n++] = "Accept: text/event-stream";
	if (key->text.len > 0)
		out[n++] = arena_printf(a, "%s%.*s",
					e->quirks & QUIRK_API_KEY_HEADER ? "api-key: "
									 : "Authorization: Bearer ",
					SLICE_ARG(key->text))
				   .ptr;
	return n;
}

/* By the error's code or type, which say more than the status. */
static enum fail_kind kind_of_code(struct slice code)
{
	static const struct {
		const char *code;
		enum fail_kind kind;
	} codes[] = {
		{ "context_length_exceeded", FAIL_OVERFLOW },
		{ "exceed_context_size_error", FAIL_OVERFLOW },
		{ "insufficient_quota", FAIL_BILLING },
		{ "credit_balance_exhausted", FAIL_BILLING },
		{ "billing_hard_limit_reached", FAIL_BILLING },
		{ "invalid_api_key", FAIL_AUTH },
		{ "model_not_found", FAIL_NOT_FOUND },
		{ "rate_limit_exceeded", FAIL_RATE },
		{ "slow_down", FAIL_RATE },
		{ "server_is_overloaded", FAIL_OVERLOADED },
		{ "server_error", FAIL_SERVER },
		{ "unavailable_error", FAIL_OVERLOADED }, /* llama.cpp still loads its model */
		{ "RESOURCE_EXHAUSTED", FAIL_RATE },
		{ "UNAVAILABLE", FAIL_OVERLOADED },
		{ "INTERNAL", FAIL_SERVER },
		{ "PERMISSION_DENIED", FAIL_FORBIDDEN },
		{ "UNAUTHENTICATED", FAIL_AUTH },
		{ "NOT_FOUND", FAIL_NOT_FOUND },
		{ "invalid_request_error", FAIL_REQUEST },
		{ "INVALID_ARGUMENT", FAIL_REQUEST },
		{ "content_filter", FAIL_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (slice_eq_cstr(code, codes[i].code))
			return codes[i].kind;
	return FAIL_NONE;
}

/* Google tells the time to wait in the body: "34.07s"; a quota of the day is not worth waiting for. */
static void google_details(struct json error, struct arena *a, struct failure *f)
{
	for (struct json_iter it = json_iter(json_get(error, "details")); json_next(&it);) {
		struct slice delay = json_str_or(json_get(it.value, "retryDelay"), a, "");
		bool ms = slice_ends(delay, SLICE("ms"));

		if (delay.len > 2 && slice_ends(delay, SLICE("s"))) {
			delay = slice_sub(delay, 0, delay.len - (ms ? 2 : 1));
			f->has_wait = ms ? retry_after_ms(delay, &f->wait_ms)
					 : retry_after(delay, 0, &f->wait_ms);
		}
		for (struct json_iter v = json_iter(json_get(it.value, "violations"));
		     json_next(&v);)
			if (slice_find(json_str_or(json_get(v.value, "quotaId"), a, ""),
				       SLICE("PerDay"), 0) != SIZE_MAX)
				f->said = FAIL_SAID_STOP;
	}
}

/* In this order: a word that the server uses as code, type or status; a number as the code; the
 * HTTP status. Then the text, where servers give one code to several reasons. */
bool openai_error(struct json root, struct failure *f)
{
	static const char *const codes[] = { "code", "type", "status" };
	struct json error =
		json_get(json_type(root) == JSON_ARRAY ? json_at(root, 0) : root, "error");
	enum fail_kind kind = FAIL_NONE;
	struct slice text;
	struct arena a;
	int64_t status;

	if (!json_present(error) && json_type(root) != JSON_ARRAY &&
	    !json_is(json_get(root, "object"), "error"))
		return false;
	arena_init(&a);
	if (json_type(error) == JSON_STRING)
		text = json_str_or(error, &a, "");
	else
		text = json_str_or(json_get(error, "message"), &a, "");
	if (!json_present(error)) { /* {"object": "error", "message": ...} */
		error = root;
		text = json_str_or(json_get(root, "message"), &a, "");
	}
	for (size_t i = 0; i < ARRAY_LEN(codes) && kind == FAIL_NONE; i++)
		kind = kind_of_code(json_str_or(json_get(error, codes[i]), &a, ""));
	/* a number says less than a word */
	if (kind == FAIL_NONE && json_i64(json_get(error, "code"), &status) && status >= 400 &&
	    status < 600)
		kind = fail_kind_of_status((long)status);
	if (f->status && (kind == FAIL_NONE || kind == FAIL_REQUEST))
		kind = fail_kind_of_status(f->status);
	if (kind == FAIL_NONE)
		kind = FAIL_SERVER;
	if ((kind == FAIL_REQUEST || kind == FAIL_SERVER) && fail_is_overflow(text))
		kind = FAIL_OVERFLOW;
	if (kind == FAIL_REQUEST && slice_find(text, SLICE("API key not valid"), 0) != SIZE_MAX)
		kind = FAIL_AUTH; /* Google's way to say it */
	google_details(error, &a, f);
	(void)fail_set(f, kind, text);
	arena_release(&a);
	return true;
}
