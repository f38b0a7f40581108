/* landlock.c - see landlock.h
 *
 * Rights and ABI numbers come from the kernel's documentation; the headers of older distributions
 * lack the newer ones, so the few that we need are written here.
 *
 * See https://docs.kernel.org/userspace-api/landlock.html for the ABIs: 1 files, 2 rename between
 * folders, 3 truncate, 4 TCP, 5 ioctl on devices, 6 signals and abstract sockets. */
#include "agent/sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

enum fs_right {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_BLOCK = 1 << 11,
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	FS_ALL_ABI1 = (1 << 13) - 1,
};
enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2 };
enum { SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2 };

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_attr {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

/* Every right that the kernel knows is handled, that is denied unless a rule allows it. */
static uint64_t rights_of(int abi)
{
	uint64_t all = FS_ALL_ABI1;

	if (abi >= 2)
		all |= FS_REFER;
	if (abi >= 3)
		all |= FS_TRUNCATE;
	if (abi >= 5)
		all |= FS_IOCTL_DEV;
	return all;
}

static uint64_t access_bits(enum landlock_access a)
{
	switch (a) {
	case LANDLOCK_LIST:
		return FS_READ_DIR;
	case LANDLOCK_READ:
		return FS_READ_FILE | FS_READ_DIR;
	case LANDLOCK_EXECUTE:
		return FS_READ_FILE | FS_READ_DIR | FS_EXECUTE;
	case LANDLOCK_WRITE:
		return (FS_ALL_ABI1 | FS_REFER | FS_TRUNCATE) &
		       ~(uint64_t)(FS_MAKE_CHAR | FS_MAKE_BLOCK);
	case LANDLOCK_DEVICE:
		return FS_READ_FILE | FS_WRITE_FILE | FS_READ_DIR | FS_TRUNCATE | FS_IOCTL_DEV;
	}
	return 0;
}

int landlock_abi(void)
{
	long r = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_VERSION);

	return r < 0 ? 0 : (int)r;
}

bool landlock_init(struct landlock_set *s, bool net, struct err *err)
{
	struct ruleset_attr attr = { 0 };
	size_t size = sizeof(attr.fs);

	s->fd = -1;
	s->abi = landlock_abi();
	if (s->abi < 1)
		return err_set(err, ERR_SANDBOX, "The kernel offers no Landlock.");
	attr.fs = rights_of(s->abi);
	if (s->abi >= 4) {
		size = offsetof(struct ruleset_attr, scoped);
		attr.net = net ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
	}
	if (s->abi >= 6) {
		size = sizeof(attr);
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	}
	s->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (s->fd < 0)
		return err_set(err, ERR_SANDBOX, "Landlock refuses a rule set: %s.",
			       strerror(errno));
	return true;
}

/* The kernel refuses rights on a file that only a folder can have. */
bool landlock_allow_fd(struct landlock_set *s, int fd, enum landlock_access a, struct err *err)
{
	uint64_t file = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	struct path_attr rule = { .allowed = access_bits(a) & rights_of(s->abi), .parent = fd };
	struct stat st;

	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed &= file;
	if (syscall(SYS_landlock_add_rule, s->fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(err, ERR_SANDBOX, "Landlock refuses a rule: %s.", strerror(errno));
	return true;
}

bool landlock_allow(struct landlock_set *s, const char *path, enum landlock_access a,
		    struct err *err)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return true; /* nothing there: nothing to allow */
	ok = landlock_allow_fd(s, fd, a, err);
	(void)close(fd);
	return ok || err_wrap(err, "%s: ", path);
}

bool landlock_enter(struct landlock_set *s, struct err *err)
{
	if (syscall(SYS_landlock_restrict_self, s->fd, 0) < 0) {
		err_set(err, ERR_SANDBOX, "Landlock cannot be entered: %s.", strerror(errno));
		landlock_release(s);
		return false;
	}
	landlock_release(s);
	return true;
}

void landlock_release(struct landlock_set *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}
