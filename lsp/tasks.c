/* tasks.c - see tasks.h
 *
 * A tracked task goes
 *
 *   may_start() --> started(): listed, told --events--> ended(): kept for a while --forget_old()--> freed
 *
 * It outlives the core's task, so that the last ones can still be listed, undone and asked about.
 * An undo is listed as a task; a rejection of hunks is not, and frees itself (on_rejected). */
#include "lsp/tasks.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/session/reject.h"
#include "lsp/guests.h"
#include "lsp/host.h"
#include "lsp/server.h"
#include "lsp/tell.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

void tasks_init(struct tasks *t, uv_loop_t *loop)
{
	*t = (struct tasks){ .running = 0 };
	list_init(&t->all);
	(void)uv_timer_init(loop, &t->text_timer);
	t->text_timer.data = t;
}

void tasks_close(struct tasks *t)
{
	uv_close((uv_handle_t *)&t->text_timer, NULL);
}

/* It holds the settings of its start: those that the user changes meanwhile count for the next
 * task. */
static struct tracked *tracked_new(struct server *s, const char *kind)
{
	struct tracked *t = xcalloc(1, sizeof(*t));

	t->server = s;
	t->kind = kind;
	t->id = xstrdup("");
	t->session = xstrdup("");
	t->title = xstrdup("");
	t->message = xstrdup("");
	t->workspace = xstrdup("");
	t->status = xstrdup("running");
	t->config = settings_config(&s->settings);
	t->started_ms = uv_now(s->loop);
	buf_init(&t->diff, TASK_DIFF_BYTES);
	buf_init(&t->unsent, LIMIT_MESSAGE_BYTES);
	list_init(&t->link);
	return t;
}

static void tracked_free(struct tracked *t)
{
	list_remove(&t->link);
	shared_config_unref(t->config);
	buf_release(&t->diff);
	buf_release(&t->unsent);
	free(t->id);
	free(t->session);
	free(t->title);
	free(t->message);
	free(t->workspace);
	free(t->plan);
	free(t->held);
	free(t->status);
	free(t);
}

void tasks_release(struct tasks *t)
{
	LIST_EACH (it, tmp, &t->all)
		tracked_free(container_of(it, struct tracked, link));
}

static void set(char **field, struct slice value)
{
	free(*field);
	*field = xslicedup(value);
}

/* --- events --- */

/* ev: what our plugins are told of the step; NULL: it is none. */
static void say(struct tracked *t, struct slice message, const struct task_event *ev)
{
	set(&t->message, tell_beginning(message));
	progress_report(t->progress, message);
	tell_flush(t);
	tell_step(t, ev);
}

static void written(struct tracked *t, struct slice text)
{
	char line[64];

	t->written += text.len;
	(void)snprintf(line, sizeof(line), "writing (%zu characters)", t->written);
	progress_report(t->progress, slice_of(line));
	tell_text(t, text);
}

/* Each stands in the editor's log; a message that must be clicked away comes once for a command.
 * The first is shown with the end of its command (show_held), so that a command which makes a
 * hundred of them does not open a hundred boxes. */
static void held(struct tracked *t, const struct task_event *ev)
{
	char line[600];

	(void)snprintf(line, sizeof(line), "%.*s%s%.*s", SLICE_ARG(ev->path),
		       ev->path.len ? ": " : "", SLICE_ARG(ev->text));
	messages_log(&t->server->messages, LSP_MESSAGE_WARNING, "%s: not kept: %s", t->title, line);
	if (t->n_held++ == 0)
		set(&t->held, slice_of(line));
}

/* In the log only: it is as the person set it up. */
static void hidden(struct tracked *t, const struct task_event *ev)
{
	for (size_t i = 0; i < ev->n_files; i++)
		messages_log(&t->server->messages, LSP_MESSAGE_INFO,
			     "%s: hidden from its commands: %.*s", t->title,
			     SLICE_ARG(ev->files[i]));
}

static void show_held(struct tracked *t)
{
	if (t->n_held == 1)
		messages_show(&t->server->messages, LSP_MESSAGE_WARNING,
			      "A change of a command was not kept: %s", t->held);
	else if (t->n_held > 1)
		messages_show(&t->server->messages, LSP_MESSAGE_WARNING,
			      "%zu changes of a command were not kept (the log has them all): %s",
			      t->n_held, t->held);
	t->n_held = 0;
}

void tracked_event(struct tracked *t, const struct task_event *ev)
{
	switch (ev->kind) {
	case TASK_TEXT:
		written(t, ev->text);
		return;
	case TASK_TEXT_VOID:
		t->written = 0;
		tell_text_void(t);
		return;
	case TASK_TOOL_STARTED:
		t->written = 0;
		say(t, ev->text.len ? ev->text : ev->tool, ev);
		return;
	case TASK_STEERED:
	case TASK_NOTICE:
		say(t, ev->text, ev);
		messages_log(&t->server->messages, LSP_MESSAGE_INFO, "%s: %.*s", t->title,
			     SLICE_ARG(ev->text));
		return;
	case TASK_GIT_CHANGED:
		messages_log(&t->server->messages, LSP_MESSAGE_INFO, "%s: %.*s", t->title,
			     SLICE_ARG(ev->text));
		return;
	case TASK_HIDDEN:
		hidden(t, ev);
		return;
	case TASK_CHANGE_HELD:
		held(t, ev);
		return;
	case TASK_TOOL_FINISHED:
		tell_flush(t);
		tell_step(t, ev);
		show_held(t);
		return;
	case TASK_PERMISSION_REQUESTED:
		say(t, SLICE("waiting for your permission"), NULL);
		return;
	case TASK_PLAN:
		set(&t->plan, ev->json);
		tell_task(t);
		return;
	case TASK_FILE_CHANGED:
		buf_append(&t->diff, ev->diff);
		return;
	case TASK_USAGE:
		t->usage = ev->usage;
		tell_flush(t);
		tell_task(t);
		return;
	case TASK_FINISHED:
		set(&t->status, ev->status);
		return;
	case TASK_STARTED:
	case TASK_OUTPUT:
	case TASK_PERMISSION_DECIDED:
		return;
	}
}

/* --- ending --- */

/* Those that ended are kept, up to TASKS_KEPT. */
static void forget_old(struct tasks *all)
{
	LIST_EACH (it, tmp, &all->all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (all->count - all->running <= TASKS_KEPT)
			return;
		if (t->running)
			continue;
		tracked_free(t);
		all->count--;
	}
}

static void ended(struct tracked *t, struct slice summary)
{
	struct tasks *all = &t->server->tasks;

	t->running = false;
	t->task = NULL;
	t->ended_ms = uv_now(t->server->loop);
	all->running--;
	set(&t->message, tell_beginning(summary));
	progress_end(t->progress, summary);
	t->progress = NULL;
	tell_task(t);
	shared_config_unref(t->config);
	t->config = NULL;
	if (t->quiet) {
		all->count--;
		tracked_free(t);
	}
	forget_old(all);
}

static void on_done(void *payload, struct task *task, const struct task_outcome *o)
{
	struct tracked *t = payload;

	(void)task;
	t->usage = o->usage;
	tell_flush(t);
	if (strcmp(t->status, "running") == 0)
		set(&t->status, o->code == ERR_NONE ? SLICE("done") : slice_of(err_name(o->code)));
	/* What came of another agent's call is for that agent: here only what it has changed is news. */
	if (!t->guest || o->n_files)
		tell_end(t, o);
	if (t->guest)
		guests_done(t->guest, o);
	t->guest = NULL;
	if (o->n_files)
		pending_task_ended(&t->server->pending, slice_of(t->session),
				   slice_of(t->workspace));
	ended(t, o->summary);
}

static void on_undone(void *payload, struct slice report, size_t restored, size_t refused,
		      const struct err *err)
{
	struct tracked *t = payload;

	set(&t->status, err || refused ? SLICE("failed") : SLICE("done"));
	if (err)
		report = slice_of(err->msg);
	tell_undone(t, report, restored, refused, err != NULL);
	pending_undone(&t->server->pending);
	ended(t, report);
}

/* A rejection is nobody's task: it is not listed, and nobody is told unless it was refused. */
static void on_rejected(void *payload, struct slice report, size_t rejected, size_t refused,
			const struct err *err)
{
	struct tracked *t = payload;

	if (err)
		report = slice_of(err->msg);
	if ((err && err->code != ERR_CANCELLED) || refused)
		messages_show(&t->server->messages, LSP_MESSAGE_WARNING,
			      "Emend: %zu rejected, %zu not: %.*s", rejected, refused,
			      SLICE_ARG(report));
	tracked_free(t);
}

/* --- starting --- */

static void started(struct tracked *t, struct slice id, struct slice session, struct slice title)
{
	struct tasks *all = &t->server->tasks;

	set(&t->id, id);
	set(&t->session, session);
	set(&t->title, title);
	t->running = true;
	list_append(&all->all, &t->link);
	all->count++;
	all->running++;
	tell_task(t);
}

/* The settings are read anew for each task: a file may have changed, and no editor says so. */
static struct tracked *may_start(struct server *s, const char *kind, struct err *err)
{
	if (s->tasks.running >= LIMIT_TASKS) {
		(void)err_set(err, ERR_TOO_LARGE,
			      "%d tasks are running already: wait, or stop one by emend.cancel.",
			      LIMIT_TASKS);
		return NULL;
	}
	if (!settings_load(&s->settings)) {
		*err = s->settings.why;
		return NULL;
	}
	return server_agent(s, err) ? tracked_new(s, kind) : NULL;
}

static bool find_action(struct task_spec *spec, struct slice title, struct err *err)
{
	for (size_t i = 0; i < spec->config->n_actions; i++) {
		if (!slice_eq(title, spec->config->actions[i].title))
			continue;
		spec->own = &spec->config->actions[i];
		return true;
	}
	return err_set(err, ERR_NOT_FOUND,
		       "There is no action \"%.*s\" in the settings (emend.actions).",
		       SLICE_ARG(title));
}

static struct tracked *start(struct tracked *t, struct task_spec *spec, struct err *err)
{
	struct host host = host_for(t);

	if (!task_start(t->server->agent, spec, &host, on_done, t, &t->task, err)) {
		tracked_free(t);
		return NULL;
	}
	set(&t->workspace, spec->workspace);
	started(t, task_id(t->task), task_session(t->task), task_title(t->task));
	return t;
}

struct tracked *tasks_start(struct server *s, struct task_spec *spec, struct slice action,
			    struct err *err)
{
	struct tracked *t = may_start(s, action.len ? "action" : task_spec_name(spec), err);

	if (!t)
		return NULL;
	spec->config = &t->config->config;
	if (action.len > 0 && !find_action(spec, action, err)) {
		tracked_free(t);
		return NULL;
	}
	return start(t, spec, err);
}

struct tracked *tasks_guest(struct server *s, struct task_spec *spec, struct guest_run *g,
			    bool quiet, struct err *err)
{
	struct tracked *t = may_start(s, task_spec_name(spec), err);

	if (!t)
		return NULL;
	spec->config = &t->config->config;
	t->guest = g;
	t->quiet = quiet;
	return start(t, spec, err);
}

struct tracked *tasks_undo(struct server *s, struct undo_spec *spec, struct err *err)
{
	struct tracked *t = may_start(s, "undo", err);
	struct host host;
	char id[32];

	if (!t)
		return NULL;
	host = host_for(t);
	spec->config = &t->config->config;
	if (!undo_start(s->agent, spec, &host, on_undone, t, err)) {
		tracked_free(t);
		return NULL;
	}
	(void)snprintf(id, sizeof(id), "undo-%llu", (unsigned long long)++s->tasks.undos);
	set(&t->workspace, spec->workspace);
	started(t, slice_of(id), spec->session, spec->rewinds ? SLICE("Rewind") : SLICE("Undo"));
	return t;
}

static bool reject_below(struct server *s, const char *workspace, const struct slice *ids, size_t n,
			 struct err *err)
{
	struct tracked *t = may_start(s, "reject", err);
	struct reject_spec spec = {
		.hunks = &s->pending.hunks, .workspace = slice_of(workspace), .ids = ids, .n_ids = n
	};
	struct host host;

	if (!t)
		return false;
	host = host_for(t);
	spec.config = &t->config->config;
	if (reject_start(s->agent, &spec, &host, on_rejected, t, err))
		return true;
	tracked_free(t);
	return false;
}

/* One rejection for each workspace that has some of them. */
bool tasks_reject(struct server *s, const struct slice *ids, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct hunk_file *f, *before;
		bool seen = false;

		if (!hunks_find(&s->pending.hunks, ids[i], &f))
			continue;
		for (size_t k = 0; k < i && !seen; k++)
			seen = hunks_find(&s->pending.hunks, ids[k], &before) &&
			       strcmp(before->workspace, f->workspace) == 0;
		if (!seen && !reject_below(s, f->workspace, ids, n, err))
			return false;
	}
	return true;
}

void tasks_show(struct tracked *t, struct json token)
{
	struct server *s = t->server;

	t->progress = progress_start(&(struct progress_options){ .loop = s->loop,
								 .conn = &s->conn,
								 .client = &s->client,
								 .token = token,
								 .title = slice_of(t->title) });
}

/* --- finding and cancelling --- */

struct tracked *tasks_find(struct tasks *all, struct slice id)
{
	LIST_EACH (it, tmp, &all->all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (slice_eq_cstr(id, t->id))
			return t;
	}
	return NULL;
}

struct tracked *tasks_newest(struct tasks *all)
{
	return list_empty(&all->all) ? NULL : container_of(all->all.prev, struct tracked, link);
}

static size_t cancel(struct tracked *t)
{
	if (!t->running || !t->task)
		return 0;
	task_cancel(t->task);
	return 1;
}

size_t tasks_cancel(struct tasks *all, struct slice id)
{
	size_t n = 0;

	LIST_EACH (it, tmp, &all->all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (id.len == 0 || slice_eq_cstr(id, t->id))
			n += cancel(t);
	}
	return n;
}

size_t tasks_cancel_token(struct tasks *all, struct json token)
{
	LIST_EACH (it, tmp, &all->all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (progress_has_token(t->progress, token))
			return cancel(t);
	}
	return 0;
}

void tasks_write(struct tasks *all, struct jw *w, uint64_t now_ms)
{
	LIST_EACH (it, tmp, &all->all) {
		jw_object(w);
		tell_fields(container_of(it, struct tracked, link), w, now_ms);
		jw_end(w);
	}
}
