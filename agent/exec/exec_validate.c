/* exec_validate.c - see exec_validate.h
 *
 *   python, sql   python3 with check/check.py (ast; sqlite3's compiler under an authorizer); the code is its input
 *   javascript    node with check/check.js (acorn, which is inside of node)
 *   bash          `bash -n` for its syntax; the commands by Emend's own parser (exec_shell.c)
 *
 * Each runs as a job of the service, like an execution, but stands in no history. */
#include "agent/exec/exec_validate.h"

#include <stdlib.h>

#include "agent/base/embed.h"
#include "agent/exec/exec_findings.h"
#include "agent/exec/exec_own.h"
#include "protocol/base/mem.h"
#include "protocol/json/json.h"
#include "protocol/json/write.h"

/* CHECK_BYTES bounds both what a checker prints and what the answer says. */
enum { CHECK_SECONDS = 20, CHECK_BYTES = 1024 * 1024 };

/* Owned by whoever asked, until done() or the drop; its job is the service's. */
struct exec_validation {
	struct list link;
	struct arena arena;
	struct exec_job *job; /* NULL: it has its answer */
	struct slice code;
	const struct exec_language *language;
	bool allow_network, allow_filesystem;
	struct findings findings;
	exec_validated_cb *done;
	void *payload;
};

void findings_add(struct findings *f, struct slice rule, int64_t line, int64_t column,
		  struct slice message)
{
	if (f->n == FINDINGS_MAX)
		return;
	f->of[f->n++] = (struct finding_row){ .rule = arena_dup(f->arena, rule),
					      .message = arena_dup(f->arena, message),
					      .line = line > 0 ? line : 1,
					      .column = column > 0 ? column : 1 };
}

void exec_validation_drop(struct exec_validation *v)
{
	if (!v)
		return;
	list_remove(&v->link);
	exec_drop(v->job);
	arena_release(&v->arena);
	free(v);
}

void exec_validations_drop(struct exec *e)
{
	LIST_EACH (it, tmp, &e->validations) {
		struct exec_validation *v = container_of(it, struct exec_validation, link);

		v->job = NULL; /* freed with the lists of the service */
		exec_validation_drop(v);
	}
}

/* --- what the checkers print --- */

/* The checker is our own program, but it ran over code of a stranger: what it prints is read like
 * any input. */
static bool take_json(struct exec_validation *v, struct slice out)
{
	struct json root, list;
	struct err err;

	if (!json_parse(&v->arena, slice_trim(out), &root, &err))
		return false;
	list = json_get(root, "findings");
	for (struct json_iter it = json_iter(list); json_next(&it);)
		findings_add(&v->findings, json_str_or(json_get(it.value, "rule"), &v->arena, ""),
			     json_i64_or(json_get(it.value, "line"), 1),
			     json_i64_or(json_get(it.value, "column"), 1),
			     json_str_or(json_get(it.value, "message"), &v->arena, ""));
	return json_type(list) == JSON_ARRAY;
}

/* "main.sh: line 3: syntax error near unexpected token `)'"
 * bash stops at its first error, so one finding is all there is. Only code without one is given to
 * our own parser: where the two disagree about the syntax, bash is the one that would run it. */
static void take_bash(struct exec_validation *v, const struct exec_answer *a)
{
	struct slice rest = a->err_out, line, mark = SLICE("line ");
	bool told = false;

	while (slice_next_line(&rest, &line)) {
		size_t at = slice_find(line, mark, 0), end;
		int64_t number = 0;

		if (at == SIZE_MAX || told)
			continue;
		for (end = at + mark.len;
		     end < line.len && line.ptr[end] >= '0' && line.ptr[end] <= '9'; end++)
			number = number * 10 + (line.ptr[end] - '0');
		findings_add(&v->findings, SLICE("syntax"), number, 1,
			     slice_trim(slice_sub(line, end + 1, line.len)));
		told = true;
	}
	if (!told)
		findings_of_shell(&v->findings, v->code);
}

/* --- the answer --- */

/* What the request is allowed is no finding for it. */
static bool counts(const struct exec_validation *v, const struct finding_row *f)
{
	return !(v->allow_network && slice_eq_cstr(f->rule, "network")) &&
	       !(v->allow_filesystem && slice_eq_cstr(f->rule, "file"));
}

/* "issues" are sentences for people, "findings" the same for programs. */
static void write_answer(struct exec_validation *v, struct buf *out)
{
	const struct findings *f = &v->findings;
	size_t n = 0;
	struct jw w;

	for (size_t i = 0; i < f->n; i++)
		n += counts(v, &f->of[i]);
	jw_init(&w, out);
	jw_object(&w);
	jw_kbool(&w, "is_safe", n == 0);
	jw_karray(&w, "issues");
	for (size_t i = 0; i < f->n; i++) {
		if (counts(v, &f->of[i]))
			jw_str(&w,
			       arena_printf(&v->arena, "Line %lld: %.*s.", (long long)f->of[i].line,
					    SLICE_ARG(f->of[i].message)));
	}
	jw_end(&w);
	jw_kcstr(&w, "language", v->language->name);
	jw_karray(&w, "findings");
	for (size_t i = 0; i < f->n; i++) {
		if (!counts(v, &f->of[i]))
			continue;
		jw_object(&w);
		jw_kstr(&w, "rule", f->of[i].rule);
		jw_ki64(&w, "line", f->of[i].line);
		jw_ki64(&w, "column", f->of[i].column);
		jw_kstr(&w, "message", f->of[i].message);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
}

/* False only where nobody looked at the code at all. */
static bool take(struct exec_validation *v, const struct exec_answer *a, struct err *err)
{
	if (a->failed != ERR_NONE)
		return err_set(err, a->failed, "The code was not looked at: %s", a->error_message);
	if (strcmp(v->language->name, "bash") != 0) {
		if (a->status == EXEC_SUCCESS && take_json(v, a->out))
			return true;
		/* Code on which its own language's parser breaks is not harmless. */
		findings_add(&v->findings, SLICE("unknown"), 1, 1,
			     SLICE("it could not be parsed within the limits"));
		return true;
	}
	take_bash(v, a);
	return true;
}

/* The link goes first, so that exec_validations_drop() inside of done() does not find it again. */
static void on_checked(void *payload, const struct exec_answer *a)
{
	struct exec_validation *v = payload;
	struct buf out;
	struct err err;

	v->job = NULL;
	list_remove(&v->link); /* the receiver may end the service */
	buf_init(&out, CHECK_BYTES);
	if (take(v, a, &err)) {
		write_answer(v, &out);
		v->done(v->payload, buf_slice(&out), NULL);
	} else {
		v->done(v->payload, SLICE(""), &err);
	}
	buf_release(&out);
	exec_validation_drop(v);
}

/* The program that looks at code of this language, as a request: its own code, and the code as input.
 * python's -I and node's own acorn: nothing of the user's is loaded, neither modules nor settings.
 */
static const char *const *checker(struct exec_validation *v, struct exec_request *r)
{
	static const char *const python[] = { "python3", "-I", "main.py", NULL };
	static const char *const node[] = { "node", "--expose-internals", "main.js", NULL };
	static const char *const bash[] = { "bash", "-n", "main.sh", NULL };
	static const struct slice as_python[] = { { "EMEND_CHECK=python", 18 } };
	static const struct slice as_sql[] = { { "EMEND_CHECK=sql", 15 } };

	r->stdin_data = v->code;
	r->n_env = 1;
	r->env = v->language->file ? as_python : as_sql;
	if (strcmp(v->language->name, "bash") == 0) {
		r->language = v->language;
		r->code = v->code;
		r->stdin_data = SLICE("");
		return bash;
	}
	if (strcmp(v->language->name, "javascript") == 0) {
		r->language = v->language;
		r->code = embed_find(embed_schemas, SLICE("check.js"));
		return node;
	}
	r->language = exec_language_find(SLICE("python"));
	r->code = embed_find(embed_schemas, SLICE("check.py"));
	return python;
}

bool exec_validate(struct exec *e, const struct exec_request *r, exec_validated_cb *done,
		   void *payload, struct exec_validation **out, struct err *err)
{
	const struct exec_callbacks cb = { .done = on_checked };
	struct exec_request check = { .timeout_seconds = CHECK_SECONDS,
				      .max_output_size = CHECK_BYTES,
				      .priority = r->priority };
	struct exec_validation *v;
	const char *const *argv;

	if (!exec_check(r, err))
		return false;
	v = xcalloc(1, sizeof(*v));
	arena_init(&v->arena);
	v->findings.arena = &v->arena;
	v->code = arena_dup(&v->arena, r->code);
	v->language = r->language;
	v->allow_network = r->allow_network;
	v->allow_filesystem = r->allow_filesystem;
	v->done = done;
	v->payload = payload;
	list_append(&e->validations, &v->link);
	argv = checker(v, &check);
	if (!exec_enqueue(e, &check, argv, &cb, v, &v->job, err)) {
		exec_validation_drop(v);
		return false;
	}
	*out = v;
	return true;
}
