/* test_seccomp.c - the filters that the build made are those of the rules, and say what they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "agent/sandbox/seccomp_rules.h"
#include "protocol/base/mem.h"

static void filters_are_those_of_the_rules(void **state)
{
	(void)state;
	for (int p = 0; p < SECCOMP_PROFILES; p++) {
		const struct seccomp_filter *f = &seccomp_filters[p];
		FILE *file = tmpfile();
		struct sock_filter in;
		size_t n = 0;

		assert_non_null(file);
		assert_int_equal(seccomp_rules_write((enum seccomp_profile)p, fileno(file)), 0);
		rewind(file);
		for (; fread(&in, sizeof(in), 1, file) == 1; n++) {
			assert_true(n < f->n);
			assert_memory_equal(&in, &f->code[n], sizeof(in));
		}
		assert_int_equal(n, f->n);
		(void)fclose(file);
	}
}

static uint32_t load(const struct seccomp_data *d, uint32_t at)
{
	uint32_t value;

	assert_true(at <= sizeof(*d) - sizeof(value));
	memcpy(&value, (const char *)d + at, sizeof(value));
	return value;
}

static uint32_t jump(const struct sock_filter *in, uint32_t a)
{
	switch (BPF_OP(in->code)) {
	case BPF_JA:
		return in->k;
	case BPF_JEQ:
		return a == in->k ? in->jt : in->jf;
	case BPF_JGT:
		return a > in->k ? in->jt : in->jf;
	case BPF_JGE:
		return a >= in->k ? in->jt : in->jf;
	default:
		assert_int_equal(BPF_OP(in->code), BPF_JSET);
		return a & in->k ? in->jt : in->jf;
	}
}

/* What the kernel would do, for the instructions that libseccomp uses. */
static uint32_t answer(enum seccomp_profile p, const struct seccomp_data *d)
{
	const struct seccomp_filter *f = &seccomp_filters[p];
	uint32_t a = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct sock_filter *in = &f->code[i];

		if (BPF_CLASS(in->code) == BPF_RET)
			return in->k;
		if (BPF_CLASS(in->code) == BPF_JMP) {
			i += jump(in, a);
		} else if (BPF_CLASS(in->code) == BPF_ALU) {
			assert_int_equal(BPF_OP(in->code), BPF_AND);
			a &= in->k;
		} else {
			assert_int_equal(in->code, BPF_LD | BPF_W | BPF_ABS);
			a = load(d, in->k);
		}
	}
	fail_msg("the filter has no end");
	return 0;
}

static uint32_t call(enum seccomp_profile p, int nr, uint64_t first, uint64_t second)
{
	const struct seccomp_data d = {
		.nr = nr,
		.arch = seccomp_arch_native(),
		.args = { first, second },
	};

	return answer(p, &d);
}

#define NO(error) (SECCOMP_RET_ERRNO | (error))
enum { OPENAT2 = 437, AFTER_ALL = 500 };

static void each_profile_denies_its_own(void **state)
{
	static const struct {
		int nr;
		uint64_t first, second;
		uint32_t want[SECCOMP_PROFILES]; /* command, without network, runner */
	} calls[] = {
		{ SYS_read, 0, 0, { SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW } },
		{ SYS_ptrace, 0, 0, { NO(EPERM), NO(EPERM), NO(EPERM) } },
		{ SYS_clone3, 0, 0, { NO(ENOSYS), NO(ENOSYS), NO(ENOSYS) } },
		{ SYS_clone, CLONE_NEWUSER, 0, { NO(EPERM), NO(EPERM), NO(EPERM) } },
		{ SYS_clone,
		  CLONE_VM,
		  0,
		  { SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW } },
		{ SYS_fchmod, 3, S_ISUID | 0755, { NO(EPERM), NO(EPERM), NO(EPERM) } },
		{ SYS_execve, 0, 0, { SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, NO(EPERM) } },
		{ SYS_socket, AF_INET, 0, { SECCOMP_RET_ALLOW, NO(EPERM), NO(EPERM) } },
		{ SYS_socket, AF_PACKET, 0, { NO(EAFNOSUPPORT), NO(EPERM), NO(EPERM) } },
		{ OPENAT2, 0, 0, { NO(ENOSYS), NO(ENOSYS), SECCOMP_RET_ALLOW } },
		{ AFTER_ALL, 0, 0, { NO(ENOSYS), NO(ENOSYS), NO(ENOSYS) } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		for (int p = 0; p < SECCOMP_PROFILES; p++)
			assert_int_equal(call((enum seccomp_profile)p, calls[i].nr, calls[i].first,
					      calls[i].second),
					 calls[i].want[p]);
}

static void calls_of_other_processors_kill(void **state)
{
	const struct seccomp_data d = { .nr = SYS_read, .arch = AUDIT_ARCH_M68K };

	(void)state;
	for (int p = 0; p < SECCOMP_PROFILES; p++)
		assert_int_equal(answer((enum seccomp_profile)p, &d), SECCOMP_RET_KILL_PROCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_are_those_of_the_rules),
		cmocka_unit_test(each_profile_denies_its_own),
		cmocka_unit_test(calls_of_other_processors_kill),
	};

	return cmocka_run_group_tests_name("sandbox/seccomp", tests, NULL, NULL);
}
