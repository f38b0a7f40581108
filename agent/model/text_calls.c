/* text_calls.c - see text_calls.h. What is not whole is left as text: no call is made of a fragment. */
#include "agent/model/text_calls.h"

#include "protocol/base/buf.h"
#include "protocol/base/limits.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

struct finder {
	struct arena *a;
	struct text_call *out;
	size_t n;
};

/* A tool's name, and nothing that merely looks like one: an example in the model's prose must
 * not become a call. */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
		      c == '.' || (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.len > 0 && s.len <= 64;
}

/* {"name": ..., "arguments" or "parameters": {...} or the text of an object} */
static bool take_object(struct finder *f, struct json v)
{
	struct slice name = json_str_or(json_get(v, "name"), f->a, ""), text;
	struct json args = json_get(v, "arguments"), inner;

	if (!json_present(args))
		args = json_get(v, "parameters");
	if (json_type(v) != JSON_OBJECT || !is_name(name) || f->n == TEXT_CALLS_MAX)
		return false;
	text = json_raw(args);
	if (json_type(args) == JSON_STRING) {
		text = json_str_or(args, f->a, "");
		if (!json_parse(f->a, text, &inner, NULL) || json_type(inner) != JSON_OBJECT)
			return false;
	} else if (json_type(args) != JSON_OBJECT) {
		return false;
	}
	f->out[f->n++] = (struct text_call){ arena_dup(f->a, name), arena_dup(f->a, text) };
	return true;
}

/* One object, or a list of nothing but such objects. */
static bool take_json(struct finder *f, struct slice text)
{
	size_t before = f->n;
	struct json root;

	text = slice_trim(text);
	if (text.len == 0 || !json_parse(f->a, text, &root, NULL))
		return false;
	if (json_type(root) != JSON_ARRAY)
		return take_object(f, root);
	for (struct json_iter it = json_iter(root); json_next(&it);)
		if (!take_object(f, it.value)) {
			f->n = before;
			return false;
		}
	return f->n > before;
}

/* <parameter=KEY>VALUE</parameter>...: a value that reads as JSON other than a string is that, all else is
 * text, without the line ends that only set it apart. */
static bool take_parameters(struct finder *f, struct slice name, struct slice body)
{
	struct slice open = SLICE("<parameter="), close = SLICE("</parameter>");
	size_t at = 0, key_end, end;
	bool whole = true;
	struct buf args;
	struct jw w;

	if (!is_name(name) || f->n == TEXT_CALLS_MAX)
		return false;
	buf_init(&args, LIMIT_TOOL_ARGS_BYTES);
	jw_init(&w, &args);
	jw_object(&w);
	while ((at = slice_find(body, open, at)) != SIZE_MAX) {
		struct slice key, value;
		struct json v;

		key_end = slice_find_byte(body, '>', at);
		end = slice_find(body, close, at);
		whole = key_end != SIZE_MAX && end != SIZE_MAX && key_end < end;
		if (!whole)
			break;
		key = slice_sub(body, at + open.len, key_end);
		value = slice_sub(body, key_end + 1, end);
		if (slice_starts(value, SLICE("\n")))
			value = slice_sub(value, 1, value.len);
		if (slice_ends(value, SLICE("\n")))
			value = slice_sub(value, 0, value.len - 1);
		jw_key_slice(&w, key);
		if (json_parse(f->a, slice_trim(value), &v, NULL) && json_type(v) != JSON_STRING)
			jw_raw(&w, slice_trim(value));
		else
			jw_str(&w, value);
		at = end + close.len;
	}
	jw_end(&w);
	whole = whole && !args.full;
	if (whole)
		f->out[f->n++] = (struct text_call){ arena_dup(f->a, name),
						     arena_dup(f->a, buf_slice(&args)) };
	buf_release(&args);
	return whole;
}

static bool take_function(struct finder *f, struct slice text)
{
	struct slice open = SLICE("<function=");
	size_t end;

	text = slice_trim(text);
	end = slice_find_byte(text, '>', 0);
	if (!slice_starts(text, open) || end == SIZE_MAX || !slice_ends(text, SLICE("</function>")))
		return false;
	return take_parameters(f, slice_sub(text, open.len, end),
			       slice_sub(text, end + 1, text.len));
}

/* Every OPEN ... CLOSE in the text; what stands around them is kept. */
static struct slice take_tagged(struct finder *f, struct slice text, struct slice open,
				struct slice close, bool keep_tags)
{
	size_t from = 0, at, end;
	struct slice kept;
	struct buf rest;

	buf_init(&rest, LIMIT_TURN_BYTES);
	while ((at = slice_find(text, open, from)) != SIZE_MAX &&
	       (end = slice_find(text, close, at)) != SIZE_MAX) {
		struct slice inner = slice_sub(text, keep_tags ? at : at + open.len,
					       keep_tags ? end + close.len : end);

		buf_append(&rest, slice_sub(text, from, at));
		if (!take_json(f, inner) && !take_function(f, inner))
			buf_append(&rest, slice_sub(text, at, end + close.len));
		from = end + close.len;
	}
	buf_append(&rest, slice_sub(text, from, text.len));
	kept = arena_dup(f->a, buf_slice(&rest));
	buf_release(&rest);
	return kept;
}

/* The text between fences, if the whole text is one fenced block; else the text. */
static struct slice unfenced(struct slice text)
{
	size_t line;

	text = slice_trim(text);
	line = slice_find_byte(text, '\n', 0);
	if (!slice_starts(text, SLICE("```")) || !slice_ends(text, SLICE("```")) ||
	    line == SIZE_MAX || line + 3 > text.len)
		return text;
	return slice_sub(text, line + 1, text.len - 3);
}

/* Tags are looked for anywhere. A bare object counts only if it is the whole text: JSON in the
 * middle of an answer is an example. */
size_t text_calls(struct arena *a, struct slice text, struct text_call out[TEXT_CALLS_MAX],
		  struct slice *rest)
{
	struct finder f = { .a = a, .out = out };
	struct slice marker = SLICE("[TOOL_CALLS]");
	size_t at;

	*rest = text;
	*rest = take_tagged(&f, *rest, SLICE("<tool_call>"), SLICE("</tool_call>"), false);
	*rest = take_tagged(&f, *rest, SLICE("<function="), SLICE("</function>"), true);
	if (f.n > 0)
		return f.n;
	at = slice_find(text, marker, 0);
	if (at != SIZE_MAX && take_json(&f, slice_sub(text, at + marker.len, text.len)))
		*rest = slice_sub(text, 0, at);
	else if (take_json(&f, unfenced(text)))
		*rest = SLICE("");
	return f.n;
}
