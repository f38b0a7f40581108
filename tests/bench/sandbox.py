"""sandbox - what a sandboxed command costs, beside a bare spawn and beside what else is installed, and how fast a
command ends. Everything in one run and in turns, so that a busy minute slows all alike."""
import os
import shutil
import statistics
import subprocess
import tempfile

FLOOR, CLIENT = os.environ["FLOOR"], os.environ["CLIENT"]
ROUNDS = 7
TREE = ("trap '' TERM; for i in 1 2 3 4; do (setsid sh -c 'sleep 1000 & sleep 1000' &); done; "
        "(while :; do (: &) & wait $!; done) & touch up; sleep 1000")


def bubblewrap(ws):
    """The same profile as far as its options go; it has no Landlock, no filter and no watchdog of its own."""
    if not shutil.which("bwrap"):
        return None
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


def podman(ws):
    if not shutil.which("podman"):
        return None
    images = subprocess.run(["podman", "images", "-q"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    names = images.stdout.split()
    if not names:
        return None
    return ["podman", "run", "--rm", "--pull=never", "--network=none", "--read-only", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", "-v", ws + ":" + ws, "-w", ws, names[0].decode(), "/bin/true"]


def number(argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return int(p.stdout) / 1e6 if p.returncode == 0 and p.stdout.strip().isdigit() else None


def costs(ws):
    """Seconds of one run by each way; a way that does not work here is missing."""
    ways = {"bare spawn": [FLOOR, "spawn", "40", "/bin/true"],
            "emend": [CLIENT, "--deny", ".env*", "--repeat", "40", ws, "/bin/true"],
            "emend, the first command of a session": [FLOOR, "spawn", "5", CLIENT, ws, "true"]}
    for name, argv, times in (("bubblewrap", bubblewrap(ws), "40"), ("podman", podman(ws), "3")):
        if argv:
            ways[name] = [FLOOR, "spawn", times] + argv
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
        up = os.path.join(ws, "up")
        one = number_of_kill(ws, up)
        if one is not None:
            took.append(one)
        if os.path.exists(up):
            os.unlink(up)
    return sorted(took)


def number_of_kill(ws, up):
    p = subprocess.run([CLIENT, "--kill-when", up, ws, TREE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL, check=False)
    return int(p.stdout) / 1e6 if p.stdout.strip().isdigit() else None


def measure(row):
    ws = tempfile.mkdtemp(prefix="emend-bench-", dir="/var/tmp")
    try:
        subprocess.run(["git", "init", "-q", ws], check=True)
        cost = costs(ws)
        bare = cost.pop("bare spawn")
        row("/bin/true: bare spawn", bare, "ms")
        for name, value in cost.items():
            row("/bin/true: " + name, value, "ms", bare, "bare spawn")
        for name in ("bubblewrap", "podman"):
            if name in cost and "emend" in cost:
                row("/bin/true: emend beside " + name, cost["emend"], "ms", cost[name], name)
            elif name not in cost:
                print("/bin/true: %s is not installed here, or does not run" % name)
        took = ends(ws)
        for name, at in (("median", 50), ("p90", 90), ("p99", 99), ("most", 100)):
            if took:
                row("kill of a tree of daemons, " + name, took[min(len(took) - 1, len(took) * at // 100)], "ms")
    finally:
        shutil.rmtree(ws, ignore_errors=True)
