/* test_ignore.c - .gitignore rules, with and without a repository, and beside git itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/worker/ignore/ignore.h"
#include "tests/unit/agent/worker/folder.h"

static struct ignore *open_at(const struct folder *f, struct root *r)
{
	struct err err;

	assert_true(root_open(r, slice_of(f->path), NULL, &err));
	return ignore_new(r);
}

static void check(struct ignore *ig, const char *rel, bool is_dir, bool want)
{
	if (ignore_match(ig, rel, is_dir) != want)
		fail_msg("%s", rel);
}

static void rules(struct folder *f)
{
	struct ignore *ig;
	struct root r;

	folder_put(f, ".gitignore", "*.o\n!keep.o\nbuild/\n/top.txt\ndoc/**/*.html\nlog\n");
	folder_put(f, "sub/.gitignore", "local\n*.tmp\n!x.tmp\n!log\n");
	ig = open_at(f, &r);
	check(ig, "a.o", false, true);
	check(ig, "keep.o", false, false);
	check(ig, "sub/y.o", false, true);
	check(ig, "sub/x.tmp", false, false);
	check(ig, "sub/local", false, true);
	check(ig, "local", false, false);
	check(ig, "log", false, true);
	check(ig, "sub/log", false, false); /* taken back by another file than named it */
	check(ig, "build", true, true);
	check(ig, "build", false, false);
	check(ig, "top.txt", false, true);
	check(ig, "sub/top.txt", false, false);
	check(ig, "doc/a/b.html", false, true);
	check(ig, ".git", true, true);
	check(ig, "sub/.git", false, true);
	check(ig, "a.c", false, false);
	ignore_free(ig);
	root_release(&r);
}

static void without_a_repository(void **state)
{
	struct folder f;

	(void)state;
	folder_make(&f);
	rules(&f);
	folder_free(&f);
	ignore_free(NULL);
}

static void with_a_repository(void **state)
{
	struct ignore *ig;
	struct folder f;
	struct root r;

	(void)state;
	folder_make(&f);
	folder_put(&f, ".git/HEAD", "ref: refs/heads/main\n");
	folder_put(&f, ".git/config",
		   "[core]\n\texcludesFile = /etc/passwd\n[broken\n"); /* never parsed */
	folder_put(&f, ".git/info/exclude", "mine\n");
	rules(&f);
	ig = open_at(&f, &r);
	check(ig, "mine", false, true);
	ignore_free(ig);
	root_release(&r);
	folder_free(&f);
}

/* What is no file has no rules, and nobody waits for it. */
static void odd_rule_files(void **state)
{
	struct ignore *ig;
	struct folder f;
	struct root r;

	(void)state;
	folder_make(&f);
	folder_put(&f, "rules", "a\n");
	folder_put(&f, "dir/.gitignore/a", "");
	folder_put(&f, "link/b", "");
	assert_int_equal(mkfifo(folder_at(&f, ".gitignore"), 0644), 0);
	assert_int_equal(symlink("../rules", folder_at(&f, "link/.gitignore")), 0);
	ig = open_at(&f, &r);
	check(ig, "a", false, false);
	check(ig, "dir/a", false, false);
	check(ig, "link/a", false, false); /* git follows none either */
	ignore_free(ig);
	root_release(&r);
	folder_free(&f);
}

/* --- beside git ---
 *
 * Random rules for a fixed tree of names, many sets of them in one repository: folder 17 has the
 * tree and its own .gitignore files, and git is asked once for all. */
enum { SETS = 300, ROUNDS = 2, LINE_BYTES = 64 };

static const char *const dirs[] = { "a", "a/b", "a/b/c", "b", "b/a", "ab", "foo", "foo/a", "x.c" };
static const char *const files[] = { "a.c", "b.c",  "foo.o", "d",  "ab.h", "x y", "[a]",
				     "*",   "a\\b", "#x",    "!y", "-",	   "Z9",  "fooa" };

static uint64_t dice_state;

static unsigned dice(unsigned n)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice_state >> 33) % n;
}

static void random_line(char *out)
{
	static const char *const parts[] = {
		"a",	      "b",
		"c",	      "foo",
		"*",	      "*",
		"**",	      "/",
		"/",	      "/**/",
		"?",	      ".c",
		".o",	      "x",
		"[ab]",	      "[!a]",
		"[^b]",	      "[a-c]",
		"\\a",	      "\\*",
		"**/",	      "/**",
		"y",	      " ",
		"\\ ",	      "[]a]",
		"[a",	      "[[:alpha:]]",
		"[\\]a]",     "\\",
		"-",	      "[--a]",
		"[!]]",	      "[[:punct:]",
		"[[:none:]]", "Z",
		"9",	      "[[:digit:]-z]",
		"#",	      "***",
		"[a-",	      "\\/",
		"\r",
	};
	unsigned n = 1 + dice(6);

	out[0] = 0;
	if (dice(5) == 0)
		(void)strcat(out, "!");
	if (dice(4) == 0)
		(void)strcat(out, "/");
	while (n--)
		(void)strcat(out, parts[dice(dice(2) ? 12 : ARRAY_LEN(parts))]);
	if (dice(4) == 0)
		(void)strcat(out, "/");
	(void)strcat(out, "\n");
}

static void random_rules(const struct folder *f, unsigned set, const char *dir)
{
	char path[LINE_BYTES * 2], text[LINE_BYTES * 8] = "";
	char line[LINE_BYTES * 2];

	for (unsigned n = 1 + dice(4); n; n--) {
		random_line(line);
		(void)strcat(text, line);
	}
	if (dice(4) == 0)
		text[strlen(text) - 1] = 0; /* no end of line at the end of the file */
	(void)snprintf(path, sizeof(path), "%u/%s%s.gitignore", set, dir, *dir ? "/" : "");
	folder_put(f, path, text);
}

/* Is it or a folder above it ignored? */
static bool ignored(struct ignore *ig, const char *rel, bool is_dir)
{
	char part[LINE_BYTES * 2];

	for (const char *s = strchr(rel, '/'); s; s = strchr(s + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(s - rel), rel);
		if (ignore_match(ig, part, true))
			return true;
	}
	return ignore_match(ig, rel, is_dir);
}

struct asked {
	char rel[LINE_BYTES];
	bool is_dir, is_ignored; /* as git says */
};

static size_t add_asked(struct asked *a, size_t n, unsigned set, const char *dir, const char *name,
			bool is_dir)
{
	(void)snprintf(a[n].rel, sizeof(a[n].rel), "%u/%s%s%s", set, dir, *dir && *name ? "/" : "",
		       name);
	a[n].is_dir = is_dir;
	a[n].is_ignored = false;
	return n + 1;
}

static size_t make_tree(const struct folder *f, struct asked *a)
{
	size_t n = 0;

	for (unsigned set = 0; set < SETS; set++) {
		random_rules(f, set, "");
		for (size_t d = 0; d < ARRAY_LEN(dirs); d++) {
			if (dice(3) == 0)
				random_rules(f, set, dirs[d]);
			n = add_asked(a, n, set, dirs[d], "", true);
			(void)mkdir(folder_at(f, a[n - 1].rel), 0755);
			for (unsigned i = 0; i < 4; i++)
				n = add_asked(a, n, set, dirs[d], files[dice(ARRAY_LEN(files))],
					      false);
		}
		for (size_t i = 0; i < ARRAY_LEN(files); i++)
			n = add_asked(a, n, set, "", files[i], false);
	}
	return n;
}

static void ask_git(const struct folder *f, struct asked *a, size_t n)
{
	char command[512], got[LINE_BYTES];
	FILE *list = fopen(folder_at(f, ".git/asked"), "w");
	size_t at = 0;

	assert_non_null(list);
	for (size_t i = 0; i < n; i++)
		assert_true(fwrite(a[i].rel, 1, strlen(a[i].rel) + 1, list) > 0);
	assert_int_equal(fclose(list), 0);
	(void)snprintf(
		command, sizeof(command),
		"cd %s && git -c core.excludesFile= check-ignore --no-index -z --stdin <.git/asked "
		">.git/told",
		f->path);
	assert_int_equal(system(command) & ~0x100, 0); /* 1: none of them is */
	list = fopen(folder_at(f, ".git/told"), "r");
	assert_non_null(list);
	for (int c, len = 0; (c = fgetc(list)) != EOF;) {
		got[len++] = (char)c;
		if (c)
			continue;
		while (strcmp(a[at].rel, got) != 0)
			assert_true(++at < n);
		a[at++].is_ignored = true;
		len = 0;
	}
	(void)fclose(list);
}

static void say_rules(const struct folder *f, const char *rel)
{
	char path[LINE_BYTES * 2];

	for (const char *s = strchr(rel, '/'); s; s = strchr(s + 1, '/')) {
		(void)snprintf(path, sizeof(path), "%.*s/.gitignore", (int)(s - rel), rel);
		print_message("--- %s\n%s\n", path, folder_get(f, path));
	}
}

static void one_round(unsigned round)
{
	struct asked *a = calloc(SETS * 64, sizeof(*a));
	struct ignore *ig;
	struct folder f;
	struct root r;
	char command[200];
	size_t n;

	assert_non_null(a);
	dice_state = 88 + round;
	folder_make(&f);
	(void)snprintf(command, sizeof(command), "git init -q %s", f.path);
	assert_int_equal(system(command), 0);
	n = make_tree(&f, a);
	ask_git(&f, a, n);
	ig = open_at(&f, &r);
	for (size_t i = 0; i < n; i++) {
		if (ignored(ig, a[i].rel, a[i].is_dir) == a[i].is_ignored)
			continue;
		say_rules(&f, a[i].rel);
		fail_msg("%s%s is ignored by %s only (round %u)", a[i].rel, a[i].is_dir ? "/" : "",
			 a[i].is_ignored ? "git" : "us", round);
	}
	ignore_free(ig);
	root_release(&r);
	folder_free(&f);
	free(a);
}

static void agrees_with_git(void **state)
{
	const char *more = getenv("EMEND_TEST_ROUNDS"); /* a long run, by hand */

	(void)state;
	for (unsigned i = 0; i < (more ? (unsigned)atoi(more) : ROUNDS); i++)
		one_round(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(without_a_repository),
					    cmocka_unit_test(with_a_repository),
					    cmocka_unit_test(odd_rule_files),
					    cmocka_unit_test(agrees_with_git) };

	return cmocka_run_group_tests_name("ignore", tests, NULL, NULL);
}
