/* layer.h - what the sandbox is made of on this machine, as found by trying. */
#ifndef EMEND_SANDBOX_LAYER_H
#define EMEND_SANDBOX_LAYER_H

#include "protocol/base/err.h"

enum layer_id {
	LAYER_USERNS,
	LAYER_MOUNTNS,
	LAYER_PIDNS,
	LAYER_NETNS,
	LAYER_IPCNS,
	LAYER_UTSNS,
	LAYER_LANDLOCK,
	LAYER_SECCOMP,
	LAYER_NO_NEW_PRIVS,
	LAYER_RLIMITS,
	LAYER_CGROUP,
	LAYER_OVERLAY,
	LAYER_SECRETS,
	LAYER_BROKER,
	LAYER_COUNT,
};

enum layer_state { LAYER_MISSING, LAYER_ON, LAYER_OFF /* by choice */ };

/* `detail` is one sentence without its full stop, for `emend doctor` and the log; `remedy` is what
 * the user can type or do, and is shown only while the layer is missing. */
struct layer {
	enum layer_state state;
	bool required;
	char detail[160];
	char remedy[240];
};

/* How commands run here. */
enum sandbox_mode {
	SANDBOX_REFUSED, /* not at all: `why` says what is missing */
	SANDBOX_VIEW,	 /* namespaces, Landlock, seccomp */
	SANDBOX_REDUCED, /* Landlock and seccomp without any network */
	SANDBOX_NONE,	 /* the user typed --no-sandbox */
};

struct layers {
	enum sandbox_mode mode;
	struct layer of[LAYER_COUNT];
	struct err why; /* of SANDBOX_REFUSED */
	bool copies;	/* commands work on a copy of the workspace, as there is no overlay */
};

/* Layers that a test forbids. */
enum forbid {
	FORBID_USERNS = 1,
	FORBID_LANDLOCK = 2,
	FORBID_SECCOMP = 4,
	FORBID_OVERLAY = 8,
	FORBID_DISK = 16, /* layers in memory */
	FORBID_CGROUP = 32,
};

void layer_set(struct layers *l, enum layer_id id, enum layer_state s, const char *fmt, ...)
	PRINTF(4, 5);
void layer_remedy(struct layers *l, enum layer_id id, const char *text);

/* Everything that can be found without trying namespaces. container: we are in one of ours. */
void layers_probe(struct layers *l, unsigned forbid, bool container);
/* Decides the mode, after the namespaces were tried or not. */
void layers_decide(struct layers *l, bool no_sandbox, bool reduced, bool as_root);

/* After that, where there is no overlay: commands get a copy of the workspace, or, where that has no place (why: the
 * reason), are refused. */
void layers_copy(struct layers *l, const char *why);

struct buf;
void layers_write(const struct layers *l, struct buf *json); /* see runner_layers() */

#endif
