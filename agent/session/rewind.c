/* rewind.c - see rewind.h
 *
 * Reads the same events as replay.c and must follow a rewind in the same way; here only what a
 * list shows is kept of each step: what was asked, said, called and changed. */
#include "agent/session/rewind.h"

#include "agent/session/task_own.h"
#include "protocol/base/utf8.h"

/* what a list shows of a text, and of what a call is about */
enum { TEXT_BYTES = 400, SUBJECT_BYTES = 60 };

struct reader {
	struct arena *a;
	struct rewind_steps *s;
	struct slice asked; /* since the last step */
	int64_t edits;
	size_t before; /* where the session stood when the last rewind began */
};

static struct slice short_text(struct arena *a, struct slice s, size_t max)
{
	s = slice_trim(s);
	if (s.len > max)
		s = slice_sub(s, 0, utf8_complete_prefix(slice_sub(s, 0, max)));
	return arena_dup(a, s);
}

static struct slice text_of(struct reader *r, struct json ev, const char *key, size_t max)
{
	return short_text(r->a, json_str_or(json_get(ev, key), r->a, ""), max);
}

/* "edit_file calc.py" */
static struct slice call_text(struct arena *a, struct json block)
{
	struct slice name = json_str_or(json_get(block, "name"), a, ""), subject;
	struct json input;

	if (!json_parse(a, json_str_or(json_get(block, "text"), a, ""), &input, NULL))
		return name;
	subject = call_subject(a, input, SUBJECT_BYTES);
	return subject.len > 0 ? arena_printf(a, "%.*s %.*s", SLICE_ARG(name), SLICE_ARG(subject))
			       : name;
}

static void take_blocks(struct reader *r, struct json blocks, struct rewind_step *step)
{
	for (struct json_iter it = json_iter(blocks); json_next(&it);) {
		struct json kind = json_get(it.value, "kind");

		if (json_is(kind, "text") && step->said.len == 0)
			step->said = text_of(r, it.value, "text", TEXT_BYTES);
		else if (json_is(kind, "call"))
			step->did = arena_printf(r->a, "%.*s%s%.*s", SLICE_ARG(step->did),
						 step->did.len ? ", " : "",
						 SLICE_ARG(call_text(r->a, it.value)));
	}
}

/* The place of the next step. The array may move, so no pointer to a step is kept beyond an
 * event. */
static struct rewind_step *room(struct reader *r)
{
	struct rewind_steps *s = r->s;

	if (s->at == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 32;
		struct rewind_step *bigger = arena_array(r->a, cap, sizeof(*bigger));

		if (s->at)
			memcpy(bigger, s->steps, s->at * sizeof(*bigger));
		s->steps = bigger;
		s->cap = cap;
	}
	s->n = s->at + 1; /* what lay ahead is left behind */
	return &s->steps[s->at++];
}

static void take_assistant(struct reader *r, struct json ev, int64_t number)
{
	struct rewind_step *step = room(r);

	*step = (struct rewind_step){ .number = number,
				      .task = text_of(r, ev, "task", TEXT_BYTES),
				      .time = text_of(r, ev, "time", TEXT_BYTES),
				      .asked = r->asked,
				      .said = SLICE(""),
				      .did = SLICE(""),
				      .edits_before = r->edits,
				      .edits = r->edits };
	take_blocks(r, json_get(ev, "blocks"), step);
	r->asked = SLICE("");
}

/* What is said while it works is asked, too; what else stands there as the user's are notes of ours. */
static void take_user(struct reader *r, struct json ev)
{
	struct slice text = json_str_or(json_get(ev, "text"), r->a, "");

	if (r->asked.len == 0 && slice_starts(text, SLICE(STEER_WORDS)))
		r->asked = short_text(r->a, slice_sub(text, strlen(STEER_WORDS), text.len),
				      TEXT_BYTES);
}

/* How many steps are done when step `to` is over; SIZE_MAX: it is not on this way. */
static size_t place_of(const struct rewind_steps *s, int64_t to)
{
	size_t i = 0;

	while (i < s->n && to > 0 && s->steps[i].number != to)
		i++;
	return to == 0 ? 0 : i < s->n ? i + 1 : SIZE_MAX;
}

static void take_rewind(struct reader *r, struct json rewind)
{
	size_t to = place_of(r->s, json_i64_or(json_get(rewind, "to"), -1));

	r->before = r->s->at;
	if (to != SIZE_MAX)
		r->s->at = to;
	r->asked = SLICE("");
}

struct counting {
	struct reader reader;
	int64_t answers; /* in the log: they give the numbers */
	bool rewinding;
};

/* Edits have numbers of their own, which only grow: they say which of them to take back, also
 * where a step has none. */
static bool take(void *payload, struct json ev, struct err *err)
{
	struct counting *c = payload;
	struct reader *r = &c->reader;
	struct json type = json_get(ev, "type");
	struct rewind_step *last = r->s->at ? &r->s->steps[r->s->at - 1] : NULL;

	(void)err;
	if (json_is(type, "task") && r->asked.len == 0) {
		r->asked = text_of(r, ev, "title", TEXT_BYTES);
	} else if (json_is(type, "user")) {
		take_user(r, ev);
	} else if (json_is(type, "assistant") && json_len(json_get(ev, "blocks")) > 0) {
		take_assistant(r, ev, ++c->answers);
	} else if (json_is(type, "edit")) {
		int64_t step = json_i64_or(json_get(ev, "step"), 0);

		r->edits = step > r->edits ? step : r->edits;
		if (last)
			last->edits = r->edits;
	} else if (json_is(type, "changed") && last) {
		last->outside++;
	} else if (json_is(type, "undoing")) {
		c->rewinding = json_type(json_get(ev, "rewind")) == JSON_OBJECT;
		if (c->rewinding)
			take_rewind(r, json_get(ev, "rewind"));
	} else if (json_is(type, "undone") && c->rewinding) {
		c->rewinding = false;
		if (!json_bool_or(json_get(ev, "ok"), false)) /* it was given up */
			r->s->at = r->before;
	}
	return true;
}

bool rewind_steps_read(struct arena *a, struct slice state_dir, struct slice session,
		       struct rewind_steps *out, struct err *err)
{
	struct counting c = { .reader = { .a = a, .s = out, .asked = SLICE("") } };

	*out = (struct rewind_steps){ .session = arena_dup(a, session) };
	return event_log_read(state_dir, session, take, &c, err);
}

/* What was changed when so many steps were done. */
static int64_t edits_at(const struct rewind_steps *s, size_t at)
{
	return at > 0 ? s->steps[at - 1].edits : 0;
}

bool rewind_plan(const struct rewind_steps *s, int64_t to, struct past_rewind *out, bool *redo,
		 struct err *err)
{
	size_t at = to < 0 ? SIZE_MAX : place_of(s, to);

	if (at == SIZE_MAX)
		return err_set(err, ERR_NOT_FOUND,
			       "Session %.*s has no step %lld to go to; `emend rewind` lists them.",
			       SLICE_ARG(s->session), (long long)to);
	if (at == s->at)
		return err_set(err, ERR_USAGE, "The session stands at step %lld already.",
			       (long long)to);
	*redo = at > s->at;
	*out = (struct past_rewind){ .to = to,
				     .above = edits_at(s, *redo ? s->at : at),
				     .upto = *redo ? edits_at(s, at) : INT64_MAX };
	return true;
}
