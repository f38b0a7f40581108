#include "stats.h"

#include <stdio.h>

static int failures;

static void check(const char *what, double got, double want)
{
	printf("%s %s: %g", got == want ? "ok  " : "FAIL", what, got);
	if (got != want) {
		printf(" (want %g)", want);
		failures++;
	}
	printf("\n");
}

int main(void)
{
	const double odd[] = { 9, 1, 3 }, even[] = { 4, 1, 3, 2 };

	check("mean of 9 1 3 and 3 more", mean((const double[]){ 9, 1, 3, 3 }, 4), 4);
	check("median of 9 1 3", median(odd, 3), 3);
	check("median of 4 1 3 2", median(even, 4), 2.5);
	check("median of nothing", median(odd, 0), 0);
	return failures != 0;
}
