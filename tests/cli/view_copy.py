#!/usr/bin/env python3
"""view_copy - the same as view.py where the kernel makes no overlay: each command works on a copy of the workspace; and what is
only so with a copy. TAP on stdout; needs git."""
import os
import signal
import time

import view
from support import Workspace
from view import expect, run, tree


def what_the_user_saves_meanwhile_is_no_change_of_the_command(w):
    """A file that the command only reads, one that it changes too, a new one, and some that go or move."""
    go = os.path.join(w.home, "go")
    os.makedirs(go)
    for name in ("a", "b", "c", "d/e"):
        w.write(name, name + "\n")
    p = w.start("run", "--rw", go, "--", "sh", "-c", "echo ready; until [ -e %s/on ]; do sleep 0.02; done; cat a c; echo x > b; echo x > own" % go)
    expect(p.stdout.readline() == b"ready\n", "the command runs")
    for name in ("a", "b", "new"):
        w.write(name, "user\n")
    os.unlink(os.path.join(w.path, "c"))
    os.rename(os.path.join(w.path, "d"), os.path.join(w.path, "f"))
    with open(go + "/on", "w", encoding="utf-8"):
        pass
    out, err = p.communicate(timeout=60)
    expect(out == b"a\nc\n" and b"not kept: b: " in err, (out, err))
    expect(w.read("a") == w.read("b") == w.read("new") == "user\n" and w.read("own") == "x\n", tree(w))
    expect(not w.exists("c") and not w.exists("d") and w.read("f/e") == "d/e\n", tree(w))


def what_takes_the_place_of_another_is_seen(w):
    """By an inode of the copy, its times as they were: a folder, a file, a folder in place of a file and the other way round."""
    for name in ("one/x", "two/x", "file", "dir/y", "old/z", "same"):
        w.write(name, name + "\n")
    r = run(w, "rm -r one; mv two one; rm file; mkdir file; echo n > file/n; rm -r dir; echo f > dir; mv old new; cp -p same s; mv s same; mkdir empty")
    expect(r.status == 0, r)
    expect(w.read("one/x") == "two/x\n" and not w.exists("two/x") and w.read("file/n") == "n\n" and w.read("dir") == "f\n", tree(w))
    expect(w.read("new/z") == "old/z\n" and not w.exists("old/z") and w.read("same") == "same\n" and w.exists("empty"), tree(w))


def a_command_waits_for_its_copy_and_can_be_stopped(w):
    """Its time begins with it; and a copy that nobody waits for goes."""
    for i in range(2000):
        w.write("d%d/f%d" % (i % 50, i), "x\n" * 100)
    r = run(w, "ls d*/f* | wc -l; echo y > d1/f1")
    expect(r.out == "2000\n" and w.read("d1/f1") == "y\n", r)
    p = w.start("run", "--", "sleep", "60")
    until = time.monotonic() + 60
    while not any(p.endswith("/u") for p in view.layers(w)) and time.monotonic() < until:
        time.sleep(0.002)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    expect(p.returncode == 5, (p.returncode, out, err))


def what_is_too_large_is_refused(w):
    """Its blocks count, and a hole has none."""
    with open(os.path.join(w.path, "sparse"), "wb") as f:
        f.truncate(5 << 30)
    expect(run(w, "stat -c %s sparse").out == "%d\n" % (5 << 30), "a hole is copied as one")
    os.unlink(os.path.join(w.path, "sparse"))
    for i in range(100001):
        os.symlink("x", os.path.join(w.path, "l%d" % i))
    r = run(w, "echo ran; rm l1")
    expect(r.status == 6 and "ran" not in r.out and "work on a copy" in r.err and "What to do: " in r.err, r)
    expect(os.path.islink(os.path.join(w.path, "l1")), "nothing was changed")


def where_there_is_no_place_for_a_copy_nothing_runs(w):
    w.env["XDG_STATE_HOME"] = os.path.join(w.path, "state")
    r = run(w, "echo ran > made")
    expect(r.status == 6 and not w.exists("made") and '"overlay" is missing' in r.err and "What to do: " in r.err, r)


def without_namespaces_it_is_the_same(w):
    """The reduced sandbox: the command is in the folder of its copy, and the workspace itself is closed to it."""
    if os.getuid() == 0:  # where it is refused
        return
    w.config('{"sandbox": "reduced"}')
    w.env["EMEND_TEST_FORBID"] = "userns"
    w.write("a", "old\n")
    r = run(w, "cat a; echo new > a; echo x > .envrc; rm -f %s/a; cat %s/a; pwd" % (w.path, w.path))
    expect(w.read("a") == "new\n" and not w.exists(".envrc") and "not kept: .envrc" in r.err, r)
    expect(r.out.startswith("old\n") and "old\n" not in r.out[4:] and w.path + "\n" not in r.out, r)


OWN = [what_the_user_saves_meanwhile_is_no_change_of_the_command, what_takes_the_place_of_another_is_seen,
       a_command_waits_for_its_copy_and_can_be_stopped, what_is_too_large_is_refused,
       where_there_is_no_place_for_a_copy_nothing_runs, without_namespaces_it_is_the_same]


class Copies(Workspace):
    def __init__(self):
        super().__init__()
        self.env["EMEND_TEST_FORBID"] = "overlay"


if __name__ == "__main__":
    view.CASES[:0] = OWN
    view.Workspace = Copies
    view.main(__file__)
