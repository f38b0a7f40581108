/* test_secret.c - what is taken for a secret and what is not; hidden and put back. The secrets here are made up, and
 * stand in two parts so that nobody else takes them for real ones. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "agent/secret/secret_find.h"
#include "agent/secret/secret_mask.h"
#include "agent/store/store_path.h"
#include "protocol/base/buf.h"

static const struct sample {
	const char *kind, *before, *one, *two, *after;
} secrets[] = {
	{ "aws-access-key", "id = ", "AKIA", "Q3EGRZ7VKPW2N5LD", "\n" },
	{ "anthropic-key", "export K=", "sk-ant-", "api03-Zk4rQ9vLw2Xn7TbYc5PdMs8JhGf3Ra6E", "" },
	{ "openai-key", "'", "sk-proj-", "a8Kd72LmQp0zXv93NcBw51RtYe64UsGh7Jf2Ko_-x", "'" },
	{ "openai-key", "(", "sk-", "T3BlbkFJq7Zx2Vn9Lc4Wp8Rm6Ks1Yd5Hg0Jt3Fb7Qe2Ua9Xi", ")" },
	{ "google-key", "?key=", "AIza", "SyD3f9Kq2Lm8Np4Rt6Vw1Xz7Bc5Ye0Ga-Hj", "&x=1" },
	{ "github-token", "+\ttoken: ", "ghp_", "R7tK2mW9qL4xV8nC3bZ6pD1sF5hJ0gYaEuTi", "\n" },
	{ "github-token", "", "github_pat_",
	  "11ABCDE0Y7k2Lm9Qp4Xv_8Nc3Bz6Wd1Sf5Hj0Gt2Ra9Ye4Ui7Op3Kl6Mq8", " " },
	{ "gitlab-token", "PRIVATE-TOKEN: ", "glpat-", "x7Kq2Lm9Vn4Bz8Rt5Wc1", "\n" },
	{ "slack-token", "\"", "xoxb-", "2417398250-5812093746-Kq7Lm2Vn9Bz4Rt8Wc1Xp", "\"" },
	{ "stripe-key", "", "sk_live_", "4eC39HqLyjWDarjtT1zdp7dc", "" },
	{ "npm-token", "//registry.npmjs.org/:_authToken=", "npm_",
	  "q7Kx2Lm9Vn4Bz8Rt5Wc1Yd6Hg0Jf3Pe7Ua2S", "\n" },
	{ "huggingface-token", "", "hf_", "QwErTyUiOpAsDfGhJkLzXcVbNm12345678", "" },
	{ "url-password", "postgres://app:", "x9Kq", "2Lm8Vn!4", "@db:5432/app" },
	{ "secret-value", "client_secret = \"", "q8Zx3", "Vn7Lc2Wp9Rm4Ks6Yd1H", "\"" },
	{ "secret-value", "DB_PASSWORD=", "f3a9c1", "7e5b2d8046ac1f93e7b2d5", "\n" },
	{ "secret-value", "\"apiKey\": \"", "0b7Xk9", "Qm2Lr5Vt8Zc3Wd6", "\"," },
	{ "web-token", "Bearer ", "eyJhbGciOiJIUzI1NiJ9.",
	  "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1g", "\n" },
};

static const char *const harmless[] = {
	"AKIAIOSFODNN7EXAMPLE",
	"sk-ant-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	"export OPENAI_API_KEY=sk-...",
	"password = os.environ[\"DATABASE_PASSWORD_2024\"]",
	"token = request.headers.get('X-Auth-Token-Version-2')",
	"secret_key_base: <%= ENV[\"SECRET_KEY_BASE\"] %>",
	"api_key: str = Field(default_factory=load_api_key_v2)",
	"postgres://user:password@localhost/db",
	"https://user:$PASSWORD1@host/",
	"\"integrity\": \"sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg==\"",
	"commit 6da84710c1b2a3f4e5d6c7b8a9f0e1d2c3b4a5f6",
	"tokens: 2000000, max_output_tokens: 64000",
	"std::string password_hash_algorithm_name = \"pbkdf2_sha256_iterations\";",
	"-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n",
	"#define TOKEN_IDENTIFIER_START_0 0x00000000000000000001",
};

static void each_shape_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		const struct sample *s = &secrets[i];
		struct secret_found f = { 0 };
		bool in_key = false;
		char text[512];

		(void)snprintf(text, sizeof(text), "%s%s%s%s", s->before, s->one, s->two, s->after);
		if (!secret_find(slice_of(text), 0, &in_key, &f))
			fail_msg("not found: %s", text);
		assert_string_equal(f.kind, s->kind);
		assert_int_equal(f.start, strlen(s->before));
		assert_int_equal(f.end, strlen(text) - strlen(s->after));
	}
}

static void what_is_harmless_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
		struct secret_found f;
		bool in_key = false;

		if (secret_find(slice_of(harmless[i]), 0, &in_key, &f))
			fail_msg("%s in: %s", f.kind, harmless[i]);
	}
}

/* Numbers of lines, as read_file puts them, stay where they are; so the key can be put back. */
static void a_private_key_goes_line_by_line(void **state)
{
	static const char text[] =
		"1\t-----BEGIN RSA PRIVATE KEY-----\n2\tMIIEowIBAAKCAQEA75xv\n3\tq8Zx3Vn7Lc2Wp9Rm4Ks6\n"
		"4\t-----END RSA PRIVATE KEY-----\n5\tabcdefghijklmnopqrstuvwxyz\n";
	struct secret_mask m = { .off = false };
	struct slice hidden, back;
	struct err err = { 0 };
	struct arena a;

	(void)state;
	arena_init(&a);
	hidden = secret_hide(&m, &a, slice_of(text));
	assert_int_equal(m.n, 2);
	assert_true(slice_find(hidden, SLICE("MIIE"), 0) == SIZE_MAX);
	assert_true(slice_find(hidden, SLICE("\n3\t[secret:private-key:"), 0) != SIZE_MAX);
	assert_true(slice_find(hidden, SLICE("5\tabcdefghij"), 0) != SIZE_MAX);
	assert_true(secret_reveal(&m, &a, hidden, &back, &err));
	assert_true(slice_eq_cstr(back, text));
	secret_mask_release(&m);
	arena_release(&a);
}

static void count(void *payload, struct slice placeholder, const char *kind)
{
	(void)placeholder;
	(void)kind;
	++*(int *)payload;
}

static void the_same_secret_has_one_placeholder(void **state)
{
	static const char text[] = "a ghp_"
				   "R7tK2mW9qL4xV8nC3bZ6pD1sF5hJ0gYaEuTi b ghp_"
				   "R7tK2mW9qL4xV8nC3bZ6pD1sF5hJ0gYaEuTi";
	struct secret_mask m = { .off = false }, other = { .off = false };
	struct slice hidden, back;
	struct err err = { 0 };
	struct arena a;
	int told = 0;

	(void)state;
	arena_init(&a);
	secret_mask_tell(&m, count, &told);
	hidden = secret_hide(&m, &a, slice_of(text));
	assert_true(slice_eq(hidden, secret_hide(&other, &a, slice_of(text))));
	assert_int_equal(told, 1);
	assert_int_equal(m.n, 1);
	assert_true(slice_eq(secret_hide(&m, &a, hidden), hidden));
	assert_true(secret_reveal(&m, &a, hidden, &back, &err));
	assert_true(slice_eq_cstr(back, text));
	secret_mask_release(&other);
	/* One that is not known is told; what only looks like one stays. */
	assert_false(secret_reveal(&other, &a, hidden, &back, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_true(
		secret_reveal(&other, &a, SLICE("[secret:] [secret:x [secret:A b]"), &back, &err));
	assert_true(slice_eq_cstr(back, "[secret:] [secret:x [secret:A b]"));
	m.off = true;
	assert_true(slice_eq_cstr(secret_hide(&m, &a, slice_of(text)), text));
	secret_mask_release(&m);
	arena_release(&a);
}

/* Text that begins the same thing again and again: 4 MB each would take hours if each beginning were followed to the
 * end of the text. */
static void no_text_is_slow(void **state)
{
	static const char *const again[] = { "=", "-", "xoxb-", "://a:", "eyJ", "token=", "eyJaaaaaaaaaa." };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(again); i++) {
		struct secret_found f;
		bool in_key = false;
		size_t at = 0;
		struct buf b;

		buf_init(&b, 8 << 20);
		while (b.len < 4 << 20)
			buf_puts(&b, again[i]);
		while (secret_find(buf_slice(&b), at, &in_key, &f))
			at = f.end;
		buf_release(&b);
	}
}

/* How often a text without a secret is taken for one: our own sources, and the headers of the system. */
static void scan(const char *dir, size_t *bytes, size_t *alarms)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		struct secret_found f;
		struct slice text;
		struct err err = { 0 };
		bool in_key = false;
		size_t at = 0;
		struct arena a;
		char path[4096];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.')
			continue;
		if (e->d_type == DT_DIR)
			scan(path, bytes, alarms);
		if (e->d_type != DT_REG)
			continue;
		arena_init(&a);
		if (read_whole(slice_of(path), 4 << 20, &a, &text, &err)) {
			*bytes += text.len;
			for (; secret_find(text, at, &in_key, &f); at = f.end) {
				print_message("# %s in %s: %.*s\n", f.kind, path,
					      (int)(f.end - f.start), text.ptr + f.start);
				++*alarms;
			}
		}
		arena_release(&a);
	}
	if (d)
		(void)closedir(d);
}

static void false_alarms_are_rare(void **state)
{
	static const char *const dirs[] = { "agent",   "lsp",  "protocol",
					    "editors", "docs", "/usr/include" };
	size_t bytes = 0, alarms = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		scan(dirs[i], &bytes, &alarms);
	print_message("# %zu false alarms in %.1f MB\n", alarms, (double)bytes / 1e6);
	assert_true(bytes > 1000000);
	assert_true(alarms * 1000000 <= bytes); /* at most one in a megabyte */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_shape_is_found),
		cmocka_unit_test(what_is_harmless_stays),
		cmocka_unit_test(a_private_key_goes_line_by_line),
		cmocka_unit_test(the_same_secret_has_one_placeholder),
		cmocka_unit_test(no_text_is_slow),
		cmocka_unit_test(false_alarms_are_rare),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
