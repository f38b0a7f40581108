/* fork.c - a session that begins with the conversation of another one, which stays as it is.
 *
 * What the model was told and said is copied from log to log, also the steps that were left behind by a rewind,
 * so that the numbers of steps agree and one can rewind in the new session, too. Changes of files are not: they
 * belong to the session that made them, and are undone there. Nor is money: the limit of a session counts
 * from here. The copied events carry the id of the task that begins with them. */
#include "agent/session/task_own.h"

struct copier {
	struct task *t;
	struct slice from; /* the other session */
	bool rewinding;	   /* an undo that is a rewind has begun, and not ended */
};

/* A picture, or the bytes of an answer. One that is not kept any more is missing in the copy, too. */
static void copy_blob(struct copier *c, struct json ev, const char *key)
{
	struct slice hash, bytes;
	struct sha256_hex same;
	struct arena a;
	struct err ignored;

	arena_init(&a);
	if (json_str(json_get(ev, key), &a, &hash) &&
	    blob_get(agent_state_dir(c->t->agent), c->from, hash, &a, &bytes, &ignored))
		(void)!blob_put(c->t->env.log, bytes, &same, &ignored);
	arena_release(&a);
}

/* Written by the log itself, or of the other session. */
static bool is_own(struct json key)
{
	static const char *const own[] = { "seq", "time", "type", "task", "hash" };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (json_is(key, own[i]))
			return true;
	return false;
}

static bool copy_event(struct copier *c, const char *type, struct json ev, struct err *err)
{
	struct jw *w;

	copy_blob(c, ev, "image");
	copy_blob(c, ev, "blob");
	w = task_log(c->t, type);
	for (struct json_iter it = json_iter(ev); json_next(&it);) {
		if (is_own(it.key))
			continue;
		jw_key_slice(w, json_str_or(it.key, &c->t->arena, ""));
		jw_raw(w, json_raw(it.value));
	}
	return event_log_end(c->t->env.log, err);
}

/* Of a rewind only the conversation goes back: there are no files of this session. */
static bool copy_rewind(struct copier *c, struct json rewind, struct err *err)
{
	struct jw *w = task_log(c->t, "undoing");

	jw_ki64(w, "only", -1);
	jw_kobject(w, "rewind");
	jw_ki64(w, "to", json_i64_or(json_get(rewind, "to"), 0));
	jw_ki64(w, "above", 0);
	jw_ki64(w, "upto", 0);
	jw_end(w);
	return event_log_end(c->t->env.log, err);
}

static bool take(void *payload, struct json ev, struct err *err)
{
	static const char *const kinds[] = { "user", "assistant", "result", "compaction" };
	struct copier *c = payload;
	struct json type = json_get(ev, "type");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (json_is(type, kinds[i]))
			return copy_event(c, kinds[i], ev, err);
	if (json_is(type, "undoing")) {
		c->rewinding = json_type(json_get(ev, "rewind")) == JSON_OBJECT;
		return !c->rewinding || copy_rewind(c, json_get(ev, "rewind"), err);
	}
	if (json_is(type, "undone") && c->rewinding) {
		c->rewinding = false;
		return copy_event(c, "undone", ev, err);
	}
	return true;
}

bool fork_log(struct task *t, struct slice from, struct err *err)
{
	struct copier c = { .t = t, .from = from };

	return event_log_read(agent_state_dir(t->agent), from, take, &c, err);
}
