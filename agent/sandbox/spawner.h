/* spawner.h - the spawner process itself: see the picture in spawn.h. */
#ifndef EMEND_SANDBOX_SPAWNER_H
#define EMEND_SANDBOX_SPAWNER_H

#include "agent/sandbox/cgroup.h"
#include "agent/sandbox/spawn.h"

/* Lives in spawner_main() as long as the process; config and layers are the runner's, copied by
 * fork(). */
struct spawner {
	const struct spawn_config *config;
	struct layers *layers;
	enum sandbox_mode mode;
	unsigned clone_flags;	       /* namespaces of each command */
	int sock;		       /* to the runner */
	int life[2];		       /* a pipe: its end tells the inits that we are gone */
	bool as_root;
	bool overlay; /* commands may have one */
	int memory;   /* folder of their layers in memory; -1: they lie on the disk */
	char tmp[64]; /* private folder where there is no view; "" else */
	struct cgroup cgroup;
	struct {
		uint64_t id;
		bool leaf; /* its cgroup is to be removed */
		pid_t pid; /* 0: free */
		int mounts; /* a socket from which a descriptor of its mounts comes; -1: none */
		int own;    /* it, once it came; -1: not yet */
	} child[SPAWN_MAX];
};

/* Tries to get the view. False: *err says what failed; the process is then of no other use. */
NODISCARD bool spawner_enter_view(struct spawner *s, struct err *err);
/* Clones the init of command id; 0: a trial of the set-up, with request -1. -1: errno is set. mounts: as in
 * child[]; NULL: they are not wanted. */
pid_t spawner_clone(struct spawner *s, uint64_t id, const int fds[SPAWN_FDS], int *mounts);
/* Starts the loopback of the network namespace that the caller is in. */
NODISCARD bool spawner_loopback(struct err *err);
/* Answers the runner with a socket that listens on the commands' loopback, or with the reason why
 * not. */
void spawner_listen(const struct spawner *s);
/* Copies the output of command id to their /tmp, and answers the runner (spawner_keep.c). */
void spawner_keep_file(const struct spawner *s, uint64_t id, int from);
/* Closes files that appeared to command id (spawner_hide.c). */
void spawner_hide(struct spawner *s, uint64_t id, int list);
/* Serves until the runner ends; returns the exit status. */
int spawner_loop(struct spawner *s);

#endif
