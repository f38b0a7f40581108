/* call.c - makes model calls as standard input says, and prints what happens as JSON lines: the hand of the
 * Python suites in this folder.
 *
 *   call MODEL [--base-url U] [--key-command C] [--key-env V] [--effort E] [--retries N] [--idle-ms N]
 *
 * Each input line is one call: {"system": text, "tools": [{name, description, input_schema}], "max_tokens": n,
 * "turns": [turns to append before it], "cancel": "now", "text", "restart" or milliseconds}. The reply is appended
 * to the transcript, which all calls share, but for one with "fresh": true, which begins anew. A turn: {"role", "model", "blocks": [{"kind", "text", "id", "name",
 * "is_error", "raw"}]}. Output: text, thinking, restart, done; at the end whether the loop closed clean. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "agent/base/runq.h"
#include "agent/model/http/http.h"
#include "agent/model/provider.h"
#include "agent/session/usage.h"
#include "protocol/base/log.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum { LINE_BYTES = 64 * 1024 * 1024 };

struct program {
	uv_loop_t loop;
	struct runq runq;
	struct http *http;
	struct model *model;
	struct model_call *call;
	uv_timer_t timer;
	struct arena arena;
	struct transcript transcript;
	struct slice cancel_on;
	struct model_request request;
	struct usage paid; /* by tries that failed */
	bool again;
	struct buf out;
	unsigned calls;
};

static const char *const kinds[] = { "text", "thinking", "call", "result", "other" };
static const char *const stops[] = { "end", "tool", "length", "refusal", "pause", "context", "other" };

static void begin(struct program *p, struct jw *w, const char *type)
{
	buf_clear(&p->out);
	jw_init(w, &p->out);
	jw_object(w);
	jw_kcstr(w, "type", type);
}

static void end(struct program *p, struct jw *w)
{
	jw_end(w);
	(void)fwrite(p->out.data, 1, p->out.len, stdout);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static void cancel_if(struct program *p, const char *event)
{
	if (p->call && slice_eq_cstr(p->cancel_on, event)) {
		model_cancel(p->call);
		model_cancel(p->call);
	}
}

static void on_text(void *payload, struct slice text)
{
	struct jw w;

	begin(payload, &w, "text");
	jw_kstr(&w, "text", text);
	end(payload, &w);
	cancel_if(payload, "text");
}

static void on_thinking(void *payload, struct slice text)
{
	struct jw w;

	begin(payload, &w, "thinking");
	jw_kstr(&w, "text", text);
	end(payload, &w);
}

static void on_restart(void *payload, struct slice why, uint64_t wait_ms)
{
	struct jw w;

	begin(payload, &w, "restart");
	jw_kstr(&w, "why", why);
	jw_ki64(&w, "wait_ms", (int64_t)wait_ms);
	end(payload, &w);
	cancel_if(payload, "restart");
}

static void write_usage(struct jw *w, const struct usage *u)
{
	jw_kobject(w, "usage");
	usage_write(w, u);
	jw_end(w);
}

/* Copies the turn to the program's arena, and prints it. */
static void keep_turn(struct program *p, struct jw *w, const struct turn *t)
{
	struct turn copy = { .role = t->role, .model = arena_dup(&p->arena, t->model) };

	copy.blocks = arena_array(&p->arena, t->n_blocks + 1, sizeof(*copy.blocks));
	copy.n_blocks = t->n_blocks;
	jw_karray(w, "blocks");
	for (size_t i = 0; i < t->n_blocks; i++) {
		const struct block *b = &t->blocks[i];

		copy.blocks[i] = (struct block){
			.kind = b->kind,
			.is_error = b->is_error,
			.text = arena_dup(&p->arena, b->text),
			.id = arena_dup(&p->arena, b->id),
			.name = arena_dup(&p->arena, b->name),
			.raw = arena_dup(&p->arena, b->raw),
		};
		jw_object(w);
		jw_kcstr(w, "kind", kinds[b->kind]);
		jw_kstr(w, "text", b->text);
		jw_kstr(w, "id", b->id);
		jw_kstr(w, "name", b->name);
		jw_kstr(w, "raw", b->raw);
		jw_end(w);
	}
	jw_end(w);
	transcript_add(&p->transcript, &p->arena, &copy);
}

static void add(struct usage *total, const struct usage *u)
{
	total->input += u->input;
	total->cache_read += u->cache_read;
	total->cache_write += u->cache_write;
	total->output += u->output;
	total->reasoning += u->reasoning;
	total->usd += u->usd;
	total->unpriced |= u->unpriced;
	total->estimated |= u->estimated;
}

static void on_done(void *payload, const struct model_result *r, const struct err *err)
{
	struct program *p = payload;
	struct jw w;

	p->call = NULL;
	p->again = r->again.tries > 0;
	p->request.again = r->again;
	add(&p->paid, &r->usage);
	if (p->again)
		return;
	(void)uv_timer_stop(&p->timer);
	begin(p, &w, "done");
	if (err) {
		jw_kcstr(&w, "code", err_name(err->code));
		jw_kcstr(&w, "message", err->msg);
	} else {
		jw_kcstr(&w, "stop", stops[r->stop]);
		jw_kstr(&w, "stop_detail", r->stop_detail);
		jw_kstr(&w, "response_id", r->response_id);
		jw_kbool(&w, "cut_call", r->cut_call);
		jw_kstr(&w, "model", r->turn.model);
		keep_turn(p, &w, &r->turn);
	}
	jw_kstr(&w, "request_id", r->request_id);
	write_usage(&w, &p->paid);
	end(p, &w);
}

static void on_timer(uv_timer_t *t)
{
	struct program *p = t->data;

	if (p->call)
		model_cancel(p->call);
}

static void add_turns(struct program *p, struct json turns)
{
	struct json_iter it, bt;

	for (it = json_iter(turns); json_next(&it);) {
		struct json blocks = json_get(it.value, "blocks");
		struct turn t = { .role = ROLE_USER };

		if (json_is(json_get(it.value, "role"), "assistant"))
			t.role = ROLE_ASSISTANT;
		t.model = json_str_or(json_get(it.value, "model"), &p->arena, "");
		t.blocks = arena_array(&p->arena, json_len(blocks) + 1, sizeof(*t.blocks));
		for (bt = json_iter(blocks); json_next(&bt);) {
			struct block *b = &t.blocks[t.n_blocks++];

			for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
				if (json_is(json_get(bt.value, "kind"), kinds[k]))
					b->kind = (enum block_kind)k;
			b->text = json_str_or(json_get(bt.value, "text"), &p->arena, "");
			b->id = json_str_or(json_get(bt.value, "id"), &p->arena, "");
			b->name = json_str_or(json_get(bt.value, "name"), &p->arena, "");
			b->raw = json_str_or(json_get(bt.value, "raw"), &p->arena, "");
			b->is_error = json_bool_or(json_get(bt.value, "is_error"), false);
		}
		transcript_add(&p->transcript, &p->arena, &t);
	}
}

static size_t read_tools(struct program *p, struct json tools, struct tool_schema **out)
{
	struct json_iter it = json_iter(tools);
	size_t n = 0;

	*out = arena_array(&p->arena, json_len(tools) + 1, sizeof(**out));
	while (json_next(&it)) {
		struct tool_schema *t = &(*out)[n++];

		t->name = arena_cstr(&p->arena, json_str_or(json_get(it.value, "name"), &p->arena, ""));
		t->description = arena_cstr(
			&p->arena, json_str_or(json_get(it.value, "description"), &p->arena, ""));
		t->input_schema =
			arena_cstr(&p->arena, json_raw(json_get(it.value, "input_schema")));
	}
	return n;
}

static void print_error(struct program *p, const struct err *err)
{
	struct jw w;

	begin(p, &w, "error");
	jw_kcstr(&w, "code", err_name(err->code));
	jw_kcstr(&w, "message", err->msg);
	end(p, &w);
}

static void run_line(struct program *p, char *line)
{
	static const struct model_callbacks cb = { on_text, on_thinking, on_restart, on_done };
	struct model_request *r = &p->request;
	struct tool_schema *tools;
	struct json root, cancel;
	struct err err = { 0 };
	int64_t ms;

	if (!json_parse(&p->arena, arena_dup(&p->arena, slice_of(line)), &root, &err)) {
		print_error(p, &err);
		return;
	}
	if (json_bool_or(json_get(root, "fresh"), false))
		p->transcript = (struct transcript){ 0 };
	*r = (struct model_request){ .transcript = &p->transcript };
	p->paid = (struct usage){ 0 };
	add_turns(p, json_get(root, "turns"));
	r->system = json_str_or(json_get(root, "system"), &p->arena, "");
	r->n_tools = read_tools(p, json_get(root, "tools"), &tools);
	r->tools = tools;
	r->max_output_tokens = (uint32_t)json_i64_or(json_get(root, "max_tokens"), 0);
	cancel = json_get(root, "cancel");
	p->cancel_on = json_str_or(cancel, &p->arena, "");
	p->call = model_call(p->model, r, &cb, p, &err);
	if (!p->call) {
		print_error(p, &err);
		return;
	}
	if (json_i64(cancel, &ms))
		(void)uv_timer_start(&p->timer, on_timer, (uint64_t)ms, 0);
	cancel_if(p, "now");
	do {
		p->again = false;
		while (p->call && uv_run(&p->loop, UV_RUN_ONCE))
			;
		if (p->again)
			p->call = model_call(p->model, r, &cb, p, &err);
	} while (p->call);
	p->calls++;
}

static bool parse_args(int argc, char **argv, struct model_options *o, long *idle_ms)
{
	for (int i = 2; i + 1 < argc; i += 2) {
		struct slice value = slice_of(argv[i + 1]);

		if (strcmp(argv[i], "--base-url") == 0)
			o->base_url = value;
		else if (strcmp(argv[i], "--key-command") == 0)
			o->key_command = value;
		else if (strcmp(argv[i], "--key-env") == 0)
			o->key_env = value;
		else if (strcmp(argv[i], "--effort") == 0)
			o->effort = value;
		else if (strcmp(argv[i], "--retries") == 0)
			o->retries = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--idle-ms") == 0)
			*idle_ms = strtol(argv[i + 1], NULL, 10);
		else
			return false;
	}
	return argc >= 2 && argc % 2 == 0;
}

int main(int argc, char **argv)
{
	struct program p = { 0 };
	struct model_options o = { .loop = &p.loop, .runq = &p.runq };
	struct err err = { 0 };
	long idle_ms = 0;
	char *line = NULL;
	size_t cap = 0;
	struct jw w;
	int status = 0;

	if (!parse_args(argc, argv, &o, &idle_ms)) {
		(void)fprintf(stderr, "usage: call MODEL [--OPTION VALUE]...\n");
		return 2;
	}
	if (getenv("CALL_LOG"))
		log_to(stderr, LOG_DEBUG);
	(void)uv_loop_init(&p.loop);
	runq_init(&p.runq, &p.loop);
	(void)uv_timer_init(&p.loop, &p.timer);
	p.timer.data = &p;
	p.http = o.http = http_new(&p.loop);
	arena_init(&p.arena);
	buf_init(&p.out, LINE_BYTES);
	if (model_open(&o, slice_of(argv[1]), &p.model, &err)) {
		if (idle_ms > 0)
			wire_set_idle(p.model, (uint32_t)idle_ms);
		while (getline(&line, &cap, stdin) > 0)
			run_line(&p, line);
	} else {
		print_error(&p, &err);
	}
	free(line);
	model_close(p.model);
	http_free(p.http);
	runq_close(&p.runq);
	uv_close((uv_handle_t *)&p.timer, NULL);
	(void)uv_run(&p.loop, UV_RUN_DEFAULT);
	status = uv_loop_close(&p.loop);
	begin(&p, &w, "end");
	jw_kbool(&w, "clean", status == 0);
	end(&p, &w);
	buf_release(&p.out);
	arena_release(&p.arena);
	return status == 0 ? 0 : 1;
}
