#!/usr/bin/env python3
"""replay - a recorded session again, offline: every kind of session that the other suites make comes out the same, and what
is not the same is named."""
import json
import os
import shutil

from dialects import MODELS, env_of
from provider import Provider
from support import DONE, EDIT, expect, main

READ = {"thinking": "Look first.", "text": "Let me look.", "calls": [
    {"name": "read_file", "input": {"path": "calc.py"}}, {"name": "run_command", "input": {"command": "sh check.sh"}}]}
CUT = {"text": "Half of it", "stop": "max_tokens"}


def replayed(w, *args, status=0, env=None):
    r = w.run("replay", "--json", *args, **(env or {}))
    expect(r.status == status, r)
    return r.of("replay")


def sessions(w):
    return sorted(os.listdir(os.path.join(w.state, "sessions")))


def log(w, session):
    with open(w.log_path(session), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def a_session_over_the_wire_is_the_same(w):
    w.repository()
    with Provider(w, READ, EDIT, CUT, DONE, {"text": "And more."}, strict=False) as p:
        expect(w.run("do", "-y", "mend it", **p.env()).status == 0, "the task")
        expect(w.run("sessions", "resume", sessions(w)[0], "-y", "go on", **p.env()).status == 0, "on")
    found = replayed(w, sessions(w)[0])[0]
    expect(found["same"] and found["calls"] == found["conversations"] == found["answers"] == 5 and
           found["unkept"] == 0 and found["results"] == 3, found)
    r = w.run("replay", sessions(w)[0])
    expect(r.status == 0 and "5 conversations and 5 answers compared, 3 results of tools" in " ".join(r.out.split()), r)


def every_wire_format_is_read_again(w):
    w.repository()
    for dialect in MODELS:
        with Provider(w, READ, EDIT, DONE, dialect=dialect, strict=False, name=dialect) as p:
            r = w.run("do", "-y", "mend it", **env_of(dialect, p))
            expect(r.status == 0, (dialect, r))
        w.write("calc.py", "def add(a, b):\n    return a - b\n")
    found = replayed(w, "--all")
    expect(len(found) == len(MODELS) and all(f["same"] and f["answers"] == f["calls"] == 3 for f in found), found)


def sessions_with_detours_are_the_same(w):
    """Undone and rewound, denied, steered, broken off, with an answer that is void, and of a script."""
    w.repository()
    fault = dict(EDIT, fault={"kind": "cut", "after": 5})
    with Provider(w, fault, EDIT, DONE, {"text": "One."}, {"text": "Two."}, strict=False) as p:
        expect(w.run("do", "-y", "mend it", **p.env()).status == 0, "the task")
        session = sessions(w)[0]
        for args in (["rewind", "-y", "1"], ["sessions", "resume", session, "-y", "a"], ["rewind", "-y", "0"],
                     ["rewind", "-y", "3"], ["undo", "-y"], ["sessions", "resume", session, "-y", "b"]):
            r = w.run(*args, **p.env())
            expect(r.status == 0 or args[0] == "undo", (args, r))
    w.run("do", "x", "--model", w.script({"calls": [{"name": "run_command", "input": {"command": "git push --force"}}]}, DONE))
    w.run("do", "-y", "--max-turns", "2", "x", "--model", w.script(READ, READ, READ, DONE))
    found = {f["session"]: f for f in replayed(w, "--all")}
    expect(len(found) == 3 and all(f["same"] for f in found.values()), found)
    expect(found[session]["answers"] == 4 and found[session]["conversations"] == found[session]["calls"], found)


def rewrite(w, session, change):
    """The log with each event changed, and the chain that belongs to it: as if a faulty Emend had written it."""
    import hashlib
    events, last = log(w, session), "0" * 64
    with open(w.log_path(session), "w", encoding="utf-8") as f:
        for e in events:
            change(e)
            e.pop("hash")
            text = json.dumps(e, separators=(",", ":"), ensure_ascii=False)[:-1]
            last = hashlib.sha256((last + text).encode()).hexdigest()
            f.write('%s,"hash":"%s"}\n' % (text, last))


def what_differs_is_named(w):
    w.repository()
    with Provider(w, EDIT, DONE) as p:
        expect(w.run("do", "-y", "mend it", **p.env()).status == 0, "the task")
    session = sessions(w)[0]
    kept = os.path.join(w.base, "kept")
    shutil.copytree(os.path.join(w.state, "sessions", session), kept)

    def differs(words, change):
        rewrite(w, session, change)
        found = replayed(w, session, status=1)[0]
        expect(not found["same"] and words in found["difference"], found)
        shutil.rmtree(os.path.join(w.state, "sessions", session))  # what is damaged is not left to the next test
        shutil.copytree(kept, os.path.join(w.state, "sessions", session))

    def result(e):
        if e["type"] == "result":
            e["text"] += "x"

    def block(e):
        if e["type"] == "assistant" and e["blocks"][-1]["kind"] == "text":
            e["blocks"][-1]["text"] += "x"

    def stop(e):
        if e["type"] == "assistant":
            e["stop"] = 6

    differs("call 2 of the model: the log gives another conversation", result)
    differs("answer 2 of the model, block 1: its bytes give another text", block)
    differs("answer 1 of the model: its bytes give another reason to stop", stop)
    expect(replayed(w, session)[0]["same"], "as it was")


def without_bytes_the_rest_is_compared(w):
    w.repository()
    with Provider(w, EDIT, DONE) as p:
        expect(w.run("do", "-y", "mend it", **p.env()).status == 0, "the task")
    session = sessions(w)[0]
    shutil.rmtree(os.path.join(w.state, "sessions", session, "blobs"))
    found = replayed(w, session)[0]
    expect(found["same"] and found["unkept"] == 2 and found["conversations"] == 2, found)
    expect(w.run("replay").status == 2 and w.run("replay", "nosuch").status == 1, "which session?")


if __name__ == "__main__":
    main([a_session_over_the_wire_is_the_same, every_wire_format_is_read_again, sessions_with_detours_are_the_same,
          what_differs_is_named, without_bytes_the_rest_is_compared])
