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
	SECCOMP_PROFILES,   /* how many there are */
};

bool seccomp_offered(void); /* does the kernel filter system calls? */
NODISCARD bool seccomp_enter(enum seccomp_profile p, struct err *err); /* ERR_SANDBOX */

/* Of each profile; made by the build from the rules in seccomp_rules.c. */
struct sock_filter;
struct seccomp_filter {
	const struct sock_filter *code;
	unsigned short n;
};
extern const struct seccomp_filter seccomp_filters[SECCOMP_PROFILES];

#endif
