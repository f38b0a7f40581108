#!/usr/bin/env python3
"""records - what stays of a task: sessions, audit, cost, status; and `emend run`."""
import glob
import json
import os
import stat

from support import DONE, EDIT, expect, main


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
    r = w.run("sessions", "resume", "--json", "--model", w.script({"expect": "Continue", "text": "Here again."}), session)
    expect(r.status == 0 and r.events()[-1]["summary"] == "Here again.", r)


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
        f.write(good[:-10])  # a crash: no tampering
    expect(w.run("audit", "verify").status == 0, "torn")
    with open(path, "wb") as f:
        f.write(good)
    blob = sorted(glob.glob(os.path.join(os.path.dirname(path), "blobs", "*", "*")))[0]
    with open(blob, "ab") as f:
        f.write(b"x")
    r = w.run("audit", "verify")
    expect(r.status == 1 and "damaged" in r.out, r)


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
    for folder, _, files in os.walk(w.state):
        expect(stat.S_IMODE(os.stat(folder).st_mode) == 0o700, folder)
        for name in files:
            mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
            expect(mode == 0o600, (name, oct(mode)))
    expect(session, "")


def cost_and_status(w):
    one_task(w, dict(EDIT, usage={"input": 1000, "cache_read": 500, "output": 100}), DONE)
    for by in ("day", "model", "session"):
        r = w.run("cost", "--json", "--by", by)
        (c,) = r.of("cost")
        expect(r.status == 0 and c[by] and c["calls"] == 2 and c["cache_read"] == 500, r)
    expect("total" in w.run("cost").out, "")
    r = w.run("status", "--json")
    (task,) = r.of("task")
    expect(task["status"] == "done" and r.of("status")[0]["workspace"] == w.path, r)
    r = w.run("status")
    expect(r.status == 0 and "mend add" in r.out and "spent today" in r.out, r)


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


main([sessions_are_listed_shown_and_removed, a_session_is_resumed, a_killed_session_goes_on, audit_sees_every_change,
      audit_exports_json_lines, state_is_private, cost_and_status, damaged_ledger_is_named,
      run_is_like_the_agents_commands, run_writes_only_where_it_may])
