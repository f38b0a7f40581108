/* test_config.c - sources, precedence, messages, and what a project may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/config/config.h"

struct env {
	const char *name, *value;
};

static const char *get(void *ctx, const char *name)
{
	const struct env *e = ctx;

	for (; e && e->name; e++)
		if (strcmp(e->name, name) == 0)
			return e->value;
	return NULL;
}

static bool load(struct config *c, const char *user, struct env *env,
		 const struct config_flags *flags, struct err *err)
{
	struct config_sources s = {
		.user_text = slice_of(user), .env = get, .env_ctx = env, .flags = flags
	};

	*err = (struct err){ 0 };
	return config_load(c, &s, err);
}

static void loads(struct config *c, const char *user, struct env *env,
		  const struct config_flags *flags)
{
	struct err err;

	if (!load(c, user, env, flags, &err))
		fail_msg("%s", err.msg);
}

static void defaults(void **state)
{
	struct config c;

	(void)state;
	loads(&c, "", NULL, NULL);
	assert_int_equal(c.model.len, 0);
	assert_int_equal(c.mode, MODE_ASK);
	assert_true(c.budget.task_usd == 2 && c.budget.session_usd == 5 && c.budget.day_usd == 50);
	assert_int_equal(c.budget.turns, 100);
	assert_true(c.budget.warn == 0.8 && !c.budget.usd_set && !c.budget.tokens_set);
	assert_int_equal(c.budget.tokens, 0);
	assert_int_equal(c.command_timeout_ms, 120000);
	assert_int_equal(c.command_memory_bytes, 2147483648u);
	assert_int_equal(c.command_processes, 256);
	assert_int_equal(c.retries, 3);
	assert_true(slice_eq_cstr(c.runner, "native"));
	assert_int_equal(c.container_image.len, 0);
	config_release(&c);
}

static void everything_can_be_set(void **state)
{
	static const char text[] =
		"// a comment\n{ /* another\n one */ \"$schema\": \"x\", \"model\": \"a//b/*c*/\", "
		"\"mode\": \"edit\",\n"
		"\"effort\": \"high\", \"retries\": 0, \"budget\": {\"taskUsd\": 0.5, \"tokens\": "
		"1e6, \"turns\": 7,"
		" \"seconds\": 1.5, \"dayUsd\": null}, \"budget.sessionUsd\": 2,\n"
		"\"command\": {\"timeoutMs\": 1000, \"memoryBytes\": 104857600, \"processes\": 10, "
		"\"idleMs\": 5000},"
		"\"permissions\": {\"allow\": [\"make test\", \"make test\"], \"ask\": [\"git\", "
		"{\"rule\": \"make\", \"match\": [\"make all\"], \"noMatch\": [\"cmake\"]}], "
		"\"deny\": [\"rm\", \"dd\"]},"
		"\"denyFiles\": [\"*.sqlite\"], \"readDirs\": [\"~/x/\"], \"writeDirs\": [\"/w\"], "
		"\"approve\": \"commands\", \"runner\": \"podman\","
		"\"container\": {\"image\": \"debian:12\", \"cpus\": 1.5},"
		"\"actions\": [{\"title\": \"T\", \"prompt\": \"P\", \"result\": \"show\"}],"
		"\"providers\": {\"mine\": {\"base_url\": \"http://x\", \"dialect\": \"openai-chat\", "
		"\"key_env\": \"K\"}} }";
	struct env env[] = { { "HOME", "/home/u" }, { NULL, NULL } };
	struct config c;

	(void)state;
	loads(&c, text, env, NULL);
	assert_true(slice_eq_cstr(c.model, "a//b/*c*/"));
	assert_int_equal(c.mode, MODE_EDIT);
	assert_true(slice_eq_cstr(c.effort, "high"));
	assert_int_equal(c.retries, 0);
	assert_true(c.budget.task_usd == 0.5 && c.budget.session_usd == 2 &&
		    c.budget.day_usd == 50);
	assert_true(c.budget.tokens == 1000000 && c.budget.turns == 7 && c.budget.seconds == 1.5);
	assert_int_equal(c.command_timeout_ms, 1000);
	assert_int_equal(c.command_idle_ms, 5000);
	assert_int_equal(c.n_allow, 1);
	assert_int_equal(c.n_ask, 2);
	assert_true(slice_eq_cstr(c.ask[1], "make"));
	assert_int_equal(c.n_examples, 2);
	assert_true(c.examples[0].match && c.examples[0].verdict == VERDICT_ASK);
	assert_true(!c.examples[1].match && slice_eq_cstr(c.examples[1].command, "cmake"));
	assert_int_equal(c.n_deny, 2);
	assert_true(slice_eq_cstr(c.deny[1], "dd"));
	assert_true(slice_eq_cstr(c.read_dirs[0], "/home/u/x"));
	assert_true(slice_eq_cstr(c.runner, "podman"));
	assert_true(slice_eq_cstr(c.container_image, "debian:12") && c.container_cpus == 1.5);
	assert_false(c.deny_files_replaced);
	assert_int_equal(c.n_actions, 1);
	assert_false(c.actions[0].edits);
	assert_true(slice_eq_cstr(c.providers[0].name, "mine"));
	assert_true(slice_eq_cstr(c.providers[0].key_env, "K"));
	config_release(&c);
}

static void precedence(void **state)
{
	static const char editor_text[] =
		"{\"model\":\"editor\",\"mode\":\"edit\",\"budget\":{\"turns\":3},"
		"\"permissions\":{\"deny\":[]}}";
	struct env env[] = { { "EMEND_MODEL", "env" },	 { "EMEND_MODE", "read-only" },
			     { "EMEND_MAX_TURNS", "4" }, { "EMEND_MAX_USD", "0.125" },
			     { "EMEND_MAX_TOKENS", "" }, { NULL, NULL } };
	struct config_flags flags = { .model = SLICE("flag"), .max_turns = 5 };
	struct config_sources s = { .user_text = slice_of("{\"model\":\"user\",\"retries\":1,"
							  "\"permissions\":{\"deny\":[\"rm\"]}}"),
				    .env = get,
				    .env_ctx = env,
				    .flags = &flags };
	struct arena a;
	struct config c;
	struct err err;

	(void)state;
	arena_init(&a);
	assert_true(json_parse(&a, slice_of(editor_text), &s.editor, &err));
	assert_true(config_load(&c, &s, &err));
	assert_true(slice_eq_cstr(c.model, "flag"));
	assert_int_equal(c.mode, MODE_READ_ONLY);
	assert_int_equal(c.budget.turns, 5);
	assert_true(c.budget.task_usd == 0.125);
	assert_int_equal(c.retries, 1);
	assert_int_equal(c.n_deny,
			 1); /* an empty list in the editor's settings takes nothing away */
	config_release(&c);
	s.flags = NULL;
	assert_true(config_load(&c, &s, &err));
	assert_true(slice_eq_cstr(c.model, "env"));
	assert_int_equal(c.budget.turns, 4);
	config_release(&c);
	s.env_ctx = NULL;
	assert_true(config_load(&c, &s, &err));
	assert_true(slice_eq_cstr(c.model, "editor"));
	assert_int_equal(c.mode, MODE_EDIT);
	assert_int_equal(c.budget.turns, 3);
	config_release(&c);
	arena_release(&a);
}

/* The editor sends other settings while a task still works with these: nothing of its text is kept. */
static void editor_text_is_copied(void **state)
{
	char text[] = "{\"model\":\"m\",\"models\":{\"do\":\"p/for-do\",\"p/x\":{\"images\":true}},"
		      "\"fallback\":[\"p/f\"],\"permissions\":{\"ask\":[{\"rule\":\"r\",\"match\":[\"r x\"]}]},"
		      "\"providers\":{\"p\":{\"base_url\":\"u\"}},"
		      "\"actions\":[{\"title\":\"t\",\"prompt\":\"q\"}]}";
	struct config_sources s = { .user_text = slice_of(""), .env = get };
	struct arena a;
	struct config c;
	struct err err;

	(void)state;
	arena_init(&a);
	assert_true(json_parse(&a, slice_of(text), &s.editor, &err));
	assert_true(config_load(&c, &s, &err));
	memset(text, '#', sizeof(text) - 1);
	arena_release(&a);
	assert_true(slice_eq_cstr(c.model, "m"));
	assert_true(slice_eq_cstr(config_model_for(&c, SLICE("do")), "p/for-do"));
	assert_non_null(config_model_find(&c, SLICE("p/x")));
	assert_true(slice_eq_cstr(c.fallback[0], "p/f"));
	assert_true(slice_eq_cstr(c.ask[0], "r") && slice_eq_cstr(c.examples[0].command, "r x"));
	assert_true(slice_eq_cstr(c.examples[0].rule, "r"));
	assert_true(slice_eq_cstr(c.providers[0].name, "p"));
	assert_true(slice_eq_cstr(c.providers[0].base_url, "u"));
	assert_true(slice_eq_cstr(c.actions[0].title, "t"));
	assert_true(slice_eq_cstr(c.actions[0].prompt, "q"));
	config_release(&c);
}

/* Each text is wrong; the message must hold all the parts between '|'. */
static void mistakes_are_named_by_line_and_key(void **state)
{
	static const struct {
		const char *text, *parts;
	} t[] = {
		{ "{\n\n\"modle\": 1}", "user config:3: |\"modle\"|did you mean \"model\"" },
		{ "{\"budget\":\n{\"taskUSDs\": 1}}",
		  "user config:2: |\"budget.taskUSDs\"|\"budget.taskUsd\"" },
		{ "{\"taskUsd\": 1}", "\"budget.taskUsd\"" },
		{ "{\"frobnicate\": 1}", "\"frobnicate\"|emend config schema" },
		{ "{\"mode\": \"yolo\"}", "user config:1: key \"mode\": expected one of "
					  "\"read-only\", \"plan\"|found \"yolo\"" },
		{ "{\"mode\": 3}", "expected one of|found 3" },
		{ "{\"model\": []}", "key \"model\": expected a string, found an array" },
		{ "{\"budget\": 3}", "key \"budget\": expected an object" },
		{ "{\"budget\": {\"taskUsd\": \"1\"}}",
		  "expected a number from 0 to 100000, found \"1\"" },
		{ "{\"budget\": {\"taskUsd\": -1}}", "expected a number|found -1" },
		{ "{\"budget\": {\"turns\": 1.5}}", "expected a whole number|found 1.5" },
		{ "{\n\"network\": {\"allow\": [\"*\"]}}",
		  "user config:2: |network.allow|every host" },
		{ "{\"network\": {\"deny\": [\"a:0\"]}}", "network.deny|from 1 to 65535" },
		{ "{\"command\": {\"timeoutMs\": 99999999}}", "3600000|found 99999999" },
		{ "{\"permissions\": {\"allow\": \"make\"}}",
		  "\"permissions.allow\": expected a list of strings" },
		{ "{\"permissions\": {\"allow\": [\"make\",\n 1]}}", "user config:2:|found 1" },
		{ "{\"denyFiles\": [\"\"]}", "not empty" },
		{ "{\"readDirs\": [\"rel/ative\"]}", "absolute path" },
		{ "{\"actions\": [{\"title\": \"x\"}]}", "\"prompt\" is missing" },
		{ "{\"actions\": [{\"title\": \"x\", \"promt\": \"p\"}]}",
		  "no member \"promt\"; did you mean \"prompt\"" },
		{ "{\"actions\": [{\"title\": \"x\", \"prompt\": \"p\", \"result\": \"eat\"}]}",
		  "one of \"edit\", \"show\"" },
		{ "{\"providers\": {\"a/b\": {}}}", "name" },
		{ "{\"model\": \"a\", \"model\": \"b\"}", "twice" },
		{ "{\"budget\": {\"turns\": 1}, \"budget.turns\": 2}", "twice" },
		{ "{\n\"model\": \"a\",,\n}", "user config:3: this is not valid JSON" },
		{ "{\n/* no end", "user config:2: this comment has no end" },
		{ "[]", "expected one object" },
	};
	struct config c;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		char parts[256], *save = NULL;

		if (load(&c, t[i].text, NULL, NULL, &err))
			fail_msg("%s was taken", t[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		(void)snprintf(parts, sizeof(parts), "%s", t[i].parts);
		for (char *p = strtok_r(parts, "|", &save); p; p = strtok_r(NULL, "|", &save))
			if (!strstr(err.msg, p))
				fail_msg("%s: \"%s\" does not hold \"%s\"", t[i].text, err.msg, p);
	}
}

static void variables_and_flags_are_named(void **state)
{
	struct env env[] = { { "EMEND_MAX_USD", "lots" }, { NULL, NULL } };
	struct config_flags flags = { .mode = SLICE("yolo") };
	struct config c;
	struct err err;

	(void)state;
	assert_false(load(&c, "", env, NULL, &err));
	assert_non_null(strstr(err.msg, "EMEND_MAX_USD: expected a number"));
	assert_non_null(strstr(err.msg, "\"lots\""));
	assert_false(load(&c, "", NULL, &flags, &err));
	assert_non_null(strstr(err.msg, "--mode: expected one of"));
	env[0] = (struct env){ "EMEND_MODE", "0" };
	assert_false(load(&c, "", env, NULL, &err));
	assert_non_null(strstr(err.msg, "EMEND_MODE: expected one of"));
	env[0] = (struct env){ "EMEND_MODEL", "12" }; /* text, although it looks like a number */
	loads(&c, "", env, NULL);
	assert_true(slice_eq_cstr(c.model, "12"));
	config_release(&c);
}

static void missing_file_that_was_named_is_an_error(void **state)
{
	struct config_sources s = { .user_file = SLICE("/nonexistent/config.json"), .env = get };
	struct config c;
	struct err err;

	(void)state;
	assert_false(config_load(&c, &s, &err));
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.msg, "/nonexistent/config.json"));
	s.user_file = SLICE("");
	assert_true(config_load(&c, &s, &err));
	config_release(&c);
}

static void project_narrows(void **state)
{
	struct config base, c;
	struct err err = { 0 };

	(void)state;
	loads(&base,
	      "{\"permissions\":{\"deny\":[\"rm\"]},\"actions\":[{\"title\":\"a\",\"prompt\":\"b\"}"
	      "]}",
	      NULL, NULL);
	if (!config_narrow(
		    &c, &base,
		    SLICE("{\"mode\":\"read-only\",\"budget\":{\"taskUsd\":0.5,\"tokens\":1000},"
			  "\"permissions\":{\"ask\":[\"make\"],\"deny\":[\"curl\"]},"
			  "\"denyFiles\":[\"data/"
			  "*\"],\"actions\":[{\"title\":\"x\",\"prompt\":\"y\"}],"
			  "\"command\":{\"timeoutMs\":5000}}"),
		    NULL, &err))
		fail_msg("%s", err.msg);
	config_release(&base); /* c is a copy */
	assert_int_equal(c.mode, MODE_READ_ONLY);
	assert_true(c.budget.task_usd == 0.5 && c.budget.tokens == 1000 &&
		    c.budget.session_usd == 5);
	assert_int_equal(c.n_deny, 2);
	assert_true(slice_eq_cstr(c.deny[0], "rm"));
	assert_int_equal(c.n_ask, 1);
	assert_int_equal(c.n_deny_files, 1);
	assert_int_equal(c.n_actions, 2);
	assert_int_equal(c.command_timeout_ms, 5000);
	config_release(&c);
}

static void project_cannot_widen(void **state)
{
	static const char *const wide[] = {
		"{\n\"mode\": \"auto\"}",
		"{\n\"mode\": \"edit\"}",
		"{\n\"model\": \"x\"}",
		"{\n\"effort\": \"max\"}",
		"{\n\"budget\": {\"taskUsd\": 2.01}}",
		"{\n\"budget\": {\"taskUsd\": 0}}",
		"{\n\"budget\": {\"turns\": 101}}",
		"{\n\"permissions\": {\"allow\": [\"rm\"]}}",
		"{\n\"readDirs\": [\"/\"]}",
		"{\n\"runner\": \"native\"}",
		"{\n\"container\": {\"image\": \"evil\"}}",
		"{\n\"writeDirs\": [\"/\"]}",
		"{\n\"approve\": \"effects\"}",
		"{\n\"providers\": {\"openai\": {\"base_url\": \"http://evil\"}}}",
		"{\n\"denyFiles\": [\"!.env\"]}",
		"{\n\"denyFiles\": [\"!*\"]}",
		"{\n\"command\": {\"memoryBytes\": 1e12}}",
		"{\n\"retries\": 1}",
		"{\n\"models\": {\"a\": {\"price\": {\"input\": 0, \"output\": 0}}}}",
		"{\n\"network\": {\"allow\": [\"a.test\"]}}",
	};
	struct config base, c;
	struct err err;

	(void)state;
	loads(&base, "", NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
		err = (struct err){ 0 };
		if (config_narrow(&c, &base, slice_of(wide[i]), NULL, &err))
			fail_msg("%s was taken", wide[i]);
		assert_int_equal(err.code, ERR_USAGE);
		if (!strstr(err.msg, ".emend/config.json:2: key \""))
			fail_msg("\"%s\" does not name file, line and key", err.msg);
	}
	config_release(&base);
}

static void flags_and_projects_together(void **state)
{
	struct config_flags strict = { .mode = SLICE("read-only"), .max_usd = 0.1 };
	struct config_flags wide = { .mode = SLICE("auto"), .max_usd = 9 };
	struct config base, c;
	struct err err = { 0 };

	(void)state;
	loads(&base, "", NULL,
	      &strict); /* the project's value is fine by the user's files, but the flag is lower */
	assert_true(config_narrow(
		&c, &base, SLICE("{\"mode\":\"ask\",\"budget\":{\"taskUsd\":0.5}}"), NULL, &err));
	assert_int_equal(c.mode, MODE_READ_ONLY);
	assert_true(c.budget.task_usd == 0.1);
	config_release(&c);
	config_release(&base);
	loads(&base, "", NULL, &wide);
	assert_true(config_narrow(
		&c, &base, SLICE("{\"mode\":\"edit\",\"budget\":{\"taskUsd\":2}}"), NULL, &err));
	assert_int_equal(c.mode, MODE_EDIT);
	assert_true(c.budget.task_usd == 2);
	config_release(&c);
	assert_false(config_narrow(&c, &base, SLICE("{\"budget\":{\"taskUsd\":10}}"), NULL, &err));
	config_release(&base);
}

static void narrowed_twice(void **state)
{
	struct config base, one, two;
	struct err err = { 0 };

	(void)state;
	loads(&base, "{\"fallback\": [\"p/f\"]}", NULL, NULL);
	assert_true(config_narrow(&one, &base, SLICE("{\"budget\":{\"turns\":10}}"), NULL, &err));
	assert_ptr_not_equal(one.fallback, base.fallback); /* it is freed before */
	assert_true(config_narrow(&two, &one, SLICE(""), NULL, &err));
	assert_int_equal(two.budget.turns, 10);
	config_release(&one);
	config_release(&base);
	assert_int_equal(two.budget.turns, 10);
	assert_true(slice_eq_cstr(two.fallback[0], "p/f"));
	config_release(&two);
}

static void hosts(void **state)
{
	struct config base, c;
	struct host_decision d;
	struct host_port at;
	struct hosts *h;
	struct err err = { 0 };

	(void)state;
	loads(&base, "{\"network\":{\"allow\":[\"*.a.test\"],\"deny\":[\"x.a.test\"]}}", NULL,
	      NULL);
	assert_true(config_narrow(&c, &base, SLICE("{\"network\":{\"deny\":[\"y.a.test\"]}}"), NULL,
				  &err));
	config_release(&base);
	assert_true(config_hosts(&c, &h, &err));
	config_release(&c);
	for (const char *name = "xyz"; *name; name++) {
		char text[] = "?.a.test:443";

		text[0] = *name;
		assert_true(host_port_parse(slice_of(text), &at, &err));
		hosts_decide(h, &at, &d);
		assert_int_equal(d.verdict, *name == 'z' ? VERDICT_ALLOW : VERDICT_DENY);
	}
	hosts_free(h);
}

static void built_in_file_list_can_be_dropped_by_the_user(void **state)
{
	struct config c;

	(void)state;
	loads(&c, "{\"denyFiles\":[\"!*\",\"*.key\"]}", NULL, NULL);
	assert_true(c.deny_files_replaced);
	assert_int_equal(c.n_deny_files, 1);
	assert_true(slice_eq_cstr(c.deny_files[0], "*.key"));
	config_release(&c);
}

static void schema_and_show_are_json(void **state)
{
	struct env env[] = { { "EMEND_MODE", "edit" }, { NULL, NULL } };
	struct arena a;
	struct json root;
	struct config c;
	struct err err;

	(void)state;
	arena_init(&a);
	if (!json_parse(&a, config_schema(&a), &root, &err))
		fail_msg("%s", err.msg);
	root = json_get(root, "properties");
	assert_true(json_is(json_get(json_get(root, "mode"), "default"), "ask"));
	assert_int_equal(
		json_i64_or(json_get(json_get(json_get(json_get(root, "budget"), "properties"),
					      "turns"),
				     "default"),
			    0),
		100);
	loads(&c, "{\"retries\":2}", env, NULL);
	assert_true(json_parse(&a, config_show_json(&c, &a), &root, &err));
	assert_true(json_is(json_get(json_get(root, "mode"), "value"), "edit"));
	assert_true(json_is(json_get(json_get(root, "mode"), "from"), "environment"));
	assert_true(json_is(json_get(json_get(root, "retries"), "from"), "user config"));
	assert_true(json_is(json_get(json_get(root, "budget.turns"), "from"), "default"));
	assert_true(slice_find(config_show(&c, &a), SLICE("mode = \"edit\"   # environment\n"),
			       0) != SIZE_MAX);
	config_release(&c);
	arena_release(&a);
}

static void model_fails(const char *text, const char *words)
{
	struct config c;
	struct err err;

	assert_false(load(&c, text, NULL, NULL, &err));
	assert_int_equal(err.code, ERR_USAGE);
	if (!strstr(err.msg, words))
		fail_msg("\"%s\" is not in: %s", words, err.msg);
}

/* A file may say it; what is typed or stands in the environment is meant for this run. */
static void kinds_of_work_have_models(void **state)
{
	static const char text[] = "{\"model\": \"a/usual\", \"models\": {\"explain\": \"a/cheap\","
				   "\"cheap\": {\"context_tokens\": 1000}}}";
	const struct config_flags typed = { .model = SLICE("a/typed"), .max_usd = -1 };
	struct config c, narrow;
	struct err err;

	(void)state;
	loads(&c, text, NULL, NULL);
	assert_true(slice_eq_cstr(config_model_for(&c, SLICE("explain")), "a/cheap"));
	assert_true(slice_eq_cstr(config_model_for(&c, SLICE("do")), "a/usual"));
	assert_null(config_model_find(&c, SLICE("a/explain")));
	assert_true(config_narrow(&narrow, &c, SLICE("{}"), NULL, &err));
	config_release(&c);
	assert_true(slice_eq_cstr(config_model_for(&narrow, SLICE("explain")), "a/cheap"));
	assert_non_null(config_model_find(&narrow, SLICE("a/cheap")));
	config_choose_model(&narrow, SLICE("a/picked")); /* counts as typed */
	assert_true(slice_eq_cstr(config_model_for(&narrow, SLICE("explain")), "a/picked"));
	config_release(&narrow);
	loads(&c, text, NULL, &typed);
	assert_true(slice_eq_cstr(config_model_for(&c, SLICE("explain")), "a/typed"));
	config_release(&c);
	model_fails("{\"models\": {\"explain\": 7}}", "the name of a model");
}

static void models_have_prices(void **state)
{
	const struct config_model *m;
	struct config c, narrow;
	struct err err;

	(void)state;
	loads(&c,
	      "{\"models\": {\"mine/big\": {\"price\": {\"input\": 2, \"output\": 8, \"cache_read\": 0},"
	      "\"context_tokens\": 64000, \"images\": true}, \"small\": {\"max_output_tokens\": 4096}}}",
	      NULL, NULL);
	m = config_model_find(&c, SLICE("mine/big"));
	assert_true(m && m->priced && m->context_tokens == 64000 && m->max_output_tokens == 0);
	assert_int_equal(m->images, IMAGES_YES);
	assert_true(m->input == 2 && m->output == 8 && m->cache_read == 0 && m->cache_write == 2);
	assert_null(config_model_find(&c, SLICE("yours/big")));
	m = config_model_find(&c, SLICE("yours/small")); /* a name alone: at any provider */
	assert_true(m && !m->priced && m->max_output_tokens == 4096);
	assert_true(config_narrow(&narrow, &c, SLICE("{}"), NULL, &err));
	config_release(&c);
	assert_non_null(config_model_find(&narrow, SLICE("mine/big")));
	config_release(&narrow);
	model_fails("{\"models\": {\"a/b\":\n{\"price\": {\"input\": 2}}}}",
		    ":2: key \"models.a/b\": \"price\": \"output\" is missing");
	model_fails("{\"models\": {\"a/b\": {\"prize\": 1}}}", "did you mean \"price\"?");
	model_fails("{\"models\": {\"a/b\": {\"price\": {\"input\": -1, \"output\": 1}}}}",
		    "a number from 0 to");
	model_fails("{\"models\": {\"a/b\": {\"context_tokens\": 0}}}", "a whole number from 1");
	model_fails("{\"models\": {\"\": {}}}", "is not empty");
	model_fails("{\"models\": {\"a/b\": {\"images\": 1}}}", "expected true or false");
	model_fails("{\"models\": {\"a/b\": {\"image\": true}}}", "did you mean \"images\"?");
	model_fails("{\"models\": {\"a\": 1}}", "expected an object");
}

/* A limit in dollars that the user set, wherever, is one that must be kept. */
static void set_limits_are_known(void **state)
{
	struct env env[] = { { "EMEND_MAX_SESSION_USD", "3" }, { NULL, NULL } };
	struct config_flags flags = { .max_tokens = 5 };
	struct config c, narrow;
	struct err err;

	(void)state;
	loads(&c, "", env, NULL);
	assert_true(c.budget.usd_set && !c.budget.tokens_set);
	config_release(&c);
	loads(&c, "", NULL, &flags);
	assert_true(!c.budget.usd_set && c.budget.tokens_set);
	assert_true(
		config_narrow(&narrow, &c, SLICE("{\"budget\": {\"taskUsd\": 0.5}}"), NULL, &err));
	assert_true(narrow.budget.usd_set && narrow.budget.tokens_set);
	config_release(&narrow);
	config_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything_can_be_set),
		cmocka_unit_test(precedence),
		cmocka_unit_test(editor_text_is_copied),
		cmocka_unit_test(mistakes_are_named_by_line_and_key),
		cmocka_unit_test(variables_and_flags_are_named),
		cmocka_unit_test(missing_file_that_was_named_is_an_error),
		cmocka_unit_test(project_narrows),
		cmocka_unit_test(project_cannot_widen),
		cmocka_unit_test(flags_and_projects_together),
		cmocka_unit_test(narrowed_twice),
		cmocka_unit_test(hosts),
		cmocka_unit_test(models_have_prices),
		cmocka_unit_test(kinds_of_work_have_models),
		cmocka_unit_test(set_limits_are_known),
		cmocka_unit_test(built_in_file_list_can_be_dropped_by_the_user),
		cmocka_unit_test(schema_and_show_are_json),
	};

	return cmocka_run_group_tests_name("config/config", tests, NULL, NULL);
}
