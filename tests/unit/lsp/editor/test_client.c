/* test_client.c - what is read from `initialize`, and what is true of nobody who did not say so. */
#include "lsp/editor/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct client read_client(const char *json)
{
	struct client c;
	struct arena a;
	struct json v;

	arena_init(&a);
	assert_true(json_parse(&a, slice_of(json), &v, NULL));
	client_init(&c, v);
	arena_release(&a);
	return c;
}

static void test_nothing_said(void **state)
{
	static const char *const silent[] = { "{}", "{\"capabilities\":{}}",
					      "{\"capabilities\":null}",
					      "{\"capabilities\":[],\"clientInfo\":5}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		struct client c = read_client(silent[i]);

		assert_int_equal(c.kind, CLIENT_EGLOT); /* an old one says no name */
		assert_int_equal(c.encoding, POSITION_UTF16);
		assert_false(c.announce_encoding || c.progress || c.show_document ||
			     c.document_changes || c.apply_edit || c.configuration ||
			     c.dynamic_configuration || c.disabled || c.llm_tag ||
			     c.virtual_documents || c.emend);
	}
}

static void test_encodings(void **state)
{
	static const struct {
		const char *offered;
		enum position_encoding taken;
	} cases[] = {
		{ "\"utf-16\"", POSITION_UTF16 },
		{ "\"utf-8\",\"utf-16\",\"utf-32\"", POSITION_UTF8 },
		{ "\"utf-32\",\"utf-8\",\"utf-16\"", POSITION_UTF32 },
		{ "\"utf-32\"", POSITION_UTF32 },
		{ "\"utf-7\",5,null,\"utf-3\\u0032\",\"utf-8\"", POSITION_UTF32 },
		{ "\"utf-7\"", POSITION_UTF16 },
	};
	struct client c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char json[256];

		(void)snprintf(json, sizeof(json),
			       "{\"capabilities\":{\"general\":{\"positionEncodings\":[%s]}}}",
			       cases[i].offered);
		c = read_client(json);
		if (c.encoding != cases[i].taken || !c.announce_encoding)
			fail_msg("%s: %s was taken", cases[i].offered,
				 position_encoding_name(c.encoding));
	}
	c = read_client("{\"capabilities\":{\"general\":{\"positionEncodings\":[]}}}");
	assert_false(c.announce_encoding);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(read_client("{\"clientInfo\":{\"name\":\"Neovim\"}}").kind, CLIENT_NEOVIM);
	assert_int_equal(read_client("{\"clientInfo\":{\"name\":\"Eglot\"}}").kind, CLIENT_EGLOT);
	assert_int_equal(read_client("{\"clientInfo\":{\"name\":\"Cursor\"}}").kind, CLIENT_OTHER);
}

static void test_capabilities(void **state)
{
	struct client c = read_client(
		"{\"capabilities\":{\"workspace\":{\"applyEdit\":true,\"configuration\":true,"
		"\"workspaceEdit\":{\"resourceOperations\":[\"create\"]},"
		"\"textDocumentContent\":{},"
		"\"didChangeConfiguration\":{\"dynamicRegistration\":true}},"
		"\"textDocument\":{\"codeAction\":{\"disabledSupport\":true,"
		"\"tagSupport\":{\"valueSet\":[2,1]}}},"
		"\"window\":{\"workDoneProgress\":true,\"showDocument\":{\"support\":true}},"
		"\"experimental\":{\"emend\":{\"hunks\":true}}}}");

	(void)state;
	assert_true(c.apply_edit && c.configuration && c.document_changes && c.virtual_documents);
	assert_true(c.dynamic_configuration && c.disabled && c.llm_tag && c.progress &&
		    c.show_document);
	assert_true(c.emend);
	c = read_client("{\"capabilities\":{\"window\":{\"workDoneProgress\":false,"
			"\"showDocument\":{\"support\":0}},"
			"\"experimental\":{\"emend\":false},"
			"\"textDocument\":{\"codeAction\":{\"tagSupport\":{\"valueSet\":[2]}}}}}");
	assert_false(c.progress || c.show_document || c.emend || c.llm_tag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
