/* seccomp_rules.h - what each profile denies, from which the build makes the filters of seccomp.h.
 *
 * libseccomp takes a millisecond to make a filter, and each process of a task would wait for it at its start. A
 * filter depends on the processor and on nothing else, so .ci/filters.c makes all of them when Emend is built,
 * and the program neither needs the library nor these rules. */
#ifndef EMEND_SANDBOX_SECCOMP_RULES_H
#define EMEND_SANDBOX_SECCOMP_RULES_H

#include "agent/sandbox/seccomp.h"

/* Writes the profile's filter, struct sock_filter by struct sock_filter, to fd. A negative errno. */
NODISCARD int seccomp_rules_write(enum seccomp_profile p, int fd);

#endif
