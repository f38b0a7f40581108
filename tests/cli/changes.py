#!/usr/bin/env python3
"""changes - work with git around a task: emend review of changes, emend commit, text that is piped in."""
import json
import os
import subprocess

from console import Terminal
from support import DONE, EDIT, EMEND, expect, main


def asked(w):
    """What the model was asked in all tasks so far."""
    export = [json.loads(line) for line in w.run("audit", "export").out.splitlines()]
    return [e["text"] for e in export if e["type"] == "user"]


def show(w, *args):
    return subprocess.run(["git", *args], cwd=w.path, env=w.env, stdout=subprocess.PIPE, check=True).stdout.decode()


LOOK = {"calls": [{"name": "run_command", "input": {"command": "git diff --staged"}}]}
FINE = {"text": "It is fine."}


def staged_changes_are_reviewed(w):
    w.repository()
    r = w.run("review", "--staged", "--model", w.script(LOOK, FINE))
    expect(r.status == 2 and "Nothing is staged" in r.err and "git add" in r.err, r)
    w.write("calc.py", "def add(a, b):\n    return b + a\n")
    w.git("add", "calc.py")
    r = w.run("review", "--staged", "the", "sign", "--model", w.script(LOOK, FINE))
    expect(r.status == 0 and "It is fine." in r.out, r)
    expect("git diff --staged" in asked(w)[-1] and "The user says: the sign" in asked(w)[-1], asked(w))
    seen = [json.loads(line) for line in w.run("audit", "export").out.splitlines()]
    expect(any("+    return b + a" in json.dumps(e) for e in seen), "the model sees the change in its sandbox")


def a_range_of_commits_is_reviewed(w):
    w.repository()
    w.write("calc.py", "def add(a, b):\n    return b + a\n")
    w.git("commit", "-qam", "second")
    for range_, words in (("HEAD~1..HEAD", "`git log HEAD~1..HEAD`"), ("HEAD~1", "all that changed since HEAD~1")):
        r = w.run("review", range_, "--model", w.script(FINE))
        expect(r.status == 0 and words in asked(w)[-1], (range_, r, asked(w)[-1:]))
    r = w.run("review", "--model", w.script(FINE))
    expect(r.status == 0 and "git diff HEAD" in asked(w)[-1], r)
    r = w.run("review", "nowhere..HEAD", "--model", w.script(FINE))
    expect(r.status == 2 and "neither a file nor something git knows" in r.err, r)
    r = w.run("review", "calc.py:1", "--model", w.script(FINE))
    expect(r.status == 0 and "File: calc.py, lines 1 to 1" in asked(w)[-1], r)


def without_a_repository_a_file_is_wanted(w):
    r = w.run("review", "--model", w.script(FINE))
    expect(r.status == 2 and "in no git repository; name a file" in r.err, r)


NEW = {"calls": [{"name": "write_file", "input": {"path": "new folder/[a]*.txt", "content": "new\n"}}]}


def what_a_task_changed_is_committed(w):
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    w.write("other.txt", "mine\n")
    w.git("add", "other.txt")
    expect(w.run("commit").status == 1, "there is nothing yet")
    r = w.run("do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    expect(r.status == 0, r)
    w.write(".git/hooks/pre-commit", "#!/bin/sh\ntest ! -e stop || { echo 'no, says the hook' >&2; exit 1; }\n")
    os.chmod(os.path.join(w.path, ".git/hooks/pre-commit"), 0o755)
    w.write("stop", "")
    before = show(w, "status", "--short")
    r = w.run("commit")
    expect(r.status == 1 and "no, says the hook" in r.err, r)
    expect(show(w, "status", "--short") == before, "a commit that git refuses leaves nothing behind")
    os.unlink(os.path.join(w.path, "stop"))
    r = w.run("commit")
    expect(r.status == 0 and "mend the sign" in r.out, r)
    expect(show(w, "log", "-1", "--format=%an %s").strip() == "Ann mend the sign", show(w, "log", "-1"))
    expect(show(w, "show", "--name-only", "--format=", "-z", "HEAD").strip("\0").split("\0") ==
           ["calc.py", "new folder/[a]*.txt"], show(w, "show", "--stat", "HEAD"))
    expect(show(w, "diff", "--cached", "--name-only").strip() == "other.txt", "what was staged stays so")


def index_of(w):
    with open(os.path.join(w.path, ".git/index"), "rb") as f:
        return f.read()


def an_interrupted_commit_leaves_the_index_byte_for_byte(w):
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    w.write("other.txt", "mine\n")
    w.git("add", "other.txt")
    r = w.run("do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    expect(r.status == 0, r)
    w.write(".git/hooks/pre-commit", "#!/bin/sh\ntest ! -e stop || { echo hooked; exec sleep 300; }\n")
    w.write("edit.sh", "echo editing; exec sleep 300\n")
    os.chmod(os.path.join(w.path, ".git/hooks/pre-commit"), 0o755)
    w.write("stop", "")
    before, files = index_of(w), sorted(os.listdir(os.path.join(w.path, ".git")))
    for words, args in (("hooked", ["-m", "x"]), ("editing", [])):
        t = Terminal(w, "commit", *args, GIT_EDITOR="sh ./edit.sh")
        t.wait_for(words)
        t.type("\x03")
        t.end()
        expect(t.status == 5, t)
        expect(index_of(w) == before, (words, "the index is another one"))
        expect(sorted(os.listdir(os.path.join(w.path, ".git"))) == files,
               os.listdir(os.path.join(w.path, ".git")))
        if w.exists("stop"):
            os.unlink(os.path.join(w.path, "stop"))
    expect(show(w, "status", "--short", "-uno").splitlines() == [" M calc.py", "A  other.txt"], show(w, "status"))
    r = w.run("commit", "-m", "now")
    expect(r.status == 0 and show(w, "log", "-1", "--format=%s").strip() == "now", r)
    expect(show(w, "status", "--short", "-uno").splitlines() == ["A  other.txt"], show(w, "status"))


def a_commit_that_is_interrupted_behind_itself_stands(w):
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    expect(w.run("do", "-y", "x", "--model", w.script(EDIT, NEW, DONE)).status == 0, "the task")
    w.write(".git/hooks/post-commit", "#!/bin/sh\necho hooked; exec sleep 300\n")
    os.chmod(os.path.join(w.path, ".git/hooks/post-commit"), 0o755)
    t = Terminal(w, "commit", "-m", "made")
    t.wait_for("hooked")
    t.type("\x03")
    t.end()
    expect(show(w, "log", "-1", "--format=%s").strip() == "made", t)
    expect(show(w, "status", "--short", "-uno") == "", show(w, "status"))


def the_message_can_be_given(w):
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    expect(w.run("do", "-y", "x", "--model", w.script(EDIT, DONE)).status == 0, "the task")
    r = w.run("commit", "-m", "Two words", "--json")
    told = json.loads(r.out)
    expect(r.status == 0 and told["id"] == show(w, "rev-parse", "HEAD").strip(), r)
    expect(show(w, "log", "-1", "--format=%s").strip() == "Two words", r)
    expect(w.run("undo", "-y").status == 0, "undo")
    r = w.run("commit", "-m", "again")
    expect(r.status == 1 and "left to commit" in r.err, r)


def piped(w, text, *args):
    p = subprocess.run([EMEND, *args], cwd=w.path, env=w.env, input=text.encode(), stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=300, check=False)
    expect(p.returncode == 0, (args, p))


def what_is_piped_in_goes_along(w):
    w.repository()
    piped(w, "calc.py:2: the sign is wrong\n", "do", "-y", "mend it", "--model", w.script(DONE))
    expect("mend it" in asked(w)[-1] and "<input>\ncalc.py:2: the sign is wrong\n</input>" in asked(w)[-1], asked(w))
    piped(w, "a log", "fix", "-y", "calc.py", "--model", w.script(DONE))
    expect("<input>\na log\n</input>" in asked(w)[-1] and "File: calc.py" in asked(w)[-1], asked(w))
    piped(w, "the task itself", "do", "-y", "-", "--model", w.script(DONE))
    expect("the task itself" in asked(w)[-1] and "<input>" not in asked(w)[-1], asked(w))


def an_open_pipe_without_a_word_holds_nothing_up(w):
    r, held = os.pipe()
    p = subprocess.run([EMEND, "do", "-y", "x", "--model", w.script(DONE)], cwd=w.path, env=w.env, stdin=r,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
    os.close(held)
    os.close(r)
    expect(p.returncode == 0 and b"Nothing came on the standard input" in p.stderr, p)


main([staged_changes_are_reviewed, a_range_of_commits_is_reviewed, without_a_repository_a_file_is_wanted,
      what_a_task_changed_is_committed, an_interrupted_commit_leaves_the_index_byte_for_byte,
      a_commit_that_is_interrupted_behind_itself_stands, the_message_can_be_given, what_is_piped_in_goes_along,
      an_open_pipe_without_a_word_holds_nothing_up])
