#!/usr/bin/env python3
"""cgroup - where a cgroup is delegated, each command has one of its own, which ends it, and none is left behind.

    cgroup.py CLIENT ATTACK

Root makes a cgroup and gives it to an ordinary user, whose commands then run in it, with namespaces and without.
TAP on stdout."""

import os, pwd, shutil, subprocess, tempfile, time

from world import CLIENT, alive, finish, tap


def mounted():
    for line in open("/proc/self/mounts"):
        what = line.split()
        if what[2] == "cgroup2" and os.access(what[1], os.W_OK):
            return what[1]
    return None


def leaves(top):
    return sorted(d for d in os.listdir(top) if os.path.isdir(os.path.join(top, d)))


def cgroup_of(pid):
    try:
        with open("/proc/%d/cgroup" % pid) as f:
            return f.read().split("0::")[1].strip()
    except OSError:
        return None


def until(check, seconds=60.0):
    end = time.time() + seconds
    while not check() and time.time() < end:
        time.sleep(0.005)
    return check()


class Place:
    def __init__(self, top, user):
        self.user, self.cgroup = user, os.path.join(top, "emend-test-%d" % os.getpid())
        os.mkdir(self.cgroup)
        self.base = tempfile.mkdtemp(prefix="emend-cgroup-", dir="/var/tmp")
        os.chmod(self.base, 0o755)
        self.ws = self.base + "/ws"
        os.mkdir(self.ws)
        os.mkdir(self.base + "/views")
        self.client = shutil.copy(CLIENT, self.base)
        for path in (self.ws, self.base + "/views"):
            os.chown(path, user.pw_uid, user.pw_gid)

    def delegate(self):
        for path in (self.cgroup, self.cgroup + "/cgroup.procs"):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def start(self, forbid, *arguments):
        def become():
            with open(self.cgroup + "/cgroup.procs", "w") as f:
                f.write("0")
            os.setgroups([])
            os.setgid(self.user.pw_gid)
            os.setuid(self.user.pw_uid)
        return subprocess.Popen([self.client, "--views", self.base + "/views", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                preexec_fn=become, env=dict(os.environ, EMEND_TEST_FORBID=forbid))

    def layers(self, forbid):
        return self.start(forbid, "--layers", self.ws).communicate(timeout=300)[0]

    def close(self):
        until(lambda: not open(self.cgroup + "/cgroup.procs").read())
        for d in leaves(self.cgroup):
            os.rmdir(os.path.join(self.cgroup, d))
        os.rmdir(self.cgroup)
        shutil.rmtree(self.base, ignore_errors=True)


TREE = ("(setsid sh -c \"trap '' TERM HUP; (exec sleep 91@MARK@ &); exec sleep 91@MARK@\" &); trap '' TERM; (setsid setsid sleep 91@MARK@ &); "
        "sleep 92@MARK@; sleep @LAST@")  # the last but one is the gate: it is killed


def commands(p, forbid, name):
    on = b'{"name":"cgroup2","state":"on"'
    tap(on in p.layers(forbid), name + "the layer is on")
    tap(on not in p.layers(forbid + ",cgroup"), name + "control: it is not when it is forbidden")
    for how, last in (("--timeout", "91@MARK@"), ("--cancel", "91@MARK@"), ("--die", "91@MARK@"), ("", "0")):
        for ms in (600, 6000, 60000):  # until the tree stands before its end: the machine may be busy
            mark = "%d%d" % (os.getpid(), int(time.time() * 1000) % 100000)
            options = [how, str(ms)] if how else []
            r = p.start(forbid, *options, p.ws, TREE.replace("@LAST@", last).replace("@MARK@", mark))
            until(lambda: len(alive("sleep\x0091" + mark)) >= 3 or r.poll() is not None)
            inside = {cgroup_of(pid) for pid in alive("sleep\x0091" + mark)} - {None}
            there = leaves(p.cgroup)
            if r.poll() is None:
                break
        for pid in alive("sleep\x0092" + mark):
            os.kill(pid, 9)
        r.communicate(timeout=300)
        what = how[2:] or "its own end"
        tap(len(there) == 1 and inside == {"/%s/%s" % (os.path.basename(p.cgroup), there[0])},
            "%sa command and its daemons are in a cgroup of their own, before %s" % (name, what), "%s %s" % (there, inside))
        tap(until(lambda: not alive("sleep\x0091" + mark)), "%snothing is left after %s" % (name, what))
        tap(until(lambda: not leaves(p.cgroup)), "%sno cgroup is left after %s" % (name, what), str(leaves(p.cgroup)))
    os.mkdir(p.cgroup + "/emend-1-1")
    os.chown(p.cgroup + "/emend-1-1", p.user.pw_uid, p.user.pw_gid)
    p.start(forbid, p.ws, "true").communicate(timeout=300)
    tap(until(lambda: not leaves(p.cgroup)), name + "what a dead runner left is removed")


def main():
    top = mounted()
    if os.getuid() != 0 or not top:
        tap(True, "cgroups", "SKIP needs root, and a cgroup2 hierarchy that it may change")
        return
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        tap(True, "cgroups", "SKIP there is no user nobody")
        return
    p = Place(top, user)
    try:
        tap(b'{"name":"cgroup2","state":"missing"' in p.layers(""), "a cgroup that is not delegated is not used")
        p.delegate()
        commands(p, "", "with namespaces: ")
        commands(p, "userns", "without: ")
    finally:
        p.close()


main()
finish()
