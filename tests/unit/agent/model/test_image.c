/* test_image.c - what is an image, how large it is, and which may be shown */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/model/image.h"

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0\0\0\0\0"
#define GIF                  \
	"GIF89a\x02\0\x03\0" \
	"aaaaaaaaaaaaaaaaaaaa"
/* Two segments, one with fill bytes, stand before the frame header. */
#define JPEG                                                                             \
	"\xff\xd8\xff\xe0\0\x04xx\xff\xff\xc4\0\x04yy\xff\xc2\0\x11\x08\0\x05\0\x07\x03" \
	"aaaaaaaaaa"
#define VP8X "RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x08\0\0\x0a\0\0aaaa"
#define VP8L "RIFF\x24\0\0\0WEBPVP8L\x0a\0\0\0\x2f\x0f\xc0\x04\0aaaaaaaa"
#define VP8 "RIFF\x24\0\0\0WEBPVP8 \x0a\0\0\0aaa\x9d\x01\x2a\x40\0\x30\0aaaa"

static void is(struct slice bytes, enum image_type type, uint32_t width, uint32_t height)
{
	struct image i;

	assert_true(image_probe(bytes, &i));
	assert_int_equal(i.type, type);
	assert_int_equal(i.width, width);
	assert_int_equal(i.height, height);
}

static void four_types(void **state)
{
	(void)state;
	is(SLICE(PNG), IMAGE_PNG, 640, 480);
	is(SLICE(GIF), IMAGE_GIF, 2, 3);
	is(SLICE(JPEG), IMAGE_JPEG, 7, 5);
	is(SLICE(VP8X), IMAGE_WEBP, 9, 11);
	is(SLICE(VP8L), IMAGE_WEBP, 16, 20);
	is(SLICE(VP8), IMAGE_WEBP, 64, 48);
}

/* Cut anywhere, it is read no further than it goes (the sanitizer watches), and has a size or is none. */
static void torn(void **state)
{
	const struct slice all[] = { SLICE(PNG),  SLICE(GIF),  SLICE(JPEG),
				     SLICE(VP8X), SLICE(VP8L), SLICE(VP8) };
	struct image i;

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(all); k++)
		for (size_t n = 0; n < all[k].len; n++) {
			char *copy = malloc(n + 1);

			memcpy(copy, all[k].ptr, n);
			if (image_probe(slice_make(copy, n), &i))
				assert_true(i.width > 0 && i.height > 0);
			free(copy);
		}
	assert_false(image_probe(
		SLICE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\x01\xe0\x08\x02\0\0\0"),
		&i)); /* no width */
	assert_false(image_probe(SLICE("a text that is long enough to be anything"), &i));
}

static void what_may_be_shown(void **state)
{
	struct image i = { .type = IMAGE_GIF, .width = 8000, .height = 8000 };
	struct err err;

	(void)state;
	assert_true(image_check(&i, SLICE("x"), IMAGE_BYTES, IMAGE_ALL, &err));
	assert_false(image_check(&i, SLICE("x"), IMAGE_BYTES + 1, IMAGE_ALL, &err));
	assert_non_null(strstr(err.msg, "smaller"));
	assert_false(image_check(&i, SLICE("x"), 1, IMAGE_PNG, &err));
	assert_non_null(strstr(err.msg, "PNG"));
	assert_false(image_check(&i, SLICE("x"), 1, 0, &err));
	assert_non_null(strstr(err.msg, "models.NAME.images"));
	i.width++;
	assert_false(image_check(&i, SLICE("x"), 1, IMAGE_ALL, &err));
}

static void base64_and_tokens(void **state)
{
	struct arena a;
	struct image *i;

	(void)state;
	arena_init(&a);
	i = image_new(&a, SLICE(PNG));
	assert_true(slice_starts(i->base64, SLICE("iVBORw0KGgo")));
	assert_int_equal(i->base64.len % 4, 0);
	assert_int_equal(image_tokens(i), 23 * 18);
	i->width = i->height = 8000;
	assert_int_equal(image_tokens(i), 5000);
	i->width = i->height = 1;
	assert_int_equal(image_tokens(i), 300);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_types),
		cmocka_unit_test(torn),
		cmocka_unit_test(what_may_be_shown),
		cmocka_unit_test(base64_and_tokens),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
