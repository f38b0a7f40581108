/* spawn.h - the process that starts commands, split off from the file server.
 *
 *   server == JSON-RPC ==> runner (files; under Landlock and seccomp)
 *                            |  packets with four descriptors: output, status, request, errors
 *                            v
 *                          spawner (in its own user and mount namespace, holds the view)
 *                            |  clone: pid, mount and ipc namespaces, one set per command;
 *                            |  the network, with nothing but loopback, is one for the session; code that stands by
 *                            |  itself (`bare`) has also that, and private folders, of its own
 *                            v
 *                          init, pid 1: watchdog --> child: the command
 *
 * A process under Landlock may not mount, so the spawner is forked off before the runner locks
 * itself in. It reads only packets of fixed size from the runner and trusts no text in them. When
 * the runner ends, its socket closes and the spawner ends every command. */
#ifndef EMEND_SANDBOX_SPAWN_H
#define EMEND_SANDBOX_SPAWN_H

#include "agent/sandbox/harden.h"
#include "agent/sandbox/layer.h"
#include "protocol/base/buf.h"

struct spawn_config {
	const char *workspace;				  /* absolute, resolved */
	const char *const *read_dirs, *const *write_dirs; /* absolute; NULL-terminated */
	const char *const *path, *const *env, *const *links; /* toolchains.h; NULL-terminated */
	const char *git_config, *git_ignore; /* texts for the commands' home folder; may be "" or NULL */
	const char *git_dir; /* absolute: the repository of a worktree, to be read; NULL: none */
	const char *views; /* where the layers of commands lie; NULL: nowhere on the disk */
	bool views_in_memory; /* then, or where that does not do, in memory */
	/* Commands see no workspace: they work in their own home folder, which is empty and, where there is a view, gone
	 * with the command; else with the runner. `workspace` is then only what the runner itself holds on to. */
	bool bare;
	struct harden_limits limits;
	bool reduced; /* it does where there are no namespaces; in a container there is little else to lose */
	bool no_sandbox;
	bool container; /* the machine is one of ours: its image is there for commands */
	unsigned forbid;
};

enum { SPAWN_MAX = 32 }; /* commands at once */

/* SPAWN_HIDE: the file behind its third descriptor holds names of new secrets, as places are named, each with a NUL. */
enum spawn_op { SPAWN_RUN, SPAWN_KILL, SPAWN_NETWORK, SPAWN_KEEP, SPAWN_HIDE };
struct spawn_packet {
	enum spawn_op op;
	uint64_t id;
};

/* The descriptors of a SPAWN_RUN. Errors is the same as output where both are one stream. */
enum { SPAWN_FD_OUTPUT, SPAWN_FD_STATUS, SPAWN_FD_REQUEST, SPAWN_FD_ERRORS, SPAWN_FDS };

/* What a command is; in the file behind the third descriptor, followed by the strings, each with
 * its NUL: cwd, the URL of its proxy or nothing, the name of its file or nothing, argv[0..n_argv), then
 * n_places times a letter and a path ("h.env": not there, in an overlay, "m.env": there, but closed,
 * "r.git/hooks": read-only, "p.git": pin,
 * "bnode_modules": the real folder, through an overlay, "c.git/config": shown without its
 * credentials), then n_env times "NAME=value". Behind them the bytes of its stdin and of its file. */
struct spawn_request {
	uint64_t view; /* number of its layer; 0: it works on the workspace itself */
	uint32_t n_argv, n_places, n_env;
	bool own_env; /* of the environment it gets only what programs cannot start without, and env */
	uint32_t bytes; /* of all strings */
	uint32_t stdin_bytes,
		file_bytes; /* stdin of 0 bytes: /dev/null. The file lies in its home folder */
};
enum {
	PLACE_HIDE = 'h',
	PLACE_MASK = 'm',
	PLACE_READ_ONLY = 'r',
	PLACE_PIN = 'p',
	PLACE_TOOLS = 't', /* a folder of build tools: the worker's, never in a request */
	PLACE_BIND = 'b',
	PLACE_CLEAN = 'c'
};

/* How a command ended; one record on the status descriptor. */
enum spawn_limit {
	SPAWN_LIMIT_NONE,
	SPAWN_LIMIT_MEMORY,
	SPAWN_LIMIT_PROCESSES,
	SPAWN_LIMIT_DISK,
	SPAWN_LIMIT_CPU,
};
struct spawn_status {
	int exit_status, term_signal;
	enum spawn_limit limit;
	/* The most memory that its processes had at once, as seen by looking now and then, or that the
	 * largest of them had, as the kernel counted it: whichever is more. */
	uint64_t peak_bytes;
	uint64_t cpu_us; /* of all its processes, user and system */
	struct err why; /* ERR_NONE, or the command did not start */
};

/* The answer to SPAWN_KEEP: where the file lies as commands see it; "": nowhere, and why. */
enum { SPAWN_PATH_BYTES = 128 };
struct spawn_kept {
	char path[SPAWN_PATH_BYTES];
	struct err why;
};

struct spawner_end { /* the runner's end of it */
	int sock; /* to send packets to; it can be read when the spawner knows its layers. -1: none */
	pid_t pid;
	bool begun; /* it was told to try its layers */
};

/* Forks the spawner, which waits for the word to try its layers: a view is made and thrown away, and the start of a task
 * has better use for the processor. False only if no process could be made. */
NODISCARD bool spawner_start(const struct spawn_config *c, struct layers *layers,
			     struct spawner_end *s, struct err *err);
void spawner_begin(struct spawner_end *s); /* the word; once is enough */
/* Gives the word, and waits until it has tried them: some milliseconds. False only if no process could be made; what the
 * sandbox lacks stands in *layers. *memory: the folder of the layers if they lie in memory; -1: they do
 * not. */
NODISCARD bool spawner_started(const struct spawn_config *c, struct layers *layers,
			       struct spawner_end *s, int *memory, struct err *err);
/* Sends a packet; fds are borrowed (SPAWN_FDS for SPAWN_RUN, SPAWN_KEEP and SPAWN_HIDE, none for the others). */
NODISCARD bool spawner_send(int sock, const struct spawn_packet *p, const int *fds,
			    struct err *err);
/* A listening TCP socket on the loopback of the commands' own network; the caller closes it.
 * ERR_SANDBOX: there is no such network. */
NODISCARD bool spawner_listener(int sock, int *fd, struct err *err);

/* Copies the file behind fd, what command id printed, to where later commands can read it. */
NODISCARD bool spawner_keep(int sock, uint64_t id, int fd, char path[SPAWN_PATH_BYTES],
			    struct err *err);

/* A message with one descriptor, or with none (-1); the receiver's *fd stays as it is without. */
NODISCARD bool spawn_send_fd(int sock, const void *data, size_t size, int fd);
NODISCARD bool spawn_receive_fd(int sock, void *data, size_t size, int *fd);

#endif
