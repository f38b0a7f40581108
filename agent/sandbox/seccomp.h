/* seccomp.h - which system calls the processes of the sandbox may make.
 *
 * A deny-list: build tools use hundreds of calls. EPERM where the policy says no, ENOSYS where
 * programs have a fallback; foreign architectures are killed. Needs no_new_privs. */
#ifndef EMEND_SANDBOX_SECCOMP_H
#define EMEND_SANDBOX_SECCOMP_H

#include "protocol/base/err.h"

enum seccomp_profile {
	SECCOMP_COMMAND,    /* a command in a view with a network of its own */
	SECCOMP_NO_NETWORK, /* a command without one: no sockets at all */
	SECCOMP_RUNNER,	    /* the file server: no sockets, and it never executes anything */
};

bool seccomp_offered(void); /* does the kernel filter system calls? */

/* A filter that is compiled once and entered by many processes.
 * Owned by whoever compiled it, and inherited by fork(); the init enters its spawner's. */
struct seccomp_program {
	void *code; /* struct sock_filter[n] */
	unsigned short n;
};
/* ERR_SANDBOX */
NODISCARD bool seccomp_compile(enum seccomp_profile p, struct seccomp_program *out,
			       struct err *err);
NODISCARD bool seccomp_enter(const struct seccomp_program *program, struct err *err);
void seccomp_program_release(struct seccomp_program *program);

#endif
