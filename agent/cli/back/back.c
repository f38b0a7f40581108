/* back.c - see back.h */
#include "agent/cli/back/back.h"

#include <termios.h>
#include <unistd.h>

#include "agent/cli/json_line.h"
#include "agent/cli/loop.h"
#include "agent/cli/target.h"
#include "agent/cli/task/host_cli.h"

/* On the stack of back_run(), as is the spec, which undo_start() copies except for what its
 * comment names. */
struct back {
	struct cli *cli;
	struct cli_loop loop;
	struct host_cli host;
	const struct undo_spec *spec;
	const char *command;
	int status;
};

/* --- the question --- */

bool back_can_ask(struct cli *c, const char *command, struct err *err)
{
	if (cli_given(c, OPT_CONFIRM) || cli_given(c, OPT_DRY_RUN) ||
	    (!cli_given(c, OPT_JSON) && isatty(STDIN_FILENO) == 1 && c->out.tty))
		return true;
	return err_set(err, ERR_DENIED,
		       "There is nobody to ask before files change: use `emend %s -y`.", command);
}

/* Before the loop is there, so that it may wait. Anything but a y is a no. */
bool back_confirmed(struct cli *c)
{
	char line[16];

	if (cli_given(c, OPT_CONFIRM))
		return true;
	(void)tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before is no answer */
	term_raw(&c->out, SLICE("Go on? [y/n] "));
	(void)term_flush(&c->out);
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* --- what comes of it --- */

static void show_file(void *payload, struct slice path, struct slice now, struct slice then)
{
	diff_put(payload, path, now, then);
}

struct slice back_summary(struct arena *a, const struct undo_spec *s, bool preview, size_t restored,
			  size_t refused)
{
	const char *done = s->rewinds ? (preview ? "to be changed" : "changed")
			   : s->redo  ? (preview ? "to be made again" : "made again")
				      : (preview ? "to be undone" : "undone");

	struct slice left = SLICE("");

	if (refused > 0)
		left = arena_printf(a, ", %zu left as %s", refused,
				    refused == 1 ? "it is" : "they are");
	return arena_printf(a, "%zu file%s %s%.*s%s", restored, restored == 1 ? "" : "s", done,
			    SLICE_ARG(left), preview ? "; nothing was changed" : "");
}

/* The report names files, which are not ours: it goes through term_text(). */
static void put_report(struct back *b, struct slice report, size_t restored, size_t refused)
{
	struct cli *c = b->cli;
	struct json_line l;
	struct jw *w;

	if (!cli_given(c, OPT_JSON)) {
		term_text(&c->out, TERM_PLAIN, report);
		if (!cli_given(c, OPT_QUIET))
			term_printf(&c->out, "%s\n",
				    back_summary(&c->arena, b->spec, b->spec->preview, restored,
						 refused)
					    .ptr);
		return;
	}
	w = json_line_begin(&l, b->command);
	jw_kbool(w, "ok", refused == 0);
	jw_ki64(w, "restored", (int64_t)restored);
	jw_ki64(w, "refused", (int64_t)refused);
	if (b->spec->preview)
		jw_kbool(w, "dry_run", true);
	if (b->spec->rewinds) {
		jw_kstr(w, "session", b->spec->session);
		jw_ki64(w, "step", b->spec->to);
	}
	jw_kstr(w, "report", report);
	json_line_end(&l, &c->out);
}

static void finish(struct back *b)
{
	host_cli_close(&b->host);
	cli_loop_end(&b->loop);
}

/* What was refused was named in the report, and makes the command fail: a script must see that
 * not all is back. */
static void on_done(void *payload, struct slice report, size_t restored, size_t refused,
		    const struct err *err)
{
	struct back *b = payload;

	if (restored + refused > 0 || (b->spec->rewinds && !err))
		put_report(b, report, restored, refused);
	b->status = refused > 0 ? 1 : 0;
	if (err)
		b->status = cli_fail(b->cli, err);
	finish(b);
}

int back_run(struct cli *c, struct place *p, const struct undo_spec *of, const char *command)
{
	struct undo_spec spec = *of;
	struct back b = { .cli = c, .spec = &spec, .command = command };
	struct change_preview preview = { .file = show_file, .payload = c };
	struct err err = { 0 };

	spec.workspace = p->workspace;
	spec.config = &p->config;
	if (cli_given(c, OPT_DRY_RUN))
		spec.preview = &preview;
	if (!cli_loop_init(&b.loop, c, p, true, &err))
		return cli_fail(c, &err);
	host_cli_init(&b.host, c, &b.loop, false);
	if (!undo_start(b.loop.agent, &spec, &b.host.host, on_done, &b, &err)) {
		b.status = cli_fail(c, &err);
		finish(&b);
	}
	cli_loop_run(&b.loop);
	return b.status;
}
