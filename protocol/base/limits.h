/* limits.h - every maximum of the program, with its unit. What can grow is born with one of
 * these. */
#ifndef EMEND_LIMITS_H
#define EMEND_LIMITS_H

enum {
	/* protocol */
	LIMIT_HEADER_BYTES = 4 * 1024,		/* one header block of a frame */
	LIMIT_MESSAGE_BYTES = 64 * 1024 * 1024, /* one JSON-RPC message */
	LIMIT_JSON_DEPTH = 128,			/* nested arrays and objects */
	LIMIT_JSON_TOKENS = 4 * 1024 * 1024,	/* values and keys in one JSON text */
	LIMIT_ID_BYTES = 1024,			/* a JSON-RPC id, as raw text */
	LIMIT_IN_FLIGHT = 1024,			/* requests of the peer that are not answered yet */
	LIMIT_CALLS = 256,			/* our requests that are not answered yet */
	LIMIT_OUT_HIGH_BYTES = 16 * 1024 * 1024, /* unsent output: above this, reading stops */
	LIMIT_OUT_MAX_BYTES = 256 * 1024 * 1024, /* unsent output: above this, it ends */
	LIMIT_URI_BYTES = 8 * 1024,
	LIMIT_DOC_BYTES = 64 * 1024 * 1024,   /* text of one open document */
	LIMIT_DOCS = 4096,		      /* open documents */
	LIMIT_DOCS_OPEN = 64 * 1024,	      /* those included whose text is not kept */
	LIMIT_FOLDERS = 64,		      /* workspace folders */
	LIMIT_NOTED_BYTES = 32 * 1024 * 1024, /* diagnostics of a server behind ours */

	/* model */
	LIMIT_SSE_LINE_BYTES = 16 * 1024 * 1024,
	LIMIT_TOOL_ARGS_BYTES = 4 * 1024 * 1024, /* arguments of one tool call */
	LIMIT_TURN_BYTES = 32 * 1024 * 1024,	 /* everything the model says in one turn */
	LIMIT_ERROR_BODY_BYTES = 1024 * 1024,
	LIMIT_REQUEST_BYTES = 32 * 1024 * 1024, /* what the provider takes */
	LIMIT_CALLS_PER_TURN = 64,

	/* tools */
	LIMIT_READ_BYTES = 10 * 1024 * 1024,	   /* largest file that a tool reads */
	LIMIT_WRITE_BYTES = 10 * 1024 * 1024,	   /* largest file that a tool writes */
	LIMIT_RESULT_BYTES = 40 * 1024,		   /* what one tool result shows the model */
	LIMIT_OUTPUT_SHOWN_BYTES = 16 * 1000,	   /* of a command's output, what the model gets */
	LIMIT_OUTPUT_BYTES = 100 * 1000,	   /* command output kept: half head, half tail */
	LIMIT_OUTPUT_LOG_BYTES = 10 * 1000 * 1000, /* command output in the log */
	LIMIT_LIST_ENTRIES = 2000,
	LIMIT_SEARCH_HITS = 500,	/* lines that one search shows */
	LIMIT_SEARCH_COUNT = 10 * 1000, /* lines that it counts; then it ends */
	LIMIT_WALK_ENTRIES = 1000 * 1000,
	LIMIT_EDITS_PER_CALL = 256,
	LIMIT_LOOKUP_ITEMS =
		10 * 1000,	 /* places or diagnostics in one answer of a language server */
	LIMIT_PATCH_FILES = 64,	 /* of one patch, and of one transaction */
	LIMIT_PATCH_ANCHORS = 8, /* "@@" lines of one hunk */
	LIMIT_PATH_BYTES = 4096,
	LIMIT_COMMAND_BYTES = 128 * 1024,
	LIMIT_STDIN_BYTES = 8 * 1024 * 1024, /* that a command is given */
	LIMIT_ENV_BYTES = 64 * 1024,	     /* variables that a command is given, all together */
	LIMIT_VIEW_CHANGES = 200 * 1000,     /* files that one command may change */
	LIMIT_VIEW_ENTRIES = 1000 * 1000,    /* files in the layer of one command */
	LIMIT_COPY_FILES = 100 * 1000,	     /* that are copied for a command without an overlay */
	LIMIT_COPY_MIB = 4096,		     /* in them */
	LIMIT_VIEW_PAGE = 2000,		     /* changes of it in one message */
	LIMIT_VIEW_DIFF_BYTES = 1024 * 1024, /* of a file whose change is shown */
	LIMIT_UNSAVED_BYTES = 24 * 1024 * 1024, /* open buffers that a command is shown */

	/* network of commands */
	LIMIT_NET_COMMAND = 64,		     /* connections of one command at once */
	LIMIT_NET_SESSION = 256,	     /* of all commands of a runner */
	LIMIT_NET_TARGETS = 256,	     /* hosts and ports that one command names */
	LIMIT_NET_QUESTIONS = 16,	     /* of them, those that the user is asked for */
	LIMIT_NET_HEADER_BYTES = 8 * 1024,   /* a request to the proxy */
	LIMIT_NET_BUFFER_BYTES = 64 * 1024,  /* on the way, in each direction of a connection */
	LIMIT_NET_LINGER_BYTES = 256 * 1024, /* read and thrown away behind a refusal */
	LIMIT_NET_ADDRESSES = 8,	     /* of one host that are tried */

	/* other faces of the user */
	LIMIT_PEERS = 64,		     /* programs; and connections to one of them */
	LIMIT_PEER_LIST_BYTES = 1024 * 1024, /* names of the files that one has open */

	/* tasks */
	LIMIT_TASKS = 16, /* running at once */
	LIMIT_LOG_EVENT_BYTES = 48 * 1024 * 1024,
	LIMIT_STORE_QUEUE_BYTES =
		512 * 1024 * 1024,	      /* of one session, not yet written to the disk */
	LIMIT_INSTRUCTIONS_BYTES = 64 * 1024, /* AGENTS.md and the like, all together */
	LIMIT_SELECTION_BYTES = 256 * 1024,   /* code that a code action sends along */
	LIMIT_CONFIG_BYTES = 1024 * 1024,
	LIMIT_HUNKS = 4096,		     /* changes that wait for the user's word */
	LIMIT_HUNK_BYTES = 64 * 1024 * 1024, /* their texts, and those of their files, in memory */
	LIMIT_HUNK_SESSIONS = 64,	     /* of a workspace, whose changes wait */

	/* milliseconds */
	LIMIT_PERMISSION_MS = 10 * 60 * 1000, /* an unanswered permission is a denial */
	LIMIT_CLIENT_REPLY_MS = 30 * 1000,    /* any other request to the client */
	LIMIT_EDIT_VERIFY_MS = 1500,	      /* the didChange that proves an applied edit */
	LIMIT_EDIT_BEHIND_MS = 5 * 1000,   /* the newer text of an editor that failed on an edit */
	LIMIT_EDIT_CONFIRM_MS = 10 * 1000, /* the same, where it may come late */
	LIMIT_WRAP_MS =
		9 * 1000, /* a server behind ours adds to a list of ours; eglot waits 10 s */
	LIMIT_DIAGNOSTICS_MS = 4 * 1000, /* a language server looks at a text that was edited */
	LIMIT_PEER_MS = 10 * 1000,	 /* another face says what it has open */
	LIMIT_PEER_EDIT_MS = 60 * 1000,	 /* another face's editor makes an edit */
	LIMIT_CONNECT_MS = 15 * 1000,
	LIMIT_NET_HEADER_MS = 10 * 1000, /* a command's whole request to the proxy */
	LIMIT_NET_RESOLVE_MS = 15 * 1000,
	LIMIT_NET_CONNECT_MS = 10 * 1000, /* to one address */
	LIMIT_NET_LINGER_MS = 1000,
	LIMIT_STREAM_IDLE_MS = 120 * 1000,
	LIMIT_LOCAL_IDLE_MS =
		600 * 1000,	   /* a model on this machine reads a long prompt in silence */
	LIMIT_LOCAL_FIND_MS = 150, /* to look for one */
	LIMIT_PROGRESS_INTERVAL_MS = 200, /* at most five a second */
	LIMIT_TEXT_INTERVAL_MS = 30,	  /* what a model says, to our own plugins */
	LIMIT_COMMAND_MS = 120 * 1000,	  /* default timeout of a command */
	LIMIT_COMMAND_MAX_MS = 60 * 60 * 1000,
};

#endif
