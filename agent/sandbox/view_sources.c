/* view_sources.c - see view.h */
#include "agent/sandbox/view.h"

#include <stddef.h>

const char *const view_system_dirs[] = {
	"/usr",	  "/bin",    "/sbin",	   "/lib",	 "/lib32",
	"/lib64", "/libx32", "/nix/store", "/gnu/store", NULL,
};

const char *const view_etc[] = {
	"/etc/alternatives",
	"/etc/ca-certificates",
	"/etc/ca-certificates.conf",
	"/etc/debian_version",
	"/etc/fonts",
	"/etc/host.conf",
	"/etc/java",
	"/etc/java-11-openjdk",
	"/etc/java-17-openjdk",
	"/etc/java-21-openjdk",
	"/etc/ld.so.cache",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d",
	"/etc/locale.alias",
	"/etc/localtime",
	"/etc/magic",
	"/etc/mime.types",
	"/etc/nsswitch.conf",
	"/etc/os-release",
	"/etc/perl",
	"/etc/pki/tls/certs",
	"/etc/protocols",
	"/etc/python3",
	"/etc/python3.11",
	"/etc/python3.12",
	"/etc/python3.13",
	"/etc/services",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
	"/etc/terminfo",
	"/etc/timezone",
	NULL,
};

/* The view has its own of these. */
const char *const view_etc_own[] = { "/etc/passwd", "/etc/group", "/etc/hosts", NULL };

const char *const view_devices[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL,
};
