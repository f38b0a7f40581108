/* runner.h - the server's side of the sandboxed worker process.
 *
 * `emend runner` is a second process of this program that locks itself into the sandbox once, at
 * start, and then reads, writes, lists, searches and runs commands in one workspace on request, as
 * JSON-RPC over a socketpair (agent/worker/wire.h). The server itself never opens a
 * file of the workspace. All paths here are relative to the workspace, '/'-separated. */
#ifndef EMEND_RUNNER_RUNNER_H
#define EMEND_RUNNER_RUNNER_H

#include <uv.h>

#include "agent/worker/wire.h"
#include "protocol/base/err.h"
#include "protocol/base/slice.h"

struct arena;
struct runner;
struct runner_call;
struct runq;

/* Everything is borrowed for the call of runner_start() only. */
struct runner_options {
	uv_loop_t *loop;
	struct runq *runq;
	struct slice program; /* absolute path of this binary, run as `PROGRAM runner` */
	struct slice
		where; /* "native" or "": on this machine; "podman", "docker": in a container */
	struct slice image;	    /* of the container */
	double cpus;		    /* that the container gets; 0: all */
	struct slice workspace;	    /* absolute, resolved */
	const struct slice *denied; /* names whose files are never read or written (secrets) */
	size_t n_denied;
	size_t n_denied_builtin; /* commands do not see what the others name, even where git tracks it */
	const struct slice *read_dirs; /* absolute: what commands may read beside the system's */
	size_t n_read_dirs;
	const struct slice *write_dirs; /* absolute: more places that commands may write */
	size_t n_write_dirs;
	bool toolchains;    /* the user's below the home folder, too: toolchains.h */
	struct slice views; /* absolute: the folder for what commands write until it is committed;
			       not in the workspace; "": they write into the workspace itself */
	uint64_t memory_bytes, file_bytes; /* of a command; 0: the defaults */
	uint32_t processes;
	uint32_t cpu_seconds; /* of each process of a command; 0: no limit */
	/* Commands see no workspace: they work in a home folder of their own that is empty at first, and where
	 * there are namespaces nothing of one is there for another. `workspace` then names an empty folder, and
	 * `views` is "". */
	bool bare;
	bool reduced;	 /* the user's word: without namespaces the reduced sandbox does */
	bool no_sandbox; /* typed by the user; everything else is as inside */
	/* No command comes soon: a sandbox that is known to work is tried with the first. */
	bool reads_first;
	/* The runner ended although nobody asked it to. All its calls were answered with an error
	 * first. */
	void (*lost)(void *payload, const struct err *why);
	void *payload;
};

/* Starts the process; it is usable at once (requests queue). ERR_IO, ERR_NOT_FOUND (workspace);
 * ERR_SANDBOX, ERR_USAGE: not in a container here. That it did not come up is told by `lost`. */
NODISCARD bool runner_start(const struct runner_options *o, struct runner **out, struct err *err);
bool runner_is_lost(
	const struct runner *r); /* its process ended by itself: no call comes through */
/* Kills it and everything it runs; memory goes when the loop has closed its handles. NULL is fine.
 * Calls under way are dropped without an answer. */
void runner_stop(struct runner *r);
/* Forgets a call: its callback is never made. A command is killed with its whole tree. */
void runner_drop(struct runner_call *c);

/* --- files ---
 * `data` is borrowed until the callback returns; of a file over max_bytes there is none, but
 * ERR_TOO_LARGE. */
struct file_content {
	struct slice data; /* the bytes, maybe not UTF-8 */
	char sha256[65];   /* hex of the bytes */
	uint64_t size;
	uint32_t mode; /* permission bits */
	bool exists;
	uint32_t missing_folders; /* ERR_NOT_FOUND: so many folders above it are not there either */
};
typedef void runner_read_cb(void *payload, const struct file_content *f, const struct err *err);
/* ERR_NOT_FOUND, ERR_DENIED (outside, secret, not a regular file), ERR_TOO_LARGE. max_bytes 0:
 * LIMIT_READ_BYTES. */
struct runner_call *runner_read(struct runner *r, struct slice path, size_t max_bytes,
				runner_read_cb *done, void *payload);
/* The same, whatever its name. */
struct runner_call *runner_read_for_undo(struct runner *r, struct slice path, runner_read_cb *done,
					 void *payload);

struct file_write {
	struct slice path, data;
	struct slice expect_sha256; /* hex of what must stand there now; "" = must not exist; "*" =
				       whatever */
	bool remove;		    /* delete the file instead (for undo) */
	uint32_t folders; /* then so many folders above it go too, as far as they are empty */
	uint32_t mode;	  /* for a new file; 0: 0644 masked by umask */
	bool make_parents;
	bool lazy; /* not durable before runner_sync() */
	bool judged; /* ERR_DENIED where it would make git execute something: for what a model writes */
	bool sweep; /* first, as runner_sweep() */
	bool undo;  /* goes back to what it was, whatever its name */
};
typedef void runner_write_cb(void *payload, struct slice sha256, const struct err *err);
/* Atomic (temporary file, fsync, rename), keeps the mode. ERR_STALE if expect_sha256 does not hold.
 */
struct runner_call *runner_write(struct runner *r, const struct file_write *w,
				 runner_write_cb *done, void *payload);

typedef void runner_json_cb(void *payload, struct slice json, const struct err *err);

/* Many of them in this order, each by itself as above; cancel is looked at between two. Together their data
 * must fit in a message. done (see runner_items_cb below): only those that were not written. */
struct view_item;
typedef void runner_items_cb(void *payload, const struct view_item *items, size_t n,
			     const struct err *err);
struct runner_call *runner_write_many(struct runner *r, const struct file_write *of, size_t n,
				      runner_items_cb *done, void *payload);

struct entry_put {
	struct slice path;
	enum entry_kind from, to;	 /* what stands there now, and what shall */
	struct slice from_data, to_data; /* bytes of the file; of a link its target */
	uint32_t mode;			 /* of a file; 0: 0644 */
};
/* For undo. Atomic; links are never followed; if `to` stands there already, nothing is done.
 * ERR_STALE if something else than `from` does. json: {} */
struct runner_call *runner_put(struct runner *r, const struct entry_put *p, runner_json_cb *done,
			       void *payload);
/* The same for the permission bits of a file. */
struct runner_call *runner_mode(struct runner *r, struct slice path, uint32_t from, uint32_t to,
				runner_json_cb *done, void *payload);

/* What was written lazily is on the disk when done is called: one sync for all. json: {} */
struct runner_call *runner_sync(struct runner *r, runner_json_cb *done, void *payload);

/* Removes what writes that were killed left in the folder of this file. */
struct runner_call *runner_sweep(struct runner *r, struct slice path, runner_json_cb *done,
				 void *payload);

/* json: {"entries":[{"path","kind":"file"|"dir"|"symlink","size"}],"truncated":bool}; sorted by
 * path */
struct list_query {
	struct slice path, glob; /* "" = whole workspace / no filter; glob: **, *, ?, [..], {a,b} on
				    the path */
	uint32_t depth, limit;	 /* 0: default 2 / LIMIT_LIST_ENTRIES */
	bool files_only;	 /* with unlimited depth: every file that is not ignored */
};
struct runner_call *runner_list(struct runner *r, const struct list_query *q, runner_json_cb *done,
				void *payload);

/* Text in the user's editor, in place of a file. */
struct unsaved_text {
	struct slice path, text; /* relative */
};

/* json: {"hits":[{"path","line","text","before":[..],"after":[..]}],"files":N,"matches":N,
 * "truncated":bool,"cut":bool,"restFiles":N,"rest":[{"path","matches"}],"skippedFiles":N,
 * "skipped":"lines PATH: why"}, in the order of the paths.
 *
 * At most `limit` hits; `matches` and `files` count all of them, and `rest` says, for the first
 * texts, how many are not among the hits. truncated: the count ended at LIMIT_SEARCH_COUNT. cut: not
 * all of the workspace was looked at. Binary files are skipped without a word. */
struct search_query {
	struct slice pattern, path, glob;
	bool literal, ignore_case;
	uint32_t context, limit;
	const struct unsaved_text *texts; /* each is searched in place of its file */
	size_t n_texts;
	bool texts_only; /* files are not searched; the names need not be of the workspace */
};
struct runner_call *runner_search(struct runner *r, const struct search_query *q,
				  runner_json_cb *done, void *payload);

/* --- commands ---
 *
 * Without --no-sandbox a command works on a view of the workspace, an overlay or a copy: it sees the unsaved
 * text, and what it writes lies in a layer of its own. Its result lists the changes; each becomes
 * real by runner_commit_many(), the rest is lost with runner_finish() or runner_view_drop(), one of which
 * must follow where `view` is not 0. */
enum view_kind { VIEW_CREATED, VIEW_CHANGED, VIEW_REMOVED, VIEW_MODE };
struct view_change {
	struct slice path;
	enum view_kind kind;
	bool file;	/* an ordinary file; else a link, a whole folder, a bundle */
	uint64_t files; /* a bundle of so many new files in this folder; 0: it is none */
	struct slice before, after; /* SHA-256; "" = none */
	uint64_t size;
	uint32_t mode, old_mode; /* permission bits */
	struct slice reason;	 /* of the two next */
	bool is_protected;	 /* only if the user says so: git or an editor would execute it */
	bool never;		 /* cannot be committed */
	bool git;      /* lies in the folder of a repository: its refs, index, configuration, ... */
	bool stale;    /* somebody changed the real one meanwhile: cannot be committed */
	int64_t open;  /* index of its unsaved text; -1 */
	int64_t index; /* its name for the calls below */
};
struct view_unlisted {
	struct slice path;
	uint64_t files;
};
/* Borrowed until the callback returns, except `view`, which names the view until it is finished or
 * dropped. */
struct view_result {
	bool overlay;	/* false: there was none, as the command had no layer */
	int64_t view;	/* 0: nothing to decide */
	bool packs;	/* runner_pack() can be had, if runner_packs() says so, too */
	bool dropped;	/* it was stopped: its changes are gone */
	bool too_many;	/* more than LIMIT_VIEW_CHANGES: they are gone */
	bool too_large; /* they occupy more than a command may fill of the disk: they are gone */
	uint64_t quiet; /* changes that are not listed: git's objects, what is in bundles, and
			   what was there in folders of build tools */
	/* Of these, files that are no matter of git, by the first folder of their path; `unlisted` has
	 * the first folders only. */
	const struct view_unlisted *unlisted;
	size_t n_unlisted;
	uint64_t unlisted_files;
	/* Of these, objects of git and packs of them: that came; that go, as they exist elsewhere; that
	 * stay although the command removed or changed them. */
	uint64_t objects_added, objects_removed, objects_held;
	const struct view_change *changes;
	size_t n_changes;
	const int64_t *unseen; /* unsaved texts that the command did not see */
	size_t n_unseen;
};
/* What happened to protected files where a command writes past its layer: see guard.h. */
enum held_deed { HELD_MOVED, HELD_REMOVED, HELD_LEFT };
struct held_file {
	struct slice path;
	enum held_deed deed;
	struct slice reason; /* the end of a sentence about it */
};
struct held_result {
	struct slice folder; /* where the moved ones lie; "": there is none */
	const struct held_file *files;
	size_t n, more; /* more: those that are not listed */
};
/* For people and models: a line each, "  PATH: what happened, and why"; "" if there is none. */
struct slice held_text(const struct held_result *h, struct arena *a);

/* Borrowed until runner_command() returns. */
struct command_spec {
	struct slice command; /* for `sh -c`; or */
	const struct slice *argv;
	size_t n_argv;
	struct slice cwd;		    /* relative; "" = workspace */
	uint64_t timeout_ms;		    /* 0: LIMIT_COMMAND_MS */
	uint64_t idle_ms;		    /* without output; 0: none */
	const struct unsaved_text *unsaved; /* the command sees these in place of the files */
	size_t n_unsaved;
	bool direct; /* sees the workspace as it is, now and later, and writes only to folders of tools */
	bool keep_output;   /* a long output is to lie in a file that later commands can read */
	struct slice proxy; /* the URL of its way to the network (broker.h); "": none */
	/* --- for code that somebody sends --- */
	bool apart;   /* stderr comes apart by output(), each within LIMIT_OUTPUT_LOG_BYTES */
	bool own_env; /* its environment is `env`, and what programs cannot start without */
	const struct slice *env; /* "NAME=value", at most LIMIT_ENV_BYTES and 128 */
	size_t n_env;
	struct slice stdin_data;      /* at most LIMIT_STDIN_BYTES; "": its stdin is empty */
	struct slice file_name, file; /* written into its home folder first; "": none */
};
struct command_result {
	int exit_status; /* valid if term_signal is 0 */
	int term_signal;
	bool timed_out, idle_timed_out;
	struct slice output;   /* stdout and stderr as they came: head and tail within
				  LIMIT_OUTPUT_BYTES */
	uint64_t output_bytes; /* all that was printed */
	struct slice file;     /* where commands find it, if it was asked for and is longer than
				  LIMIT_OUTPUT_SHOWN_BYTES; "": nowhere */
	uint64_t file_bytes;   /* the first of it that lie there, at most LIMIT_OUTPUT_LOG_BYTES */
	bool truncated;
	double seconds;
	struct slice
		limit_hit;   /* "", "memory", "processes", "disk", "cpu": what it was stopped for */
	uint64_t peak_bytes; /* the most memory it had; see struct spawn_status */
	double cpu_seconds;  /* of all its processes */
	bool again;	     /* of a bare runner: nothing of it is there for the next one */
	const struct slice *hidden; /* names of secrets that it could not see; not more than some */
	size_t n_hidden;
	struct view_result changed;
	struct held_result held;
};
/* For people and models: one line that names what was hidden, and how the user can show it; "" if nothing was. */
struct slice hidden_text(const struct command_result *c, struct arena *a);
struct command_callbacks {
	void (*output)(
		void *payload, struct slice bytes,
		bool is_stderr); /* may be NULL; whole stream within LIMIT_OUTPUT_LOG_BYTES */
	void (*done)(void *payload, const struct command_result *r,
		     const struct err *err); /* exactly once */
};
/* ERR_SANDBOX if a required layer is missing: says which, why, and the remedy. */
struct runner_call *runner_command(struct runner *r, const struct command_spec *c,
				   const struct command_callbacks *cb, void *payload);
/* Kills the whole tree; done follows with what was printed so far. */
void runner_kill(struct runner_call *c);

/* What stood there before, and after: a file's bytes, a link's target. */
struct view_image {
	enum entry_kind was, is;
	uint32_t folders;	    /* above it that are not there before */
	struct slice before, after; /* ptr NULL: there is none */
};
/* A view may be asked for the images of a part, that part be committed, and so on. Each change is made
 * real by itself, and only if the real file is what it was (ERR_STALE); cancel is looked at between two
 * files. ERR_TOO_LARGE: an image over LIMIT_READ_BYTES. */
struct view_item {
	int64_t index;
	enum err_code code; /* ERR_NONE: it was done, or its images are here */
	struct slice why;
	struct view_image image; /* of runner_images() only */
};
/* items: in the order of `indexes`; of images as many as fit in max_bytes (0: 16 MiB) from the first,
 * and at least one, so that the caller asks again for the rest. */
struct runner_call *runner_images(struct runner *r, int64_t view, const int64_t *indexes, size_t n,
				  size_t max_bytes, runner_items_cb *done, void *payload);
/* The same without the bytes: these lie in a file below `views`, for the caller to move away before the
 * view is gone. */
struct view_place {
	uint64_t at, len;	/* bytes, in the file */
	struct slice link_hash; /* SHA-256 of a link's target; "" else */
};
/* Can it? Not in a container, whose files may not be ours; nor where the layers lie in memory, which the result of
 * the command says. */
bool runner_packs(const struct runner *r);
struct view_packed {
	int64_t index;
	enum err_code code; /* ERR_NONE: it is there */
	struct slice why;
	enum entry_kind was, is;
	struct view_place before, after; /* where was and is say so; of VIEW_MODE: empty */
	uint32_t folders;		 /* above it that are not there before */
};
typedef void runner_pack_cb(void *payload, struct slice file, const struct view_packed *items,
			    size_t n, const struct err *err);
struct runner_call *runner_pack(struct runner *r, int64_t view, const int64_t *indexes, size_t n,
				runner_pack_cb *done, void *payload);
/* items: only those that were not made. When done() is called, what became real is on the disk: one sync for all. */
struct runner_call *runner_commit_many(struct runner *r, int64_t view, const int64_t *indexes,
				       size_t n, runner_items_cb *done, void *payload);
/* The objects that git added: before what refers to them. items: only those that failed. */
struct runner_call *runner_commit_objects(struct runner *r, int64_t view, runner_items_cb *done,
					  void *payload);
/* quiet: what is not listed becomes real. json: {"done","failed","why"}. The view is gone. */
struct runner_call *runner_finish(struct runner *r, int64_t view, bool quiet, runner_json_cb *done,
				  void *payload);
void runner_view_drop(struct runner *r, int64_t view); /* 0 is fine */

/* A door to the commands' network, which has no other: err NULL, and done() must call
 * runner_network_take() at once, and close *out in any case. ERR_SANDBOX: commands can have none
 * here; says why. broker.h is what uses it. */
typedef void runner_network_cb(void *payload, struct runner *r, const struct err *err);
struct runner_call *runner_network(struct runner *r, runner_network_cb *done, void *payload);
/* A TCP socket that listens where commands connect. ERR_IO. */
NODISCARD bool runner_network_take(struct runner *r, uv_tcp_t *out, struct err *err);

/* What this machine offers, as found by the running sandbox itself:
 * {"layers":[{"name","state":"on"|"missing"|"off","detail","remedy","required":bool}],"ok":bool} */
struct runner_call *runner_layers(struct runner *r, runner_json_cb *done, void *payload);
/* The top of the tree without what is hidden, folders with a slash, and which tracked files are not as git last saw
 * them, by their dates; "changed" and "names" (at most 8) are missing where that is not known. json:
 * {"top":["src/"],"more":0,"changed":1,"names":["src/a.c"]} */
struct runner_call *runner_glance(struct runner *r, runner_json_cb *done, void *payload);
/* Is none of these paths one that is hidden from commands as a secret? json: {"shown":bool}; false too where
 * nothing is hidden, as commands have no sandbox. ERR_SANDBOX: it cannot be looked up. */
struct runner_call *runner_shown(struct runner *r, const struct slice *paths, size_t n,
				 runner_json_cb *done, void *payload);

#endif
