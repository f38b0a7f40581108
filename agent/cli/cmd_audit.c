/* cmd_audit.c - emend audit [verify | show | export] [ID]
 *
 *   verify   the chain of hashes of each log, the contents that it names, and the heads that are kept beside the logs, so
 *            that a log that was cut or removed is found, too
 *   show     for people; export: the events as they are */
#include "agent/cli/json_line.h"
#include "agent/cli/screen/flow.h"
#include "agent/cli/sessions/session_info.h"
#include "agent/store/event_log.h"
#include "agent/store/log_head.h"

struct blobs { /* the contents that a log speaks of */
	struct slice state, id;
	uint64_t checked;
	struct err missing; /* the first that is not there, and not said to be pruned */
};

/* Emend removes contents itself after some time, and an event behind this one then says so. */
static bool check_blob(struct blobs *b, struct json hash, struct err *err)
{
	struct slice text, data;
	struct arena a;
	bool ok = true;

	arena_init(&a);
	text = json_str_or(hash, &a, "");
	if (text.len > 0) {
		ok = blob_get(b->state, b->id, text, &a, &data, err);
		b->checked++;
	}
	arena_release(&a);
	if (!ok && err->code == ERR_NOT_FOUND) { /* a later event may tell why */
		if (b->missing.code == ERR_NONE)
			b->missing = *err;
		ok = true;
	}
	return ok;
}

/* A "pruned" event says that what was missing so far was removed by the user's own setting. */
static bool check_event(void *payload, struct json event, struct err *err)
{
	struct blobs *b = payload;

	if (json_is(json_get(event, "type"), "pruned"))
		b->missing = (struct err){ 0 };
	if (json_is(json_get(event, "type"), "edit"))
		return check_blob(b, json_get(event, "before"), err) &&
		       check_blob(b, json_get(event, "after"), err);
	return check_blob(b, json_get(event, "blob"), err) &&
	       check_blob(b, json_get(event, "image"), err);
}

static void report(struct cli *c, const struct session_info *s, uint64_t blobs,
		   const struct err *why)
{
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		if (why)
			flow_line(&c->out, TERM_PLAIN, "BROKEN ", TERM_RED,
				  arena_printf(&c->arena, "%.*s: %s", SLICE_ARG(s->id), why->msg));
		else
			flow_line(&c->out, TERM_PLAIN, "ok     ", TERM_GREEN,
				  arena_printf(&c->arena,
					       "%.*s: %llu events, %llu contents, head %.*s",
					       SLICE_ARG(s->id), (unsigned long long)s->events,
					       (unsigned long long)blobs, SLICE_ARG(s->head)));
		return;
	}
	w = json_line_begin(&l, "audit");
	jw_kstr(w, "session", s->id);
	jw_kbool(w, "ok", !why);
	jw_kcstr(w, "error", why ? why->msg : NULL);
	jw_ki64(w, "events", (int64_t)s->events);
	jw_ki64(w, "blobs", (int64_t)blobs);
	jw_kstr(w, "head", s->head);
	json_line_end(&l, &c->out);
}

/* Three things: each event holds the hash of the one before, each content is what its name says,
 * and the log ends where the head outside of it says. */
static bool verify_one(struct cli *c, struct slice state, struct slice id)
{
	struct blobs b = { .state = state, .id = id };
	struct session_info s;
	struct err err = { 0 };
	struct arena a;
	bool ok;

	arena_init(&a);
	ok = session_info(&a, state, id, &s, &err) &&
	     event_log_read(state, id, check_event, &b, &err) &&
	     log_head_check(state, id, false, &err);
	if (ok && b.missing.code != ERR_NONE) {
		err = b.missing;
		ok = false;
	}
	report(c, &s, b.checked, ok ? NULL : &err);
	arena_release(&a);
	return ok;
}

struct missing {
	struct cli *cli;
	size_t n;
};

/* A head whose log is gone: somebody removed the file, for `emend sessions rm` removes the head
 * with it. */
static void is_missing(void *payload, struct slice session)
{
	struct missing *m = payload;
	struct session_info s = { .id = session, .head = SLICE("") };
	struct err why = { 0 };

	m->n++;
	(void)err_set(&why, ERR_NOT_FOUND, "its log is gone; `emend sessions rm` was not used");
	report(m->cli, &s, 0, &why);
}

static int verify(struct cli *c, struct slice state)
{
	struct missing gone = { .cli = c };
	struct slice *ids = arena_array(&c->arena, SESSIONS_MAX, sizeof(*ids));
	size_t n = session_list(state, &c->arena, ids, SESSIONS_MAX), bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += !verify_one(c, state, ids[i]);
	log_head_each_missing(state, is_missing, &gone);
	n += gone.n;
	bad += gone.n;
	if (!cli_given(c, OPT_JSON) && !cli_given(c, OPT_QUIET))
		term_printf(&c->out, "%zu session%s, %zu broken\n", n, n == 1 ? "" : "s", bad);
	return bad ? 1 : 0;
}

static bool export_event(void *payload, struct json event, struct err *err)
{
	struct cli *c = payload;

	(void)err;
	term_raw(&c->out, json_raw(event));
	term_raw(&c->out, SLICE("\n"));
	return true;
}

int cmd_audit(struct cli *c)
{
	const char *what = c->args.n_words ? c->args.words[0] : "verify";
	struct slice prefix = slice_of(c->args.n_words > 1 ? c->args.words[1] : "");
	struct slice state, id;
	struct err err = { 0 };
	bool known = strcmp(what, "verify") == 0 || strcmp(what, "show") == 0 ||
		     strcmp(what, "export") == 0;

	if (!known)
		return cli_usage(
			c, "There is no `emend audit %.40s`; there are verify, show and export.",
			what);
	if (!state_dir(&c->arena, &state, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "verify") == 0 && prefix.len == 0)
		return verify(c, state);
	if (!session_find(&c->arena, state, prefix, &id, &err))
		return cli_fail(c, &err);
	if (strcmp(what, "verify") == 0)
		return verify_one(c, state, id) ? 0 : 1;
	if (strcmp(what, "show") == 0 && !cli_given(c, OPT_JSON))
		return session_show(&c->out, state, id, &err) ? 0 : cli_fail(c, &err);
	return event_log_read(state, id, export_event, c, &err) ? 0 : cli_fail(c, &err);
}
