/* session_info.c - see session_info.h
 *
 * All of it is read from the log, which is the truth; only the way from a task to its session is
 * the ledger's, as that would need all logs. */
#include "agent/cli/sessions/session_info.h"

#include "agent/store/event_log.h"
#include "agent/store/ledger.h"

struct reader {
	struct arena *a;
	struct session_info *s;
	double task_usd; /* of the task that is being read */
};

static struct slice text(struct reader *r, struct json event, const char *key)
{
	return arena_dup(r->a, json_str_or(json_get(event, key), r->a, ""));
}

/* Title, model and status are those of the newest task. "unfinished" stays where no end follows:
 * the task runs, or was killed. */
static bool take(void *payload, struct json event, struct err *err)
{
	struct reader *r = payload;
	struct session_info *s = r->s;
	struct json type = json_get(event, "type");
	double usd = 0;

	(void)err;
	s->events++;
	s->last_time = text(r, event, "time");
	s->head = text(r, event, "hash");
	if (s->events == 1)
		s->first_time = s->last_time;
	if (json_is(type, "session")) {
		s->workspace = text(r, event, "workspace");
	} else if (json_is(type, "task")) {
		s->tasks++;
		s->title = text(r, event, "title");
		s->model = text(r, event, "model");
		s->status = SLICE("unfinished");
	} else if (json_is(type, "finished")) {
		s->status = text(r, event, "status");
	} else if (json_is(type, "usage") && json_f64(json_get(event, "usd"), &usd)) {
		s->usd += usd;
	}
	return true;
}

bool session_info(struct arena *a, struct slice state, struct slice id, struct session_info *out,
		  struct err *err)
{
	struct slice none = SLICE("");
	struct reader r = { .a = a, .s = out };

	*out = (struct session_info){ id, none, none, none, none, none, none, none, 0, 0, 0 };
	return event_log_read(state, id, take, &r, err);
}

struct holder {
	struct arena *a;
	struct slice task, session;
};

static void take_task(void *payload, const struct ledger_row *r)
{
	struct holder *h = payload;

	if (slice_eq(r->task, h->task))
		h->session = arena_dup(h->a, r->session);
}

/* The session that holds this task, as the ledger has it; "" if none. */
static struct slice session_of(struct arena *a, struct slice state, struct slice task)
{
	struct holder h = { a, task, SLICE("") };
	struct ledger *l = ledger_new(state);
	struct err ignored;

	(void)!ledger_tasks(l, SLICE(""), SESSIONS_MAX, take_task, &h, &ignored);
	ledger_free(l);
	return h.session;
}

/* A whole id wins over longer ones that begin with it. The list is sorted, newest first, so that
 * an empty prefix is the newest. */
bool session_find(struct arena *a, struct slice state, struct slice prefix, struct slice *id,
		  struct err *err)
{
	struct slice *ids = arena_array(a, SESSIONS_MAX, sizeof(*ids));
	size_t n = session_list(state, a, ids, SESSIONS_MAX), hits = 0;

	for (size_t i = 0; i < n; i++) {
		if (!slice_starts(ids[i], prefix))
			continue;
		if (hits++ == 0 || slice_eq(ids[i], prefix))
			*id = ids[i];
		if (slice_eq(ids[i], prefix) || prefix.len == 0)
			return true;
	}
	if (hits == 1)
		return true;
	if (hits > 1)
		return err_set(err, ERR_USAGE, "%zu sessions begin with \"%.*s\"; type more of it.",
			       hits, SLICE_ARG(prefix));
	if (prefix.len == 0)
		return err_set(err, ERR_NOT_FOUND, "There is no session yet.");
	*id = session_of(a, state, prefix);
	if (id->len > 0)
		return true;
	return err_set(
		err, ERR_NOT_FOUND,
		"There is no session \"%.*s\", and no task; `emend sessions --all` lists them.",
		SLICE_ARG(slice_sub(prefix, 0, 80)));
}

/* A log that cannot be read is passed over here; `emend sessions` names it. One of `emend run` is no conversation, and
 * has no model. */
bool session_newest(struct arena *a, struct slice state, struct slice workspace, struct slice *id,
		    struct err *err)
{
	struct slice *ids = arena_array(a, SESSIONS_MAX, sizeof(*ids));
	size_t n = session_list(state, a, ids, SESSIONS_MAX);
	struct session_info s;
	struct err damage;

	for (size_t i = 0; i < n; i++) {
		if (session_is_elsewhere(state, ids[i], workspace) ||
		    !session_info(a, state, ids[i], &s, &damage) ||
		    !slice_eq(s.workspace, workspace) || (s.tasks > 0 && s.model.len == 0))
			continue;
		*id = ids[i];
		return true;
	}
	return err_set(err, ERR_NOT_FOUND, "There is no session of this folder yet.");
}
