/* filters.c - makes the C source of the system call filters, from their rules: see agent/sandbox/seccomp_rules.h.
 *
 * A program that is built and run by the build: the number of a call is another on each processor, so it
 * is run where the program shall run (the knob RUN of the Makefile names an emulator, if that is not here). */
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>

#include "agent/sandbox/seccomp_rules.h"

static int fail(const char *name, int error)
{
	(void)fprintf(stderr, "filters: the filter %s cannot be made: %s\n", name, strerror(error));
	return 1;
}

int main(void)
{
	static const char *const names[SECCOMP_PROFILES] = {
		[SECCOMP_COMMAND] = "command",
		[SECCOMP_NO_NETWORK] = "no_network",
		[SECCOMP_RUNNER] = "runner",
	};
	struct sock_filter in;
	size_t n;

	(void)printf(
		"/* made by .ci/filters.c; do not edit */\n#include \"agent/sandbox/seccomp.h\"\n"
		"\n#include <linux/filter.h>\n\n#include \"protocol/base/base.h\"\n");
	for (int p = 0; p < SECCOMP_PROFILES; p++) {
		FILE *f = tmpfile();
		int r = f ? seccomp_rules_write((enum seccomp_profile)p, fileno(f)) : -errno;

		if (r < 0)
			return fail(names[p], -r);
		rewind(f);
		(void)printf("\nstatic const struct sock_filter %s[] = {\n", names[p]);
		for (n = 0; fread(&in, sizeof(in), 1, f) == 1; n++)
			(void)printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", in.code, in.jt, in.jf,
				     in.k);
		(void)printf("};\n");
		(void)fclose(f);
		if (n == 0 || n > BPF_MAXINSNS)
			return fail(names[p], E2BIG);
	}
	(void)printf("\nconst struct seccomp_filter seccomp_filters[SECCOMP_PROFILES] = {\n");
	for (int p = 0; p < SECCOMP_PROFILES; p++)
		(void)printf("\t{ %s, ARRAY_LEN(%s) },\n", names[p], names[p]);
	(void)printf("};\n");
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : fail("source", errno);
}
