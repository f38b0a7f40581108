/* defaults.c - the built-in rules and file patterns. What needs more than a prefix is in danger.c
 * (denied) and readonly.c (allowed). */
#include "agent/policy/rules.h"
#include "agent/policy/secret_file.h"

/* Nothing of this is ever a part of work on a source tree. A user's rule cannot lift it. */
static const char *const deny_rules[] = {
	"mkfs*",
	"wipefs",
	"fdisk",
	"sfdisk",
	"cfdisk",
	"parted",
	"shutdown",
	"reboot",
	"halt",
	"poweroff",
	"telinit",
	"init [0-6]",
	"systemctl poweroff",
	"systemctl reboot",
	"systemctl halt",
	"systemctl kexec",
	"crontab",
	"history -c",
	"history -w",
	"history -d",
	"git push --force",
	"git push -f",
	"git push --mirror",
	"insmod",
	"modprobe",
	"rmmod",
	"passwd",
	"chpasswd",
	"useradd",
	"usermod",
	"userdel",
	"visudo",
	"iptables",
	"nft",
	"swapoff",
	"swapon",
	"kexec",
	"rm --no-preserve-root",
};

/* What reaches beyond the workspace: other machines, the system, history that is gone for good, what
 * runs later. A user's allow rule lifts it. */
static const char *const ask_rules[] = {
	"ssh",
	"scp",
	"sftp",
	"rsync",
	"telnet",
	"nc",
	"ncat",
	"netcat",
	"socat",
	"curl",
	"wget",
	"ftp",
	"git push",
	"git config",
	"git clean",
	"git reset --hard",
	"git filter-branch",
	"git filter-repo",
	"git reflog expire",
	"git reflog delete",
	"git update-ref",
	"git gc --prune",
	"git remote add",
	"git remote set-url",
	"git send-email",
	"npm publish",
	"npm login",
	"npm token",
	"yarn publish",
	"pnpm publish",
	"cargo publish",
	"cargo login",
	"twine upload",
	"gem push",
	"docker",
	"podman",
	"kubectl",
	"helm",
	"terraform",
	"aws",
	"gcloud",
	"az",
	"gh",
	"glab",
	"systemctl",
	"service",
	"snap",
	"flatpak",
	"brew",
	"at",
	"batch",
	"su",
	"sudo",
	"doas",
	"osascript",
	"xdg-open",
	"open",
	"powershell",
};

/* What may end processes, change the system or hide what is run, where nothing confines it. On a view it
 * has its own processes, its own environment and no rights, and the system's files cannot be written. */
static const char *const held_rules[] = {
	"apt",	 "apt-get", "dpkg",	"dnf",	   "yum",      "rpm",	  "pacman",	"apk",
	"mount", "umount",  "chroot",	"unshare", "nsenter",  "killall", "pkill",	"eval",
	"alias", "watch",   "parallel", "screen",  "tmux",     "fish",	  "chattr",	"setcap",
	"shred", "dd",	    "script",	"fc",	   "printenv", "kill -1", "kill -9 -1",
};

/* Names that only secrets have. Words that also name what a program does with secrets
 * (password_rules.py, secrets.py, a folder credentials) are no such names: a command that cannot see
 * its own sources fails, and git would commit their emptying. So those count with the endings of
 * data, and without one where the file is no program (secret_file.h); never as the name of a folder. */
static const char *const file_patterns[] = {
	".env*",
	"!.env.example",
	"!.env.sample",
	"!.env.template",
	"*.pem",
	"*.key",
	"*.p12",
	"*.keystore",
	"*.tfstate",
	"id_rsa*",
	"id_dsa*",
	"id_ecdsa*",
	"id_ed25519*",
	".ssh",
	".aws",
	".gnupg",
	".kube/config",
	".docker/config.json",
	".git-credentials",
	".netrc",
	".npmrc", /* these two only with a token in them, too */
	".pypirc",
	".pgpass",
	".git/config",
	".git/hooks",
	".emend/config.json",
};
static const char *const data_endings[] = { "json", "yaml", "yml", "toml", "ini", "txt", "conf" };

static void add_all(struct policy *p, enum verdict v, enum rule_origin origin,
		    const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err err = { 0 };

		if (!rules_add(p, v, origin, slice_of(list[i]), &err))
			__builtin_trap(); /* our own table is wrong */
	}
}

void defaults_rules(struct policy *p)
{
	add_all(p, VERDICT_DENY, RULE_BUILTIN, deny_rules, ARRAY_LEN(deny_rules));
	add_all(p, VERDICT_ASK, RULE_BUILTIN, ask_rules, ARRAY_LEN(ask_rules));
	add_all(p, VERDICT_ASK, RULE_HELD, held_rules, ARRAY_LEN(held_rules));
}

static void add_file(struct policy *p, struct slice pattern)
{
	struct err err = { 0 };

	if (!policy_deny_file(p, pattern, &err))
		__builtin_trap(); /* our own table is wrong */
}

void defaults_files(struct policy *p)
{
	/* First what is looked into, as the last pattern that matches decides. */
	for (size_t i = 0; secret_words[i]; i++)
		add_file(p, arena_printf(&p->arena, "*%s*", secret_words[i]));
	for (size_t i = 0; i < ARRAY_LEN(file_patterns); i++)
		add_file(p, slice_of(file_patterns[i]));
	for (size_t i = 0; secret_words[i]; i++)
		for (size_t k = 0; k < ARRAY_LEN(data_endings); k++)
			add_file(p, arena_printf(&p->arena, "*%s*.%s", secret_words[i],
						 data_endings[k]));
	p->n_builtin_files = p->n_files;
}
