#ifndef STATS_H
#define STATS_H

#include <stddef.h>

/* Both return 0 for no values at all. The values are left as they are. */
double mean(const double *v, size_t n);
double median(const double *v, size_t n);

#endif
