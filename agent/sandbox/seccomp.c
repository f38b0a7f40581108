/* seccomp.c - see seccomp.h */
#include "agent/sandbox/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool seccomp_offered(void)
{
	/* A filter at address 0 cannot be read: EFAULT says that filters exist. */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

/* The filter counts for the calling thread, and for the threads and children that it makes later. */
bool seccomp_enter(enum seccomp_profile p, struct err *err)
{
	const struct seccomp_filter *f = &seccomp_filters[p];
	struct sock_fprog code = {
		.len = f->n,
		.filter = (struct sock_filter *)(uintptr_t)f->code, /* the kernel only reads it */
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &code) == 0)
		return true;
	return err_set(err, ERR_SANDBOX, "The system call filter cannot be set: %s.",
		       strerror(errno));
}
