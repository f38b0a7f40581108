/* test_policy.c - files, rules, precedence and what "always allow" offers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/policy/policy.h"
#include "agent/policy/secret_file.h"

static enum verdict path(const struct policy *p, enum access access, const char *name)
{
	struct decision d;
	enum verdict v;
	struct arena a;

	arena_init(&a);
	policy_path(p, access, slice_of(name), &a, &d);
	assert_true(d.rule.len > 0 && d.why.len > 0);
	v = d.verdict;
	arena_release(&a);
	return v;
}

static enum verdict command(const struct policy *p, const char *text)
{
	struct decision d;
	enum verdict v;
	struct arena a;

	arena_init(&a);
	policy_command(p, slice_of(text), &a, &d);
	v = d.verdict;
	arena_release(&a);
	return v;
}

static void test_denied_files(void **state)
{
	static const char *const denied[] = {
		".env",
		"a/.env",
		".env.local",
		".ENV",
		"a/b/.Env.production",
		"x.pem",
		"X.PEM",
		"tls/server.key",
		"id_rsa",
		"id_rsa.pub",
		".ssh/config",
		"home/.aws/x",
		".gnupg/a",
		"credentials.json",
		"my-secret.txt",
		"secrets.yaml",
		"a/aws_credentials.ini",
		"terraform.tfstate",
		".pgpass",
		".kube/config",
		"passwords.txt",
		".git/config",
		"sub/.git/config",
		".git/hooks/pre-commit",
		".GIT/HOOKS/x",
		".emend/config.json",
		"./.env",
		"a/./.env",
		"a/../.env",
		"a//.env",
		".git//config",
		".git/./config",
	};
	static const char *const fine[] = {
		".env.example",
		"a/.env.example",
		".env.sample",
		"src/env.c",
		"password_rules.py",
		"docker/api/secret.py",
		"docker/credentials/store.py",
		"secrets/a.txt",
		"Lib/secrets.py",
		"src/passwordReset.tsx",
		"key.c",
		"monkey",
		"a.keys",
		".git/HEAD",
		".gitignore",
		"src/config.json",
		".emend/skills/x.md",
		"hooks/a",
		"environment",
	};
	struct policy *p = policy_new(MODE_AUTO);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(denied); i++) {
		if (path(p, ACCESS_READ, denied[i]) != VERDICT_DENY ||
		    path(p, ACCESS_WRITE, denied[i]) != VERDICT_DENY)
			fail_msg("%s is not denied", denied[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(fine); i++) {
		if (path(p, ACCESS_READ, fine[i]) != VERDICT_ALLOW)
			fail_msg("%s is denied", fine[i]);
	}
	policy_free(p);
}

static void test_write_modes(void **state)
{
	static const struct {
		enum mode mode;
		enum verdict plain, guarded, script;
	} want[] = {
		{ MODE_READ_ONLY, VERDICT_DENY, VERDICT_DENY, VERDICT_DENY },
		{ MODE_PLAN, VERDICT_DENY, VERDICT_DENY, VERDICT_DENY },
		{ MODE_ASK, VERDICT_ASK, VERDICT_ASK, VERDICT_ASK },
		{ MODE_EDIT, VERDICT_ALLOW, VERDICT_ASK, VERDICT_ASK },
		{ MODE_AUTO, VERDICT_ALLOW, VERDICT_ASK, VERDICT_ALLOW },
	};
	static const char *const guarded[] = { ".git/HEAD",	    ".vscode/settings.json",
					       "a/.idea/x",	    ".mise.toml",
					       ".husky/pre-commit", ".npmrc",
					       ".nvim.lua",	    ".exrc",
					       ".dir-locals.el",    ".GIT/x",
					       ".VSCode/tasks.json" };

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(want); m++) {
		struct policy *p = policy_new(want[m].mode);

		assert_int_equal(path(p, ACCESS_WRITE, "src/a.c"), want[m].plain);
		assert_int_equal(path(p, ACCESS_READ, "src/a.c"), VERDICT_ALLOW);
		for (size_t i = 0; i < ARRAY_LEN(guarded); i++)
			assert_int_equal(path(p, ACCESS_WRITE, guarded[i]), want[m].guarded);
		assert_int_equal(path(p, ACCESS_SCRIPT, "src/x"), want[m].script);
		assert_int_equal(path(p, ACCESS_SCRIPT, ".git/hooks/x"), VERDICT_DENY);
		/* Of a command's changes the worker judges the names of secrets, and only those. */
		assert_int_equal(path(p, ACCESS_COMMAND, ".git/hooks/x"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_COMMAND, ".emend/config.json"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_COMMAND, "keys/a.pem"), want[m].plain);
		assert_int_equal(path(p, ACCESS_WRITE, "keys/a.pem"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_SCRIPT, "../x"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_WRITE, "../x"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_READ, "/etc/passwd"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_READ, "a/../../x"), VERDICT_DENY);
		assert_int_equal(path(p, ACCESS_READ, ""), VERDICT_DENY);
		policy_free(p);
	}
}

static void test_file_patterns(void **state)
{
	struct policy *p = policy_new(MODE_AUTO);
	const struct slice *list;
	struct err err = { 0 };
	size_t builtin;

	(void)state;
	assert_true(policy_denied_files(p, &list, &builtin) > 10);
	assert_int_equal(policy_denied_files(p, &list, NULL), builtin);
	assert_true(policy_deny_file(p, SLICE("private"), &err));
	assert_true(policy_deny_file(p, SLICE("docs/*.draft"), &err));
	assert_int_equal(path(p, ACCESS_READ, "a/private/b"), VERDICT_DENY);
	assert_int_equal(path(p, ACCESS_READ, "docs/x.draft"), VERDICT_DENY);
	assert_int_equal(path(p, ACCESS_READ, "x.draft"), VERDICT_ALLOW);
	assert_true(policy_deny_file(p, SLICE("!docs/ok.draft"), &err));
	assert_int_equal(path(p, ACCESS_READ, "docs/ok.draft"), VERDICT_ALLOW);
	assert_false(policy_deny_file(p, SLICE(""), &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_false(policy_deny_file(p, SLICE("/etc/x"), &err));
	policy_deny_files_clear(p);
	assert_int_equal(policy_denied_files(p, &list, &builtin), 0);
	assert_int_equal(builtin, 0);
	assert_int_equal(path(p, ACCESS_READ, ".env"), VERDICT_ALLOW);
	policy_free(p);
}

static void test_rules(void **state)
{
	struct policy *p = policy_new(MODE_ASK), *copy;
	struct err err = { 0 };

	(void)state;
	assert_true(policy_add(p, VERDICT_ALLOW, SLICE("npm run test"), &err));
	assert_true(policy_add(p, VERDICT_ALLOW, SLICE("git push *"), &err));
	assert_true(policy_add(p, VERDICT_ALLOW, SLICE("make test-*"), &err));
	assert_true(policy_add(p, VERDICT_DENY, SLICE("npm run deploy"), &err));
	assert_true(policy_add(p, VERDICT_ASK, SLICE("git diff"), &err));
	assert_true(policy_add(p, VERDICT_DENY, SLICE("foo --bad"), &err));
	assert_int_equal(command(p, "npm run test"), VERDICT_ALLOW);
	assert_int_equal(command(p, "npm run test -- --watch"), VERDICT_ALLOW);
	assert_int_equal(command(p, "npm run tests"), VERDICT_ASK);
	assert_int_equal(command(p, "npm run"), VERDICT_ASK);
	assert_int_equal(command(p, "npm run test && make"), VERDICT_ASK);
	assert_int_equal(command(p, "npm run test; rm -rf /"), VERDICT_DENY);
	assert_int_equal(command(p, "npm run $X"), VERDICT_ASK);
	assert_int_equal(command(p, "./npm run test"), VERDICT_ASK);
	assert_int_equal(command(p, "make test-unit"), VERDICT_ALLOW);
	assert_int_equal(command(p, "git push origin main"),
			 VERDICT_ALLOW);				/* beats the built-in ask */
	assert_int_equal(command(p, "git push --force"), VERDICT_DENY); /* but no built-in deny */
	assert_int_equal(command(p, "npm run deploy"), VERDICT_DENY);
	assert_int_equal(command(p, "git diff"), VERDICT_ASK); /* beats the built-in allow */
	assert_int_equal(command(p, "foo a --bad=1"), VERDICT_DENY);
	assert_int_equal(command(p, "/opt/foo --bad"), VERDICT_DENY);
	copy = policy_clone(p, MODE_READ_ONLY);
	assert_int_equal(command(copy, "npm run test"), VERDICT_ALLOW);
	assert_int_equal(command(copy, "make"), VERDICT_DENY);
	assert_int_equal(command(copy, "foo --bad"), VERDICT_DENY);
	policy_free(copy);
	policy_free(p);
}

static void test_bad_rules(void **state)
{
	static const char *const bad[] = { "",	     "a; b",	  "a | b", "a > b", "$X",
					   "a $(b)", "'unclosed", "A=1 b", "(a)(" };
	struct policy *p = policy_new(MODE_ASK);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };

		if (policy_add(p, VERDICT_ALLOW, slice_of(bad[i]), &err))
			fail_msg("rule \"%s\" was accepted", bad[i]);
		assert_int_equal(err.code, ERR_INVALID);
	}
	policy_free(p);
}

static void test_covers(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *rule, *command;
		bool covered;
	} rows[] = {
		{ VERDICT_ALLOW, "make test", "make test -j2", true },
		{ VERDICT_ALLOW, "make test", "time make test", true },
		{ VERDICT_ALLOW, "make test", "A=1 make test | make test", true },
		{ VERDICT_ALLOW, "make test", "make test && rm x", false },
		{ VERDICT_ALLOW, "make test", "make", false },
		{ VERDICT_ALLOW, "make test", "", false },
		{ VERDICT_ASK, "git push", "ls; sh -c 'git -q push x'", true },
		{ VERDICT_ASK, "git push", "ls; sh -c 'git push x'", true },
		{ VERDICT_DENY, "git push --force", "git push origin --force", true },
		{ VERDICT_DENY, "git push --force", "git push origin", false },
	};
	struct err err = { 0 };
	bool covered;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(policy_covers(rows[i].verdict, slice_of(rows[i].rule),
					  slice_of(rows[i].command), &covered, &err));
		if (covered != rows[i].covered)
			fail_msg("%s: %s", rows[i].rule, rows[i].command);
	}
	assert_false(policy_covers(VERDICT_DENY, SLICE("a; b"), SLICE("a"), &covered, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_false(policy_covers(VERDICT_DENY, SLICE("a"), SLICE("a 'b"), &covered, &err));
}

static void test_always(void **state)
{
	static const struct {
		const char *command, *rule;
	} cases[] = {
		{ "make test", "make test" },
		{ "make test -j4", "make test" },
		{ "make", "make" },
		{ "make -j4", "make" },
		{ "npm run test -- -x", "npm run test" },
		{ "npm test", "npm test" },
		{ "cargo build --release", "cargo build" },
		{ "pytest -x tests", "pytest" },
		{ "./run.sh a", "./run.sh" },
		{ "python3 x.py", "python3 x.py" },
		{ "python3 -m pytest -q", "python3 -m pytest" },
		{ "git commit -m x", "git commit" },
		{ "cd src && make test", "make test" },
		{ "make test | tail", "make test" },
		{ "make test && make test", "make test" },
		{ "make a && make b", "" },
		{ "python3 -c 1", "" },
		{ "node -e 1", "" },
		{ "perl -e 1", "" },
		{ "bash x.sh", "" },
		{ "sudo make", "" },
		{ "rm x", "" },
		{ "rm -rf build", "" },
		{ "$X", "" },
		{ "make $X", "" },
		{ "make test > out", "" },
		{ "eval make", "" },
		{ "xargs make", "" },
		{ "ls 'x", "" },
		{ "ls", "" },
		{ "d\\o", "" },
	};
	struct policy *p = policy_new(MODE_ASK);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct decision d;
		struct arena a;

		arena_init(&a);
		policy_command(p, slice_of(cases[i].command), &a, &d);
		if (!slice_eq_cstr(d.always, cases[i].rule))
			fail_msg("%s: offers \"%.*s\"", cases[i].command, SLICE_ARG(d.always));
		if (d.always.len > 0) { /* taken, it must allow this very command */
			struct policy *with = policy_clone(p, MODE_ASK);
			struct err err = { 0 };

			assert_true(policy_add(with, VERDICT_ALLOW, d.always, &err));
			assert_int_equal(command(with, cases[i].command), VERDICT_ALLOW);
			policy_free(with);
		}
		arena_release(&a);
	}
	policy_free(p);
}

static void test_reason(void **state)
{
	struct policy *p = policy_new(MODE_ASK);
	struct decision d;
	struct arena a;

	(void)state;
	arena_init(&a);
	policy_command(p, SLICE("git push --force"), &a, &d);
	assert_true(slice_eq_cstr(d.rule, "deny: git push --force"));
	policy_command(p, SLICE("make"), &a, &d);
	assert_true(slice_eq_cstr(d.rule, "mode: ask"));
	policy_command(p, SLICE("cat .env"), &a, &d);
	assert_true(slice_eq_cstr(d.rule, "deny: file .env*"));
	arena_release(&a);
	policy_free(p);
}

/* What the sandbox hides need not be guessed from a name; what is protected for another reason stays denied. */
static void test_names_of_secrets(void **state)
{
	static const struct {
		const char *command;
		size_t n; /* names; 0: their being shown is no help */
		enum verdict shown;
	} cases[] = {
		{ "cat .env", 1, VERDICT_ALLOW },
		{ "cat a.key b.pem --x=c.pem && git show HEAD:secrets.yml < d.key", 5,
		  VERDICT_ALLOW },
		{ "git mv a.pem b.pem", 2, VERDICT_ASK },
		{ "echo x > a.pem", 1, VERDICT_ASK },
		{ "rm a.pem", 1, VERDICT_ASK },
		{ "cat a.pem .git/config", 0, VERDICT_DENY },
		{ "echo x > .emend/config.json", 0, VERDICT_DENY },
		{ "cat a.pem; rm -rf /", 1, VERDICT_DENY },
		{ "cat a.c", 0, VERDICT_ALLOW },
		{ "cat 1.pem 2.pem 3.pem 4.pem 5.pem 6.pem 7.pem 8.pem 9.pem a.pem b.pem c.pem d.pem "
		  "e.pem f.pem g.pem h.pem",
		  0, VERDICT_ALLOW },
	};
	struct policy *p = policy_new(MODE_ASK);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct decision d = { 0 }, shown = { 0 };
		struct arena a;

		arena_init(&a);
		policy_command(p, slice_of(cases[i].command), &a, &d);
		policy_command_shown(p, slice_of(cases[i].command), &a, &shown);
		if (d.n_names != cases[i].n || shown.verdict != cases[i].shown)
			fail_msg("%s: %zu names, %s", cases[i].command, d.n_names,
				 verdict_name(shown.verdict));
		arena_release(&a);
	}
	policy_free(p);
}

static void test_files_that_hold_one(void **state)
{
	static const struct {
		const char *text;
		bool holds;
	} cases[] = {
		{ "registry=https://r.example/\nalways-auth=true\n", false },
		{ "//r.example/:_authToken=${NPM_TOKEN}\n", false },
		{ "//r.example/:_authToken = \"$TOKEN\"\n", false },
		{ "# password = x\n; _auth=x\n_auth=\nemail = a@b\n", false },
		{ "a\n//r.example/:_authToken=x\n", true },
		{ "_AUTH = dTpw\n", true },
		{ "[pypi]\nusername = __token__\npassword: hunter2", true },
		{ "//r.example/:_password=\"eA==\"\r\n", true },
		{ "registry=https://me:s3cretsecret1@r.example/\n", true },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (secret_file_holds(SLICE("a/.npmrc"), slice_of(cases[i].text)) != cases[i].holds)
			fail_msg("%s", cases[i].text);
	assert_true(secret_file_named(SLICE(".npmrc")) && secret_file_named(SLICE("a/b/.pypirc")));
	assert_false(secret_file_named(SLICE("npmrc")) || secret_file_named(SLICE(".npmrc/a")) ||
		     secret_file_named(SLICE("")) || secret_file_named(SLICE("x.npmrc")));
}

/* A word and no ending: data, unless its first bytes are a program's; and never a source, which has an ending. */
static void test_words_without_an_ending(void **state)
{
	static const char *const secrets[] = { "credentials", "a/db_PASSWORD", "Secrets",
					       "client_secret" };
	static const char *const others[] = { "secrets.py", "secret/a", "token", "password.c",
					      "secre" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		struct slice name = slice_of(secrets[i]);

		assert_true(secret_file_named(name) && secret_file_holds(name, SLICE("hunter2")));
		assert_false(secret_file_holds(name, SLICE("#!/bin/sh\n")));
		assert_false(secret_file_holds(name, SLICE("\177ELF\2")));
		assert_false(secret_file_holds(name, SLICE("")));
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(secret_file_named(slice_of(others[i])));
}

/* By what they hold: not by their name, unless the user says so or that they are none. */
static void test_looked_into(void **state)
{
	static const struct {
		const char *user;
		bool looks;
		enum verdict read;
	} cases[] = { { "*.x", true, VERDICT_ALLOW },
		      { ".npmrc", false, VERDICT_DENY },
		      { "!.npmrc", false, VERDICT_ALLOW },
		      { "!*", false, VERDICT_ALLOW } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy *p = policy_new(MODE_ASK), *copy;
		struct decision d = { 0 };
		struct err err = { 0 };
		struct arena a;

		arena_init(&a);
		assert_true(policy_deny_file(p, slice_of(cases[i].user), &err));
		copy = policy_clone(p, MODE_EDIT);
		assert_int_equal(policy_looks_into(copy, SLICE("a/.npmrc")), cases[i].looks);
		assert_false(policy_looks_into(p, SLICE("a.npmrc")));
		policy_path(p, ACCESS_READ, SLICE("a/.npmrc"), &a, &d);
		assert_int_equal(d.verdict, cases[i].read);
		policy_path(copy, ACCESS_READ, SLICE("secret/.env.secret"), &a, &d);
		assert_int_equal(d.verdict, i == 3 ? VERDICT_ALLOW : VERDICT_DENY);
		assert_int_equal(policy_looks_into(copy, SLICE("a/credentials")), i != 3);
		policy_deny_files_clear(p);
		assert_false(policy_looks_into(p, SLICE(".npmrc")));
		arena_release(&a);
		policy_free(copy);
		policy_free(p);
	}
}

/* Large input stays fast and bounded. */
static void test_large(void **state)
{
	static char text[100 * 1000];
	struct policy *p = policy_new(MODE_ASK);

	(void)state;
	memset(text, '(', sizeof(text) - 1);
	assert_int_equal(command(p, text), VERDICT_ASK);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "$(", 2);
	assert_int_equal(command(p, text), VERDICT_ASK);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "a;", 2);
	assert_int_equal(command(p, text), VERDICT_ASK);
	for (size_t i = 0; i + 5 < sizeof(text); i += 5)
		memcpy(text + i, "sudo ", 5);
	assert_int_equal(command(p, text), VERDICT_ASK);
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(command(p, text), VERDICT_ASK);
	policy_free(p);
}

/* Auto asks for less: where such a write really goes, the sandbox sees. */
static void test_unknown_target(void **state)
{
	static const char line[] = "for i in 1 2; do echo $i > out$i.txt; done";
	struct policy *edit = policy_new(MODE_EDIT), *automatic = policy_new(MODE_AUTO);

	(void)state;
	assert_int_equal(command(edit, line), VERDICT_ASK);
	assert_int_equal(command(automatic, line), VERDICT_ALLOW);
	assert_int_equal(command(automatic, "for i in 1 2; do rm $i; done"), VERDICT_ASK);
	policy_free(edit);
	policy_free(automatic);
}

static void test_names(void **state)
{
	enum mode m;

	(void)state;
	for (int i = MODE_READ_ONLY; i <= MODE_AUTO; i++) {
		assert_true(mode_parse(slice_of(mode_name((enum mode)i)), &m));
		assert_int_equal(m, i);
	}
	assert_false(mode_parse(SLICE("yolo"), &m));
	assert_string_equal(verdict_name(VERDICT_DENY), "deny");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_denied_files),
		cmocka_unit_test(test_write_modes),
		cmocka_unit_test(test_file_patterns),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_always),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_names_of_secrets),
		cmocka_unit_test(test_looked_into),
		cmocka_unit_test(test_words_without_an_ending),
		cmocka_unit_test(test_files_that_hold_one),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_unknown_target),
	};

	return cmocka_run_group_tests_name("policy/policy", tests, NULL, NULL);
}
