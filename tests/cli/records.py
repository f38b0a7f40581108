#!/usr/bin/env python3
"""records - what stays of a task: sessions, audit, cost, status; and `emend run`."""
import glob
import hashlib
import json
import os
import shutil
import stat

from console import Terminal
from support import DONE, EDIT, expect, main


PIXEL = ("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000"
         "000c49444154789c63484c4a0600024e0127c0619e190000000049454e44ae426082")  # a PNG


def one_task(w, *turns):
    w.repository()
    r = w.run("do", "--json", "--yes", "--model", w.script(*(turns or (EDIT, DONE))), "mend add")
    expect(r.status == 0, r)
    return r.events()[0]["session"]


def sessions_are_listed_shown_and_removed(w):
    expect("no session" in w.run("sessions").out, "")
    session = one_task(w)
    r = w.run("sessions", "list", "--json")
    (s,) = r.of("session")
    expect(s["session"] == session and s["status"] == "done" and s["title"] and s["workspace"] == w.path, r)
    expect(session in w.run("sessions").out, r)
    r = w.run("sessions", "show", session[:12])
    expect(r.status == 0 and "* edit_file" in r.out and "The sign is right now." in r.out, r)
    r = w.run("sessions", "rm", session)
    expect(r.status == 0 and not os.path.exists(os.path.dirname(w.log_path(session))), r)
    expect(w.run("sessions", "list", "--json").out == "", r)


def a_session_is_resumed(w):
    session = one_task(w)
    model = w.script({"expect": "now the tests", "text": "Went on."})
    r = w.run("sessions", "resume", "--json", "--model", model, session, "now", "the", "tests")
    expect(r.status == 0 and r.events()[0]["session"] == session and r.events()[-1]["summary"] == "Went on.", r)
    (s,) = w.run("sessions", "list", "--json").of("session")
    expect(s["tasks"] == 2, s)
    os.mkdir(os.path.join(w.base, "elsewhere"))
    r = w.run("sessions", "resume", "-C", w.base + "/elsewhere", "--model", model, session, "now the tests")
    expect(r.status != 0, r)
    expect(w.run("audit", "verify", session).status == 0, r)


def a_killed_session_goes_on(w):
    w.repository()
    model = w.script({"calls": [{"name": "run_command", "input": {"command": "echo up; sleep 300"}}]}, DONE)
    p = w.start("do", "--json", "--yes", "--model", model, "x")
    session = json.loads(p.stdout.readline())["session"]
    while json.loads(p.stdout.readline())["type"] != "tool.output":
        pass
    p.kill()
    p.communicate()
    (s,) = w.run("sessions", "list", "--json").of("session")
    expect(s["status"] == "unfinished", s)
    way = "emend sessions resume " + session
    r = w.run("status")
    expect(r.status == 0 and "unfinished" in r.out and way in r.out, r)
    (t,) = w.run("status", "--json").of("task")
    expect(t["session"] == session and t["status"] == "unfinished" and t["resumable"] is True, t)
    r = w.run("sessions", "resume", "--json", "--model", w.script({"expect": "Continue", "text": "Here again."}), session)
    expect(r.status == 0 and r.events()[-1]["summary"] == "Here again.", r)
    r = w.run("status")
    expect([x for x in r.out.splitlines() if " done " in x] and way not in r.out, r)


def a_session_is_forked(w):
    w.repository()
    with open(os.path.join(w.path, "a.png"), "wb") as f:
        f.write(bytes.fromhex(PIXEL))
    look = {"calls": [{"name": "read_file", "input": {"path": "a.png"}}]}
    r = w.run("do", "--json", "--yes", "--model", w.script(look, EDIT, DONE), "mend add")
    session = r.events()[0]["session"]
    with open(w.log_path(session), "rb") as f:
        before = f.read()
    model = w.script({"expect": "now otherwise", "text": "Otherwise."})
    r = w.run("sessions", "fork", "--json", "--model", model, session, "now", "otherwise")
    fork = r.events()[0]["session"]
    expect(r.status == 0 and fork != session and r.events()[-1]["summary"] == "Otherwise.", r)
    with open(w.log_path(session), "rb") as f:
        expect(f.read() == before, "the old one stays as it is")
    for s in (session, fork):
        expect(w.run("audit", "verify", s).status == 0, s)
        r = w.run("replay", "--json", s)
        expect(r.status == 0 and r.of("replay")[0]["same"], r)
    r = w.run("rewind", "--json", fork)
    expect([x["step"] for x in r.of("step")] == [1, 2, 3, 4], r)
    expect(w.run("undo", "-y", fork).status == 1 and "a + b" in w.read("calc.py"), "the change is not the fork's")
    r = w.run("rewind", "-y", fork, "1")
    expect(r.status == 0 and "a + b" in w.read("calc.py"), r)
    model = w.script({"expect": "from there", "text": "Third."})
    r = w.run("sessions", "fork", "--json", "--model", model, fork, "from there")
    third = r.events()[0]["session"]
    expect(r.status == 0 and w.run("replay", third).status == 0, r)
    with open(w.log_path(third), "rb") as f:
        events = [json.loads(x) for x in f]
    (asked,) = [x for x in events if x["type"] == "request"]
    expect(asked["turns"] == 4, asked)  # the task, the look, what came of it, the new words
    expect(w.run("undo", "-y", session).status == 0 and "a - b" in w.read("calc.py"), "undone where it was made")


def status_knows_what_runs(w):
    w.repository()
    model = w.script({"calls": [{"name": "run_command", "input": {"command": "echo up; sleep 300"}}]}, DONE)
    p = w.start("do", "--json", "--yes", "--model", model, "x")
    while json.loads(p.stdout.readline())["type"] != "tool.output":
        pass
    (t,) = w.run("status", "--json").of("task")
    r = w.run("status")
    p.terminate()
    p.communicate()
    expect(t["status"] == "running" and "resumable" not in t, t)
    expect(" running " in r.out and "resume" not in r.out, r)
    (t,) = w.run("status", "--json").of("task")
    expect(t["status"] == "cancelled", t)


def audit_sees_every_change(w):
    session = one_task(w)
    path = w.log_path(session)
    expect(w.run("audit").status == 0 and w.run("audit", "verify", session).status == 0, "")
    with open(path, "rb") as f:
        good = f.read()
    lines = good.splitlines(True)
    for what, bad in [("changed", good.replace(b"mend add", b"mend abb", 1)),
                      ("removed", b"".join(lines[:3] + lines[4:])),
                      ("swapped", b"".join(lines[:2] + [lines[3], lines[2]] + lines[4:])),
                      ("added", b"".join(lines[:3] + [lines[2]] + lines[3:])),
                      ("first removed", b"".join(lines[1:]))]:
        expect(bad != good, what)
        with open(path, "wb") as f:
            f.write(bad)
        r = w.run("audit", "verify", "--json")
        (a,) = r.of("audit")
        expect(r.status == 1 and a["ok"] is False and "log.jsonl:" in a["error"], (what, r))
        expect("BROKEN" in w.run("audit").out, what)
        r = w.run("sessions", "resume", "--model", w.script(DONE), session)
        expect(r.status == 1 and "log.jsonl:" in r.err, (what, r))
    with open(path, "wb") as f:
        f.write(good[:-10])  # a crash, or not: it is said, and the session goes on
    r = w.run("audit", "verify")
    expect(r.status == 1 and "killed while it wrote" in r.out, r)
    with open(path, "wb") as f:
        f.write(good)
    blob = sorted(glob.glob(os.path.join(os.path.dirname(path), "blobs", "*", "*")))[0]
    with open(blob, "ab") as f:
        f.write(b"x")
    r = w.run("audit", "verify")
    expect(r.status == 1 and "damaged" in r.out, r)


def rechained(lines):
    """Anybody can compute a new chain: each hash is of the one before it and of the line."""
    out, before = [], b"0" * 64
    for number, line in enumerate(lines, 1):
        text = line[:line.rindex(b',"hash":"')]
        text = b'{"seq":%d,' % number + text[text.index(b",") + 1:]
        before = hashlib.sha256(before + text).hexdigest().encode()
        out.append(text + b',"hash":"' + before + b'"}\n')
    return out


def audit_finds_a_log_that_was_shortened_rewritten_or_removed(w):
    session = one_task(w)
    path, head = w.log_path(session), os.path.join(w.state, "heads", session)
    with open(path, "rb") as f:
        good = f.read()
    with open(head, "rb") as f:
        good_head = f.read()
    lines = good.splitlines(True)
    invented = b'{"seq":1,"time":"2026-01-01T00:00:00.000Z","type":"finished","hash":""}\n'
    forged = [("last line removed", b"".join(lines[:-1]), "was shortened"),
              ("five lines removed", b"".join(lines[:-5]), "was shortened"),
              ("emptied", b"", "was shortened"),
              ("half of it", good[:len(good) // 2], "piece of a line"),
              ("torn last line", good[:-40], "piece of a line"),
              ("garbage behind the end", good + b"xxxx", "piece of a line"),
              ("a line behind the end", good + b"x\n", "log.jsonl:"),
              ("an event behind the end", b"".join(rechained(lines + [lines[-1]])), "did not write"),
              ("the first event changed and rechained",
               b"".join(rechained([lines[0].replace(b'"session":', b'"sessiom":')] + lines[1:])), "written anew"),
              ("edited and rechained", b"".join(rechained([x.replace(b"mend add", b"mend abb") for x in lines])),
               "written anew"),
              ("removed, renumbered, rechained", b"".join(rechained(lines[:3] + lines[4:])), "was shortened"),
              ("removed and padded", b"".join(rechained(lines[:3] + lines[4:] + [lines[-1]])), "written anew"),
              ("swapped and rechained", b"".join(rechained(lines[:2] + [lines[3], lines[2]] + lines[4:])),
               "written anew"),
              ("one invented line", b"".join(rechained([invented])), "was shortened")]
    for what, bad, words in forged:
        expect(bad != good, what)
        with open(path, "wb") as f:
            f.write(bad)
        r = w.run("audit", "verify")
        expect(r.status == 1 and words in r.out and "1 broken" in r.out, (what, r))
    with open(path, "wb") as f:
        f.write(good)
    expect(w.run("audit", "verify").status == 0, "as it was")
    number = good_head.split()[0]
    for what, bad, words in [("head changed", good_head.replace(number, b"1", 1), "was changed"),
                             ("head emptied", b"", "was changed"), ("no head", None, "no record of its end")]:
        os.unlink(head)
        if bad is not None:
            with open(head, "wb") as f:
                f.write(bad)
        r = w.run("audit", "verify")
        expect(r.status == 1 and words in r.out, (what, r))
        with open(head, "wb") as f:
            f.write(good_head)
    with open(path, "wb") as f:  # such a log is not gone on with either, and so not made good
        f.write(b"".join(lines[:-2]))
    r = w.run("sessions", "resume", "--model", w.script(DONE), session)
    expect(r.status == 1 and "was shortened" in r.err, r)
    shutil.rmtree(os.path.dirname(path))
    r = w.run("audit", "verify")
    expect(r.status == 1 and session in r.out and "its log is gone" in r.out and "1 session, 1 broken" in r.out, r)


def audit_exports_json_lines(w):
    session = one_task(w)
    r = w.run("audit", "export", session)
    events = [json.loads(line) for line in r.out.splitlines()]
    expect(r.status == 0 and events[0]["type"] == "session" and events[-1]["type"] == "finished", r)
    with open(w.log_path(session), encoding="utf-8") as f:
        expect(f.read() == r.out, "export is the log, byte for byte")
    expect("* edit_file" in w.run("audit", "show", session).out, r)


def state_is_private(w):
    session = one_task(w)
    for folder, inside, files in os.walk(w.state):
        expect(stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder)
        if os.path.basename(folder) == "views":
            inside.clear()  # closed as a whole; a worker that ends may still take its own away
        for name in files:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            expect(mode == 0o600, (name, oct(mode)))
    expect(session, "")


def cost_and_status(w):
    one_task(w, dict(EDIT, usage={"input": 1000, "cache_read": 500, "output": 100}), DONE)
    for by in ("day", "model", "session", "project", "kind"):
        r = w.run("cost", "--json", "--by", by)
        (c,) = r.of("cost")
        expect(r.status == 0 and c[by] and c["calls"] == 2 and c["cache_read"] == 500, r)
        expect(c[by] == {"project": w.path, "kind": "do"}.get(by, c[by]), r)
    expect("total" in w.run("cost").out, "")
    r = w.run("status", "--json")
    (task,) = r.of("task")
    expect(task["status"] == "done" and r.of("status")[0]["workspace"] == w.path, r)
    r = w.run("status")
    expect(r.status == 0 and "mend add" in r.out and "today (UTC)" in r.out and "calc.py (step 1)" in r.out, r)


def tasks_sessions_and_steps_are_names_alike(w):
    w.repository()
    session, task = None, None
    for i, (old, new) in enumerate((("a - b", "a + b"), ("a + b", "b + a"))):
        edit = {"calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [{"old_text": old, "new_text": new}]}}]}
        args = ["sessions", "resume", session, "again"] if session else ["do", "again"]
        r = w.run(*args, "--json", "--yes", "--model", w.script(edit, DONE))
        session, task = r.of("task.started")[0]["session"], r.of("task.started")[0]["task"]
    expect("a - b" in w.run("diff", session).out and "a - b" not in w.run("diff", task).out, session)
    expect("b + a" in w.run("diff", "2").out and w.run("diff", "77").status == 1, session)
    (d,) = w.run("diff", "--json", session).of("diff")
    expect(d["path"] == "calc.py" and "-    return a - b" in d["diff"], d)
    for word, n in ((session, 2), (task, 1), ("2", 1)):
        r = w.run("status", "--json", word)
        expect(r.status == 0 and len(r.of("task")) == n and r.of("file")[0]["path"] == "calc.py", r)
    expect(w.run("sessions", "show", task).status == 0, task)
    r = w.run("undo", "-y", session)
    expect(r.status == 0 and "a - b" in w.read("calc.py"), r)
    r = w.run("redo", "-y", task)
    expect(r.status == 1 or "b + a" in w.read("calc.py"), r)
    r = w.run("undo", "-y", "nosuch")
    expect(r.status == 1 and "No task or session nosuch" in r.err, r)


def tables_are_of_this_folder_and_fit(w):
    one_task(w, {"text": "word " * 40})
    r = w.run("sessions")
    expect("session" in r.out.splitlines()[0] and "title" in r.out.splitlines()[0], r)
    elsewhere = os.path.join(w.base, "elsewhere")
    os.mkdir(elsewhere)
    expect("--all" in w.run("sessions", "-C", elsewhere).out, r)
    expect(w.path in w.run("sessions", "--all", "-C", elsewhere).out, r)
    deep = os.path.join(w.base, "a-folder-of-projects", "of-the-company", "services", "the-payment-gateway-service")
    os.makedirs(deep)
    expect(w.run("do", "-C", deep, "-q", "--yes", "--model", w.script({"text": "Fine."}), "x").status == 0, deep)
    end = "/the-payment-gateway-service"
    for columns in (40, 80, 200):
        for args in (["sessions", "--all"], ["cost", "--by", "project"]):
            t = Terminal(w, *args, size=(24, columns), NO_COLOR="1").end()
            rows = t.text.split("\r\n")
            expect(any(end in r for r in rows) and not [r for r in rows if len(r) > columns], (columns, args, rows))
        if columns > 40:  # there an address fits no line
            for args in (["models"], ["doctor"], ["audit"]):
                t = Terminal(w, *args, size=(24, columns), NO_COLOR="1").end()
                wide = [r for r in t.text.split("\r\n") if len(r) > columns]
                expect(not wide, (columns, args, wide))
        for args in (["undo", "--list"], ["rewind"], ["sessions"], ["sessions", "--all"], ["status"], ["cost"], ["--help"], ["do", "--help"]):
            t = Terminal(w, *args, size=(24, columns), NO_COLOR="1").end()
            wide = [r for r in t.text.split("\r\n") if len(r) > columns and " " in r.strip()]
            expect(t.status == 0 and not wide, (columns, args, wide))
    rows = Terminal(w, "cost", size=(24, 40), NO_COLOR="1").end().text
    expect("calls " in rows and "tokens in " in rows, rows)


def damaged_ledger_is_named(w):
    os.makedirs(w.state, exist_ok=True)
    with open(os.path.join(w.state, "emend.db"), "wb") as f:
        f.write(b"this is no database " * 100)
    r = w.run("cost")
    expect(r.status == 1 and "emend.db" in r.err and "damaged" in r.err, r)


def run_is_like_the_agents_commands(w):
    r = w.run("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    expect(r.status == 7 and sorted((r.out + r.err).split()) == ["err", "out"], r)
    r = w.run("run", "--", "sh", "-c", "kill -9 $$")
    expect(r.status == 137, r)
    r = w.run("run", "--timeout", "1", "--", "sleep", "30")
    expect(r.status == 124, r)
    r = w.run("run", "--json", "--", "sh", "-c", "printf %s \"$1\"", "sh", "a b'c")
    expect(r.of("output")[0]["text"] == "a b'c" and r.of("finished")[0]["exit"] == 0, r)
    r = w.run("run", "--", "no-such-program-here")
    expect(r.status not in (0, 2), r)


def run_writes_only_where_it_may(w):
    outside = os.path.join(w.base, "outside")
    os.mkdir(outside)
    r = w.run("run", "--", "sh", "-c", "echo x > inside.txt && echo x > %s/f" % outside)
    expect(r.status != 0 and not os.path.exists(outside + "/f"), r)
    expect(w.exists("inside.txt"), r)
    r = w.run("run", "--rw", outside, "--", "sh", "-c", "echo x > %s/f" % outside)
    expect(r.status == 0 and os.path.exists(outside + "/f"), r)
    r = w.run("run", "--", "sh", "-c", "cat %s" % w.log_path("x").replace("/sessions/x/log.jsonl", ""))
    expect(r.status != 0, r)


main([sessions_are_listed_shown_and_removed, a_session_is_resumed, a_killed_session_goes_on, a_session_is_forked, status_knows_what_runs, audit_sees_every_change,
      audit_finds_a_log_that_was_shortened_rewritten_or_removed, audit_exports_json_lines, state_is_private, cost_and_status, tasks_sessions_and_steps_are_names_alike, tables_are_of_this_folder_and_fit, damaged_ledger_is_named,
      run_is_like_the_agents_commands, run_writes_only_where_it_may])
