#include "stats.h"

double mean(const double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	return n ? sum / n : 0;
}

double median(const double *v, size_t n)
{
	return n ? v[n / 2] : 0;
}
