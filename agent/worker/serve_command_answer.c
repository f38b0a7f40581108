/* serve_command_answer.c - see serve_command.h: what the server hears of a command that has ended: how it ended, what it
 * printed, which secrets it did not see, and what it changed. */
#include "agent/worker/serve_command.h"
#include "agent/worker/wire.h"
#include "protocol/base/log.h"

enum { HIDDEN_TOLD = 20 };

bool command_report(struct command_job *c, struct buf *json, struct err *err)
{
	struct serve *s = c->job.serve;
	struct jw w;
	bool keep, ok;

	jw_init(&w, json);
	jw_object(&w);
	ok = serve_view_report(c->upper, c->stopped, &w, &keep, err);
	jw_end(&w);
	if (ok && keep && !json->full) {
		list_append(&s->uppers, &c->upper->link);
		c->upper = NULL;
	}
	return ok;
}

/* Where later commands find all of it. Without a file the model is told what it would be told without this. */
static void write_file(struct command_job *c, struct jw *w)
{
	char path[SPAWN_PATH_BYTES];
	struct err err;

	if (c->printed.file < 0)
		return;
	if (!spawner_keep(c->job.serve->spawner.sock, c->id, c->printed.file, path, &err)) {
		log_warn("the output of a command is not kept: %s", err.msg);
		return;
	}
	jw_kcstr(w, "file", path);
	jw_ki64(w, "fileBytes", (int64_t)c->printed.in_file);
}

/* So that a person is told, who may wonder what the command missed. */
static void write_hidden(const struct places *p, struct jw *w)
{
	const char *at = p->list.data, *end = at ? at + p->list.len : at;
	size_t n = 0;

	jw_karray(w, "hidden");
	for (; at < end && n < HIDDEN_TOLD; at += strlen(at) + 1) {
		if (*at != PLACE_HIDE && *at != PLACE_MASK)
			continue;
		jw_cstr(w, at + 1);
		n++;
	}
	jw_end(w);
}

void command_write_result(struct command_job *c, struct slice changes)
{
	static const char *const limits[] = { "", "memory", "processes", "disk", "cpu" };
	struct jw *w = conn_result_begin(c->job.req);
	struct serve *s = c->job.serve;
	struct buf out;

	buf_init(&out, LIMIT_OUTPUT_BYTES + 128);
	output_text(&c->printed, &out);
	jw_object(w);
	jw_ki64(w, "exit", c->end.exit_status);
	jw_ki64(w, "signal", c->end.term_signal);
	jw_kbool(w, "timedOut", c->timed_out);
	jw_kbool(w, "idleTimedOut", c->idle_timed_out);
	wire_bytes(w, buf_slice(&out));
	jw_ki64(w, "bytes", (int64_t)c->printed.total);
	jw_kbool(w, "truncated", output_truncated(&c->printed));
	write_file(c, w);
	jw_kf64(w, "seconds", (double)(c->ended - c->started) / 1000.0);
	jw_kcstr(w, "limit", c->end.limit < ARRAY_LEN(limits) ? limits[c->end.limit] : "");
	jw_ki64(w, "peakBytes", (int64_t)c->end.peak_bytes);
	jw_ki64(w, "cpuMs", (int64_t)(c->end.cpu_us / 1000));
	jw_kbool(w, "again", s->config.bare && s->layers.mode == SANDBOX_VIEW);
	write_hidden(&s->places, w);
	if (changes.len)
		jw_kraw(w, "changed", changes);
	serve_guard_tell(s, w);
	jw_end(w);
	conn_result_end(c->job.req);
	buf_release(&out);
}
