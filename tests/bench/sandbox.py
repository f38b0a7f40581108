"""sandbox - what a sandboxed command costs, beside a bare spawn and beside what else is installed, and how fast a
command ends. Everything in one run and in turns, so that a busy minute slows all alike."""
import os
import shutil
import statistics
import subprocess
import tempfile

import container

FLOOR, CLIENT = os.environ["FLOOR"], os.environ["CLIENT"]
ROUNDS = 7
TREE = ("trap '' TERM; for i in 1 2 3 4; do (setsid sh -c 'sleep 1000 & sleep 1000' &); done; "
        "(while :; do (: &) & wait $!; done) & echo up; sleep 1000")


def bubblewrap(ws):
    """The same profile as far as its options go; it has no Landlock, no filter and no watchdog of its own."""
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv",
            "PATH", "/usr/bin:/bin", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = "/" + name
        if os.path.islink(path):
            argv += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            argv += ["--ro-bind", path, path]
    for path in ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/localtime", "/etc/nsswitch.conf",
                 "/etc/passwd", "/etc/group", "/etc/ssl/certs"):
        if os.path.exists(path):
            argv += ["--ro-bind", path, path]
    for path in ("/tmp", "/var/tmp", "/home/sandbox"):
        argv += ["--tmpfs", path]
    argv += ["--dev", "/dev", "--proc", "/proc", "--bind", ws, ws]
    for name in (".git/config", ".git/hooks"):
        argv += ["--ro-bind", os.path.join(ws, name), os.path.join(ws, name)]
    return argv + ["--chdir", ws, "/bin/true"]


def number(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return int(p.stdout) / 1e6 if p.returncode == 0 and p.stdout.strip().isdigit() else None


def costs(ws, podman):
    """Seconds of one run by each way; a way that does not work here is missing."""
    ways = {"bare spawn": [FLOOR, "spawn", "40", "/bin/true"],
            "emend": [CLIENT, "--deny", ".env*", "--repeat", "40", ws, "/bin/true"],
            "emend, the first command of a session": [FLOOR, "spawn", "5", CLIENT, ws, "true"]}
    if shutil.which("bwrap"):
        ways["bubblewrap"] = [FLOOR, "spawn", "40"] + bubblewrap(ws)
    if podman:
        inside = ["--where", "podman", "--image", container.IMAGE]
        ways["emend, in a container of podman"] = [CLIENT, "--deny", ".env*", *inside, "--repeat", "40", ws, "/bin/true"]
        ways["emend, the first in a container"] = [FLOOR, "spawn", "2", CLIENT, *inside, ws, "true"]
        ways["podman run"] = [FLOOR, "spawn", "3"] + container.command(ws) + ["/bin/true"]
    took = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, argv in ways.items():
            one = number(argv)
            if one is not None:
                took[name].append(one)
    return {name: statistics.median(t) for name, t in took.items() if t}


def ends(ws):
    """Seconds from the kill of a tree of daemons until all of it is dead, sorted."""
    took = []
    for _ in range(60):
        one = number_of_kill(ws)
        if one is not None:
            took.append(one)
    return sorted(took)


def number_of_kill(ws):
    p = subprocess.run([CLIENT, "--kill-when", "up", ws, TREE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL, check=False)
    return int(p.stdout) / 1e6 if p.stdout.strip().isdigit() else None


def measure(row):
    ws = tempfile.mkdtemp(prefix="emend-bench-", dir="/var/tmp")
    podman, why = container.make()
    try:
        subprocess.run(["git", "init", "-q", ws], check=True)
        cost = costs(ws, podman)
        bare = cost.pop("bare spawn")
        row("/bin/true: bare spawn", bare, "ms")
        for name, value in cost.items():
            row("/bin/true: " + name, value, "ms", bare, "bare spawn")
        for ours, name in (("emend", "bubblewrap"), ("emend", "podman run"),
                           ("emend, in a container of podman", "podman run")):
            if name in cost and ours in cost:
                row("/bin/true: %s beside %s" % (ours, name), cost[ours], "ms", cost[name], name)
        if "bubblewrap" not in cost:
            print("/bin/true: bubblewrap is not installed here, or does not run")
        if not podman:
            print("/bin/true: podman " + why)
        took = ends(ws)
        for name, at in (("median", 50), ("p90", 90), ("p99", 99), ("most", 100)):
            if took:
                row("kill of a tree of daemons, " + name, took[min(len(took) - 1, len(took) * at // 100)], "ms")
    finally:
        if podman:
            container.remove(podman)
        shutil.rmtree(ws, ignore_errors=True)
