#!/usr/bin/env python3
"""rewind - what can be taken back: listed, shown before it is done, and a session that goes back to a step of itself with
files and conversation, forward again, and on from there."""
import json
import os
import re

from console import Terminal
from provider import Provider
from support import DONE, EDIT, expect, main

NEW = {"text": "Now a note.", "calls": [{"name": "write_file", "input": {"path": "note.txt", "content": "a note\n"}}]}
MORE = {"calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [{"old_text": "def add", "new_text": "def plus"}]}}]}


def log(w, session):
    with open(w.log_path(session), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def session_of(w):
    return sorted(os.listdir(os.path.join(w.state, "sessions")))[-1]


def one(w, *args, **env):
    r = w.run(*args, **env)
    expect(r.status == 0, r)
    return r


def what_can_be_undone_is_listed(w):
    w.repository()
    expect("Nothing of this folder can be undone." in one(w, "undo", "--list").out, "nothing yet")
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    one(w, "do", "-y", "rename it", "--model", w.script(MORE, DONE))
    r = one(w, "undo", "--list", "--json")
    newest, first = r.of("task")
    expect([newest["title"], first["title"]] == ["rename it", "mend the sign"], r)
    expect(first["steps"] == [{"step": 1, "path": "calc.py"}, {"step": 2, "path": "note.txt"}], r)
    expect(re.match(r"\d{4}-\d\d-\d\dT", first["time"]) and first["session"] != newest["session"], r)
    r = one(w, "undo", "--list")
    expect(re.search(first["task"] + r" +\d{4}-\d\d-\d\d \d\d:\d\d +1-2 +calc.py, note.txt +mend the sign", r.out), r)
    expect(len(one(w, "undo", "--list", "--limit", "1", "--json").of("task")) == 1, r)
    one(w, "undo", "-y", newest["task"])
    expect([t["task"] for t in one(w, "undo", "--list", "--json").of("task")] == [first["task"]], "the other one")
    expect(w.run("undo", "--list", "x").status == 2, "a word too many")


def an_undo_is_shown_and_not_done(w):
    w.repository()
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    session, was = session_of(w), w.read("calc.py")
    before = log(w, session)
    r = one(w, "undo", "--dry-run")
    expect("-    return a + b\n" in r.out and "+    return a - b\n" in r.out and "-a note\n" in r.out, r)
    expect("2 files to be undone; nothing was changed" in r.out, r)
    r = one(w, "undo", "-n", "--json", "1")
    expect([e["path"] for e in r.of("diff")] == ["calc.py"] and r.of("undo")[0]["dry_run"] is True, r)
    expect(w.read("calc.py") == was and w.exists("note.txt") and log(w, session) == before, "nothing was changed")
    w.write("calc.py", "def add(a, b):\n    return a * b\n")
    r = w.run("undo", "-n")
    expect(r.status == 1 and "not undone: calc.py" in r.out and "-a note\n" in r.out and "return a * b" not in r.out, r)
    w.write("calc.py", was)
    one(w, "undo", "-y")
    r = one(w, "redo", "-n")
    expect("+    return a + b\n" in r.out and "to be made again" in r.out and not w.exists("note.txt"), r)
    expect(w.run("redo", "--list").status == 2, "redo has no list")


def steps(w, *args):
    return one(w, "rewind", "--json", *args).of("step")


def a_session_goes_back_and_on(w):
    """The real wire: what the model gets after a rewind has nothing of what was taken back."""
    w.repository()
    with Provider(w, EDIT, NEW, {"text": "All is done."}, MORE, {"text": "Renamed."}, strict=False) as p:
        one(w, "do", "-y", "mend the sign", **p.env())
        session = session_of(w)
        found = steps(w)
        expect([(s["step"], s["did"], s["files"], s["ahead"]) for s in found] == [
            (1, "edit_file calc.py", ["calc.py"], False), (2, "write_file note.txt", ["note.txt"], False), (3, "", [], False)], found)
        expect(found[0]["asked"] == "mend the sign" and found[2]["said"] == "All is done.", found)
        before = log(w, session)
        r = one(w, "rewind", "-n", "1")
        expect("-a note\n" in r.out and "a + b" not in r.out and "1 file to be changed" in r.out and log(w, session) == before, r)
        expect(w.run("rewind", "1").status == 4 and w.exists("note.txt"), "nobody to ask")
        r = one(w, "rewind", "-y", "1")
        expect("removed note.txt" in r.out and not w.exists("note.txt") and "a + b" in w.read("calc.py"), r)
        expect(log(w, session)[:len(before)] == before, "the log only grows")
        expect([s["ahead"] for s in steps(w)] == [False, True, True], steps(w))
        expect("stands at the end of step 1; what was done after it lies ahead" in " ".join(one(w, "rewind").out.split()), "")
        r = w.run("rewind", "-y", "1")
        expect(r.status == 2 and "stands at step 1 already" in r.err, r)
        one(w, "sessions", "resume", session, "-y", "rename it", **p.env())
        body = json.dumps(p.bodies()[3]["messages"])
        expect("mend the sign" in body and "edit_file" in body and "rename it" in body, body)
        expect("a note" not in body and "write_file" not in body and "All is done" not in body, body)
    found = steps(w)
    expect([(s["step"], s["ahead"]) for s in found] == [(1, False), (4, False), (5, False)], found)
    r = w.run("rewind", "-y", "3")
    expect(r.status == 1 and "has no step 3" in r.err, r)
    expect(w.run("audit", "verify", session).status == 0, "the chain of the log")


def and_forward_again(w):
    w.repository()
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, MORE, DONE))
    last, session = w.read("calc.py"), session_of(w)
    one(w, "rewind", "-y", "0")
    expect(w.read("calc.py") == "def add(a, b):\n    return a - b\n" and not w.exists("note.txt"), w.read("calc.py"))
    one(w, "rewind", "-y", "2")
    expect("def add" in w.read("calc.py") and "a + b" in w.read("calc.py") and w.exists("note.txt"), w.read("calc.py"))
    one(w, "rewind", "-y", "4")
    expect(w.read("calc.py") == last and [s["ahead"] for s in steps(w)] == [False] * 4, steps(w))
    one(w, "rewind", "-y", "1")
    # What was left behind does not come again, whatever is gone back and forth later.
    with Provider(w, {"calls": [{"name": "write_file", "input": {"path": "other.txt", "content": "x\n"}}]},
                  {"text": "So."}, strict=False) as p:
        one(w, "sessions", "resume", session, "-y", "another way", **p.env())
    one(w, "rewind", "-y", "0", session)
    expect(not w.exists("other.txt") and "a - b" in w.read("calc.py"), w.read("calc.py"))
    one(w, "rewind", "-y", session, "5")
    expect(w.exists("other.txt") and not w.exists("note.txt") and "a + b" in w.read("calc.py") and
           "plus" not in w.read("calc.py"), w.read("calc.py"))
    r = one(w, "sessions", "show", session)
    expect("rewound to the end of step 5" in r.out and "made again: step" in r.out, r)


def where_something_is_in_the_way_nothing_is_done(w):
    w.repository()
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    mine = w.read("calc.py").replace("a + b", "a + b + 1")
    w.write("calc.py", mine)
    r = w.run("rewind", "-y", "0")
    expect(r.status == 1 and "not undone: calc.py" in r.out and "nothing was done" in r.err, r)
    expect(w.read("calc.py") == mine and w.exists("note.txt"), r)
    expect([s["ahead"] for s in steps(w)] == [False] * 3, steps(w))
    r = w.run("rewind", "-n", "0")
    expect(r.status == 1 and "not undone: calc.py" in r.out, r)
    w.write("calc.py", "# mine\n" + mine.replace(" + 1", ""))  # elsewhere: it is kept
    one(w, "rewind", "-y", "0")
    expect(w.read("calc.py") == "# mine\ndef add(a, b):\n    return a - b\n", w.read("calc.py"))


def what_was_taken_out_by_hand_does_not_come_again(w):
    w.repository()
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, MORE, DONE))
    mine = w.read("calc.py").replace("a + b", "a - b")  # the first step by hand, the third one stays
    w.write("calc.py", mine)
    one(w, "rewind", "-y", "0")
    expect("def add" in w.read("calc.py") and not w.exists("note.txt"), w.read("calc.py"))
    one(w, "rewind", "-y", "4")
    expect(w.read("calc.py") == mine and w.exists("note.txt"), w.read("calc.py"))
    one(w, "undo", "-y")
    one(w, "redo", "-y")
    expect(w.read("calc.py") == mine and w.exists("note.txt"), w.read("calc.py"))


def a_kill_in_the_middle_is_gone_on_with(w):
    """Killed as soon as the log says that it has begun: the next start in this folder brings it to its end, files and all."""
    w.repository()
    many = {"calls": [{"name": "write_file", "input": {"path": "d/f%d" % i, "content": "x\n"}} for i in range(60)]}
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, many, DONE))
    session = session_of(w)
    p = w.start("rewind", "-y", "1")
    while p.poll() is None and '"type":"undoing"' not in open(w.log_path(session)).read():
        pass
    p.kill()
    p.communicate()
    one(w, "do", "-y", "look", "--model", w.script({"text": "Seen."}))
    expect(not w.exists("d") and "a + b" in w.read("calc.py"), os.listdir(w.path))
    expect([s["ahead"] for s in steps(w, session)] == [False, True, True], steps(w, session))
    one(w, "rewind", "-y", session, "3")
    expect(len(os.listdir(os.path.join(w.path, "d"))) == 60, os.listdir(w.path))


def on_a_terminal_it_asks(w):
    w.repository()
    one(w, "do", "-y", "mend the sign", "--model", w.script(EDIT, NEW, DONE))
    t = Terminal(w, "rewind", "1")
    t.wait_for("Go on? [y/n]")
    expect("These go" in t.text and "2  write_file note.txt" in t.text and "edit_file" not in t.text, t)
    t.type("n\n")
    t.end()
    expect(t.status == 5 and w.exists("note.txt"), t)
    t = Terminal(w, "rewind", size=(24, 60))
    t.end()
    expect(t.status == 0 and "> mend the sign" in t.text and max(len(x) for x in t.text.splitlines()) <= 60, t)


def in_a_chat(w):
    w.repository()
    t = Terminal(w, "chat", "-y", "--model", w.script(EDIT, {"text": "Mended."}, NEW, {"text": "Noted."},
                                                      {"text": "On we go.", "expect": "and now"}), NO_COLOR="1")
    t.wait_for("of 5.00")
    t.type("mend it\r")
    t.wait_for("Mended.")
    t.wait_for("/undo takes")
    t.type("a note\r")
    t.wait_for("Noted.")
    t.wait_for("/undo takes", times=2)
    t.type("/undo preview\r")
    t.wait_for("1 file to be undone; nothing was changed. /undo does it.")
    expect(w.exists("note.txt"), t)
    t.type("/rewind\r")
    t.wait_for("The session stands at the end of step 4")
    t.type("/rewind 1 preview\r")
    t.wait_for("/rewind STEP does it.")
    expect(w.exists("note.txt"), t)
    t.type("/rewind 2\r")
    t.wait_for("1 file changed. Your next message goes on from here.")
    expect(not w.exists("note.txt") and "a + b" in w.read("calc.py"), t)
    t.type("/rewind x\r")
    t.wait_for("/rewind lists the steps")
    t.type("and now\r")
    t.wait_for("On we go.")
    t.type("\x04")
    t.end()
    expect([s["step"] for s in steps(w)] == [1, 2, 5], (steps(w), t))


if __name__ == "__main__":
    main([what_can_be_undone_is_listed, an_undo_is_shown_and_not_done, a_session_goes_back_and_on, and_forward_again,
          where_something_is_in_the_way_nothing_is_done, what_was_taken_out_by_hand_does_not_come_again,
          a_kill_in_the_middle_is_gone_on_with, on_a_terminal_it_asks, in_a_chat])
