#!/usr/bin/env python3
"""kill - SIGKILL at random instants of tasks that change several files at once.   usage: kill.py [KILLS [SEED]]

Killed is emend, or its runner, or both. At the next start of emend in that folder every transaction stands wholly or
not at all: the tree is one of the few that the task goes through. Then: no stray file, the log holds, the session can
be resumed, and undo brings back the first tree. Only a byte that differs fails."""
import json
import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from support import DONE, Workspace, all_is_the_same_again, expect  # noqa: E402

FILES = 8
LINES = 200


def name_of(i):
    return "%s/file%d.txt" % ("src" if i % 2 else "lib/deep", i)


def first_tree():
    tree = {name_of(i): "".join("file %d line %d\n" % (i, k) for k in range(LINES)) for i in range(FILES)}
    tree["old.txt"] = "goes away\n"
    return tree


def next_tree(tree, step):
    """The patch of one transaction and the tree behind it: updates everywhere, one file comes, one goes."""
    after, lines = dict(tree), ["*** Begin Patch"]
    for i in range(FILES):
        old = "file %d line %d\n" % (i, 7 * step + i)
        new = "step %d was here, \u00e9\n" % step
        after[name_of(i)] = after[name_of(i)].replace(old, new)
        lines += ["*** Update File: " + name_of(i), "@@", "-" + old[:-1], "+" + new[:-1]]
    gone = "old.txt" if step == 0 else "new/step%d.txt" % (step - 1)
    del after[gone]
    after["new/step%d.txt" % step] = "made in step %d\n" % step
    lines += ["*** Delete File: " + gone, "*** Add File: new/step%d.txt" % step, "+made in step %d" % step]
    text = "\n".join(lines + ["*** End Patch"]) + "\n"
    return {"calls": [{"name": "apply_patch", "input": {"patch": text}}]}, after


def plan(steps):
    trees, turns = [first_tree()], []
    for step in range(steps):
        turn, tree = next_tree(trees[-1], step)
        turns.append(turn)
        trees.append(tree)
    # a command that changes every file, makes one and removes one: what it did is one change too
    command = "sed -i 's/line 50$/line fifty/' src/*.txt lib/deep/*.txt; echo made > made.txt; rm new/step%d.txt" % (steps - 1)
    turns.append({"calls": [{"name": "run_command", "input": {"command": command}}]})
    trees.append({name: text.replace("line 50\n", "line fifty\n") for name, text in trees[-1].items()})
    trees[-1]["made.txt"] = "made\n"
    del trees[-1]["new/step%d.txt" % (steps - 1)]
    edit = {"path": name_of(0), "edits": [{"old_text": "file 0 line 100\n", "new_text": "one more\n"}]}
    turns.append({"calls": [{"name": "edit_file", "input": edit}]})
    trees.append(dict(trees[-1]))
    trees[-1][name_of(0)] = trees[-1][name_of(0)].replace("file 0 line 100\n", "one more\n")
    return trees, turns + [DONE]


def tree_of(w):
    tree = {}
    for folder, _, files in os.walk(w.path):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8", newline="") as f:
                tree[os.path.relpath(path, w.path)] = f.read()
    return tree


def empty_folders(w):
    return [f for f, folders, files in os.walk(w.path) if f != w.path and not folders and not files]


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
            return [int(x) for x in f.read().split()]
    except OSError:
        return []


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def start(w, model):
    for name, text in first_tree().items():
        w.write(name, text)
    return w.start("do", "--json", "--yes", "--model", model, "change them")


def measure(turns):
    """Seconds of an undisturbed task, and a check that it is one."""
    with Workspace() as w:
        begin = time.monotonic()
        p = start(w, w.script(*turns))
        out, err = p.communicate(timeout=60)
        expect(p.returncode == 0, (out, err))
        return time.monotonic() - begin


def which(trees, tree, what):
    for k, t in enumerate(trees):
        if t == tree:
            return k
    names = sorted(set(tree) ^ set(trees[0]))
    raise AssertionError("%s: the tree is none of the %d that may be; names that differ from the first: %s; first "
                         "lines: %s" % (what, len(trees), names, {n: tree[n].count("step") for n in tree}))


def started(out):
    for line in out.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            return None
        if event["type"] == "task.started":
            return event
    return None


def check_clean(w, what):
    left = os.path.join(w.state, "unfinished")
    marks = os.listdir(left) if os.path.isdir(left) else []
    expect(not marks, (what, "unfinished", marks))
    if os.path.isdir(os.path.join(w.state, "sessions")):
        r = w.run("audit", "verify")
        expect(r.status == 0, (what, r))
        all_is_the_same_again(w)


def some_instant(turns, seconds, rng):
    """A call of the task, and a time after it began. So a busy machine does not move all kills to the start."""
    return rng.randrange(len(turns)), rng.uniform(0, 1.5) * seconds / len(turns)


def wait_for(p, calls, delay):
    """Until that many calls began, then the delay; what was printed so far."""
    out = b""
    while out.count(b'"type":"tool.started"') < calls:
        line = p.stdout.readline()
        if not line:
            break
        out += line
    time.sleep(delay)
    return out


def one(trees, turns, seconds, rng):
    """Returns how many transactions stood after the kill, and whether one had to be rolled back."""
    target = rng.choice(["emend", "emend", "runner", "both"])
    calls, delay = some_instant(turns, seconds, rng)
    what = "%s killed %.4f s after call %d" % (target, delay, calls)
    with Workspace() as w:
        p = start(w, w.script(*turns))
        seen = wait_for(p, calls, delay)
        runners = children(p.pid)
        if target != "runner":
            kill(p.pid)
        if target != "emend":
            for pid in runners:
                kill(pid)
        out, _ = p.communicate(timeout=60)
        event = started((seen + out).decode("utf-8", "replace"))
        half = any(tree_of(w) == t for t in trees) is False
        if event and rng.random() < 0.4:  # the recovery is killed too
            q = w.start("sessions", "resume", "--json", "--yes", "--model", w.script({"text": "x"}), event["session"])
            time.sleep(rng.uniform(0, 0.04))
            kill(q.pid)
            q.communicate(timeout=60)
        if event:
            r = w.run("sessions", "resume", "--json", "--yes", "--model", w.script({"text": "Here again."}),
                      event["session"])
            expect(r.status == 0 and r.events()[-1]["summary"] == "Here again.", (what, r))
            k = which(trees, tree_of(w), what)
            check_clean(w, what)
            r = w.run("undo", "-y", event["task"])
            expect(r.status == 0 or k == 0, (what, r))
        else:
            k = which(trees, tree_of(w), what)
            r = w.run("undo", "-y")
        expect(which(trees, tree_of(w), what + ", undone") == 0, (what, r))
        expect(not empty_folders(w), (what, empty_folders(w), r))
        check_clean(w, what)
        return k, half


def undo_first(trees, turns, seconds, rng):
    """The same, but undo is the very first command after the kill."""
    calls, delay = some_instant(turns, seconds, rng)
    with Workspace() as w:
        p = start(w, w.script(*turns))
        wait_for(p, calls, delay)
        kill(p.pid)
        p.communicate(timeout=60)
        r = w.run("undo", "-y")
        expect(which(trees, tree_of(w), "undo after a kill %.4f s after call %d" % (delay, calls)) == 0, r)
        if r.status != 0:  # killed before its first edit: there is nothing to undo, but maybe a mark to take away
            expect("No task has changed files" in r.err or "nothing to undo" in r.err, r)
            r = w.run("do", "--json", "--model", w.script(DONE), "x")
            expect(r.status == 0, r)
        check_clean(w, "undo")


def in_undo(trees, turns, seconds, rng):
    """Killed is an undo, or a redo. The next start goes on with it: the tree is the first or the last, nothing between."""
    with Workspace() as w:
        p = start(w, w.script(*turns))
        out, err = p.communicate(timeout=60)
        expect(p.returncode == 0, (out, err))
        event = started(out.decode("utf-8", "replace"))
        word = "undo"
        for _ in range(3):
            p = w.start(word, "-y", event["task"])
            time.sleep(rng.uniform(0, 0.3) * seconds)
            target = rng.choice(["emend", "emend", "runner", "both"])
            for pid in children(p.pid) if target != "emend" else []:
                kill(pid)
            if target != "runner":
                kill(p.pid)
            p.communicate(timeout=60)
            r = w.run("sessions", "resume", "--json", "--yes", "--model", w.script({"text": "Here again."}),
                      event["session"])
            expect(r.status == 0, r)
            k = which(trees, tree_of(w), "a killed " + word)
            expect(k in (0, len(trees) - 1), (word, k, r))
            check_clean(w, word)
            word = "redo" if k == 0 else "undo"
        r = w.run("undo", "-y", event["task"])
        expect(which(trees, tree_of(w), "undone") == 0, r)
        expect(not empty_folders(w), empty_folders(w))
        check_clean(w, "undo")


def main(argv):
    kills = int(argv[1]) if len(argv) > 1 else 40
    seed = int(argv[2]) if len(argv) > 2 else int(time.time())
    rng = random.Random(seed)
    trees, turns = plan(4)
    print("1..3")
    print("# seed %d, %d kills" % (seed, kills))
    seconds = min(measure(turns) for _ in range(3))  # the machine may be busy with something else
    bad, seen, halves = 0, [0] * len(trees), 0
    for case, count, name in ((one, kills * 5 // 8, "wholly old or wholly new, and undo restores"),
                              (undo_first, kills // 8, "undo right after the kill restores"),
                              (in_undo, kills // 4, "a killed undo is finished by the next start")):
        number = [one, undo_first, in_undo].index(case) + 1
        try:
            for _ in range(count):
                result = case(trees, turns, seconds, rng)
                if result:
                    seen[result[0]] += 1
                    halves += result[1]
            print("ok %d - %s" % (number, name))
        except AssertionError as e:
            bad += 1
            print("not ok %d - %s\n# seed %d: %s" % (number, name, seed, str(e)[:3000].replace("\n", "\n# ")))
        sys.stdout.flush()
    print("# a whole task takes %.3f s; transactions that stood: %s; caught half-way: %d" % (seconds, seen, halves))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
