/* task_command.c - the commands that start a task, and about what one changed: do, chat, resume, undo, diff. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lsp/commands.h"
#include "lsp/server.h"
#include "protocol/lsp/uri.h"

void command_failed(struct rpc_request *req, const struct err *err)
{
	conn_reply_error(req, err->code == ERR_INVALID ? RPC_INVALID_PARAMS : RPC_REQUEST_FAILED,
			 "%s", err->msg);
}

/* {key: "text"}, or the text alone. */
struct slice command_text(struct rpc_request *req, struct json arg, const char *key)
{
	return json_str_or(json_type(arg) == JSON_STRING ? arg : json_get(arg, key), &req->arena,
			   "");
}

/* The folder of the document that the command was given in ({uri}, may be missing), else of the
 * newest task, else the first. */
struct slice command_workspace(struct server *s, struct rpc_request *req, struct json arg,
			       const struct tracked *task)
{
	struct slice uri, path = slice_of(""), workspace, real;

	if (json_type(arg) == JSON_OBJECT && json_str(json_get(arg, "uri"), &req->arena, &uri) &&
	    !uri_to_path(uri, &req->arena, &path))
		path = slice_of("");
	if (task && path.len == 0)
		return slice_of(task->workspace);
	folders_place(&s->folders, &req->arena, path, &workspace, &real);
	return workspace;
}

static void reply_task(struct rpc_request *req, const struct tracked *t, bool with_session)
{
	struct jw *w = conn_result_begin(req);

	jw_object(w);
	jw_kcstr(w, "taskId", t->id);
	if (with_session)
		jw_kcstr(w, "session", t->session);
	jw_end(w);
	conn_result_end(req);
}

/* A task in free text; session "" is a new one.
 * The answer comes at once and names the task; what it does is told by notifications. */
static void start_free(struct server *s, struct rpc_request *req, struct json arg,
		       struct json token, struct task_spec *spec, bool with_session)
{
	struct err err = { .code = ERR_NONE };
	struct position cursor;
	struct tracked *t;
	struct slice uri, path, workspace;

	spec->title = shown_text(&req->arena, &s->client, spec->instruction, 100);
	spec->workspace = command_workspace(s, req, arg, NULL);
	if (json_str(json_get(arg, "uri"), &req->arena, &uri) &&
	    uri_to_path(uri, &req->arena, &path)) /* what the user looks at, who says "this" */
		folders_place(&s->folders, &req->arena, path, &workspace, &spec->active);
	if (position_read(json_get(arg, "position"), &cursor))
		spec->cursor_line = cursor.line + 1;
	t = tasks_start(s, spec, SLICE(""), &err);
	if (!t) {
		command_failed(req, &err);
		return;
	}
	reply_task(req, t, with_session);
	tasks_show(t, token);
}

void command_do(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct task_spec spec = { .instruction = command_text(req, arg, "task"),
				  .plan = json_bool_or(json_get(arg, "plan"), false) };
	struct err err;

	if (slice_trim(spec.instruction).len > 0) {
		start_free(s, req, arg, token, &spec, false);
		return;
	}
	(void)err_set(&err, ERR_INVALID,
		      "emend.do needs one argument: {task: \"what is to be done\", plan?: true}.");
	command_failed(req, &err);
}

/* One turn of a conversation: the session goes on with all that was said and done in it. */
void command_chat(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct task_spec spec = { .instruction = command_text(req, arg, "text"),
				  .session = command_text(req, arg, "session"),
				  .plan = json_bool_or(json_get(arg, "plan"), false) };
	struct err err;

	if (slice_trim(spec.instruction).len > 0) {
		start_free(s, req, arg, token, &spec, true);
		return;
	}
	(void)err_set(
		&err, ERR_INVALID,
		"emend.chat needs one argument: {text: \"what you say\", session?: \"...\"}.");
	command_failed(req, &err);
}

/* A session whose task was lost with its server goes on. */
void command_resume(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct task_spec spec = {
		.instruction = SLICE("Go on where you were: the program ended in the middle of "
				     "this. Look first at what is there."),
		.session = command_text(req, arg, "session"),
	};
	struct err err;

	if (spec.session.len > 0) {
		start_free(s, req, arg, token, &spec, true);
		return;
	}
	(void)err_set(&err, ERR_INVALID,
		      "emend.resume needs one argument: {session: \"...\"}; `emend sessions` lists "
		      "them.");
	command_failed(req, &err);
}

/* Without a task the newest of the workspace is meant, which the core finds in its log. */
void command_undo(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct undo_spec spec = { .task = command_text(req, arg, "task"),
				  .step = json_i64_or(json_get(arg, "step"), -1),
				  .redo = json_bool_or(json_get(arg, "redo"), false) };
	struct tracked *of = tasks_find(&s->tasks, spec.task), *t;
	struct err err;

	spec.workspace = of ? slice_of(of->workspace)
			    : command_workspace(s, req, arg, tasks_newest(&s->tasks));
	if (of && of->running) {
		conn_reply_error(req, RPC_REQUEST_FAILED,
				 "The task is still running: stop it first with emend.cancel.");
		return;
	}
	spec.session = slice_of(of ? of->session : "");
	t = tasks_undo(s, &spec, &err);
	if (!t) {
		command_failed(req, &err);
		return;
	}
	reply_task(req, t, false);
	tasks_show(t, token);
}

/* Back to a step of a session: with its files, and for whoever goes on with it. */
void command_rewind(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct undo_spec spec = { .session = command_text(req, arg, "session"),
				  .step = -1,
				  .rewinds = true,
				  .to = json_i64_or(json_get(arg, "step"), -1) };
	struct tracked *t = tasks_newest(&s->tasks);
	struct err err;

	spec.workspace = command_workspace(s, req, arg, t);
	if (spec.session.len == 0 && t)
		spec.session = slice_of(t->session);
	if (spec.session.len == 0 || spec.to < 0) {
		(void)err_set(&err, ERR_INVALID,
			      "emend.rewind needs one argument: {session: \"...\", step: N}.");
		command_failed(req, &err);
		return;
	}
	t = tasks_undo(s, &spec, &err);
	if (!t) {
		command_failed(req, &err);
		return;
	}
	reply_task(req, t, false);
	tasks_show(t, token);
}

/* --- diff --- */

/* Without an id the newest task that changed something. */
static struct tracked *find_diff(struct tasks *all, struct slice id)
{
	struct tracked *found = NULL;

	LIST_EACH (it, tmp, &all->all) {
		struct tracked *t = container_of(it, struct tracked, link);

		if (id.len ? slice_eq_cstr(id, t->id) : t->diff.len > 0)
			found = t;
	}
	return found;
}

/* 0600 and no link followed: it holds the user's code. */
static bool write_report(const struct tracked *t, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool ok;

	if (!file)
		return err_set(err, ERR_IO, "The diff cannot be written to %s: %s.", path,
			       strerror(errno));
	/* The fence is longer than any in the text that a change is likely to hold. */
	ok = fprintf(file, "# %s\n\n``````diff\n", t->title) > 0;
	ok = fwrite(t->diff.data, 1, t->diff.len, file) == t->diff.len && ok;
	ok = fprintf(file, "``````\n%s",
		     t->diff.full ? "\n(Only a part is shown: it is too large.)\n" : "") > 0 &&
	     ok;
	if (fclose(file) != 0 || !ok)
		return err_set(err, ERR_IO, "The diff cannot be written to %s: is the disk full?",
			       path);
	return true;
}

/* The report lies in the state folder, not in the workspace, where git would see it. */
void command_diff(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct tracked *t = find_diff(&s->tasks, command_text(req, arg, "task"));
	struct slice path;
	struct err err;

	(void)token;
	if (!t || t->diff.len == 0) {
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s",
				 t ? "That task changed no file."
				   : "No task of this editor session changed a file.");
		return;
	}
	path = arena_printf(&req->arena, "%s/shown", s->state_dir);
	(void)mkdir(path.ptr, 0700);
	path = arena_printf(&req->arena, "%s/diff-%s.md", path.ptr, t->id);
	if (!write_report(t, path.ptr, &err)) {
		command_failed(req, &err);
		return;
	}
	reply_task(req, t, false);
	shown_report(&s->shown, SLICE(""), path,
		     arena_printf(&req->arena, "Changes of: %s", t->title));
}
