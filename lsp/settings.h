/* settings.h - the configuration as the editor's user sees it: files and environment, and what the
 * editor says under "emend" (initializationOptions, workspace/configuration,
 * didChangeConfiguration).
 *
 * A configuration is counted: a task keeps the one that it began with. A broken configuration is
 * shown once; until it is mended there is none, and tasks say why they do not start. */
#ifndef EMEND_LSP_SETTINGS_H
#define EMEND_LSP_SETTINGS_H

#include <uv.h>

#include "agent/config/config.h"
#include "lsp/editor/messages.h"

struct shared_config {
	int refs;
	struct config config;
};

/* initial, editor: JSON of what the editor said, at the start and last; the newer one counts. All
 * owned. */
struct settings {
	uv_loop_t *loop;
	struct conn *conn;
	const struct client *client;
	struct messages *messages;
	bool untrusted;		       /* the editor does not trust the workspace: read-only */
	char *initial;		       /* JSON text of initializationOptions.emend; NULL: none */
	char *editor;		       /* what the editor said last; NULL: nothing */
	char *chosen; /* the model that the user picked, for as long as this server runs; NULL: none */
	struct shared_config *current; /* NULL: not loaded, or broken */
	struct err why;		       /* why there is none */
	char *model;	/* the name of the model that is asked; NULL: there is none */
	char *no_model; /* then: why */
};

void settings_init(struct settings *s, uv_loop_t *loop, struct conn *conn,
		   const struct client *client, struct messages *messages);
void settings_release(struct settings *s);
void settings_initial(struct settings *s, struct json initialization_options);
/* After `initialized`: loads, registers for changes and asks the editor, as far as it can. */
void settings_ready(struct settings *s);
void settings_pushed(struct settings *s, struct json settings); /* of didChangeConfiguration */

/* Reads everything anew. False if the configuration is broken (s->why); the user was told. */
bool settings_load(struct settings *s);
/* Picks a model for the tasks that begin from now on, over all settings; "": back to the settings. Contacts
 * nobody. ERR_PROVIDER if it could not be called, and then nothing changes. */
NODISCARD bool settings_choose_model(struct settings *s, struct slice name, struct err *err);
/* The one that is in memory; gives a reference. NULL if there is none. */
struct shared_config *settings_config(struct settings *s);
void shared_config_unref(struct shared_config *c); /* NULL is fine */

#endif
