/* log.h - the program's own log, for people who look for a fault. Silent unless a sink is set:
 * editors show every line of stderr as an error. */
#ifndef EMEND_LOG_H
#define EMEND_LOG_H

#include <stdio.h>

#include "protocol/base/base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* The one permitted global: where the log goes. NULL (the default) drops everything. */
void log_to(FILE *sink, enum log_level max);
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

#endif
