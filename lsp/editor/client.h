/* client.h - what the editor at the other end can do, read once from its `initialize`.
 *
 * Decided by capabilities wherever they tell; by name only for the few faults that no capability
 * shows. Immutable afterwards. */
#ifndef EMEND_LSP_CLIENT_H
#define EMEND_LSP_CLIENT_H

#include "protocol/json/json.h"
#include "protocol/lsp/position.h"

enum client_kind {
	CLIENT_OTHER,
	CLIENT_NEOVIM, /* one line per message, or the user has to press Enter */
	CLIENT_EGLOT,  /* or one without a name. Takes message texts for format strings: no '%' */
};

struct client {
	enum client_kind kind;
	enum position_encoding encoding;
	bool announce_encoding; /* the client sent general.positionEncodings */
	bool progress;		/* window.workDoneProgress */
	bool show_document;	/* window.showDocument.support */
	bool document_changes;	/* workspace/applyEdit takes versions */
	bool apply_edit;
	bool configuration;	    /* workspace/configuration */
	bool dynamic_configuration; /* workspace.didChangeConfiguration.dynamicRegistration */
	bool code_lens;		    /* textDocument.codeLens */
	bool lens_refresh;	    /* workspace.codeLens.refreshSupport */
	bool disabled;		    /* codeAction.disabledSupport */
	bool llm_tag;		    /* codeAction.tagSupport has LLMGenerated */
	bool virtual_documents;	    /* workspace.textDocumentContent */
	bool notebooks;		    /* notebookDocument.synchronization */
	bool emend;		    /* experimental.emend: one of our own plugins */
	bool diagnostics; /* experimental.emend.diagnostics: it says what the editor shows */
	bool lookup;	  /* experimental.emend.lookup: it asks the editor's servers for us */
	bool by_file;	  /* experimental.emend.byFile: its diffs are of one file */
};

void client_init(struct client *c, struct json initialize_params);

#endif
