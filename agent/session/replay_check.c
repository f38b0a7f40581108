/* replay_check.c - see replay_check.h */
#include "agent/session/replay_check.h"

#include <stdlib.h>

#include "agent/model/image.h"
#include "agent/session/task_own.h"
#include "protocol/base/mem.h"

/* Each part with its length, so that none can run into the next. */
static void add_part(struct sha256_sum *sum, struct slice part)
{
	uint64_t len = part.len;

	sha256_add(sum, slice_make((const char *)&len, sizeof(len)));
	sha256_add(sum, part);
}

struct sha256_hex conversation_hash(const struct transcript *t)
{
	struct sha256_sum *sum = sha256_begin();

	for (size_t i = 0; i < t->n; i++) {
		const struct turn *turn = &t->turns[i];
		char head[] = { 't', (char)turn->role };

		add_part(sum, slice_make(head, sizeof(head)));
		for (size_t k = 0; k < turn->n_blocks; k++) {
			const struct block *b = &turn->blocks[k];
			char kind[] = { 'b', (char)b->kind, (char)b->is_error };

			add_part(sum, slice_make(kind, sizeof(kind)));
			add_part(sum, b->text);
			add_part(sum, b->id);
			add_part(sum, b->name);
			add_part(sum, b->raw);
			if (b->image)
				add_part(sum, b->image->base64);
		}
	}
	return sha256_end(sum);
}

/* All memory is the arena of the caller but that of the task, which replay_check() makes only to
 * have a place for the transcript. */
struct check {
	struct arena *a;
	struct slice state_dir, session;
	struct replay_result *out;
	struct blob_reader blobs;
};

static void differ(struct check *c, struct json ev, struct slice what)
{
	c->out->differs = true;
	c->out->event = (uint64_t)json_i64_or(json_get(ev, "seq"), 0);
	c->out->what = what;
}

/* --- what the model got --- */

static void check_request(struct check *c, struct task *t, struct json ev)
{
	struct slice noted = json_str_or(json_get(ev, "conversation"), c->a, "");
	int64_t turns = json_i64_or(json_get(ev, "turns"), 0), window = 0;
	const struct transcript *now;
	struct sha256_hex hash;

	c->out->calls++;
	if (noted.len == 0) /* an older Emend */
		return;
	/* The digest is as long as the window allows; an older Emend did not note that. */
	if (t->compact.cut > 0 && !json_i64(json_get(ev, "window"), &window)) {
		c->out->shortened++;
		return;
	}
	t->compact.window = (uint64_t)window;
	now = compact_view(t);
	hash = conversation_hash(now);
	c->out->conversations++;
	if (!slice_eq_cstr(noted, hash.s))
		differ(c, ev,
		       arena_printf(
			       c->a,
			       "call %zu of the model: the log gives another conversation than "
			       "the model got (%zu turns, and it got %lld)",
			       c->out->calls, now->n, (long long)turns));
}

/* --- what it answered --- */

/* The name of what differs; NULL: nothing. */
static const char *difference(struct check *c, const struct block *b, struct json was,
			      struct slice raw)
{
	struct slice id = json_str_or(json_get(was, "id"), c->a, "");

	if (!json_is(json_get(was, "kind"), block_kind_name(b->kind)))
		return "kind";
	if (!slice_eq(b->text, json_str_or(json_get(was, "text"), c->a, "")))
		return "text";
	if (!slice_eq(b->name, json_str_or(json_get(was, "name"), c->a, "")))
		return "name";
	if (!slice_eq(b->raw, json_str_or(json_get(was, "raw"), c->a, "")))
		return "raw JSON";
	/* One that the server did not give was made up for the occasion. */
	if (!slice_eq(b->id, id) && slice_find(raw, id, 0) != SIZE_MAX)
		return "id";
	return NULL;
}

static void compare(struct check *c, struct json ev, const struct turn *turn, struct slice raw)
{
	struct json blocks = json_get(ev, "blocks");
	size_t n = 0;

	for (struct json_iter it = json_iter(blocks); json_next(&it) && !c->out->differs; n++) {
		const char *what = n < turn->n_blocks
					   ? difference(c, &turn->blocks[n], it.value, raw)
					   : "number of blocks";

		if (what)
			differ(c, ev,
			       arena_printf(
				       c->a,
				       "answer %zu of the model, block %zu: its bytes give another %s",
				       c->out->calls, n + 1, what));
	}
	if (!c->out->differs && n != turn->n_blocks)
		differ(c, ev,
		       arena_printf(
			       c->a,
			       "answer %zu of the model: its bytes give %zu blocks, and there were %zu",
			       c->out->calls, turn->n_blocks, n));
}

/* Bytes that are not there any more (pruned, or never kept) are counted and are no difference;
 * bytes that are there and do not match their hash are one. */
static void check_answer(struct check *c, struct json ev)
{
	struct model_bytes bytes = { .name = json_str_or(json_get(ev, "model"), c->a, ""),
				     .dialect = json_str_or(json_get(ev, "dialect"), c->a, ""),
				     .text_calls =
					     json_bool_or(json_get(ev, "text_calls"), false) };
	struct slice hash = json_str_or(json_get(ev, "blob"), c->a, "");
	enum stop_reason stop = STOP_OTHER;
	struct err err = { 0 };
	struct turn turn;

	if (hash.len == 0 ||
	    !blob_reader_get(&c->blobs, c->state_dir, c->session, hash, c->a, &bytes.raw, &err)) {
		c->out->unkept++;
		if (hash.len > 0 && err.code != ERR_NOT_FOUND)
			differ(c, ev, arena_dup(c->a, slice_of(err.msg)));
		return;
	}
	c->out->answers++;
	if (!model_decode(c->a, &bytes, &turn, &stop, &err)) {
		differ(c, ev,
		       arena_printf(c->a, "answer %zu of the model: %s", c->out->calls, err.msg));
		return;
	}
	compare(c, ev, &turn, bytes.raw);
	if (!c->out->differs && stop != (enum stop_reason)json_i64_or(json_get(ev, "stop"), -1))
		differ(c, ev,
		       arena_printf(
			       c->a,
			       "answer %zu of the model: its bytes give another reason to stop",
			       c->out->calls));
}

static void watch(void *payload, struct task *t, struct json ev)
{
	struct check *c = payload;
	struct json type = json_get(ev, "type");

	if (c->out->differs)
		return;
	if (json_is(type, "request"))
		check_request(c, t, ev);
	else if (json_is(type, "assistant"))
		check_answer(c, ev);
	else if (json_is(type, "result"))
		c->out->results++;
	else if (json_is(type, "session"))
		t->workspace = arena_dup(c->a, json_str_or(json_get(ev, "workspace"), c->a, ""));
}

bool replay_check(struct arena *a, struct slice state_dir, struct slice session,
		  struct replay_result *out, struct err *err)
{
	struct check c = { .a = a, .state_dir = state_dir, .session = session, .out = out };
	struct task *t = xcalloc(1, sizeof(*t)); /* only what replay_watch() names */
	double usd = 0;
	bool ok;

	*out = (struct replay_result){ .what = SLICE("") };
	arena_init(&t->arena);
	t->session = session;
	t->workspace = SLICE("");
	blob_reader_init(&c.blobs);
	ok = replay_watch(t, state_dir, watch, &c, &usd, err);
	blob_reader_release(&c.blobs);
	arena_release(&t->arena);
	free(t);
	return ok;
}
