/* gemini.c - the Google Gemini dialect (generateContent): request, stream, and the same as one JSON text.
 *
 *   { candidates: [{ content: { parts: [{ text, thought, functionCall, thoughtSignature }] }, finishReason }],
 *     usageMetadata }*
 *
 * Calls come whole. A thoughtSignature may sit on any part, also on an empty text: such a part goes back as
 * it came, in its place, to the same model. The stream just ends; a finishReason completes it. */
#include "agent/model/dialect/chat.h"

#include "agent/model/image.h"

/* What Google documents for calls of another model: they have no signature, and need one. */
#define NO_SIGNATURE "skip_thought_signature_validator"

/* --- request --- */

static void put_call(struct jw *w, const struct block *b, bool first)
{
	jw_object(w);
	jw_kobject(w, "functionCall");
	request_id(w, "id", b->id, 0);
	jw_kstr(w, "name", b->name);
	jw_kraw(w, "args", slice_trim(b->text).len ? b->text : SLICE("{}"));
	jw_end(w);
	if (first)
		jw_kcstr(w, "thoughtSignature", NO_SIGNATURE);
	jw_end(w);
}

static void put_image(struct jw *w, const struct image *image)
{
	jw_object(w);
	jw_kobject(w, "inlineData");
	request_image(w, "mimeType", "data", image);
	jw_end(w);
	jw_end(w);
}

/* From Gemini 3 on a result takes images itself; older ones take them as parts behind all results. */
static bool results_take_images(const struct endpoint *e)
{
	return !slice_starts(e->model, SLICE("gemini-1")) &&
	       !slice_starts(e->model, SLICE("gemini-2"));
}

static void put_result(struct jw *w, const struct endpoint *e, const struct plan_item *it)
{
	jw_object(w);
	jw_kobject(w, "functionResponse");
	request_id(w, "id", it->block->id, 0);
	jw_kstr(w, "name", it->block->name);
	jw_kobject(w, "response");
	request_text(w, plan_result_is_error(it) ? "error" : "output", plan_result_text(it));
	jw_end(w);
	if (plan_image(it) && results_take_images(e)) {
		jw_karray(w, "parts");
		put_image(w, plan_image(it));
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
}

static void put_part(struct jw *w, const struct endpoint *e, const struct plan_item *it,
		     bool first_call)
{
	const struct block *b = it->block;

	if (plan_is_result(it)) {
		put_result(w, e, it);
	} else if (it->same && b->raw.len > 0) {
		jw_raw(w, b->raw);
	} else if (b->kind == BLOCK_CALL) {
		put_call(w, b, first_call);
	} else {
		jw_object(w);
		request_text(w, "text", b->text);
		jw_end(w);
		if (plan_image(it))
			put_image(w, plan_image(it));
	}
}

/* Item i is the last result of its turn: the images of all of them, where the results take none. */
static void put_late_images(struct jw *w, const struct endpoint *e, const struct request_plan *p,
			    size_t i)
{
	size_t from = i;

	if (results_take_images(e) || !plan_is_result(&p->items[i]) ||
	    (i + 1 < p->n && plan_is_result(&p->items[i + 1])))
		return;
	while (from > 0 && plan_is_result(&p->items[from - 1]))
		from--;
	for (; from <= i; from++)
		if (plan_image(&p->items[from]))
			put_image(w, plan_image(&p->items[from]));
}

/* Only the first call of a turn needs a signature. */
static void put_contents(struct jw *w, const struct endpoint *e, const struct request_plan *p)
{
	bool call_seen = false;

	jw_karray(w, "contents");
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_item *it = &p->items[i];

		if (i == 0 || p->items[i - 1].role != it->role) {
			jw_object(w);
			jw_kcstr(w, "role", it->role == ROLE_USER ? "user" : "model");
			jw_karray(w, "parts");
			call_seen = false;
		}
		put_part(w, e, it, !call_seen);
		put_late_images(w, e, p, i);
		call_seen = call_seen || it->block->kind == BLOCK_CALL;
		if (i + 1 == p->n || p->items[i + 1].role != it->role) {
			jw_end(w);
			jw_end(w);
		}
	}
	jw_end(w);
}

static void put_tools(struct jw *w, const struct model_request *r)
{
	if (r->n_tools == 0)
		return;
	jw_karray(w, "tools");
	jw_object(w);
	jw_karray(w, "functionDeclarations");
	for (size_t i = 0; i < r->n_tools; i++) {
		jw_object(w);
		jw_kcstr(w, "name", r->tools[i].name);
		jw_kcstr(w, "description", r->tools[i].description);
		jw_kraw(w, "parametersJsonSchema", slice_of(r->tools[i].input_schema));
		jw_end(w);
	}
	jw_end(w);
	jw_end(w);
	jw_end(w);
	jw_kraw(w, "toolConfig", SLICE("{\"functionCallingConfig\":{\"mode\":\"AUTO\"}}"));
}

/* Thoughts are asked for where the model has them, so that the person sees that something
 * happens. Models without them refuse the member. */
static void put_thinking(struct jw *w, const struct endpoint *e)
{
	static const struct {
		const char *effort, *level;
	} levels[] = { { "minimal", "MINIMAL" }, { "low", "LOW" },    { "medium", "MEDIUM" },
		       { "high", "HIGH" },	 { "xhigh", "HIGH" }, { "max", "HIGH" } };
	bool by_level = slice_starts(e->model, SLICE("gemini-3")) ||
			slice_starts(e->model, SLICE("gemini-4"));

	if (!by_level && !slice_starts(e->model, SLICE("gemini-2.5")))
		return;
	jw_kobject(w, "thinkingConfig");
	jw_kbool(w, "includeThoughts", true);
	for (size_t i = 0; by_level && i < ARRAY_LEN(levels); i++)
		if (slice_eq_cstr(e->effort, levels[i].effort))
			jw_kcstr(w, "thinkingLevel", levels[i].level);
	jw_end(w);
}

static void put(struct jw *w, const struct endpoint *e, const struct model_request *r,
		struct request_plan *p)
{
	if (slice_trim(r->system).len > 0) {
		jw_kobject(w, "systemInstruction");
		jw_karray(w, "parts");
		jw_object(w);
		request_text(w, "text", r->system);
		jw_end(w);
		jw_end(w);
		jw_end(w);
	}
	put_tools(w, r);
	jw_kobject(w, "generationConfig");
	jw_ki64(w, "maxOutputTokens", endpoint_max_output(e, r));
	put_thinking(w, e);
	jw_end(w);
	put_contents(w, e, p);
}

static size_t headers(const struct endpoint *e, const struct api_key *key, struct arena *a,
		      const char *out[DIALECT_HEADERS])
{
	size_t n = 0;

	(void)e;
	out[n++] = "Accept: text/event-stream";
	if (key->text.len > 0) /* never in the address: that is logged on the way */
		out[n++] = arena_printf(a, "x-goog-api-key: %.*s", SLICE_ARG(key->text)).ptr;
	return n;
}

static struct slice url(struct arena *a, struct slice base, struct slice model)
{
	return arena_printf(a, "%.*s/models/%.*s:streamGenerateContent?alt=sse", SLICE_ARG(base),
			    SLICE_ARG(model));
}

/* --- stream --- */

static bool take_call(struct reply *r, struct json part, struct failure *f)
{
	struct json call = json_get(part, "functionCall"), args = json_get(call, "args");
	struct reply_block *b = reply_open(r, BLOCK_CALL, (int64_t)r->n, f);

	if (!b)
		return false;
	b->name = reply_keep(r, json_get(call, "name"));
	b->id = reply_keep(r, json_get(call, "id"));
	if (b->name.len == 0)
		return fail_set(f, FAIL_PROTOCOL, SLICE("a function call without a name"));
	for (size_t i = 0; i + 1 < r->n; i++) /* an id must be one */
		if (r->blocks[i].kind == BLOCK_CALL && slice_eq(r->blocks[i].id, b->id))
			b->id = SLICE("");
	if (b->id.len > 0) /* without one of its own it goes back under the one that it gets here */
		b->raw = arena_dup(&r->arena, json_raw(part));
	else
		b->id = reply_make_id(r, r->n - 1);
	b->closed = true;
	return json_type(args) != JSON_OBJECT || reply_text(r, b, json_raw(args), f);
}

/* Pieces of a text follow one another without a number: they belong to the last block as long as
 * it is of the same kind and nothing signed lies between. */
static bool take_part(struct reply *r, struct json part, struct failure *f)
{
	bool thought = json_bool_or(json_get(part, "thought"), false);
	bool is_signed = json_type(json_get(part, "thoughtSignature")) == JSON_STRING;
	enum block_kind kind = thought ? BLOCK_THINKING : BLOCK_TEXT;
	struct json text = json_get(part, "text");
	struct reply_block *b = r->n > 0 ? &r->blocks[r->n - 1] : NULL;

	if (json_type(json_get(part, "functionCall")) == JSON_OBJECT)
		return take_call(r, part, f);
	if (json_type(text) != JSON_STRING || (json_raw(text).len <= 2 && !is_signed))
		return true;
	if (is_signed && json_raw(text).len <= 2)
		kind = BLOCK_OTHER; /* a signature alone */
	if (!b || b->kind != kind || b->closed || is_signed)
		b = reply_open(r, kind, (int64_t)r->n, f);
	if (!b)
		return false;
	if (is_signed) {
		b->raw = arena_dup(&r->arena, json_raw(part));
		b->closed = true;
	}
	return kind == BLOCK_OTHER || reply_add(r, b, text, f);
}

static void take_stop(struct reply *r, struct json reason)
{
	static const struct stop_row rows[] = {
		{ "STOP", STOP_END },	       { "MAX_TOKENS", STOP_LENGTH },
		{ "SAFETY", STOP_REFUSAL },    { "RECITATION", STOP_REFUSAL },
		{ "BLOCKLIST", STOP_REFUSAL }, { "PROHIBITED_CONTENT", STOP_REFUSAL },
		{ "SPII", STOP_REFUSAL },      { "LANGUAGE", STOP_REFUSAL },
	};

	reply_stop(r, reason, rows, ARRAY_LEN(rows));
	r->stopped = r->stopped || json_type(reason) == JSON_STRING;
}

/* Thoughts are counted beside what was said, and both are billed as output. */
static void take_usage(struct reply *r, struct json u)
{
	struct usage *to = &r->usage;
	uint64_t prompt = 0, tools = 0, said = 0, thought = 0;

	if (json_type(u) != JSON_OBJECT)
		return;
	reply_count(json_get(u, "promptTokenCount"), &prompt);
	reply_count(json_get(u, "toolUsePromptTokenCount"), &tools);
	reply_count(json_get(u, "cachedContentTokenCount"), &to->cache_read);
	reply_count(json_get(u, "candidatesTokenCount"), &said);
	reply_count(json_get(u, "thoughtsTokenCount"), &thought);
	reply_prompt(r, prompt);
	to->input += tools;
	to->output = said + thought;
	to->reasoning = thought;
}

/* The model made a call that cannot be read: worth another try. */
static bool is_malformed(struct json reason)
{
	static const char *const all[] = { "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
					   "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (json_is(reason, all[i]))
			return true;
	return false;
}

static bool take(struct reply *r, struct json root, struct failure *f)
{
	struct json one = json_at(json_get(root, "candidates"), 0);
	struct json reason = json_get(one, "finishReason");
	struct json blocked = json_get(json_get(root, "promptFeedback"), "blockReason");

	if (json_present(json_get(root, "error")))
		return !openai_error(root, f);
	if (r->response_id.len == 0)
		r->response_id = reply_keep(r, json_get(root, "responseId"));
	take_usage(r, json_get(root, "usageMetadata"));
	for (struct json_iter it = json_iter(json_get(json_get(one, "content"), "parts"));
	     json_next(&it);)
		if (!take_part(r, it.value, f))
			return false;
	if (is_malformed(reason))
		return fail_set(f, FAIL_PROTOCOL, json_raw(reason));
	take_stop(r, reason);
	if (json_type(blocked) == JSON_STRING) {
		r->stop = STOP_REFUSAL;
		r->stopped = true;
		r->stop_detail = reply_keep(r, blocked);
	}
	if (r->stopped && r->stop == STOP_END && r->n == 0)
		return fail_set(f, FAIL_PROTOCOL, SLICE("an empty answer"));
	return true;
}

static bool event(struct reply *r, struct slice type, struct json root, struct failure *f)
{
	(void)type;
	return take(r, root, f);
}

/* One object, or the list of what would have been the stream. */
static bool whole(struct reply *r, struct json root, struct failure *f)
{
	bool ok = true;

	if (json_type(root) != JSON_ARRAY)
		ok = take(r, root, f);
	else
		for (struct json_iter it = json_iter(root); ok && json_next(&it);)
			ok = take(r, it.value, f);
	return ok && (r->stopped || fail_set(f, FAIL_FOREIGN, SLICE("")));
}

/* A list is an error only where its first element is one. */
static bool error(struct json root, struct failure *f)
{
	if (json_type(root) == JSON_ARRAY && !json_present(json_get(json_at(root, 0), "error")))
		return false;
	return openai_error(root, f);
}

const struct dialect_ops gemini_dialect = {
	.title = "Gemini",
	.image_types = IMAGE_PNG | IMAGE_JPEG | IMAGE_WEBP,
	.url = url,
	.write = put,
	.headers = headers,
	.event = event,
	.whole = whole,
	.error = error,
};
