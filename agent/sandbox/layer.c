/* layer.c - see layer.h
 *
 * The mode follows from the layers, here and nowhere else (layers_decide()):
 *
 *   --no-sandbox                                             -> NONE
 *   Landlock, seccomp or no_new_privs missing                -> REFUSED
 *   the spawner built the view                               -> VIEW
 *   else, as root, or Landlock without signal scopes         -> REFUSED
 *   else, with the user's word "sandbox": "reduced"          -> REDUCED, else REFUSED
 *
 * Whatever is refused names one layer, why it is missing, and what the user can do. */
#include "agent/sandbox/layer.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/sandbox/landlock.h"
#include "agent/sandbox/seccomp.h"
#include "protocol/json/write.h"

/* 2 can rename between folders; what 3 adds (truncation) matters only where the mounts do not already make
 * everything outside read-only. Without a view Landlock stands alone, and needs its signal scopes. */
enum { LANDLOCK_MIN = 2, LANDLOCK_ALONE = 6 };

static const char *const names[LAYER_COUNT] = {
	"user namespace", "mount namespace", "pid namespace", "network namespace", "ipc namespace",
	"uts namespace",  "landlock",	     "seccomp",	      "no_new_privs",	   "rlimits",
	"cgroup2",	  "overlay",	     "secrets",
	"network broker",
};

void layer_set(struct layers *l, enum layer_id id, enum layer_state s, const char *fmt, ...)
{
	va_list ap;

	l->of[id].state = s;
	va_start(ap, fmt);
	(void)vsnprintf(l->of[id].detail, sizeof(l->of[id].detail), fmt, ap);
	va_end(ap);
}

void layer_remedy(struct layers *l, enum layer_id id, const char *text)
{
	(void)snprintf(l->of[id].remedy, sizeof(l->of[id].remedy), "%s", text);
}

static int read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	int n = -1;

	if (f && fscanf(f, "%d", &n) != 1)
		n = -1;
	if (f)
		(void)fclose(f);
	return n;
}

/* Why user namespaces may be refused here, as advice. */
static void userns_remedy(struct layers *l)
{
	struct stat st;

	if (read_number("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		layer_remedy(l, LAYER_USERNS, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
	else if (read_number("/proc/sys/user/max_user_namespaces") == 0)
		layer_remedy(l, LAYER_USERNS, "sudo sysctl -w user.max_user_namespaces=15000");
	else if (read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		layer_remedy(l, LAYER_USERNS,
			     "Load the AppArmor profile emend.apparmor (docs/troubleshooting.md), or: "
			     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
	else if (stat("/.dockerenv", &st) == 0 || stat("/run/.containerenv", &st) == 0)
		layer_remedy(l, LAYER_USERNS,
			     "Start the container with --security-opt seccomp=unconfined "
			     "--security-opt systempaths=unconfined, or run Emend outside of it.");
	else
		layer_remedy(l, LAYER_USERNS,
			     "Run Emend outside of the chroot or container, or allow user "
			     "namespaces there.");
}

/* UINT64_MAX: there is no such limit, or none that means something. */
static uint64_t read_limit(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long n = 0;
	bool ok = f && fscanf(f, "%llu", &n) == 1 && n > 0 && n < UINT64_C(1) << 60;

	if (f)
		(void)fclose(f);
	return ok ? n : UINT64_MAX;
}

static uint64_t lower_limit(const char *one, const char *other)
{
	uint64_t a = read_limit(one), b = read_limit(other);

	return a < b ? a : b;
}

/* An engine may take limits and pass them over: what holds is what the kernel says. */
static void probe_container(struct layers *l)
{
	uint64_t memory = lower_limit("/sys/fs/cgroup/memory.max",
				      "/sys/fs/cgroup/memory/memory.limit_in_bytes");
	uint64_t pids = lower_limit("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max");

	if (memory != UINT64_MAX && pids != UINT64_MAX)
		layer_set(l, LAYER_CGROUP, LAYER_ON,
			  "all commands together: %llu MiB, %llu processes and threads",
			  (unsigned long long)memory >> 20, (unsigned long long)pids);
	else
		layer_set(l, LAYER_CGROUP, LAYER_MISSING,
			  "limits: soft; the container engine passes them over here, and the "
			  "watchdog sets them");
}

void layers_probe(struct layers *l, unsigned forbid, bool container)
{
	int abi = forbid & FORBID_LANDLOCK ? 0 : landlock_abi();

	*l = (struct layers){ .mode = SANDBOX_REFUSED };
	for (int i = 0; i < LAYER_COUNT; i++)
		layer_set(l, (enum layer_id)i, LAYER_MISSING, "not available");
	if (abi >= LANDLOCK_MIN)
		layer_set(l, LAYER_LANDLOCK, LAYER_ON, "ABI %d", abi);
	else if (forbid & FORBID_LANDLOCK)
		layer_set(l, LAYER_LANDLOCK, LAYER_MISSING, "forbidden by a test");
	else
		layer_set(l, LAYER_LANDLOCK, LAYER_MISSING, "ABI %d; needed: %d (Linux 5.19)", abi,
			  LANDLOCK_MIN);
	layer_remedy(l, LAYER_LANDLOCK,
		     "Boot Linux 5.19 or newer with landlock in the kernel's lsm= list.");
	if (forbid & FORBID_SECCOMP)
		layer_set(l, LAYER_SECCOMP, LAYER_MISSING, "forbidden by a test");
	else if (seccomp_offered())
		layer_set(l, LAYER_SECCOMP, LAYER_ON, "system call filter");
	layer_remedy(l, LAYER_SECCOMP, "Boot a kernel with CONFIG_SECCOMP_FILTER.");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0)
		layer_set(l, LAYER_NO_NEW_PRIVS, LAYER_ON, "set-user-id programs give nothing");
	layer_set(l, LAYER_RLIMITS, LAYER_ON,
		  "file size, open files, processes; memory, processes and disk "
		  "by a watchdog");
	layer_set(l, LAYER_OVERLAY, LAYER_MISSING, "it takes user namespaces");
	layer_remedy(l, LAYER_OVERLAY,
		     "Use Linux 5.11 or newer and a state folder on ext4, xfs, btrfs or tmpfs.");
	if (container)
		probe_container(l);
	else
		layer_set(l, LAYER_CGROUP, LAYER_MISSING,
			  "not delegated: the watchdog sets the limits and ends commands");
	userns_remedy(l);
	l->of[LAYER_LANDLOCK].required = l->of[LAYER_SECCOMP].required = true;
	l->of[LAYER_NO_NEW_PRIVS].required = true;
}

/* *extra ends in "What to do: ", and the remedy of the layer follows it. */
static void refuse(struct layers *l, enum layer_id id, const char *extra)
{
	l->mode = SANDBOX_REFUSED;
	l->of[id].required = true;
	err_set(&l->why, ERR_SANDBOX,
		"Commands are not run here: the sandbox layer \"%s\" is missing "
		"(%s).%s%s",
		names[id], l->of[id].detail, extra, l->of[id].remedy);
}

void layers_decide(struct layers *l, bool no_sandbox, bool reduced, bool as_root)
{
	struct err why = l->why;

	layer_set(l, LAYER_BROKER, LAYER_MISSING,
		  no_sandbox ? "without the sandbox commands use the machine's network as it is"
			     : "commands have no network at all without namespaces");
	if (no_sandbox) {
		for (int i = 0; i < LAYER_COUNT; i++)
			l->of[i].required = false;
		l->mode = SANDBOX_NONE;
		return;
	}
	if (l->of[LAYER_LANDLOCK].state != LAYER_ON) {
		refuse(l, LAYER_LANDLOCK, " What to do: ");
		return;
	}
	if (l->of[LAYER_SECCOMP].state != LAYER_ON || l->of[LAYER_NO_NEW_PRIVS].state != LAYER_ON) {
		refuse(l, LAYER_SECCOMP, " What to do: ");
		return;
	}
	if (l->mode == SANDBOX_VIEW) {
		layer_set(l, LAYER_SECRETS, LAYER_ON, "denied files are hidden from commands");
		layer_set(l, LAYER_BROKER, LAYER_ON,
			  "a command that asks reaches the hosts that you allow, one by one");
		return;
	}
	if (l->of[LAYER_USERNS].state != LAYER_MISSING) /* something later failed: say what */
		layer_set(l, LAYER_USERNS, LAYER_MISSING, "%s", why.msg);
	if (as_root) {
		refuse(l, LAYER_USERNS,
		       " Without it root could change files outside of the workspace. "
		       "What to do: run Emend as an ordinary user. ");
	} else if (landlock_abi() < LANDLOCK_ALONE) {
		refuse(l, LAYER_USERNS,
		       " Landlock of Linux 6.12 would do in its place. What to do: ");
	} else if (!reduced) {
		refuse(l, LAYER_USERNS,
		       " Without it a command could change permissions and times of your files "
		       "outside of the folder; with \"sandbox\": \"reduced\" in your own "
		       "configuration commands run all the same. What to do: ");
	} else {
		l->mode = SANDBOX_REDUCED;
		layer_set(l, LAYER_SECRETS, LAYER_MISSING,
			  "reduced: no command runs while the workspace "
			  "holds denied files");
	}
}

void layers_copy(struct layers *l, const char *why)
{
	char detail[sizeof(l->of[0].detail)];

	if (l->mode != SANDBOX_VIEW && l->mode != SANDBOX_REDUCED)
		return;
	(void)snprintf(detail, sizeof(detail), "%s", l->of[LAYER_OVERLAY].detail);
	l->copies = !why;
	layer_set(l, LAYER_OVERLAY, LAYER_MISSING, "%.90s; %.60s", detail,
		  why ? why : "each command works on a copy of the workspace");
	if (why)
		refuse(l, LAYER_OVERLAY,
		       " Without it a command works on a copy, for which there is no folder. What "
		       "to do: ");
}

void layers_write(const struct layers *l, struct buf *json)
{
	static const char *const states[] = { "missing", "on", "off" };
	static const char *const modes[] = { "refused", "full", "reduced", "none" };
	struct jw w;

	jw_init(&w, json);
	jw_object(&w);
	jw_kbool(&w, "ok", l->mode == SANDBOX_VIEW || l->mode == SANDBOX_REDUCED);
	jw_kcstr(&w, "mode", modes[l->mode]);
	jw_kbool(&w, "views",
		 l->copies || (l->mode == SANDBOX_VIEW && l->of[LAYER_OVERLAY].state == LAYER_ON));
	if (l->mode == SANDBOX_REFUSED)
		jw_kcstr(&w, "why", l->why.msg);
	jw_karray(&w, "layers");
	for (int i = 0; i < LAYER_COUNT; i++) {
		const struct layer *layer = &l->of[i];

		jw_object(&w);
		jw_kcstr(&w, "name", names[i]);
		jw_kcstr(&w, "state", states[layer->state]);
		jw_kcstr(&w, "detail", layer->detail);
		jw_kcstr(&w, "remedy", layer->state == LAYER_MISSING ? layer->remedy : "");
		jw_kbool(&w, "required", layer->required);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
}
