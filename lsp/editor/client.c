/* client.c - see client.h */
#include "lsp/editor/client.h"

enum { TAG_LLM_GENERATED = 1 };

static bool yes(struct json object, const char *key)
{
	return json_bool_or(json_get(object, key), false);
}

/* The client lists what it can, the best for it first; what it counts in is what it need not
 * convert. All are as good for us. UTF-16 is what every client has, also one that lists nothing. */
static void read_encoding(struct client *c, struct json capabilities)
{
	struct json offered = json_get(json_get(capabilities, "general"), "positionEncodings");
	struct json_iter it = json_iter(offered);
	struct slice name;
	struct arena a;

	arena_init(&a);
	c->encoding = POSITION_UTF16;
	c->announce_encoding = json_type(offered) == JSON_ARRAY && json_len(offered) > 0;
	while (json_next(&it))
		if (json_str(it.value, &a, &name) && position_encoding_parse(name, &c->encoding))
			break;
	arena_release(&a);
}

static void read_workspace(struct client *c, struct json workspace)
{
	struct json edit = json_get(workspace, "workspaceEdit");

	c->apply_edit = yes(workspace, "applyEdit");
	/* Neovim announces resourceOperations only, and takes documentChanges all the same. */
	c->document_changes =
		yes(edit, "documentChanges") || json_present(json_get(edit, "resourceOperations"));
	c->configuration = yes(workspace, "configuration");
	c->dynamic_configuration =
		yes(json_get(workspace, "didChangeConfiguration"), "dynamicRegistration");
	c->lens_refresh = yes(json_get(workspace, "codeLens"), "refreshSupport");
	c->virtual_documents = json_present(json_get(workspace, "textDocumentContent"));
}

static void read_code_action(struct client *c, struct json action)
{
	struct json tags = json_get(json_get(action, "tagSupport"), "valueSet");

	c->disabled = yes(action, "disabledSupport");
	for (struct json_iter it = json_iter(tags); json_next(&it);)
		if (json_i64_or(it.value, 0) == TAG_LLM_GENERATED)
			c->llm_tag = true;
}

void client_init(struct client *c, struct json params)
{
	struct json caps = json_get(params, "capabilities"), window = json_get(caps, "window");
	struct json name = json_get(json_get(params, "clientInfo"), "name");
	struct json emend = json_get(json_get(caps, "experimental"), "emend");

	*c = (struct client){ .kind = CLIENT_OTHER };
	if (json_is(name, "Neovim"))
		c->kind = CLIENT_NEOVIM;
	else if (json_is(name, "Eglot") || json_type(name) != JSON_STRING) /* eglot 1.9 has none */
		c->kind = CLIENT_EGLOT;
	read_encoding(c, caps);
	read_workspace(c, json_get(caps, "workspace"));
	read_code_action(c, json_get(json_get(caps, "textDocument"), "codeAction"));
	c->code_lens = json_present(json_get(json_get(caps, "textDocument"), "codeLens"));
	c->notebooks =
		json_present(json_get(json_get(caps, "notebookDocument"), "synchronization"));
	c->progress = yes(window, "workDoneProgress");
	c->show_document = yes(json_get(window, "showDocument"), "support");
	c->emend = json_type(emend) == JSON_OBJECT || json_bool_or(emend, false);
	c->diagnostics = yes(emend, "diagnostics");
	c->lookup = yes(emend, "lookup");
	c->by_file = yes(emend, "byFile");
}
