/* test_model.c - names, keys and limits; and the scripted model through the whole interface. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include <cmocka.h>

#include "agent/base/runq.h"
#include "agent/model/http/http.h"
#include "agent/model/model.h"
#include "protocol/base/buf.h"

struct fixture {
	uv_loop_t loop;
	struct runq runq;
	struct model_options o;
	const char *env[8][2];
	char path[32];

	struct model *model;
	struct model_call *call;
	struct buf seen;
	struct err err;
	struct usage usage;
	enum stop_reason stop;
	size_t n_done, n_blocks;
	char id[32];
	bool inside, cancel_on_text;
};

static const char *env(void *ctx, const char *name)
{
	struct fixture *x = ctx;

	for (size_t i = 0; i < ARRAY_LEN(x->env) && x->env[i][0]; i++)
		if (strcmp(x->env[i][0], name) == 0)
			return x->env[i][1];
	return NULL;
}

static void begin(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	assert_int_equal(uv_loop_init(&x->loop), 0);
	runq_init(&x->runq, &x->loop);
	x->o = (struct model_options){ .loop = &x->loop, .runq = &x->runq, .env = env, .env_ctx = x };
	buf_init(&x->seen, 4096);
}

static void end(struct fixture *x)
{
	model_close(x->model);
	runq_close(&x->runq);
	(void)uv_run(&x->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&x->loop), 0);
	buf_release(&x->seen);
	if (x->path[0])
		(void)unlink(x->path);
}

static void refused(struct fixture *x, const char *name, const char *words)
{
	struct err err = { 0 };

	assert_false(model_open(&x->o, slice_of(name), &x->model, &err));
	assert_int_equal(err.code, ERR_PROVIDER);
	assert_non_null(strstr(err.msg, words));
	assert_null(x->model);
}

static void opens(struct fixture *x, const char *name, const char *full)
{
	struct err err = { 0 };

	assert_true(model_open(&x->o, slice_of(name), &x->model, &err));
	assert_true(slice_eq_cstr(model_name(x->model), full));
	model_close(x->model);
	x->model = NULL;
}

static void names(void **state)
{
	struct fixture x;

	(void)state;
	begin(&x);
	refused(&x, "anthropic/claude-opus-5-5", "no API key");
	x.env[0][0] = "ANTHROPIC_API_KEY";
	x.env[0][1] = ""; /* empty is unset */
	refused(&x, "anthropic/claude-opus-5-5", "no API key");
	x.env[0][1] = "k";
	opens(&x, "anthropic/claude-opus-5-5", "anthropic/claude-opus-5-5");
	opens(&x, "claude-opus-5-5", "anthropic/claude-opus-5-5");
	refused(&x, "openai/gpt-6-sol", "Set OPENAI_API_KEY (keys: https://platform.openai.com");
	refused(&x, "gpt-6-sol", "OPENAI_API_KEY");
	refused(&x, "gemini-3.8-flash", "GEMINI_API_KEY");
	refused(&x, "azure/mine", "Set AZURE_OPENAI_ENDPOINT");
	opens(&x, "ollama/qwen", "ollama/qwen"); /* it needs no key */
	opens(&x, "vllm/maker/qwen", "vllm/maker/qwen");
	refused(&x, "", "PROVIDER/MODEL");
	refused(&x, "anthropic/", "PROVIDER/MODEL");
	refused(&x, "corp/claude", "providers.corp");
	x.o.base_url = SLICE("https://corp.example.com/v1/");
	opens(&x, "corp/claude", "corp/claude");
	x.o.dialect = SLICE("openai");
	refused(&x, "corp/claude", "openai-responses, openai-chat or gemini");
	x.o.dialect = SLICE("openai-chat");
	opens(&x, "corp/claude", "corp/claude");
	x.o.dialect = SLICE("");
	x.o.key_env = SLICE("CORP_KEY");
	refused(&x, "corp/claude", "CORP_KEY is not set");
	x.o.base_url = SLICE("http://corp.example.com");
	refused(&x, "corp/claude", "not encrypted");
	end(&x);
}

static void default_names(void **state)
{
	struct fixture x;
	struct err err = { 0 };
	struct slice name;
	struct arena a;

	(void)state;
	begin(&x);
	arena_init(&a);
	x.env[3][0] = "OLLAMA_HOST"; /* not this machine: nobody is asked */
	x.env[3][1] = "https://far.example";
	assert_false(model_default_name(&x.o, &a, &name, &err));
	assert_non_null(strstr(err.msg, "(1)"));
	assert_non_null(strstr(err.msg, "(3)"));
	assert_true(strlen(err.msg) < sizeof(err.msg) - 1);
	x.env[0][0] = "OPENAI_API_KEY";
	x.env[0][1] = "k";
	assert_true(model_default_name(&x.o, &a, &name, &err));
	assert_true(slice_starts(name, SLICE("openai/gpt-")));
	x.env[1][0] = "ANTHROPIC_AUTH_TOKEN";
	x.env[1][1] = "k";
	assert_true(model_default_name(&x.o, &a, &name, &err));
	assert_true(slice_eq_cstr(name, "anthropic/claude-sonnet-5-5"));
	x.env[2][0] = "ANTHROPIC_MODEL";
	x.env[2][1] = "claude-opus-5-5";
	assert_true(model_default_name(&x.o, &a, &name, &err));
	assert_true(slice_eq_cstr(name, "anthropic/claude-opus-5-5"));
	arena_release(&a);
	end(&x);
}

static void limits_and_prices(void **state)
{
	struct tool_schema tool = { "name", "description", "{}" };
	struct block b = { .kind = BLOCK_TEXT, .text = SLICE("0123456789") };
	struct turn turn = { ROLE_USER, { "", 0 }, &b, 1 };
	struct transcript t = { &turn, 1, 1 };
	struct model_request r = { .transcript = &t, .tools = &tool, .n_tools = 1 };
	struct fixture x;
	struct usage u = { .input = 1000000 };
	double usd = 0;

	(void)state;
	begin(&x);
	x.env[0][0] = "ANTHROPIC_API_KEY";
	x.env[0][1] = "k";
	assert_true(model_open(&x.o, SLICE("claude-haiku-4-5"), &x.model, NULL));
	assert_int_equal(model_limits(x.model).context_tokens, 200000);
	assert_int_equal(model_limits(x.model).max_output_tokens, 64000);
	assert_true(model_price(x.model, &u, &usd) && usd > 0.99 && usd < 1.01);
	assert_true(model_estimate(x.model, &r) >= (10 + 4 + 11 + 2) / 3);
	model_close(x.model);
	assert_true(model_open(&x.o, SLICE("claude-unknown"), &x.model, NULL));
	assert_int_equal(model_limits(x.model).context_tokens, 0);
	assert_false(model_price(x.model, &u, &usd));
	end(&x);
}

/* --- the scripted model --- */

static void on_text(void *payload, struct slice text)
{
	struct fixture *x = payload;

	assert_false(x->inside);
	buf_printf(&x->seen, "[%.*s]", SLICE_ARG(text));
	if (x->cancel_on_text)
		model_cancel(x->call);
}

static void on_thinking(void *payload, struct slice text)
{
	buf_printf(&((struct fixture *)payload)->seen, "(%.*s)", SLICE_ARG(text));
}

static void on_done(void *payload, const struct model_result *r, const struct err *err)
{
	struct fixture *x = payload;

	assert_false(x->inside);
	x->n_done++;
	x->call = NULL;
	x->err = err ? *err : (struct err){ 0 };
	x->usage = r->usage;
	x->stop = r->stop;
	x->n_blocks = r->turn.n_blocks;
	for (size_t i = 0; i < r->turn.n_blocks; i++)
		if (r->turn.blocks[i].kind == BLOCK_CALL)
			(void)snprintf(x->id, sizeof(x->id), "%.*s", SLICE_ARG(r->turn.blocks[i].id));
}

static void script(struct fixture *x, const char *text)
{
	char name[64];
	struct err err = { 0 };
	int fd;

	begin(x);
	(void)snprintf(x->path, sizeof(x->path), "/tmp/emend-script-XXXXXX");
	fd = mkstemp(x->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
	(void)snprintf(name, sizeof(name), "scripted:%s", x->path);
	assert_true(model_open(&x->o, slice_of(name), &x->model, &err));
	assert_true(slice_eq_cstr(model_name(x->model), name));
}

static void start(struct fixture *x, const struct transcript *t)
{
	static const struct model_callbacks cb = { .text = on_text, .thinking = on_thinking,
						   .done = on_done };
	struct model_request r = { .transcript = t };

	x->inside = true;
	x->call = model_call(x->model, &r, &cb, x, NULL);
	x->inside = false;
	assert_non_null(x->call);
}

static void run(struct fixture *x, const char *said)
{
	struct transcript t = { 0 };
	size_t done = x->n_done;

	buf_clear(&x->seen);
	start(x, &t);
	(void)uv_run(&x->loop, UV_RUN_DEFAULT);
	assert_int_equal(x->n_done, done + 1);
	assert_string_equal(buf_cstr(&x->seen), said);
}

static void says_what_the_file_says(void **state)
{
	struct fixture x;

	(void)state;
	script(&x, "{\"thinking\":\"a b\",\"text\":\"c d \",\"chunk_ms\":1,"
		   "\"usage\":{\"input\":1000,\"output\":100,\"cache_read\":10000}}\n"
		   "{\"text\":\"all at once\",\"calls\":[{\"name\":\"n\",\"input\":{}}],\"delay_ms\":1}\n"
		   "{\"error\":{\"code\":\"timeout\",\"message\":\"made up\"}}\n");
	run(&x, "(a)( b)[c][ d][ ]");
	assert_int_equal(x.stop, STOP_END);
	assert_int_equal(x.n_blocks, 2);
	assert_true(x.usage.usd > 0.00499 && x.usage.usd < 0.00501);
	run(&x, "[all at once]");
	assert_int_equal(x.stop, STOP_TOOL);
	assert_string_equal(x.id, "call_0_0");
	run(&x, "");
	assert_int_equal(x.err.code, ERR_TIMEOUT);
	assert_string_equal(x.err.msg, "made up");
	run(&x, "");
	assert_int_equal(x.err.code, ERR_PROVIDER);
	assert_non_null(strstr(x.err.msg, "no more turns"));
	end(&x);
}

static void expects(void **state)
{
	struct fixture x;

	(void)state;
	script(&x, "{\"text\":\"a\",\"expect\":\"never said\"}\n");
	run(&x, "");
	assert_int_equal(x.err.code, ERR_PROVIDER);
	assert_non_null(strstr(x.err.msg, "never said"));
	end(&x);
}

static void cancels(void **state)
{
	struct transcript t = { 0 };
	struct fixture x;

	(void)state;
	script(&x, "{\"hang\":true}\n{\"text\":\"a b c\",\"chunk_ms\":1}\n{\"text\":\"a\",\"delay_ms\":100000}\n");
	start(&x, &t);
	for (int i = 0; i < 5; i++)
		(void)uv_run(&x.loop, UV_RUN_NOWAIT);
	assert_int_equal(x.n_done, 0);
	x.inside = true;
	model_cancel(x.call);
	model_cancel(x.call);
	x.inside = false;
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 1);
	assert_int_equal(x.err.code, ERR_CANCELLED);
	x.cancel_on_text = true;
	run(&x, "[a]");
	assert_int_equal(x.err.code, ERR_CANCELLED);
	start(&x, &t);
	(void)uv_run(&x.loop, UV_RUN_NOWAIT);
	model_cancel(x.call);
	(void)uv_run(&x.loop, UV_RUN_DEFAULT);
	assert_int_equal(x.n_done, 3);
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(default_names),
		cmocka_unit_test(limits_and_prices),
		cmocka_unit_test(says_what_the_file_says),
		cmocka_unit_test(expects),
		cmocka_unit_test(cancels),
	};

	return cmocka_run_group_tests_name("agent/model/model", tests, NULL, NULL);
}
