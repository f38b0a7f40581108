/* settings.c - see settings.h */
#include "lsp/settings.h"

#include <stdlib.h>

#include "agent/model/model.h"
#include "protocol/base/limits.h"
#include "protocol/base/mem.h"

void settings_init(struct settings *s, uv_loop_t *loop, struct conn *conn,
		   const struct client *client, struct messages *messages)
{
	*s = (struct settings){
		.loop = loop, .conn = conn, .client = client, .messages = messages
	};
}

void settings_release(struct settings *s)
{
	shared_config_unref(s->current);
	free(s->initial);
	free(s->editor);
	free(s->chosen);
	free(s->model);
	free(s->no_model);
	*s = (struct settings){ 0 };
}

struct shared_config *settings_config(struct settings *s)
{
	if (s->current)
		s->current->refs++;
	return s->current;
}

void shared_config_unref(struct shared_config *c)
{
	if (!c || --c->refs > 0)
		return;
	config_release(&c->config);
	free(c);
}

/* --- loading --- */

/* Which model is asked, or why none can be: said with each offer, so that nobody starts a task in
 * vain. */
static void find_model(struct settings *s)
{
	struct model_options options = { .loop = s->loop };
	struct slice name = config_model_level(&s->current->config, s->current->config.model);
	struct err err;
	struct arena a;

	free(s->model);
	free(s->no_model);
	s->model = s->no_model = NULL;
	arena_init(&a);
	if (name.len || model_default_name(&options, &a, &name, &err))
		s->model = xslicedup(name);
	else
		s->no_model = xstrdup(err.msg);
	arena_release(&a);
}

static struct json parse(struct arena *a, const char *text)
{
	struct json v = { 0 };

	if (text && !json_parse(a, slice_of(text), &v, NULL))
		v = (struct json){ 0 };
	return v;
}

/* Then changes are made and looked at afterwards, once, hunk by hunk, instead of asked for and then looked at. Only our
 * plugins say so: other editors may announce lenses that they do not draw. */
static bool shows_hunks(const struct settings *s, const struct config *c)
{
	return s->client->emend && slice_eq_cstr(c->hunks, "on");
}

/* The old settings stay alive as long as a task holds them (refs). The same error is shown once,
 * and again when it is another one. */
bool settings_load(struct settings *s)
{
	struct config_flags flags = { 0 };
	struct config_sources sources = { .user_file = slice_of(""), .flags = &flags };
	struct shared_config *fresh = xcalloc(1, sizeof(*fresh));
	struct err err = { .code = ERR_NONE };
	struct arena a;
	bool ok;

	arena_init(&a);
	sources.editor = parse(&a, s->editor ? s->editor : s->initial);
	if (s->chosen)
		flags.model = slice_of(s->chosen);
	ok = config_load(&fresh->config, &sources, &err);
	arena_release(&a);
	shared_config_unref(s->current);
	s->current = NULL;
	if (ok) {
		if (s->untrusted)
			fresh->config.mode = MODE_READ_ONLY;
		else if (shows_hunks(s, &fresh->config) && !config_mode_set(&fresh->config))
			fresh->config.mode = MODE_EDIT;
		fresh->refs = 1;
		s->current = fresh;
		s->why.code = ERR_NONE;
		find_model(s);
		return true;
	}
	free(fresh);
	if (s->why.code == ERR_NONE || strcmp(s->why.msg, err.msg) != 0)
		messages_show(s->messages, LSP_MESSAGE_ERROR, "Emend's settings: %s", err.msg);
	s->why = err;
	return false;
}

/* Opened and closed again: a name that is wrong is better refused now than by the next task. */
static bool can_open(struct settings *s, struct slice name, struct err *err)
{
	struct model_options o = { .loop = s->loop };
	struct model *m;

	if (!s->current)
		return err_set(err, ERR_PROVIDER, "Emend's settings: %s", s->why.msg);
	name = config_model_level(&s->current->config, name);
	model_options_from(&o, &s->current->config, name);
	if (!model_open(&o, name, &m, err))
		return false;
	model_close(m);
	return true;
}

bool settings_choose_model(struct settings *s, struct slice name, struct err *err)
{
	if (name.len > 0 && !can_open(s, name, err))
		return false;
	free(s->chosen);
	s->chosen = name.len > 0 ? xslicedup(name) : NULL;
	if (!settings_load(s))
		return err_set(err, ERR_PROVIDER, "Emend's settings: %s", s->why.msg);
	return true;
}

/* --- what the editor says --- */

static void replace(char **text, struct json v)
{
	free(*text);
	*text = json_type(v) == JSON_OBJECT ? xslicedup(json_raw(v)) : NULL;
}

void settings_initial(struct settings *s, struct json options)
{
	struct json section = json_get(options, "emend");

	/* Beside the settings, as it is no wish of the user's: nothing that they set makes it wider. */
	s->untrusted = json_type(section) == JSON_OBJECT &&
		       !json_bool_or(json_get(options, "trusted"), true);
	replace(&s->initial, json_type(section) == JSON_OBJECT ? section : options);
}

/* Before the first answer nothing is known of the editor's own settings, and an error leaves it so.
 */
static void on_pulled(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct settings *s = payload;
	bool had = s->editor != NULL;

	if (err)
		return;
	replace(&s->editor, json_at(reply->result, 0)); /* null: not set */
	if (had || s->editor)
		(void)settings_load(s);
}

static void pull(struct settings *s)
{
	(void)conn_call(s->conn, "workspace/configuration",
			SLICE("{\"items\":[{\"section\":\"emend\"}]}"),
			uv_now(s->loop) + LIMIT_CLIENT_REPLY_MS, on_pulled, s);
}

static void on_registered(void *payload, const struct rpc_reply *reply, const struct err *err)
{
	struct settings *s = payload;

	(void)reply;
	if (err)
		messages_log(s->messages, LSP_MESSAGE_LOG,
			     "The editor will not report changed settings: %s", err->msg);
}

void settings_ready(struct settings *s)
{
	static const char registration[] =
		"{\"registrations\":[{\"id\":\"emend-settings\","
		"\"method\":\"workspace/didChangeConfiguration\","
		"\"registerOptions\":{\"section\":\"emend\"}}]}";

	(void)settings_load(s);
	if (s->client->dynamic_configuration)
		(void)conn_call(s->conn, "client/registerCapability", SLICE(registration),
				uv_now(s->loop) + LIMIT_CLIENT_REPLY_MS, on_registered, s);
	if (s->client->configuration)
		pull(s);
}

/* Editors differ: some send the settings, some only that something is different. */
void settings_pushed(struct settings *s, struct json settings)
{
	struct json section = json_get(settings, "emend");

	if (json_type(section) == JSON_OBJECT) {
		replace(&s->editor, section);
		(void)settings_load(s);
	} else if (s->client->configuration) {
		pull(s);
	}
}
