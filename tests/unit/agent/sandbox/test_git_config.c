/* git_config: what of a configuration a command may see */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/sandbox/git_config.h"

static void check(const char *text, const char *want)
{
	bool differs = strcmp(text, want) != 0;
	struct buf b;

	buf_init(&b, GIT_CONFIG_BYTES);
	assert_int_equal(git_config_clean(slice_of(text), &b), differs);
	assert_int_equal(git_config_clean(slice_of(text), NULL), differs);
	buf_putc(&b, 0);
	assert_string_equal(b.data, want);
	buf_release(&b);
}

static void test_kept(void **state)
{
	(void)state;
	check("", "");
	check("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:a/b.git\n"
	      "\turl = ssh://git@host/x\n\turl = https://github.com/a/b@c.git\n"
	      "\tfetch = +refs/heads/*:refs/remotes/origin/*\n[user]\n\temail = a@b.org\n",
	      "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:a/b.git\n"
	      "\turl = ssh://git@host/x\n\turl = https://github.com/a/b@c.git\n"
	      "\tfetch = +refs/heads/*:refs/remotes/origin/*\n[user]\n\temail = a@b.org\n");
	check("# token = in a comment\n[token]\n\tname = x\n", "# token = in a comment\n[token]\n\tname = x\n");
}

static void test_urls(void **state)
{
	(void)state;
	check("\turl = https://user:TOKEN@x.test/r.git\n", "\turl = https://x.test/r.git\n");
	check("url=HTTPS://ghp_TOKEN@github.com/a\n", "url=HTTPS://github.com/a\n");
	check("url=https://a:p@ss@h/x\n", "url=https://h/x\n");
	check("[url \"https://TOKEN@h/\"]\n\tinsteadOf = https://h/\n",
	      "[url \"https://h/\"]\n\tinsteadOf = https://h/\n");
	check("url = \"http://u:p@h/x\" ; http://v:q@h/y\r\n", "url = \"http://h/x\" ; http://h/y\r\n");
	check("proxy = http://u:p@proxy:3128", "proxy = http://proxy:3128\n");
}

static void test_lines(void **state)
{
	(void)state;
	check("[http \"https://github.com/\"]\n\textraHeader = AUTHORIZATION: basic QUJD\n\tsslVerify = true\n",
	      "[http \"https://github.com/\"]\n\tsslVerify = true\n");
	check("[http] extraheader = x\n[a]\n", "[a]\n");
	check("[http \"https://h/?a=b\"] EXTRAHEADER=x\n[a]\n", "[a]\n");
	check("\textraheader = one \\\n two \\\n three\n\tb = c\n", "\tb = c\n");
	check("[sendemail]\n\tsmtpPass = x\n[github]\n\toauth-token = y\n", "[sendemail]\n[github]\n");
	check("\tb = one \\\\\n\ttoken = x\n", "\tb = one \\\\\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("runner/git_config", tests, NULL, NULL);
}
