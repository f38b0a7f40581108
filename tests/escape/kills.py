#!/usr/bin/env python3
"""kills - cancel, time limit and sudden death of the server, 200 times: nothing of the command may be left.

    kills.py CLIENT ATTACK [ROUNDS]

The command is a tree that does not want to die: daemons that fork twice, sessions of their own, SIGTERM ignored,
stopped processes, and a loop that forks as fast as it can. As root it is done again as an ordinary user without
namespaces, where processes must be hunted one by one. TAP on stdout, and how long the ends took as a comment."""

import os, pwd, shutil, statistics, subprocess, sys, tempfile, time

from world import ATTACK, CLIENT, alive, finish, tap

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
BOUND = 20.0  # seconds; generous: a loaded machine is not a fault
TREE = """trap '' TERM INT HUP QUIT
for i in 1 2 3; do (setsid sh -c "trap '' TERM HUP; (exec sleep 77@MARK@ &); exec sleep 77@MARK@" &); done
(setsid setsid sleep 77@MARK@ &)
sh -c 'kill -STOP $$; : 77@MARK@' &
(while :; do (: 77@MARK@ &) & wait $!; done) &
echo up
sleep 77@MARK@
"""


def left(mark, seconds=BOUND):
    end = time.time() + seconds
    while True:
        found = alive("77" + mark)
        if not found or time.time() > end:
            return found
        time.sleep(0.005)


def stands(p, mark):
    """Did the whole tree stand before the client ended? The command works on a view, so it is looked for among the processes."""
    stood = False
    while p.poll() is None:
        stood = stood or len(alive("sleep\x0077" + mark)) >= 7
        time.sleep(0.01)
    return stood


def round_of(how, base, mark, forbid, who, delay=120):
    """One end. On a busy machine the tree may not stand yet when the time is up: then again, with twice the time."""
    options = {"kill": ["--kill-when", "up"], "timeout": ["--timeout", str(delay)], "cancel": ["--cancel", str(delay)],
               "death of the server": ["--die", str(delay)]}[how]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        p = subprocess.Popen([CLIENT, "--views", base + "/views"] + options + [base + "/ws", TREE.replace("@MARK@", mark)],
                             stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=who, env=dict(os.environ, EMEND_TEST_FORBID=forbid))
        up = p.wait(300) is not None if how == "kill" else stands(p, mark)
        for f in (out, err):
            f.seek(0)
        if p.returncode == 200:
            raise RuntimeError(err.read().decode())
        took = int(out.read()) / 1e3 if how == "kill" else None
    found = left(mark)
    if up or found or delay > 8000:
        return up, found, took
    return round_of(how, base, mark, forbid, who, 2 * delay)


def rounds(n, forbid="", who=None, prefix="", uid=None):
    base = tempfile.mkdtemp(prefix="emend-kills-", dir="/var/tmp")
    os.chmod(base, 0o755)
    for d in (base + "/ws", base + "/views"):
        os.mkdir(d)
        if uid is not None:
            os.chown(d, uid, uid)
    took = []
    ways = ["kill", "kill", "kill", "timeout", "cancel", "death of the server"]
    came, clean = dict.fromkeys(ways, 0), dict.fromkeys(ways, 0)
    total = dict.fromkeys(ways, 0)
    for i in range(n):
        how, mark = ways[i % len(ways)], "%d%04d" % (os.getpid(), i)
        up, found, ms = round_of(how, base, mark, forbid, who)
        total[how] += 1
        came[how] += up
        clean[how] += not found
        if found:
            print("#   %s left %s" % (how, [open("/proc/%d/cmdline" % p, "rb").read()[:60] for p in found
                                            if os.path.exists("/proc/%d" % p)]))
            for p in found:
                os.kill(p, 9)
        if ms is not None:
            took.append(ms)
    shutil.rmtree(base, ignore_errors=True)
    for how in total:
        tap(clean[how] == total[how], "%snothing is left after %s: %d of %d" % (prefix, how, clean[how], total[how]))
        tap(came[how] * 10 >= total[how] * 9, "%scontrol: the tree stood before %s" % (prefix, how))
    took.sort()
    tap(took[-1] < BOUND * 1000, "%sno end took longer than %g s" % (prefix, BOUND))
    print("# %s%d ends, ms: median %.1f, p90 %.1f, p99 %.1f, most %.1f" % (
        prefix, len(took), statistics.median(took), took[len(took) * 9 // 10], took[len(took) * 99 // 100], took[-1]))


def control():
    """The tree does outlive an ordinary kill of its shell."""
    mark = "%d9999" % os.getpid()
    ws = tempfile.mkdtemp(prefix="emend-kills-", dir="/var/tmp")
    p = subprocess.Popen(["/bin/sh", "-c", TREE.replace("@MARK@", mark)], cwd=ws, start_new_session=True, stdout=subprocess.PIPE)
    p.stdout.readline()
    os.killpg(p.pid, 15)
    time.sleep(0.2)
    os.killpg(p.pid, 9)
    p.wait()
    found = left(mark, 0.3)
    tap(bool(found), "control: the tree outlives a kill of its group")
    while found:
        for pid in found:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        found = left(mark, 0)
    shutil.rmtree(ws, ignore_errors=True)


control()
rounds(ROUNDS)
if os.getuid() == 0:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        tap(True, "without namespaces", "SKIP there is no user nobody")
    else:
        place = tempfile.mkdtemp(prefix="emend-kills-bin-", dir="/var/tmp")
        os.chmod(place, 0o755)
        CLIENT = shutil.copy(CLIENT, place)

        def become():
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        rounds(max(12, ROUNDS // 5), "userns", become, "without namespaces: ", user.pw_uid)
        shutil.rmtree(place, ignore_errors=True)
finish()
