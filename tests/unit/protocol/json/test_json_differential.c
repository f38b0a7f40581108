/* test_json_differential.c - runs differential.py, which compares the JSON reader with Python's.
 *
 * With --serve this program is the reader's side: it takes texts (length as four bytes, the lowest
 * first, then the text) and prints a line for each: "-" if it is not JSON, else its value:
 * z null, t true, u false, nN an integer, fHEX the bits of a double, x a number beyond it, sHEX the UTF-8 of
 * a string, [v,v,] an array, {key:v,} an object. */
#include <stdio.h>
#include <unistd.h>

#include "protocol/json/json.h"
#include "protocol/json/write.h"

static void print_string(struct json v, struct arena *a)
{
	struct slice s = json_str_or(v, a, "?");

	(void)putchar('s');
	for (size_t i = 0; i < s.len; i++)
		(void)printf("%02x", (unsigned char)s.ptr[i]);
}

static void print_number(struct json v)
{
	int64_t n;
	double f;
	uint64_t bits;

	if (json_i64(v, &n)) {
		(void)printf("n%lld", (long long)n);
	} else if (json_f64(v, &f)) {
		memcpy(&bits, &f, sizeof(bits));
		(void)printf("f%016llx", (unsigned long long)bits);
	} else {
		(void)putchar('x');
	}
}

static void print_value(struct json v, struct arena *a) /* the texts are at most a few levels deep */
{
	bool b = false;

	switch (json_type(v)) {
	case JSON_MISSING:
		(void)putchar('!');
		break;
	case JSON_NULL:
		(void)putchar('z');
		break;
	case JSON_BOOL:
		(void)putchar(json_bool(v, &b) && b ? 't' : 'u');
		break;
	case JSON_NUMBER:
		print_number(v);
		break;
	case JSON_STRING:
		print_string(v, a);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		(void)putchar(json_type(v) == JSON_ARRAY ? '[' : '{');
		for (struct json_iter it = json_iter(v); json_next(&it);) {
			if (it.object) {
				print_string(it.key, a);
				(void)putchar(':');
			}
			print_value(it.value, a);
			(void)putchar(',');
		}
		(void)putchar(json_type(v) == JSON_ARRAY ? ']' : '}');
		break;
	}
}

static int serve(void)
{
	unsigned char head[4];

	while (fread(head, 1, 4, stdin) == 4) {
		size_t len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
		struct json root;
		struct arena a;
		struct err err;
		char *text;

		arena_init(&a);
		text = arena_alloc(&a, len);
		if (fread(text, 1, len, stdin) != len)
			return 1;
		if (json_parse(&a, slice_make(text, len), &root, &err))
			print_value(root, &a);
		else
			(void)putchar(err.code == ERR_INVALID ? '-' : '!');
		(void)putchar('\n');
		arena_release(&a);
	}
	return fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	char script[] = "tests/unit/protocol/json/differential.py", python[] = "python3";

	if (argc > 1)
		return serve();
	(void)execvp(python, (char *[]){ python, script, argv[0], NULL });
	(void)printf("Bail out! cannot run python3\n");
	return 1;
}
