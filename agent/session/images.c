/* images.c - the images of a conversation: those that the user shows with the task; how all of them go into the
 * session's log, which holds the hash of a blob and never the picture, and come out of it again; and which are
 * sent, where there are too many (compact.c). */
#include "agent/base/path.h"
#include "agent/model/image.h"
#include "agent/session/task_own.h"

bool images_keep(struct task *t, struct slice bytes, struct sha256_hex *blob)
{
	struct err err = { 0 };

	if (blob_put(t->env.log, bytes, blob, &err))
		return true;
	task_fail(t, &err);
	return false;
}

void images_log(struct jw *w, const struct sha256_hex *blob)
{
	jw_kcstr(w, "image", blob->s);
}

const struct image *images_replay(struct task *t, struct slice state_dir, struct json ev,
				  struct slice *text)
{
	struct slice hash, bytes;
	struct err err;

	if (!json_str(json_get(ev, "image"), &t->arena, &hash))
		return NULL;
	if (blob_get(state_dir, t->session, hash, &t->arena, &bytes, &err))
		return image_new(&t->arena, bytes);
	/* History is pruned by the user's setting: the conversation goes on without. */
	*text = arena_printf(&t->arena, "%.*s\n(The image itself is not kept any more.)",
			     SLICE_ARG(*text));
	return NULL;
}

/* The rules for files hold for what the user names, too: a slip of the hand is the likely reason. */
static bool may_show(struct task *t, const struct task_image *x, struct image *out, struct err *err)
{
	struct decision d = { 0 };
	struct slice path;

	/* Outside of the workspace the names of its folders count as well. */
	if (!path_relative(&t->arena, t->workspace, x->path, &path, err))
		path = slice_sub(x->path, 1, x->path.len);
	policy_path(t->env.policy, ACCESS_READ, path, &t->arena, &d);
	if (d.verdict == VERDICT_DENY)
		return err_set(err, ERR_DENIED, "%.*s is not shown to the model: %.*s",
			       SLICE_ARG(x->path), SLICE_ARG(d.why));
	if (!image_probe(x->bytes, out))
		return err_set(err, ERR_USAGE, "%.*s is not a PNG, JPEG, WebP or GIF image.",
			       SLICE_ARG(x->path));
	if (image_check(out, x->path, x->bytes.len, t->env.images, err))
		return true;
	err->code = ERR_USAGE;
	return false;
}

bool images_of_user(struct task *t)
{
	struct image image;
	struct err err = { 0 };

	for (size_t i = 0; i < t->n_images; i++) {
		const struct task_image *x = &t->images[i];

		if (!may_show(t, x, &image, &err)) {
			task_fail(t, &err);
			return false;
		}
		turn_user_image(
			t,
			arena_printf(&t->arena, "The user shows %.*s: %.*s", SLICE_ARG(x->path),
				     SLICE_ARG(image_words(&t->arena, &image, x->bytes.len))),
			x->bytes);
	}
	return t->why.code == ERR_NONE;
}

/* --- too many of them --- */

static size_t base64_of(const struct turn *turn)
{
	size_t bytes = 0;

	for (size_t k = 0; k < turn->n_blocks; k++)
		bytes += turn->blocks[k].image ? turn->blocks[k].image->base64.len : 0;
	return bytes;
}

size_t images_count(const struct task *t, size_t from, size_t to)
{
	const struct turn *turns = t->transcript.turns;
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		for (size_t k = 0; k < turns[i].n_blocks; k++)
			n += turns[i].blocks[k].image != NULL;
	return n;
}

/* Where some must go, many go at once: each time makes the provider's cache of the prompt
 * worthless. A quarter of the number, half of the bytes: there is room again for a while. */
size_t images_keep_from(const struct task *t)
{
	const struct transcript *all = &t->transcript;
	size_t from = t->compact.blind, bytes = 0, n = images_count(t, from, all->n);

	for (size_t i = from; n > 0 && i < all->n; i++)
		bytes += base64_of(&all->turns[i]);
	if (n <= IMAGES_IN_REQUEST && bytes <= IMAGES_BASE64_BYTES)
		return from;
	n = bytes = 0;
	for (from = all->n; from > t->compact.blind; from--) {
		n += images_count(t, from - 1, from);
		bytes += base64_of(&all->turns[from - 1]);
		if (n > IMAGES_IN_REQUEST / 4 || bytes > IMAGES_BASE64_BYTES / 2)
			break;
	}
	return from;
}

/* b is the view's copy of a block: the transcript keeps its image. */
void images_drop(struct task *t, struct block *b)
{
	if (!b->image)
		return;
	b->image = NULL;
	b->text = arena_printf(
		&t->arena, "%.*s\n(The image was removed to save room.%s)", SLICE_ARG(b->text),
		b->kind == BLOCK_RESULT ? " Make the call again if it is needed." : "");
}
