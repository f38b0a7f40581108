/* fuzz_json.c - any bytes: the check and the parser agree, and what was read can be written and read
 * again as the same value. */
#include <stdint.h>
#include <stdlib.h>

#include "protocol/base/arena.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(what)            \
	do {                     \
		if (!(what))     \
			abort(); \
	} while (0)

/* A text comes back as it was, NUL and all; without NUL where the reader cannot take it. */
static void round_trip(struct arena *a, struct slice text)
{
	struct slice back, own;
	struct json v;
	struct buf out;
	struct jw w;
	size_t cap;

	for (int no_nul = 0; no_nul < 2; no_nul++) {
		buf_init(&out, 6 * text.len + 16);
		jw_init(&w, &out);
		w.no_nul = no_nul;
		jw_str(&w, text);
		REQUIRE(!out.full && json_parse(a, arena_dup(a, buf_slice(&out)), &v, NULL));
		REQUIRE(json_str(v, a, &back));
		buf_release(&out);
		if (no_nul)
			REQUIRE(slice_find_byte(back, '\0', 0) == SIZE_MAX);
		else
			REQUIRE(slice_eq(back, text));
		own.ptr = json_str_own(v, &own.len, &cap);
		REQUIRE(slice_eq(own, back) && cap >= own.len);
		free((char *)(uintptr_t)own.ptr);
	}
}

/* Reads every value in every way; iterates one level, and the first members below it. */
static void touch(struct arena *a, struct json v)
{
	struct slice text;
	int64_t i;
	double d;
	bool b;

	REQUIRE(json_i64(v, &i) + json_f64(v, &d) <= 2 * (json_type(v) == JSON_NUMBER));
	REQUIRE(json_bool(v, &b) == (json_type(v) == JSON_BOOL));
	REQUIRE(json_str(v, a, &text) == (json_type(v) == JSON_STRING));
	REQUIRE(json_equal(v, v));
	REQUIRE(json_raw(v).len > 0);
	if (json_type(v) == JSON_STRING)
		round_trip(a, text);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct slice key = json_str_or(it.key, a, "");

		if (json_type(v) == JSON_OBJECT)
			REQUIRE(json_type(json_get_slice(v, key)) != JSON_MISSING || key.len == 0);
		(void)json_str_or(it.value, a, "");
		(void)json_at(it.value, 3);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make(size ? (const char *)data : "", size);
	struct arena a, again;
	struct json v, w;
	struct err err = { .code = ERR_NONE };
	size_t tokens = 0;
	bool valid = json_check(in, &tokens, &err);

	arena_init(&a);
	arena_init(&again);
	REQUIRE(valid == (err.code == ERR_NONE));
	REQUIRE(json_parse(&a, in, &v, &err) == valid);
	if (valid) {
		struct buf out;
		struct jw jw;

		REQUIRE(tokens > 0);
		touch(&a, v);
		buf_init(&out, size + 16);
		jw_init(&jw, &out);
		jw_raw(&jw, json_raw(v));
		REQUIRE(!out.full);
		REQUIRE(json_parse(&again, buf_slice(&out), &w, &err));
		REQUIRE(json_equal(v, w));
		arena_release(&again);
		buf_release(&out);
	}
	arena_release(&again);
	arena_release(&a);
	return 0;
}
