/* test_schema.c - what holds to a schema, what does not and where, and which schemas cannot be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json/schema.h"

static const struct {
	const char *schema, *value, *wrong; /* wrong NULL: it holds */
} values[] = {
	{ "{}", "[1,{\"a\":null}]", NULL },
	{ "{\"type\":\"string\"}", "\"x\"", NULL },
	{ "{\"type\":\"string\"}", "1", "the whole value: wanted is the type \"string\"" },
	{ "{\"type\":\"integer\"}", "1e2", NULL },
	{ "{\"type\":\"integer\"}", "1.5", "wanted is the type \"integer\"" },
	{ "{\"type\":[\"null\",\"number\"]}", "null", NULL },
	{ "{\"type\":[\"null\",\"number\"]}", "true", "wanted is the type [\"null\",\"number\"]" },
	{ "{\"const\":[1]}", "[1.0]", NULL },
	{ "{\"const\":[1]}", "[2]", "it must be [1]" },
	{ "{\"enum\":[\"yes\",\"no\"]}", "\"no\"", NULL },
	{ "{\"enum\":[\"yes\",\"no\"]}", "\"maybe\"", "it must be one of [\"yes\",\"no\"]" },
	{ "{\"minimum\":1,\"maximum\":2}", "1", NULL },
	{ "{\"minimum\":1,\"maximum\":2}", "0.9", "it is below the minimum 1" },
	{ "{\"minimum\":1,\"maximum\":2}", "3", "it is above the maximum 2" },
	{ "{\"minLength\":2,\"maxLength\":2}", "\"\xc3\xa4\xc3\xb6\"", NULL },
	{ "{\"minLength\":2}", "\"\xc3\xa4\"", "minLength" },
	{ "{\"maxLength\":2}", "\"abc\"", "maxLength" },
	{ "{\"minItems\":1}", "[]", "minItems" },
	{ "{\"maxItems\":1}", "[1,2]", "maxItems" },
	{ "{\"items\":{\"type\":\"number\"}}", "[1,2,\"x\"]", "[2]: wanted is the type" },
	{ "{\"required\":[\"a\"]}", "{\"a\":null}", NULL },
	{ "{\"required\":[\"a\"]}", "{}", "it lacks the member \"a\"" },
	{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", NULL },
	{ "{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"b\":1}",
	  "a member that is not wanted: \"b\"" },
	{ "{\"additionalProperties\":{\"type\":\"number\"}}", "{\"b\":\"x\"}",
	  "b: wanted is the type" },
	{ "{\"properties\":{\"files\":{\"items\":{\"properties\":{\"path\":{\"type\":\"string\"}}}}}}",
	  "{\"files\":[{\"path\":\"a\"},{\"path\":1}]}", "files[1].path: wanted is the type" },
	{ "{\"properties\":{\"\\u0061\":{\"type\":\"null\"}}}", "{\"a\":1}", "a: wanted is" },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct json schema, value;
		struct err err = { 0 };
		struct arena a;
		bool ok;

		arena_init(&a);
		assert_true(json_parse(&a, slice_of(values[i].schema), &schema, &err));
		assert_true(json_parse(&a, slice_of(values[i].value), &value, &err));
		assert_true(schema_check(schema, &err));
		ok = schema_holds(schema, value, &err);
		if (ok != !values[i].wrong || (!ok && !strstr(err.msg, values[i].wrong)))
			fail_msg("%s of %s: %s", values[i].value, values[i].schema,
				 ok ? "it holds" : err.msg);
		arena_release(&a);
	}
}

static const struct {
	const char *schema, *wrong;
} unusable[] = {
	{ "[]", "a schema must be an object" },
	{ "{\"type\":\"text\"}", "type must be one or several of" },
	{ "{\"type\":[]}", "type must be" },
	{ "{\"properties\":[]}", "properties must be an object" },
	{ "{\"properties\":{\"a\":{\"pattern\":\"x\"}}}",
	  "a: Emend does not know the keyword pattern" },
	{ "{\"items\":{\"items\":{\"$ref\":\"#\"}}}",
	  "items.items: Emend does not know the keyword $ref" },
	{ "{\"required\":\"a\"}", "required must be a list of names" },
	{ "{\"enum\":[]}", "enum must be a list" },
	{ "{\"minItems\":-1}", "a whole number is wanted for minItems" },
	{ "{\"maximum\":\"1\"}", "a number is wanted for maximum" },
	{ "{\"additionalProperties\":1}", "additionalProperties must be" },
};

static void test_unusable(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unusable); i++) {
		struct json schema;
		struct err err = { 0 };
		struct arena a;

		arena_init(&a);
		assert_true(json_parse(&a, slice_of(unusable[i].schema), &schema, &err));
		assert_false(schema_check(schema, &err));
		assert_non_null(strstr(err.msg, unusable[i].wrong));
		arena_release(&a);
	}
}

/* Deeper than a path has room for: the message is cut, and that is all. */
static void test_deep(void **state)
{
	char schema[4096] = "", value[4096] = "";
	struct json s, v;
	struct err err = { 0 };
	struct arena a;

	(void)state;
	for (int i = 0; i < 60; i++) {
		strcpy(schema + strlen(schema), "{\"properties\":{\"a long name of a member\":");
		strcpy(value + strlen(value), "{\"a long name of a member\":");
	}
	strcpy(schema + strlen(schema), "{\"type\":\"null\"}");
	strcpy(value + strlen(value), "1");
	for (int i = 0; i < 60; i++) {
		strcpy(schema + strlen(schema), "}}");
		strcpy(value + strlen(value), "}");
	}
	arena_init(&a);
	assert_true(json_parse(&a, slice_of(schema), &s, &err));
	assert_true(json_parse(&a, slice_of(value), &v, &err));
	assert_true(schema_check(s, &err));
	assert_false(schema_holds(s, v, &err));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests_name("json_schema", tests, NULL, NULL);
}
