/* models.c - which models can be chosen, for the pickers of the editors, and the choice: it counts from the next
 * task on, for as long as this server runs. Tasks that run go on with theirs. */
#include "agent/model/choices.h"
#include "lsp/commands.h"
#include "lsp/on/on.h"
#include "lsp/server.h"

/* The same walk over the tables is made twice, for models and for providers. */
struct choices_reply {
	struct jw *w;
	const char *current; /* the model that is asked now; NULL: none */
	bool listed;	     /* it was among the choices */
	bool providers;	     /* the providers are written; else the models */
};

static void put_provider(struct jw *w, const struct model_choice *m)
{
	jw_object(w);
	jw_kstr(w, "name", m->provider);
	if (m->ready)
		jw_kbool(w, "ready", true);
	jw_kstr(w, "state", m->state);
	jw_end(w);
}

/* Prices are in dollars for a million tokens, as in the tables; left out where they are not known.
 */
static void put_model(struct choices_reply *r, const struct model_choice *m)
{
	bool current = r->current && slice_eq_cstr(m->model, r->current);
	struct jw *w = r->w;

	r->listed |= current;
	jw_object(w);
	jw_kstr(w, "id", m->model);
	jw_kstr(w, "provider", m->provider);
	if (m->limits.context_tokens > 0)
		jw_ki64(w, "window", m->limits.context_tokens);
	if (m->limits.max_output_tokens > 0)
		jw_ki64(w, "maxOutput", m->limits.max_output_tokens);
	if (m->priced) {
		jw_kf64(w, "input", m->input);
		jw_kf64(w, "output", m->output);
	}
	if (m->images)
		jw_kbool(w, "images", true);
	if (m->ready)
		jw_kbool(w, "ready", true);
	jw_kstr(w, "state", m->state);
	if (current)
		jw_kbool(w, "current", true);
	jw_end(w);
}

static void on_choice(void *payload, const struct model_choice *m)
{
	struct choices_reply *r = payload;

	if (r->providers && m->model.len == 0)
		put_provider(r->w, m);
	if (!r->providers && m->model.len > 0)
		put_model(r, m);
}

/* What is set now may be none of the tables: a script, or a model of a local server. */
static void put_unlisted(struct choices_reply *r)
{
	if (r->listed || !r->current)
		return;
	put_model(r, &(struct model_choice){ .model = slice_of(r->current),
					     .ready = true,
					     .state = SLICE("the model of the settings") });
}

/* From tables and settings only: nobody is asked over the network. */
void on_emend_models(struct server *s, struct rpc_request *req)
{
	struct choices_reply r = { .current = s->settings.model };
	struct model_options o = { 0 };

	if (!s->settings.current) {
		conn_reply_error(req, RPC_REQUEST_FAILED, "%s", s->settings.why.msg);
		return;
	}
	r.w = conn_result_begin(req);
	jw_object(r.w);
	jw_kcstr(r.w, "current", r.current);
	jw_karray(r.w, "models");
	model_choices(&o, &s->settings.current->config, &req->arena, on_choice, &r);
	put_unlisted(&r);
	jw_end(r.w);
	r.providers = true;
	jw_karray(r.w, "providers");
	model_choices(&o, &s->settings.current->config, &req->arena, on_choice, &r);
	jw_end(r.w);
	jw_end(r.w);
	conn_result_end(req);
}

/* A name that cannot be opened is refused, and the choice stays as it was. */
void command_model(struct server *s, struct rpc_request *req, struct json arg, struct json token)
{
	struct slice name = slice_trim(command_text(req, arg, "model"));
	struct err err;
	struct jw *w;

	(void)token;
	if (!settings_choose_model(&s->settings, name, &err)) {
		command_failed(req, &err);
		return;
	}
	w = conn_result_begin(req);
	jw_object(w);
	jw_kcstr(w, "model", s->settings.model);
	jw_end(w);
	conn_result_end(req);
	messages_show(&s->messages, LSP_MESSAGE_INFO, "Emend: from the next task on, %s",
		      s->settings.model ? s->settings.model : s->settings.no_model);
}
