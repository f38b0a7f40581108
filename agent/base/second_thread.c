/* second_thread.c - see second_thread.h */
#include "agent/base/second_thread.h"

#include <sched.h>
#include <signal.h>

bool second_thread_start(pthread_t *id, void *(*work)(void *payload), void *payload)
{
	cpu_set_t cpus;
	sigset_t all, old;
	int failed;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0 || CPU_COUNT(&cpus) < 2)
		return false;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(id, NULL, work, payload);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return failed == 0;
}
