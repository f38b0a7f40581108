/* launch_libs.c - see launch.h: this program, in a container with whatever libraries or none.
 *
 * The program is mounted together with its loader and its libraries, and started through that
 * loader, which looks for libraries where it is told. So the runner in an image of another system is
 * the very same program, and needs nothing of the image. Which libraries: those that it names, and
 * those that these name, found among what is loaded in this process, which is the same program. */
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/runner/launch.h"

enum { LIBS_MAX = 128 };

/* Loaded objects; the first `done` were looked through for what they need. */
struct libs {
	struct link_map *all, *need[LIBS_MAX];
	size_t n, done;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* By the last part of the name, as DT_NEEDED says it; `all` is in the order of loading. */
static void want(struct libs *s, const char *name)
{
	for (struct link_map *m = s->all; m; m = m->l_next) {
		bool known = false;

		if (m->l_name[0] != '/' || strcmp(base_name(m->l_name), name) != 0)
			continue;
		for (size_t i = 0; i < s->n; i++)
			known = known || s->need[i] == m;
		if (!known && s->n < LIBS_MAX)
			s->need[s->n++] = m;
	}
}

/* What one object names as needed. */
static void look_through(struct libs *s, const struct link_map *m)
{
	const char *strings = NULL;

	for (const ElfW(Dyn) *d = m->l_ld; d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_STRTAB) /* most loaders leave an address here, some an offset */
			strings = (const char *)(d->d_un.d_ptr >= m->l_addr
							 ? d->d_un.d_ptr
							 : d->d_un.d_ptr + m->l_addr);
	}
	for (const ElfW(Dyn) *d = m->l_ld; strings && d->d_tag != DT_NULL; d++) {
		if (d->d_tag == DT_NEEDED)
			want(s, strings + d->d_un.d_val);
	}
}

/* The loader that this program asks for. */
static int find_loader(struct dl_phdr_info *info, size_t size, void *payload)
{
	const char **out = payload;

	(void)size;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type == PT_INTERP)
			*out = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	}
	return 1; /* the first object is the program */
}

/* The real path, as engines mount what a link names only if the link's folder is there too. */
static bool mount_file(struct launch *l, const char *path, const char *inside, struct err *err)
{
	char *real = realpath(path, NULL);
	bool ok = real && !strchr(real, ':');

	if (ok)
		launch_arg(l, "--volume=%s:" WIRE_INSIDE "/%s:ro", real, inside);
	else
		err_set(err, ERR_SANDBOX, "%s cannot be mounted into a container.", path);
	free(real);
	return ok;
}

bool launch_mount_program(struct launch *l, struct slice program, struct err *err)
{
	struct libs s = { .all = NULL };
	const char *loader = NULL;
	void *self = dlopen(NULL, RTLD_NOW | RTLD_NOLOAD);
	bool ok;

	(void)dl_iterate_phdr(find_loader, &loader);
	if (!loader || !self || dlinfo(self, RTLD_DI_LINKMAP, &s.all) != 0)
		return err_set(err, ERR_SANDBOX,
			       "The libraries of %.*s are not known, so that it cannot run in a "
			       "container.",
			       SLICE_ARG(program));
	look_through(&s, s.all);
	for (; s.done < s.n; s.done++)
		look_through(&s, s.need[s.done]);
	ok = mount_file(l, arena_cstr(&l->arena, program), "emend", err) &&
	     mount_file(l, loader, "loader", err);
	for (size_t i = 0; ok && i < s.n; i++) {
		struct slice inside =
			arena_printf(&l->arena, "lib/%s", base_name(s.need[i]->l_name));

		ok = mount_file(l, s.need[i]->l_name, inside.ptr, err);
	}
	(void)dlclose(self);
	return ok;
}

void launch_start_program(struct launch *l)
{
	launch_arg(l, "--entrypoint=" WIRE_INSIDE "/loader");
	launch_arg(l, "%.*s", SLICE_ARG(l->image));
	launch_arg(l, "--library-path");
	launch_arg(l, WIRE_INSIDE "/lib");
	launch_arg(l, WIRE_INSIDE "/emend");
	launch_arg(l, "runner");
	launch_arg(l, "--stdio");
}
