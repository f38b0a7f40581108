/* choose.c - which model a task works with: the one that was asked for, or that the user has set for this kind
 * of work, and when that one cannot answer now,
 * the next of the user's list (`fallback`). Only ways of failing in which another server may do better lead
 * on: a wrong key or a refused request is said, not passed over. */
#include "agent/config/suggest.h"
#include "agent/model/guest.h"
#include "agent/session/code_action.h"
#include "agent/session/task_own.h"

/* An empty name means: the first provider whose key is there. http and gates are made here for
 * the first time, unless another task has been. */
static bool open_named(struct task *t, struct slice name, struct model **out, struct err *err)
{
	struct model_options o = {
		.loop = agent_loop(t->agent),
		.runq = agent_runq(t->agent),
		.http = agent_http(t->agent),
		.gates = agent_gates(t->agent),
	};

	if (name.len == 0 && !model_default_name(&o, &t->arena, &name, err))
		return false;
	model_options_from(&o, &t->config, name);
	return model_open(&o, name, out, err);
}

/* Beside the code actions: what task_spec_name() says of tasks without one. */
static const char *const other_kinds[] = { "do", "action" };

/* The kinds of work that a model can be set for. In the arena. */
static const char **all_kinds(struct arena *a, size_t *n)
{
	const struct code_action *actions = code_actions(n);
	const char **names = arena_array(a, *n + ARRAY_LEN(other_kinds), sizeof(*names));

	for (size_t i = 0; i < *n; i++)
		names[i] = actions[i].name;
	for (size_t i = 0; i < ARRAY_LEN(other_kinds); i++)
		names[(*n)++] = other_kinds[i];
	return names;
}

static bool is_kind(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(other_kinds); i++)
		if (slice_eq_cstr(name, other_kinds[i]))
			return true;
	return code_action_named(name) != NULL;
}

bool task_check_models(const struct config *c, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < c->n_models; i++) {
		struct slice name = c->models[i].name;
		const char **kinds, *meant;
		size_t n;

		if (c->models[i].use.len == 0 || is_kind(name) || config_is_level(name))
			continue;
		kinds = all_kinds(a, &n);
		meant = suggest(name, kinds, n);
		return err_set(
			err, ERR_USAGE,
			"The setting models.%.*s names a model for no kind of work%s%s%s. The "
			"kinds are do, action, and the code actions: explain, fix and so on; the "
			"levels are simple, medium and complex.",
			SLICE_ARG(slice_sub(name, 0, 60)), meant ? " (did you mean \"" : "",
			meant ? meant : "", meant ? "\"?)" : "");
	}
	return true;
}

struct slice task_kind(const struct task *t)
{
	static const struct guest some = { .payload = NULL };

	return slice_of(
		task_spec_name(&(struct task_spec){ .action = t->action,
						    .own = t->has_own ? &t->own : NULL,
						    .guest = t->has_guest ? &some : NULL }));
}

bool choose_model(struct task *t, const struct guest *guest, struct err *err)
{
	struct model_options o = { .loop = agent_loop(t->agent), .runq = agent_runq(t->agent) };

	if (guest)
		t->model = guest_open(&o, guest);
	else if (!task_check_models(&t->config, &t->arena, err) ||
		 !open_named(t, config_model_for(&t->config, task_kind(t)), &t->model, err))
		return false;
	t->env.images = model_images(t->model);
	compact_init(t);
	return budget_check(&t->config.budget, model_priced(t->model), model_name(t->model), err);
}

/* Opens a model of the list. The limits of this task were made for a model with a price, or for one without:
 * the next one must be of the same sort, or money that was promised to hold would not. */
static struct model *next_of_list(struct task *t)
{
	struct model *m = NULL;

	while (!m && t->next_fallback < t->config.n_fallback) {
		struct slice name =
			config_model_level(&t->config, t->config.fallback[t->next_fallback++]);
		struct err err = { 0 };

		if (slice_eq(name, model_name(t->model)))
			continue;
		if (!open_named(t, name, &m, &err)) {
			task_notice(t, arena_printf(&t->arena, "fallback %.*s cannot be used: %s",
						    SLICE_ARG(name), err.msg));
		} else if (model_priced(m) != model_priced(t->model)) {
			task_notice(
				t,
				arena_printf(
					&t->arena,
					"fallback %.*s is not used: its price is %sknown, and the "
					"limits of this task were set for a model whose price is %sknown",
					SLICE_ARG(name), model_priced(m) ? "" : "not ",
					model_priced(m) ? "not " : ""));
			model_close(m);
			m = NULL;
		}
	}
	return m;
}

/* Called from the step, when no call is under way: what the old model streamed is void, and its answer is
 * asked from the new one. */
bool choose_next(struct task *t)
{
	struct model *m = next_of_list(t);
	struct jw *w;

	if (!m)
		return false;
	if (t->streamed)
		task_emit(t, &(struct task_event){ .kind = TASK_TEXT_VOID });
	task_notice(t, arena_printf(&t->arena, "%s Going on with %.*s.", t->unanswered.msg,
				    SLICE_ARG(model_name(m))));
	model_close(t->model);
	t->model = m;
	t->schemas = NULL; /* some models edit by other tools */
	t->env.images = model_images(m);
	t->unanswered = (struct err){ 0 };
	compact_init(t);
	w = task_log(t, "model");
	jw_kstr(w, "model", model_name(m));
	return task_log_end(t);
}
