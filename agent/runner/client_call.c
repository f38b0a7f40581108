/* client_call.c - see runner.h: each call written as JSON, each answer read back.
 *
 * Each function here is the same: client_begin(), the params, client_end(). The answer comes
 * through on_reply(), or through on_late() where nothing could be sent, so never inside the
 * function that asks. */
#include <stdlib.h>

#include "agent/runner/client.h"
#include "agent/worker/wire.h"
#include "protocol/base/mem.h"

/* A runner that is lost says more than "the connection was closed": the signal, the message of the
 * engine. */
static void on_reply(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	const struct runner_call *c = payload;

	if (err && c->runner->state == RUNNER_LOST) /* the connection knows less */
		err = &c->runner->why;
	client_answer(payload, reply, err);
}

static void on_late(struct job *j)
{
	struct runner_call *c = container_of(j, struct runner_call, late);

	client_answer(c, NULL, &c->runner->why);
}

struct runner_call *client_begin(struct runner *r, const char *method, void *payload, struct jw **w)
{
	struct runner_call *c = xcalloc(1, sizeof(*c));

	c->runner = r;
	c->payload = payload;
	job_init(&c->late, on_late);
	list_append(&r->calls, &c->link);
	*w = NULL;
	if (r->state == RUNNER_UP) {
		*w = conn_call_begin(&r->conn, method);
		jw_object(*w);
	}
	return c;
}

struct runner_call *client_end(struct runner_call *c)
{
	struct runner *r = c->runner;

	if (r->state == RUNNER_UP)
		c->rpc = conn_call_end(&r->conn, UINT64_MAX, on_reply, c);
	else
		runq_post(r->runq, &c->late);
	return c;
}

static void answer_read(const struct runner_call *c, struct json v, struct arena *a,
			const struct err *err)
{
	struct file_content f = { .data = { "", 0 } };
	struct err bad;
	struct slice hash, missing;

	if (!err && json_str(json_get(v, "missing"), a, &missing)) {
		f.missing_folders = (uint32_t)json_i64_or(json_get(v, "folders"), 0);
		(void)err_set(&bad, ERR_NOT_FOUND, "%.*s", SLICE_ARG(missing));
		err = &bad;
	}
	if (!err && !wire_bytes_read(v, a, &f.data)) {
		err_set(&bad, ERR_INTERNAL, "The runner's answer has no data.");
		err = &bad;
	}
	if (!err) {
		hash = json_str_or(json_get(v, "sha256"), a, "");
		memcpy(f.sha256, hash.ptr, hash.len < 64 ? hash.len : 64);
		f.size = (uint64_t)json_i64_or(json_get(v, "size"), 0);
		f.mode = (uint32_t)json_i64_or(json_get(v, "mode"), 0);
		f.exists = true;
	}
	c->on_read(c->payload, &f, err);
}

/* What the worker says is not trusted: a text that is no string is read as "", a number that is
 * missing as 0. */
static void read_hidden(struct json names, struct arena *a, struct command_result *r)
{
	struct slice *all = arena_array(a, json_len(names) + 1, sizeof(*all));

	for (struct json_iter it = json_iter(names); json_next(&it);)
		all[r->n_hidden++] = json_str_or(it.value, a, "");
	r->hidden = all;
}

static void answer_command(const struct runner_call *c, struct json v, struct arena *a,
			   const struct err *err)
{
	struct command_result r = { .output = { "", 0 },
				    .limit_hit = { "", 0 },
				    .file = { "", 0 } };
	struct view_result all;
	struct err bad;

	if (!err && c->pages && !client_pages_all(c->pages, &v, &all)) {
		err_set(&bad, ERR_INTERNAL, "The runner's answer cannot be read again.");
		err = &bad;
	}
	if (!err) {
		r.exit_status = (int)json_i64_or(json_get(v, "exit"), 0);
		r.term_signal = (int)json_i64_or(json_get(v, "signal"), 0);
		r.timed_out = json_bool_or(json_get(v, "timedOut"), false);
		r.idle_timed_out = json_bool_or(json_get(v, "idleTimedOut"), false);
		if (!wire_bytes_read(v, a, &r.output))
			r.output = SLICE("");
		r.output_bytes = (uint64_t)json_i64_or(json_get(v, "bytes"), 0);
		r.file = json_str_or(json_get(v, "file"), a, "");
		r.file_bytes = (uint64_t)json_i64_or(json_get(v, "fileBytes"), 0);
		r.truncated = json_bool_or(json_get(v, "truncated"), false);
		if (!json_f64(json_get(v, "seconds"), &r.seconds))
			r.seconds = 0;
		r.limit_hit = json_str_or(json_get(v, "limit"), a, "");
		r.peak_bytes = (uint64_t)json_i64_or(json_get(v, "peakBytes"), 0);
		r.cpu_seconds = (double)json_i64_or(json_get(v, "cpuMs"), 0) / 1000.0;
		r.again = json_bool_or(json_get(v, "again"), false);
		read_hidden(json_get(v, "hidden"), a, &r);
		client_read_changes(json_get(v, "changed"), a, &r.changed);
		if (c->pages)
			r.changed = all;
		client_read_held(json_get(v, "held"), a, &r.held);
	}
	c->on_command.done(c->payload, &r, err);
}

/* The call is gone before its callback is made: the callback may drop or stop whatever it likes.
 * Texts of the answer live in the message's arena, which ends with the callback. */
void client_answer(struct runner_call *c, const struct rpc_reply *reply, const struct err *err)
{
	struct runner_call copy;
	struct json v = { 0 };
	struct arena own, *a = &own;

	if (c->on_command.done && reply && !err && client_pages_more(c, reply))
		return;
	copy = *c;
	list_remove(&c->link);
	free(c);
	arena_init(&own);
	if (reply) {
		v = reply->result;
		a = reply->arena;
	}
	if (copy.network)
		client_answer_network(&copy, err);
	else if (copy.on_read)
		answer_read(&copy, v, a, err);
	else if (copy.on_write)
		copy.on_write(copy.payload,
			      err ? SLICE("") : json_str_or(json_get(v, "sha256"), a, ""), err);
	else if (copy.on_json)
		copy.on_json(copy.payload, err ? SLICE("") : json_raw(v), err);
	else if (copy.on_items)
		client_answer_items(&copy, v, a, err);
	else if (copy.on_pack)
		client_answer_pack(&copy, v, a, err);
	else
		answer_command(&copy, v, a, err);
	client_pages_free(copy.pages);
	arena_release(&own);
}

void runner_drop(struct runner_call *c)
{
	if (!c)
		return;
	if (c->network) { /* what it brings must be taken */
		c->on_network = NULL;
		return;
	}
	if (c->rpc)
		conn_call_drop(c->rpc); /* the peer kills what it started */
	job_drop(&c->late);
	runner_view_drop(c->runner, client_pages_view(c->pages));
	client_pages_free(c->pages);
	list_remove(&c->link);
	free(c);
}

static struct runner_call *read_it(struct runner *r, struct slice path, size_t max_bytes, bool undo,
				   runner_read_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "read", payload, &w);

	c->on_read = done;
	if (w) {
		jw_kstr(w, "path", path);
		jw_ki64(w, "maxBytes", (int64_t)max_bytes);
		jw_kbool(w, "undo", undo);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_read(struct runner *r, struct slice path, size_t max_bytes,
				runner_read_cb *done, void *payload)
{
	return read_it(r, path, max_bytes, false, done, payload);
}

struct runner_call *runner_read_for_undo(struct runner *r, struct slice path, runner_read_cb *done,
					 void *payload)
{
	return read_it(r, path, 0, true, done, payload);
}

/* The worker reads these names in serve_files.c. */
static void write_members(struct jw *w, const struct file_write *f)
{
	jw_kstr(w, "path", f->path);
	if (!f->remove)
		wire_bytes(w, f->data);
	jw_kstr(w, "expect", f->expect_sha256);
	jw_kbool(w, "remove", f->remove);
	jw_kbool(w, "lazy", f->lazy);
	jw_ki64(w, "mode", f->mode);
	jw_kbool(w, "makeParents", f->make_parents);
	jw_ki64(w, "folders", f->folders);
	jw_kbool(w, "judged", f->judged);
	jw_kbool(w, "sweep", f->sweep);
	jw_kbool(w, "undo", f->undo);
}

struct runner_call *runner_write(struct runner *r, const struct file_write *f,
				 runner_write_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "write", payload, &w);

	c->on_write = done;
	if (w) {
		write_members(w, f);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_write_many(struct runner *r, const struct file_write *of, size_t n,
				      runner_items_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "writeMany", payload, &w);

	c->on_items = done;
	if (w) {
		jw_karray(w, "files");
		for (size_t i = 0; i < n; i++) {
			jw_object(w);
			write_members(w, &of[i]);
			jw_end(w);
		}
		jw_end(w);
		jw_end(w);
	}
	return client_end(c);
}

static struct runner_call *without_arguments(struct runner *r, const char *method,
					     runner_json_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, method, payload, &w);

	c->on_json = done;
	if (w)
		jw_end(w);
	return client_end(c);
}

struct runner_call *runner_sync(struct runner *r, runner_json_cb *done, void *payload)
{
	return without_arguments(r, "sync", done, payload);
}

struct runner_call *runner_sweep(struct runner *r, struct slice path, runner_json_cb *done,
				 void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "sweep", payload, &w);

	c->on_json = done;
	if (w) {
		jw_kstr(w, "path", path);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_list(struct runner *r, const struct list_query *q, runner_json_cb *done,
				void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "list", payload, &w);

	c->on_json = done;
	if (w) {
		jw_kstr(w, "path", q->path);
		jw_kstr(w, "glob", q->glob);
		jw_ki64(w, "depth", q->depth);
		jw_ki64(w, "limit", q->limit);
		jw_kbool(w, "filesOnly", q->files_only);
		jw_end(w);
	}
	return client_end(c);
}

struct runner_call *runner_search(struct runner *r, const struct search_query *q,
				  runner_json_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "search", payload, &w);

	c->on_json = done;
	if (w) {
		jw_kstr(w, "pattern", q->pattern);
		jw_kstr(w, "path", q->path);
		jw_kstr(w, "glob", q->glob);
		jw_kbool(w, "literal", q->literal);
		jw_kbool(w, "ignoreCase", q->ignore_case);
		jw_ki64(w, "context", q->context);
		jw_ki64(w, "limit", q->limit);
		jw_kbool(w, "textsOnly", q->texts_only);
		jw_karray(w, "texts");
		for (size_t i = 0; i < q->n_texts; i++) {
			jw_object(w);
			jw_kstr(w, "path", q->texts[i].path);
			jw_kstr(w, "text", q->texts[i].text);
			jw_end(w);
		}
		jw_end(w);
		jw_end(w);
	}
	return client_end(c);
}

/* What code has that is nobody's command: see struct command_spec. */
static void write_own(struct jw *w, const struct command_spec *s)
{
	jw_kbool(w, "apart", s->apart);
	jw_kbool(w, "ownEnv", s->own_env);
	jw_karray(w, "env");
	for (size_t i = 0; i < s->n_env; i++)
		jw_str(w, s->env[i]);
	jw_end(w);
	if (s->stdin_data.len > 0) {
		jw_kobject(w, "stdin");
		wire_bytes(w, s->stdin_data);
		jw_end(w);
	}
	if (s->file_name.len > 0) {
		jw_kobject(w, "file");
		jw_kstr(w, "name", s->file_name);
		wire_bytes(w, s->file);
		jw_end(w);
	}
}

struct runner_call *runner_command(struct runner *r, const struct command_spec *s,
				   const struct command_callbacks *cb, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "command", payload, &w);

	c->on_command = *cb;
	c->tag = ++r->next_tag;
	if (w) {
		jw_ki64(w, "tag", c->tag);
		if (s->n_argv == 0)
			jw_kstr(w, "command", s->command);
		jw_karray(w, "argv");
		for (size_t i = 0; i < s->n_argv; i++)
			jw_str(w, s->argv[i]);
		jw_end(w);
		jw_kstr(w, "cwd", s->cwd);
		jw_ki64(w, "timeoutMs", (int64_t)s->timeout_ms);
		jw_ki64(w, "idleMs", (int64_t)s->idle_ms);
		jw_kbool(w, "direct", s->direct);
		jw_kbool(w, "keepOutput", s->keep_output);
		jw_kstr(w, "proxy", s->proxy);
		write_own(w, s);
		jw_karray(w, "unsaved");
		for (size_t i = 0; i < s->n_unsaved; i++) {
			jw_object(w);
			jw_kstr(w, "path", s->unsaved[i].path);
			jw_kstr(w, "text", s->unsaved[i].text);
			jw_end(w);
		}
		jw_end(w);
		jw_end(w);
	}
	return client_end(c);
}

/* A notification: the answer of the command itself says how it ended. */
void runner_kill(struct runner_call *c)
{
	struct jw *w;

	if (!c || !c->tag || c->runner->state != RUNNER_UP)
		return;
	w = conn_notify_begin(&c->runner->conn, "kill");
	jw_object(w);
	jw_ki64(w, "tag", c->tag);
	jw_end(w);
	conn_notify_end(&c->runner->conn);
}

struct runner_call *runner_layers(struct runner *r, runner_json_cb *done, void *payload)
{
	return without_arguments(r, "layers", done, payload);
}

struct runner_call *runner_glance(struct runner *r, runner_json_cb *done, void *payload)
{
	return without_arguments(r, "glance", done, payload);
}

struct runner_call *runner_shown(struct runner *r, const struct slice *paths, size_t n,
				 runner_json_cb *done, void *payload)
{
	struct jw *w;
	struct runner_call *c = client_begin(r, "shown", payload, &w);

	c->on_json = done;
	if (w) {
		jw_karray(w, "paths");
		for (size_t i = 0; i < n; i++)
			jw_str(w, paths[i]);
		jw_end(w);
		jw_end(w);
	}
	return client_end(c);
}
