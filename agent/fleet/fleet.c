/* fleet.c - see fleet.h: subjects, heartbeats, what is told of itself, and the end.
 *
 * Three things run side by side here: tasks (fleet_task.c), what is known of other workers
 * (fleet_watch.c), and the connection (nats.c). This file ties them together, and its tick is the
 * only clock: each second it looks what is due. All times are ms of the loop. */
#include "agent/fleet/fleet.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/base/sha256.h"
#include "agent/fleet/fleet_own.h"
#include "protocol/base/log.h"
#include "protocol/base/mem.h"
#include "protocol/base/version.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

enum { TICK_MS = 1000, ID = 12, TEXT_MAX = 16 * 1024, ROOM = 64 };

static uint64_t now_of(const struct fleet *f)
{
	return uv_now(f->o.loop);
}

struct slice fleet_subject(const struct fleet *f, enum fleet_subject s)
{
	return slice_of(f->subject[s]);
}

/* --- what it tells --- */

static const char *state_of(const struct fleet *f)
{
	return f->draining ? "draining" : !f->joined ? "starting" : "running";
}

static void put_connections(const struct fleet *f, struct jw *w)
{
	jw_kobject(w, "connections");
	for (size_t i = 0; i < f->o.n_links; i++) {
		jw_kobject(w, f->o.links[i]->name);
		jw_kcstr(w, "state", f->o.links[i]->connected ? "connected" : "away");
		jw_end(w);
	}
	jw_end(w);
}

static void write_health(const struct fleet *f, struct jw *w)
{
	jw_kcstr(w, "agent_id", f->id);
	jw_kcstr(w, "state", state_of(f));
	jw_ki64(w, "running", (int64_t)exec_running(f->o.exec));
	jw_ki64(w, "queued", (int64_t)exec_queued(f->o.exec));
}

static void write_status(const struct fleet *f, struct jw *w)
{
	uint64_t tasks = f->completed + f->failed;

	write_health(f, w);
	jw_kcstr(w, "name", "emend");
	jw_kcstr(w, "version", EMEND_VERSION);
	jw_ki64(w, "uptime_seconds", (int64_t)((now_of(f) - f->began) / 1000));
	put_connections(f, w);
	jw_kobject(w, "metrics");
	jw_ki64(w, "tasks_completed", (int64_t)f->completed);
	jw_ki64(w, "tasks_failed", (int64_t)f->failed);
	jw_ki64(w, "tasks_lost_of_others", (int64_t)f->lost);
	jw_kf64(w, "avg_processing_time_ms", tasks > 0 ? (double)f->total_ms / (double)tasks : 0.0);
	jw_end(w);
	jw_kobject(w, "coding_metrics");
	metrics_json(f->o.metrics, w);
	jw_end(w);
}

/* A worker that sees no tasks cannot tell of those of others: up_ms is 0.
 * up_ms says since when this worker sees tasks: who saw a task come may tell of its loss, and
 * nobody else. */
static void write_beat(const struct fleet *f, struct jw *w)
{
	jw_kcstr(w, "agent_id", f->id);
	jw_kcstr(w, "state", state_of(f));
	jw_ki64(w, "session", f->session);
	jw_ki64(w, "up_ms", f->sid_all ? (int64_t)(now_of(f) - f->watch.since) + 1 : 0);
}

static void tell(struct fleet *f, struct slice subject,
		 void (*write)(const struct fleet *f, struct jw *w))
{
	struct buf b;
	struct jw w;

	if (subject.len == 0)
		return;
	buf_init(&b, TEXT_MAX);
	jw_init(&w, &b);
	jw_object(&w);
	write(f, &w);
	jw_end(&w);
	(void)nats_publish(f->nats, subject, SLICE(""), SLICE(""), buf_slice(&b));
	buf_release(&b);
}

static void on_status(void *payload, const struct nats_msg *m)
{
	tell(payload, m->reply, write_status);
}

static void on_health(void *payload, const struct nats_msg *m)
{
	tell(payload, m->reply, write_health);
}

/* Somebody wants to know whether this worker is there.
 * An answer is all that is asked for; the beat says the rest. */
static void on_probe(void *payload, const struct nats_msg *m)
{
	tell(payload, m->reply, write_beat);
}

/* --- what it hears of others --- */

static void on_beat(void *payload, const struct nats_msg *m)
{
	struct fleet *f = payload;
	struct watch_beat b;
	struct arena a;
	struct json v;
	struct err err;

	arena_init(&a);
	if (json_parse(&a, m->payload, &v, &err)) {
		b = (struct watch_beat){ json_str_or(json_get(v, "agent_id"), &a, ""),
					 json_i64_or(json_get(v, "session"), 0),
					 (uint64_t)json_i64_or(json_get(v, "up_ms"), 0) };
		if (fleet_watch_beat(&f->watch, &b, now_of(f)))
			f->next_beat = 0; /* so that it knows of us, too */
	}
	arena_release(&a);
}

/* The answer to a probe: a heartbeat, or the server's word that nobody is there. The last word of its subject is who.
 * The server answers 503 for a subject that nobody listens to: so a dead worker is found in one
 * round trip. */
static void on_probed(void *payload, const struct nats_msg *m)
{
	struct fleet *f = payload;
	size_t dot = 0;

	if (nats_header_status(m->header) != 503) {
		on_beat(payload, m);
		return;
	}
	for (size_t at; (at = slice_find_byte(m->subject, '.', dot)) != SIZE_MAX;)
		dot = at + 1;
	fleet_watch_unreached(&f->watch, slice_sub(m->subject, dot, m->subject.len), now_of(f));
}

static void probe(void *payload, struct slice name)
{
	struct fleet *f = payload;
	char to[NATS_SUBJECT_MAX], reply[NATS_SUBJECT_MAX];

	(void)snprintf(to, sizeof(to), "agent.%.*s.worker.%.*s", SLICE_ARG(f->o.name),
		       SLICE_ARG(name));
	(void)snprintf(reply, sizeof(reply), "_INBOX.%s.%.*s", f->id, SLICE_ARG(name));
	(void)nats_publish(f->nats, slice_of(to), slice_of(reply), SLICE(""), SLICE(""));
}

/* --- its end --- */

/* Called whenever a task, or the connection, is another than before. */
void fleet_settle(struct fleet *f)
{
	bool done = true;

	LIST_EACH (it, tmp, &f->tasks) {
		const struct fleet_task *t = container_of(it, struct fleet_task, link);

		/* Where the server is away answers cannot be given: they are not waited for. */
		done = done && t->state == FLEET_ANSWERED && !nats_is_up(f->nats);
	}
	if (f->draining && done && f->drained)
		runq_post(f->o.runq, &f->late);
}

static void on_late(struct job *j)
{
	struct fleet *f = container_of(j, struct fleet, late);
	void (*drained)(void *payload) = f->drained;

	f->drained = NULL;
	if (drained)
		drained(f->payload);
}

static void take_none(struct fleet *f)
{
	if (f->sid_queue)
		nats_unsubscribe(f->nats, f->sid_queue);
	if (f->sid_all)
		nats_unsubscribe(f->nats, f->sid_all);
	f->sid_queue = f->sid_all = 0;
}

/* The last heartbeat says "draining"; tasks that it has are still answered. */
void fleet_leave(struct fleet *f)
{
	if (f->draining)
		return;
	f->draining = true;
	take_none(f);
	tell(f, fleet_subject(f, FLEET_HEARTBEAT), write_beat);
}

void fleet_drain(struct fleet *f, void (*drained)(void *payload), void *payload)
{
	fleet_leave(f);
	f->drained = drained;
	f->payload = payload;
	fleet_settle(f);
}

/* --- its life --- */

/* Those who were there while this worker was not have told its tasks as lost, or will when they hear of the new session.
 * A new session gives up the tasks of the last one: others have told them as lost, and a second
 * answer would contradict the first. A worker that is alone has nobody who could have. */
static void begin_anew_after(struct fleet *f, uint64_t away_ms)
{
	if (away_ms < FLEET_AWAY_MS || fleet_watch_alone(&f->watch))
		return;
	f->session++;
	fleet_tasks_drop(f);
}

/* A tick that comes much too late means that the process stood still, and that its own clock says
 * nothing about others: nobody is taken for lost for that. */
static void on_tick(uv_timer_t *t)
{
	struct fleet *f = t->data;
	uint64_t now = now_of(f);

	if (now - f->last_tick >= FLEET_AWAY_MS) {
		/* It stood still: stopped, or on a machine that slept. */
		begin_anew_after(f, now - f->last_tick);
		fleet_watch_excuse(&f->watch, now);
		f->next_beat = 0;
	}
	f->last_tick = now;

	if (!nats_is_up(f->nats)) {
		fleet_settle(f);
		return;
	}
	if (now >= f->next_probe) {
		f->next_probe = now + FLEET_PROBE_MS;
		fleet_watch_each_busy(&f->watch, probe, f);
	}
	if (now >= f->next_beat) {
		f->next_beat = now + FLEET_BEAT_MS;
		tell(f, fleet_subject(f, FLEET_HEARTBEAT), write_beat);
	}
	if (now >= f->next_status) {
		f->next_status = now + FLEET_STATUS_MS;
		tell(f, fleet_subject(f, FLEET_REPORT), write_status);
	}
	fleet_watch_tick(&f->watch, now, fleet_task_lost, f);
}

static void on_up(void *owner)
{
	struct fleet *f = owner;
	uint64_t now = now_of(f);

	begin_anew_after(f, f->away > 0 ? now - f->away : 0);
	f->away = 0;
	fleet_watch_begin(&f->watch, now);
	f->next_beat = f->next_probe = 0;
	fleet_tasks_again(f);
	tell(f, fleet_subject(f, FLEET_HEARTBEAT), write_beat);
}

static void on_down(void *owner)
{
	struct fleet *f = owner;

	f->away = nats_heard(f->nats);
}

static void on_reached(void *owner, uint64_t mark)
{
	struct fleet *f = owner;

	fleet_tasks_reached(f, mark);
	fleet_settle(f);
}

static void make_subjects(struct fleet *f)
{
	static const char *const words[] = {
		[FLEET_TASK] = "task",		 [FLEET_CANCEL] = "cancel",
		[FLEET_STATUS] = "status",	 [FLEET_HEALTH] = "health",
		[FLEET_HEARTBEAT] = "heartbeat", [FLEET_NOTE] = "note",
		[FLEET_WORKER] = "worker",	 [FLEET_REPORT] = "report",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		f->subject[i] = xmalloc(NATS_SUBJECT_MAX);
		(void)snprintf(f->subject[i], NATS_SUBJECT_MAX, "agent.%.*s.%s%s%s",
			       SLICE_ARG(f->o.name), words[i], i == FLEET_WORKER ? "." : "",
			       i == FLEET_WORKER ? f->id : "");
	}
}

/* Subscriptions are made now and sent with each connection. Tasks are not among them before
 * fleet_join(). */
struct fleet *fleet_new(const struct fleet_options *o)
{
	struct fleet *f = xcalloc(1, sizeof(*f));
	const struct nats_options n = { .loop = o->loop,
					.url = o->url,
					.breaker = o->breaker,
					.name = f->id,
					.up = on_up,
					.down = on_down,
					.reached = on_reached,
					.owner = f };
	char inbox[ROOM];

	f->o = *o;
	random_id(f->id, ID);
	f->session = 1;
	f->began = f->last_tick = uv_now(o->loop);
	list_init(&f->tasks);
	job_init(&f->late, on_late);
	fleet_watch_init(&f->watch, slice_of(f->id));
	make_subjects(f);
	(void)uv_timer_init(o->loop, &f->tick);
	f->tick.data = f;
	(void)uv_timer_start(&f->tick, on_tick, TICK_MS, TICK_MS);
	f->nats = nats_new(&n);
	(void)snprintf(inbox, sizeof(inbox), "_INBOX.%s.*", f->id);
	(void)nats_subscribe(f->nats, inbox, "", on_probed, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_WORKER], "", on_probe, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_STATUS], "", on_status, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_HEALTH], "", on_health, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_HEARTBEAT], "", on_beat, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_NOTE], "", fleet_task_note, f);
	(void)nats_subscribe(f->nats, f->subject[FLEET_CANCEL], "", fleet_task_cancel, f);
	return f;
}

/* Two subscriptions to the same subject: one as a member of the group, which gets its share; one
 * that sees every task, to watch over those of others. */
void fleet_join(struct fleet *f)
{
	if (f->joined || f->draining)
		return;
	f->joined = true;
	f->watch.since = now_of(f);
	f->sid_all = nats_subscribe(f->nats, f->subject[FLEET_TASK], "", fleet_task_seen, f);
	f->sid_queue =
		nats_subscribe(f->nats, f->subject[FLEET_TASK], "workers", fleet_task_take, f);
	f->next_beat = 0;
}

static void on_tick_closed(uv_handle_t *h)
{
	struct fleet *f = h->data;

	for (size_t i = 0; i < ARRAY_LEN(f->subject); i++)
		free(f->subject[i]);
	free(f);
}

void fleet_free(struct fleet *f)
{
	if (!f)
		return;
	f->drained = NULL;
	fleet_tasks_drop(f);
	fleet_watch_release(&f->watch);
	nats_free(f->nats);
	job_drop(&f->late);
	uv_close((uv_handle_t *)&f->tick, on_tick_closed);
}

void fleet_metrics(const struct fleet *f, struct buf *out)
{
	static const char name[] = "emend_fleet_tasks_total";

	buf_printf(
		out,
		"# HELP %s Tasks over NATS: answered; answered with an error; told as lost with their worker; given up after "
		"it was away itself.\n# TYPE %s counter\n",
		name, name);
	buf_printf(out, "%s{outcome=\"completed\"} %llu\n", name, (unsigned long long)f->completed);
	buf_printf(out, "%s{outcome=\"failed\"} %llu\n", name, (unsigned long long)f->failed);
	buf_printf(out, "%s{outcome=\"lost\"} %llu\n", name, (unsigned long long)f->lost);
	buf_printf(out, "%s{outcome=\"dropped\"} %llu\n", name, (unsigned long long)f->dropped);
	buf_printf(out,
		   "# HELP emend_fleet_workers Other workers of this name that are there.\n"
		   "# TYPE emend_fleet_workers gauge\nemend_fleet_workers %zu\n",
		   f->watch.n_peers);
}
