/* config.h - the settings, from all their sources.
 *
 * Precedence: flags, environment (EMEND_MODEL, EMEND_MODE, ...), the editor's settings, user config
 * ($XDG_CONFIG_HOME/emend/config.json, JSON with comments), defaults. Then the project's
 * .emend/config.json narrows: it may lower limits, make the mode stricter, add ask and deny rules
 * and denied files, and add actions; it can allow nothing. Unknown keys and wrong types are errors
 * that name file, line and key. */
#ifndef EMEND_CONFIG_H
#define EMEND_CONFIG_H

#include "agent/budget/budget.h"
#include "agent/policy/hosts.h"
#include "protocol/json/json.h"

struct config_action { /* a user's own code action */
	struct slice title, kind, prompt;
	bool edits; /* result: "edit", else "show" */
};

struct config_provider { /* providers.NAME */
	struct slice name, base_url, dialect, key_env, key_command;
};

struct config_model { /* models.NAME: what the user knows of a model; beats the built-in table */
	struct slice name; /* "PROVIDER/MODEL", or MODEL at any provider */
	bool priced;
	double input, output, cache_read, cache_write; /* USD per million tokens */
	uint32_t context_tokens, max_output_tokens;    /* 0: not said */
	enum { IMAGES_NOT_SAID, IMAGES_NO, IMAGES_YES } images; /* does it take them? */
	struct slice
		use; /* not empty: name is a kind of work or a level, and this the model for it */
};

struct config_example { /* what a rule must match, or must not */
	enum verdict verdict;
	struct slice rule, command;
	bool match;
};

struct config { /* everything lives in `arena` */
	struct arena arena;
	struct slice model; /* "": not set */
	enum mode mode;
	struct budget_limits budget;
	/* Limits of one command that the model runs, in milliseconds and bytes; idle 0: no
	 * limit. */
	uint64_t command_timeout_ms, command_idle_ms, command_memory_bytes;
	uint32_t command_processes;
	struct slice runner;	      /* "native", "podman", "docker" */
	struct slice container_image; /* of the last two */
	double container_cpus;	      /* 0: all */
	/* How much the model is to think; "": its default. */
	struct slice effort;
	bool project_asks;		/* the project's file wants each change to be asked for */
	struct slice approve;		/* "effects", "commands" */
	struct slice mask_secrets;	/* "on", "off" */
	struct slice keyring;		/* "on", "off" */
	struct slice hunks, toolchains; /* "on", "off" */
	struct slice sandbox;		/* "full", "reduced" */
	struct slice bell;		/* "auto", "always", "off" */
	/* after the first try of a call; 0: none */
	int retries;
	const struct slice *fallback; /* models, in order */
	size_t n_fallback;
	uint32_t requests_per_minute;		/* to one provider; 0: not set */
	uint64_t history_bytes;			/* of all sessions' blobs; 0: no limit */
	/* Lists: an array in the arena and its length. Those of a later source come behind those
	 * of an earlier one. */
	const struct slice *allow, *ask, *deny; /* command rules */
	size_t n_allow, n_ask, n_deny;
	const struct config_example *examples; /* of these rules */
	size_t n_examples;
	const struct slice *net_allow, *net_deny; /* hosts that commands may reach */
	size_t n_net_allow, n_net_deny;
	const struct slice *exec_dependencies; /* what code that is executed may ask for */
	size_t n_exec_dependencies;
	const struct slice *deny_files;
	size_t n_deny_files;
	bool deny_files_replaced; /* user config gave denyFiles as the whole list */
	const struct config_action *actions;
	size_t n_actions;
	const struct config_provider *providers;
	size_t n_providers;
	const struct config_model *models;
	size_t n_models;
	/* Absolute, without a slash at the end; they need not exist. */
	const struct slice *read_dirs, *write_dirs;
	size_t n_read_dirs, n_write_dirs;
	const struct config *configured; /* before environment and flags: what a project file is
					    measured by; same arena */
	unsigned char *origin; /* of each key, in the order of the table: enum config_origin */
};

/* Who had the last word about a key, for `emend config show` and for rules such as "was it set
 * at all?". */
enum config_origin {
	CONFIG_DEFAULT,
	CONFIG_USER,
	CONFIG_EDITOR,
	CONFIG_ENV,
	CONFIG_FLAG,
	CONFIG_PROJECT
};

/* Where each mistake of a file is told, so that the rest of it can be read; its key then has no effect. */
struct config_reports {
	void (*fn)(void *payload, const struct err *err);
	void *payload;
	bool guards; /* also those of what protects (config_narrow.c), which else end the reading */
};

/* Where config_load() reads. Everything is borrowed for the time of the call; the JSON of the
 * editor is copied into the config. */
struct config_sources {
	struct slice user_file; /* path; "" = the standard place, where a missing file is fine */
	struct slice user_text; /* used instead of the file if ptr is not NULL (tests) */
	struct json editor;	/* the editor's `emend` settings object; missing: none */
	const char *(*env)(void *ctx, const char *name); /* NULL: getenv */
	void *env_ctx;
	const struct config_flags *flags;     /* NULL: none */
	const struct config_reports *reports; /* NULL: the first mistake is the result */
};

struct config_flags { /* what was typed; unset: NULL ptr, negative or 0 */
	struct slice model, mode;
	double max_usd, max_seconds;
	int64_t max_tokens, max_turns;
};

/* Reads the user's file and the environment; the project's file comes later, with
 * config_narrow(). ERR_USAGE: a mistake in one of the sources, or a file that cannot be read. */
NODISCARD bool config_load(struct config *out, const struct config_sources *s, struct err *err);
/* Did anybody say which mode? */
bool config_mode_set(const struct config *c);
/* *out = base narrowed by the content of the project's .emend/config.json (the runner reads it).
 * Copies. A value above what the user's files allow, and a key that a project may not set, are
 * errors; below a flag it just lowers. With reports such a mistake is told, and its key passed over;
 * only one in a key that protects still fails: what the project asked for would silently be gone. */
NODISCARD bool config_narrow(struct config *out, const struct config *base,
			     struct slice project_text, const struct config_reports *reports,
			     struct err *err);
void config_release(struct config *c);
/* What the user says of this model ("PROVIDER/MODEL"), or NULL. Borrowed. */
const struct config_model *config_model_find(const struct config *c, struct slice name);
/* "simple", "medium", "complex": names that the user gives to models by models.LEVEL, and that stand wherever a
 * model is named. */
bool config_is_level(struct slice name);
/* The model of a level; any other name as it is, and so is a level that no model was set for. Borrowed. */
struct slice config_model_level(const struct config *c, struct slice name);
/* The model for a kind of work ("explain", "do", ...): what was typed or stands in the environment, then
 * models.KIND, then `model`; where that is a level, the level's. "": nobody says. Borrowed. */
struct slice config_model_for(const struct config *c, struct slice kind);
/* The user picks a model while the program runs: as if it was typed, so that it also beats models.KIND. */
void config_choose_model(struct config *c, struct slice name);
/* Emend's own configuration and state are denied to the model where they lie in the workspace, or it in them. root:
 * of the workspace, absolute, resolved. */
void config_deny_own(struct policy *p, struct slice root);
/* A policy with the built-in rules and this config's. */
NODISCARD bool config_policy(const struct config *c, struct policy **out, struct err *err);
/* The rules for hosts. ERR_USAGE. */
NODISCARD bool config_hosts(const struct config *c, struct hosts **out, struct err *err);
/* For people and for editors: the schema, and what holds with where it came from. All of it is
 * made from the table in config_key.c. */
struct slice config_schema(struct arena *a); /* JSON Schema of the config file */
struct slice config_show(const struct config *c,
			 struct arena *a); /* "key = JSON value   # where from" lines */
struct slice config_show_json(const struct config *c,
			      struct arena *a); /* {"key":{"value":...,"from":"user config"}} */

/* $XDG_CONFIG_HOME/emend, $XDG_STATE_HOME/emend: absolute, in the arena. State is created 0700.
 * ERR_USAGE if HOME is unset too. */
NODISCARD bool config_dir(struct arena *a, struct slice *out, struct err *err);
NODISCARD bool state_dir(struct arena *a, struct slice *out, struct err *err);

#endif
