/* second_thread.h - a thread that takes work off the one that runs the loop, for a while. */
#ifndef EMEND_BASE_SECOND_THREAD_H
#define EMEND_BASE_SECOND_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* With all signals blocked: they are for the loop's thread. False: there is one processor, so it would be no
 * help, or no thread is to be had. */
bool second_thread_start(pthread_t *id, void *(*work)(void *payload), void *payload);

#endif
