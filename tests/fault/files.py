#!/usr/bin/env python3
"""files - the file system says no: each time a clear error for the model, and a tree that is as it was.

Full disks and read-only file systems are made in a mount namespace of their own: as root, or as the root of a user
namespace where that is allowed; else those tests are skipped."""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cli"))
from support import DONE, EMEND, Workspace, all_is_the_same_again, expect  # noqa: E402


class Skip(Exception):
    pass


def patch(*lines):
    text = "\n".join(("*** Begin Patch",) + lines + ("*** End Patch",)) + "\n"
    return {"calls": [{"name": "apply_patch", "input": {"patch": text}}]}


def edit(path, old, new):
    return {"calls": [{"name": "edit_file", "input": {"path": path, "edits": [{"old_text": old, "new_text": new}]}}]}


def write(path, content):
    return {"calls": [{"name": "write_file", "input": {"path": path, "content": content}}]}


def tree(w):
    found = {}
    for folder, folders, files in os.walk(w.path):
        for name in folders + files:
            path = os.path.join(folder, name)
            rel = os.path.relpath(path, w.path)
            if os.path.islink(path):
                found[rel] = "-> " + os.readlink(path)
            elif os.path.isdir(path):
                found[rel] = None
            else:
                with open(path, "rb") as f:
                    found[rel] = f.read()
    return found


def logs(w):
    folder = os.path.join(w.state, "sessions")
    for session in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(w.log_path(session), encoding="utf-8") as f:
            yield [json.loads(line) for line in f]


def results(w):
    return [e for log in logs(w) for e in log if e["type"] == "result"]


def settled(w):
    """No transaction is half done, and the log holds."""
    marks = os.path.join(w.state, "unfinished")
    expect(not os.path.isdir(marks) or not os.listdir(marks), "unfinished")
    r = w.run("audit", "verify")
    expect(r.status == 0, r)
    all_is_the_same_again(w)


NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]


def in_namespace(w, mounts, *turns):
    """Runs the task where `mounts` (shell) was done; mounts sees the workspace as $W, state as $S."""
    probe = subprocess.run(NAMESPACE + ["mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if probe.returncode != 0:
        raise Skip("no mount namespace here")
    model = w.script(*(turns + (DONE,)))
    before = "set -e; W=%s; S=%s; mkdir -p $S; %s; cd $W; " % (w.path, w.state, mounts)
    run = "set +e; '%s' do --json --yes --model '%s' x; echo $? >%s/status; cp -a $W/. %s/seen" % (
        EMEND, model, w.base, w.base)
    p = subprocess.run(NAMESPACE + ["sh", "-c", before + run], env=w.env, check=False, timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect(os.path.exists(w.base + "/status"), p)
    with open(w.base + "/status", encoding="ascii") as f:
        return int(f.read()), p.stdout.decode() + p.stderr.decode()


def seen(w, name):
    with open(os.path.join(w.base, "seen", name), "rb") as f:
        return f.read()


TWO = patch("*** Update File: a.txt", "-one", "+two", "*** Update File: sub/b.txt", "-one", "+two")


def full_disk_in_the_workspace(w):
    big = "x" * 300000
    mounts = ("mount -t tmpfs -o size=400k none $W; printf 'one\\n' >$W/a.txt; mkdir $W/sub; "
              "head -c 150000 /dev/zero | tr '\\0' y >$W/sub/fill; printf 'one\\n' >$W/sub/b.txt")
    cheap = {"usage": {"input": 1, "output": 1}}
    status, out = in_namespace(w, mounts, dict(write("big.txt", big), **cheap), dict(patch(
        "*** Update File: a.txt", "-one", "+two", "*** Add File: big.txt", "+" + big), **cheap),
                               edit("a.txt", "one", "three"))
    expect(status == 0, out)
    first, second, third = results(w)
    expect(not first["ok"] and "No space left" in first["text"], first)
    expect(not second["ok"] and "No space left" in second["text"] and "Nothing was changed" in second["text"], second)
    expect(third["ok"], third)  # there is room for that
    expect(seen(w, "a.txt") == b"three\n" and seen(w, "sub/b.txt") == b"one\n", "changed")
    expect(sorted(os.listdir(w.base + "/seen")) == ["a.txt", "sub"], os.listdir(w.base + "/seen"))
    settled(w)


def full_disk_when_a_command_is_done(w):
    """The view of the command has room elsewhere; where its changes become real there is none for the second."""
    mounts = "mount -t tmpfs -o size=200k none $W; printf 'one\\n' >$W/a.txt"
    command = ("sed -i s/one/two/ a.txt; chmod 755 a.txt; ln -s a.txt a.link; "
               "head -c 300000 /dev/zero | tr '\\0' x >big.txt; cat a.txt")
    status, out = in_namespace(w, mounts, {"calls": [{"name": "run_command", "input": {"command": command}}]},
                               edit("a.txt", "one", "three"))
    expect(status == 1 and "could not be kept" in out, (status, out))  # such a task is not done
    first, second = results(w)
    if "undo does not cover" in out:
        raise Skip("no views on this machine: commands change the files themselves")
    expect("Nothing that the command changed was kept" in first["text"] and "No space left" in first["text"], first)
    expect("two\n" in first["text"], first)  # its output is kept
    expect(second["ok"] and seen(w, "a.txt") == b"three\n", second)
    expect(os.listdir(w.base + "/seen") == ["a.txt"], os.listdir(w.base + "/seen"))  # the link is gone again
    expect(os.stat(w.base + "/seen/a.txt").st_mode & 0o777 == 0o644, "permissions")
    settled(w)


def full_disk_in_the_state_folder(w):
    """Without a journal there is no change: the task ends, the file is as it was."""
    w.write("a.txt", "one\n" + "y" * 300000)
    mounts = "mount -t tmpfs -o size=200k none $S"
    status, out = in_namespace(w, mounts, edit("a.txt", "one", "two"))
    expect(status != 0 and "No space left" in out, (status, out))
    expect(w.read("a.txt").startswith("one\n") and sorted(os.listdir(w.path)) == ["a.txt"], "changed")


def no_room_for_the_log(w):
    """The log cannot grow beyond some byte, wherever that is in a change of two files: both are old or both are new, in
    the end of the task already, and the next start completes the log."""
    names = ("a.txt", "sub/b.txt")  # and many words: the sandbox and SQLite need room for their own files
    model = w.script(dict(TWO, text="many words " * 60000, usage={"input": 10, "output": 10}), DONE)

    def run(limit):
        for name in names:
            w.write(name, "one\n")

        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else it would be a kill
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        p = subprocess.run([EMEND, "do", "--json", "--yes", "--model", model, "x"], cwd=w.path, env=w.env,
                           check=False, timeout=60, preexec_fn=limited, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return p, {w.read(name) for name in names}

    p, texts = run(1 << 30)
    expect(p.returncode == 0 and texts == {"two\n"}, p)
    sessions = os.path.join(w.state, "sessions")
    size = os.path.getsize(w.log_path(os.listdir(sessions)[0]))
    old = new = 0
    for limit in range(size - 3600, size, 37):
        p, texts = run(limit)
        end = (p.stdout + p.stderr)[-1000:]
        expect(len(texts) == 1, (limit, texts, end))
        expect(texts == {"two\n"} if p.returncode == 0 else b"File too large" in end, (limit, texts, end))
        expect(sorted(os.listdir(w.path)) == ["a.txt", "sub"] and os.listdir(w.path + "/sub") == ["b.txt"], tree(w))
        old += texts == {"one\n"}
        new += texts == {"two\n"}
    expect(old > 10, (old, new))
    now = tree(w)
    w.run("do", "--json", "--yes", "--model", w.script(DONE), "x")
    expect(tree(w) == now, "the next start changed something")
    settled(w)


def read_only_file_system(w):
    w.write("a.txt", "one\n")
    w.write("sub/b.txt", "one\n")
    before = tree(w)
    mounts = "mount --bind $W/sub $W/sub; mount -o remount,ro,bind $W/sub"
    status, out = in_namespace(w, mounts, TWO, edit("sub/b.txt", "one", "two"), write("sub/c.txt", "c"))
    expect(status == 0, out)
    for x in results(w):
        expect(not x["ok"] and "ead-only file system" in x["text"], x)
    expect(tree(w) == before, tree(w))
    settled(w)


def permission_denied(w):
    """As an ordinary user in a folder of somebody else."""
    if os.geteuid() != 0:
        raise Skip("needs root to make a folder of another user")
    w.write("a.txt", "one\n")
    w.write("sub/b.txt", "one\n")
    program = shutil.copy(EMEND, os.path.join(w.base, "emend"))  # the build may lie in a home that is closed to others
    before = tree(w)
    for folder, folders, files in os.walk(w.base):
        for name in folders + files:
            os.lchown(os.path.join(folder, name), 65534, 65534)
    os.chown(w.base, 65534, 65534)
    os.chown(os.path.join(w.path, "sub"), 0, 0)
    model = w.script(TWO, edit("sub/b.txt", "one", "two"), DONE)
    os.chown(os.path.join(w.base, "script.jsonl"), 65534, 65534)
    r = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "do", "--json", "--yes",
                        "--model", model, "x"], cwd=w.path, env=w.env, check=False, timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if b"sandbox" in r.stderr and r.returncode == 6:
        raise Skip("no sandbox for an ordinary user here")
    expect(r.returncode == 0, r)
    for x in results(w):
        expect(not x["ok"] and "no permission" in x["text"], x)
    expect(tree(w) == before, tree(w))
    settled(w)


def replaced_while_edited(w, replace, restore):
    """Another program puts something else in the place of a file, again and again, while a task patches it. Every
    result must fit: ok means that the text is there; a failure that all is as it was."""
    stop = threading.Event()
    path = os.path.join(w.path, "sub/b.txt")

    def disturb():
        while not stop.is_set():
            replace(path)
            time.sleep(0.002)
            restore(path)
            time.sleep(0.002)

    w.write("a.txt", "one\n")
    w.write("sub/b.txt", "one\n")
    w.write("outside.txt", "one\n")
    turns = []
    for i in range(40):
        turns.append(patch("*** Update File: a.txt", "-one", "+one", "+%d" % i, "*** Update File: sub/b.txt", "-one",
                           "+one %d" % i))
    t = threading.Thread(target=disturb)
    t.start()
    r = w.run("do", "--json", "--yes", "--max-turns", "60", "--model", w.script(*(turns + [DONE])), "x")
    stop.set()
    t.join()
    expect(r.status == 0, r)
    made = [i for i, x in enumerate(results(w)) if x["ok"]]
    numbers = [int(line) for line in w.read("a.txt").split("\n")[1:] if line]
    expect(sorted(numbers) == made, (made, numbers))
    expect(all(x["text"] for x in results(w)), results(w))
    expect(w.read("outside.txt") == "one\n" and sorted(os.listdir(w.path)) == ["a.txt", "outside.txt", "sub"], tree(w))
    expect(not [n for n in os.listdir(os.path.join(w.path, "sub")) if n.startswith(".emend")], os.listdir(w.path))
    settled(w)


def put_back(path):
    with open(path + ".mine", "w", encoding="ascii") as f:
        f.write("one\n")
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    os.rename(path + ".mine", path)


def file_replaced_by_a_folder_while_edited(w):
    def folder(path):
        os.unlink(path)
        try:
            os.mkdir(path)
        except FileExistsError:
            pass
    replaced_while_edited(w, folder, put_back)


def file_replaced_by_a_link_while_edited(w):
    def link(path):
        os.symlink("/etc/passwd", path + ".link")
        os.rename(path + ".link", path)
    with open("/etc/passwd", "rb") as f:
        before = f.read()
    replaced_while_edited(w, link, put_back)
    with open("/etc/passwd", "rb") as f:
        expect(f.read() == before, "outside")


def two_emends_on_one_file(w):
    """Two processes edit the lines of one file, turn about: what is said to be made stands there, of both."""
    count, rounds = 25, 4
    for n in range(rounds):
        w.write("a.txt", "".join("%s%d\n\n\n" % (who, i) for i in range(count) for who in "AB"))
        running = []
        for who in "AB":
            calls = [edit("a.txt", "%s%d\n" % (who, i), "%s%d made\n" % (who, i))["calls"][0] for i in range(count)]
            path = os.path.join(w.base, "script%s%d.jsonl" % (who, n))
            with open(path, "w", encoding="utf-8") as f:
                f.write(json.dumps({"calls": calls}) + "\n" + json.dumps(DONE) + "\n")
            running.append(subprocess.Popen([EMEND, "do", "--json", "--yes", "--model", "scripted:" + path, "x"],
                                            cwd=w.path, env=w.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        for p in running:
            out = p.communicate(timeout=60)[0].decode()
            expect(p.returncode == 0, out[-1000:])
        text, made = w.read("a.txt"), 0
        for log in list(logs(w))[-2:]:
            new = {e["call"]: json.loads(e["input"])["edits"][0]["new_text"] for e in log if e["type"] == "call"}
            for e in log:
                if e["type"] == "result" and e["ok"]:
                    made += 1
                    expect(new[e["call"]] in text, (new[e["call"]], text))
        expect(made > count and text.count(" made\n") == made, (made, text))
    settled(w)


def main():
    cases = [full_disk_in_the_workspace, full_disk_when_a_command_is_done, full_disk_in_the_state_folder,
             no_room_for_the_log, read_only_file_system, permission_denied,
             file_replaced_by_a_folder_while_edited, file_replaced_by_a_link_while_edited,
             two_emends_on_one_file]
    bad = 0
    print("1..%d" % len(cases))
    for i, case in enumerate(cases, 1):
        name = case.__name__.replace("_", " ")
        try:
            with Workspace() as w:
                case(w)
            print("ok %d - %s" % (i, name))
        except Skip as e:
            print("ok %d - %s # SKIP %s" % (i, name, e))
        except Exception as e:  # a test that breaks is a test that fails; the next ones still run
            bad += 1
            print("not ok %d - %s" % (i, name))
            print("# %s: %s" % (type(e).__name__, str(e)[:3000].replace("\n", "\n# ")))
        sys.stdout.flush()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
