/* test_anthropic_request.c - exact bytes of requests, and that they only grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "agent/model/dialect/anthropic.h"

#define MARK ",\"cache_control\":{\"type\":\"ephemeral\"}"

static const struct tool_schema tools[] = {
	{ "a", "first", "{\"type\":\"object\"}" },
	{ "b", "second \"tool\"", "{\"type\":\"object\",\"properties\":{}}" },
};

static struct endpoint endpoint(const char *model)
{
	struct endpoint e = { .dialect = &anthropic_dialect, .model = slice_of(model) };

	e.name = SLICE("anthropic/m");
	e.row = price_find(e.model);
	return e;
}

static void build(const struct endpoint *e, const struct model_request *r, struct buf *out)
{
	struct err err = { 0 };

	buf_init(out, 1 << 20);
	assert_true(dialect_build(e, r, out, &err));
	assert_false(out->full);
}

static struct turn turn_of(enum role role, struct block *blocks, size_t n)
{
	return (struct turn){ role, SLICE("anthropic/m"), blocks, n };
}

static void bytes(void **state)
{
	struct block hi[] = { { .kind = BLOCK_TEXT, .text = SLICE("hi") } };
	struct block said[] = {
		{ .kind = BLOCK_THINKING, .text = SLICE("x"), .raw = SLICE("{\"type\":\"thinking\"}") },
		{ .kind = BLOCK_CALL, .id = SLICE("i1"), .name = SLICE("a"), .text = SLICE("{\"x\": 1}") },
	};
	struct block back[] = { { .kind = BLOCK_RESULT, .id = SLICE("i1"), .text = SLICE("out"),
				  .is_error = true } };
	struct turn turns[] = { turn_of(ROLE_USER, hi, 1), turn_of(ROLE_ASSISTANT, said, 2),
				turn_of(ROLE_USER, back, 1) };
	struct transcript t = { turns, 3, 3 };
	struct model_request r = { .system = SLICE("S"), .tools = tools, .n_tools = 2,
				   .transcript = &t };
	struct endpoint e = endpoint("claude-opus-4-6");
	struct buf b;

	(void)state;
	e.effort = SLICE("low");
	build(&e, &r, &b);
	assert_string_equal(
		buf_cstr(&b),
		"{\"model\":\"claude-opus-4-6\",\"max_tokens\":32000,\"stream\":true,"
		"\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"},"
		"\"tools\":[{\"name\":\"a\",\"description\":\"first\",\"input_schema\":{\"type\":\"object\"}},"
		"{\"name\":\"b\",\"description\":\"second \\\"tool\\\"\",\"input_schema\":"
		"{\"type\":\"object\",\"properties\":{}}}],"
		"\"system\":[{\"type\":\"text\",\"text\":\"S\"" MARK "}],"
		"\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"" MARK "}]},"
		"{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\"},"
		"{\"type\":\"tool_use\",\"id\":\"i1\",\"name\":\"a\",\"input\":{\"x\": 1}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"i1\","
		"\"content\":\"out\",\"is_error\":true" MARK "}]}]}");
	buf_release(&b);
}

static void no_system(void **state)
{
	struct block hi[] = { { .kind = BLOCK_TEXT, .text = SLICE("hi") } };
	struct turn turns[] = { turn_of(ROLE_USER, hi, 1) };
	struct transcript t = { turns, 1, 1 };
	struct model_request r = { .tools = tools, .n_tools = 1, .transcript = &t,
				   .max_output_tokens = 77 };
	struct endpoint e = endpoint("local");
	struct buf b;

	(void)state;
	build(&e, &r, &b);
	assert_string_equal(buf_cstr(&b),
			    "{\"model\":\"local\",\"max_tokens\":77,\"stream\":true,\"tools\":[{\"name\":\"a\","
			    "\"description\":\"first\",\"input_schema\":{\"type\":\"object\"}" MARK
			    "}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"" MARK
			    "}]}]}");
	buf_release(&b);
}

/* What a cache sees: the bytes without marks, up to the end of the last block. */
static size_t prefix(struct buf *b)
{
	struct slice mark = SLICE(MARK);
	size_t at;

	while ((at = slice_find(buf_slice(b), mark, 0)) != SIZE_MAX) {
		memmove(b->data + at, b->data + at + mark.len, b->len - at - mark.len + 1);
		b->len -= mark.len;
	}
	return b->len - strlen("]}]}");
}

static void only_grows(void **state)
{
	enum { TURNS = 80 };
	static struct turn turns[TURNS];
	static struct block blocks[TURNS][3];
	struct transcript t = { turns, 0, TURNS };
	struct model_request r = { .system = SLICE("S"), .tools = tools, .n_tools = 2,
				   .transcript = &t };
	struct endpoint e = endpoint("claude-opus-5-5");
	struct buf now, before;
	char ids[TURNS][8];

	(void)state;
	buf_init(&before, 1 << 20);
	for (size_t i = 0; i < TURNS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "id%zu", i / 2);
		blocks[i][0] = (struct block){ .kind = BLOCK_TEXT, .text = slice_of(ids[i]) };
		blocks[i][1] = (struct block){ .kind = i % 2 ? BLOCK_CALL : BLOCK_RESULT,
					       .id = slice_of(ids[i]), .name = SLICE("a") };
		if (i % 2 == 0 && i > 0)
			blocks[i][1].id = slice_of(ids[i - 1]);
		turns[i] = turn_of(i % 2 ? ROLE_ASSISTANT : ROLE_USER, blocks[i], i ? 2 : 1);
		t.n = i + 1;
		if (i % 2)
			continue;
		build(&e, &r, &now);
		(void)prefix(&now);
		if (before.len)
			assert_memory_equal(now.data, before.data, prefix(&before));
		buf_release(&before);
		before = now;
	}
	buf_release(&before);
}

static bool refused(struct turn *turns, size_t n)
{
	struct transcript t = { turns, n, n };
	struct model_request r = { .transcript = &t };
	struct endpoint e = endpoint("m");
	struct err err = { 0 };
	struct buf b;
	bool ok;

	buf_init(&b, 4096);
	ok = dialect_build(&e, &r, &b, &err);
	buf_release(&b);
	assert_int_equal(ok, err.code == ERR_NONE);
	return !ok;
}

static void bad_transcripts(void **state)
{
	struct block hi[] = { { .kind = BLOCK_TEXT, .text = SLICE("hi") } };
	struct block blank[] = { { .kind = BLOCK_TEXT, .text = SLICE(" ") } };
	struct block call[] = { { .kind = BLOCK_CALL, .id = SLICE("1"), .name = SLICE("a") } };
	struct block back[] = { { .kind = BLOCK_RESULT, .id = SLICE("1") },
				{ .kind = BLOCK_RESULT, .id = SLICE("1") } };
	struct turn starts[] = { turn_of(ROLE_ASSISTANT, hi, 1), turn_of(ROLE_USER, hi, 1) };
	struct turn empty[] = { turn_of(ROLE_USER, blank, 1) };
	struct turn twice[] = { turn_of(ROLE_USER, hi, 1), turn_of(ROLE_ASSISTANT, call, 1),
				turn_of(ROLE_USER, back, 2) };
	struct turn late[] = { turn_of(ROLE_USER, hi, 1), turn_of(ROLE_ASSISTANT, call, 1),
			       turn_of(ROLE_USER, hi, 1), turn_of(ROLE_ASSISTANT, hi, 1),
			       turn_of(ROLE_USER, back, 1) };

	(void)state;
	assert_true(refused(starts, 2));
	assert_true(refused(empty, 1));
	assert_true(refused(NULL, 0));
	assert_true(refused(twice, 3));
	assert_true(refused(late, 5));
	assert_false(refused(twice, 2)); /* an open call gets an error result */
}

static void a_body_has_a_limit(void **state)
{
	struct block hi[] = { { .kind = BLOCK_TEXT, .text = SLICE("hello, this is too long") } };
	struct turn turns[] = { turn_of(ROLE_USER, hi, 1) };
	struct transcript t = { turns, 1, 1 };
	struct model_request r = { .transcript = &t };
	struct endpoint e = endpoint("m");
	struct err err = { 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 60);
	assert_true(dialect_build(&e, &r, &b, &err));
	assert_true(b.full);
	buf_release(&b);
}

static void versions(void **state)
{
	struct endpoint e = endpoint("m");
	struct api_key key = { SLICE("k1"), false };
	const char *out[DIALECT_HEADERS];
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(anthropic_dialect.headers(&e, &key, &a, out), 3);
	assert_string_equal(out[1], "anthropic-version: 2023-06-01");
	assert_string_equal(out[2], "x-api-key: k1");
	e.official = true;
	key.bearer = true;
	assert_int_equal(anthropic_dialect.headers(&e, &key, &a, out), 3);
	assert_string_equal(out[1], "anthropic-version: 2026-10-21");
	assert_string_equal(out[2], "Authorization: Bearer k1");
	key.text = SLICE("");
	assert_int_equal(anthropic_dialect.headers(&e, &key, &a, out), 2);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),	   cmocka_unit_test(no_system),
		cmocka_unit_test(only_grows),	   cmocka_unit_test(bad_transcripts),
		cmocka_unit_test(a_body_has_a_limit), cmocka_unit_test(versions),
	};

	return cmocka_run_group_tests_name("agent/model/anthropic_request", tests, NULL, NULL);
}
