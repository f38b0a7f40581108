/* exec_shell.c - what a shell script does, by the parser that judges the commands of the agent (agent/policy/shell/shell.h): it
 * looks through sudo, env, xargs, find -exec, sh -c and substitutions. It knows no places, so a command is found
 * again in the text as the nth word of its name. */
#include <ctype.h>

#include "agent/exec/exec_findings.h"

/* By the command's own name, whatever its arguments are; exec_shell_args.c looks at those. */
static const struct {
	const char *rule, *names, *message;
} rules[] = {
	{ "destructive", "dd|mkfs|shred|wipefs|fdisk|sfdisk|parted|mkswap|truncate|blkdiscard",
	  "overwrites or destroys data" },
	{ "privilege",
	  "sudo|su|doas|pkexec|chown|chgrp|setcap|mount|umount|insmod|modprobe|rmmod|chroot|nsenter|"
	  "unshare|passwd|useradd|usermod|visudo|capsh|setpriv|newgrp|sysctl",
	  "changes rights or the system" },
	{ "network",
	  "curl|wget|nc|ncat|netcat|ssh|scp|sftp|rsync|ftp|tftp|telnet|socat|ping|nmap|dig|host|nslookup|"
	  "whois|openssl|aria2c|lynx|w3m|rclone|ip|ifconfig|iptables",
	  "uses the network" },
	{ "dynamic", "eval|source|.|exec|alias|trap|parallel|watch|coproc",
	  "runs what is known only at run time" },
	{ "process",
	  "kill|killall|pkill|nohup|setsid|disown|at|batch|crontab|systemctl|service|reboot|shutdown|halt|"
	  "poweroff|init|screen|tmux|strace|gdb",
	  "controls processes or the machine" },
};

struct place {
	int64_t line, column;
};

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '/' || c == '.';
}

/* The nth (from 0) word of this name in the text; its last one where there are fewer, else the beginning.
 * The order of commands is that of the text, except in functions and substitutions; a place that is
 * a line off is better than none. */
static struct place find_word(struct slice text, struct slice name, size_t nth)
{
	struct place p = { 1, 1 };
	size_t at = 0, best = 0;

	while (name.len > 0 && (at = slice_find(text, name, at)) != SIZE_MAX) {
		bool whole = (at == 0 || !in_word(text.ptr[at - 1]) || text.ptr[at - 1] == '/') &&
			     (at + name.len == text.len || !in_word(text.ptr[at + name.len]));

		if (whole)
			best = at;
		if (whole && nth-- == 0)
			break;
		at += name.len;
	}
	for (size_t i = 0; i < best; i++) {
		p.column = text.ptr[i] == '\n' ? 1 : p.column + 1;
		p.line += text.ptr[i] == '\n';
	}
	return p;
}

static bool removes_trees(const struct shell_cmd *c)
{
	return command_is(c, "rm") &&
	       (command_has_short(c, 'r') || command_has_short(c, 'R') ||
		command_has_short(c, 'f') || command_has_long(c, "--recursive") ||
		command_has_long(c, "--force"));
}

/* u+s, g+s, 4755, ... */
static bool sets_id(const struct shell_cmd *c)
{
	for (size_t i = 1; command_is(c, "chmod") && i < c->n_words; i++) {
		struct slice w = c->words[i].text;

		if (slice_find(w, SLICE("+s"), 0) != SIZE_MAX ||
		    (w.len == 4 && w.ptr[0] >= '2' && w.ptr[0] <= '7' &&
		     isdigit((unsigned char)w.ptr[1])))
			return true;
	}
	return false;
}

static void look_at_redirections(struct findings *f, const struct shell_cmd *c, struct place p)
{
	for (const struct shell_redir *r = c->redirs; r; r = r->next) {
		struct slice to = r->target.text;

		if (r->kind == REDIR_TEXT || r->kind == REDIR_DUP)
			continue;
		if (slice_starts(to, SLICE("/dev/tcp/")) || slice_starts(to, SLICE("/dev/udp/")))
			findings_add(f, SLICE("network"), p.line, p.column,
				     SLICE("/dev/tcp uses the network"));
		else if (r->kind == REDIR_WRITE && slice_starts(to, SLICE("/")) &&
			 !slice_starts(to, SLICE("/dev/null")) &&
			 !slice_starts(to, SLICE("/tmp/")) && !slice_starts(to, SLICE("/dev/std")))
			findings_add(f, SLICE("file"), p.line, p.column,
				     arena_printf(f->arena, "writes to %.*s",
						  SLICE_ARG(slice_sub(to, 0, 80))));
	}
}

static void look_at(struct findings *f, const struct shell_cmd *c, struct place p)
{
	struct slice name = command_name(c);

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (name_any(name, rules[i].names) ||
		    (i == 0 && slice_starts(name, SLICE("mkfs."))))
			findings_add(f, slice_of(rules[i].rule), p.line, p.column,
				     arena_printf(f->arena, "%.*s %s", SLICE_ARG(name),
						  rules[i].message));
	}
	if (removes_trees(c))
		findings_add(f, SLICE("destructive"), p.line, p.column,
			     SLICE("rm removes whole folders, or without a question"));
	if (sets_id(c))
		findings_add(f, SLICE("privilege"), p.line, p.column,
			     SLICE("chmod makes a program run with the rights of another user"));
	if (command_reads_code(c))
		findings_add(f, SLICE("dynamic"), p.line, p.column,
			     SLICE("a shell runs what it reads from a pipe"));
	if (c->n_words > 0 && c->words[0].flags & WORD_DYNAMIC)
		findings_add(f, SLICE("dynamic"), p.line, p.column,
			     SLICE("the name of a command is known only at run time"));
	look_at_redirections(f, c, p);
	findings_of_arguments(f, c, p.line, p.column);
}

/* Code that the parser does not understand is a finding by itself: nobody can say what it does. */
void findings_of_shell(struct findings *f, struct slice text)
{
	struct shell_script s = { .arena = f->arena, .bash = true };
	bool ok;
	struct err err;

	ok = shell_parse(&s, text, SIZE_MAX, 0, &err);
	s.bash = false;
	if (!ok || !commands_unwrap(&s, &err)) {
		findings_add(f, SLICE("unknown"), 1, 1, slice_of(err.msg));
		return;
	}
	for (size_t i = 0; i < s.n; i++) {
		struct slice name = command_name(&s.cmds[i]);
		size_t nth = 0;

		for (size_t j = 0; j < i; j++)
			nth += slice_eq(command_name(&s.cmds[j]), name);
		look_at(f, &s.cmds[i], find_word(text, name, nth));
	}
}
