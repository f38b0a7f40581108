/* cmd_undo.c - emend undo [-y] [TASK|SESSION|STEP], and emend redo, which takes that back */
#include <termios.h>
#include <unistd.h>

#include "agent/change/undo.h"
#include "agent/cli/json_line.h"
#include "agent/cli/loop.h"
#include "agent/cli/target.h"
#include "agent/cli/task/host_cli.h"

struct undo_run {
	struct cli *cli;
	struct place place;
	struct cli_loop loop;
	struct host_cli host;
	struct undo_spec spec;
	struct err why;
	int status;
};

static void put_report(struct undo_run *r, struct slice report, size_t restored, size_t refused)
{
	struct json_line l;
	struct jw *w;

	if (!cli_given(r->cli, OPT_JSON)) {
		term_text(&r->cli->out, TERM_PLAIN, report);
		if (!cli_given(r->cli, OPT_QUIET))
			term_printf(&r->cli->out, "%zu %s, %zu left as %s\n", restored,
				    r->spec.redo ? "made again" : "undone", refused,
				    refused == 1 ? "it is" : "they are");
		return;
	}
	w = json_line_begin(&l, r->spec.redo ? "redo" : "undo");
	jw_kbool(w, "ok", refused == 0);
	jw_ki64(w, "restored", (int64_t)restored);
	jw_ki64(w, "refused", (int64_t)refused);
	jw_kstr(w, "report", report);
	json_line_end(&l, &r->cli->out);
}

static void finish(struct undo_run *r)
{
	host_cli_close(&r->host);
	cli_loop_end(&r->loop);
}

static void on_done(void *payload, struct slice report, size_t restored, size_t refused,
		    const struct err *err)
{
	struct undo_run *r = payload;

	if (restored + refused > 0)
		put_report(r, report, restored, refused);
	r->status = refused > 0 ? 1 : 0;
	if (err)
		r->status = cli_fail(r->cli, err);
	finish(r);
}

/* Asks before anything is put back. */
static bool confirmed(struct undo_run *r, const struct history *h)
{
	struct change_undo_spec s = { .history = h,
				      .task = r->spec.task.len ? r->spec.task : h->last_task,
				      .only = r->spec.step,
				      .redo = r->spec.redo };
	struct term *t = &r->cli->out;
	char line[16];

	if (cli_given(r->cli, OPT_CONFIRM))
		return true;
	term_printf(t, "%s in %s:\n", r->spec.redo ? "Make again" : "Undo", r->place.workspace.ptr);
	for (size_t i = h->n; i-- > 0;) {
		const struct past_edit *e = &h->edits[i];

		if (!change_undo_wants(&s, e))
			continue;
		term_printf(t, "  step %lld: ", (long long)e->step);
		term_line(t, TERM_PLAIN, e->path, 400);
		term_raw(t, SLICE("\n"));
	}
	(void)tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before is no answer */
	term_raw(t, SLICE("Go on? [y/n] "));
	(void)term_flush(t);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* Without -y there must be somebody to ask. */
static bool can_confirm(const struct undo_run *r, struct err *err)
{
	if (cli_given(r->cli, OPT_CONFIRM) ||
	    (!cli_given(r->cli, OPT_JSON) && isatty(STDIN_FILENO) == 1 && r->cli->out.tty))
		return true;
	return err_set(err, ERR_DENIED,
		       "There is nobody to ask before files change: use `emend %s -y`.",
		       r->spec.redo ? "redo" : "undo");
}

static bool start(struct undo_run *r, struct err *err)
{
	if (!cli_loop_init(&r->loop, r->cli, &r->place, true, err))
		return false;
	host_cli_init(&r->host, r->cli, &r->loop, false);
	if (!undo_start(r->loop.agent, &r->spec, &r->host.host, on_done, r, err)) {
		r->status = cli_fail(r->cli, err);
		finish(r);
	}
	cli_loop_run(&r->loop);
	return true;
}

static int undo_or_redo(struct cli *c, bool redo)
{
	struct undo_run r = { .cli = c, .spec.redo = redo };
	struct err err = { 0 };
	struct history h;

	target_read(c->args.n_words ? c->args.words[0] : "", &r.spec.task, &r.spec.step);
	if (!place_init(&r.place, c, &err) ||
	    !history_find(&c->arena, r.place.state, r.place.workspace, r.spec.task, &h, &err) ||
	    !can_confirm(&r, &err)) {
		r.status = cli_fail(c, &err);
	} else if (!confirmed(&r, &h)) {
		r.status = err_exit_code(ERR_CANCELLED);
	} else {
		r.spec.workspace = r.place.workspace;
		r.spec.session = h.session;
		r.spec.config = &r.place.config;
		if (!start(&r, &err))
			r.status = cli_fail(c, &err);
	}
	place_release(&r.place);
	return r.status;
}

int cmd_undo(struct cli *c)
{
	return undo_or_redo(c, false);
}

int cmd_redo(struct cli *c)
{
	return undo_or_redo(c, true);
}
