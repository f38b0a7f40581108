#!/usr/bin/env python3
"""faces - one workspace, many terminals and editors: a task is listed, watched, answered, steered and cancelled from any of them."""
import json
import os
import sys
import time

from console import PROMPT, Terminal
from support import DONE, EDIT, TOP, expect, main

sys.path.insert(0, os.path.join(TOP, "tests", "session"))
import wire  # noqa: E402

# The task works until the test writes the file `go`. The listing is read anew each time, a name is not.
GATE = {"calls": [{"name": "run_command", "input": {"command": "until ls | grep -qx go; do sleep 0.1; done"}}]}
DEADLINE = 60


def with_runtime(case):
    def run(w):
        w.env["XDG_RUNTIME_DIR"] = os.path.join(w.base, "run")
        os.mkdir(w.env["XDG_RUNTIME_DIR"], 0o700)
        w.repository()
        case(w)
    run.__name__ = case.__name__
    return run


def listed(w, wanted=lambda t: True, n=1):
    """Until so many tasks are listed that are as wanted; their ids."""
    end = time.monotonic() + DEADLINE
    while True:
        r = w.run("tasks", "--json")
        found = [t for t in r.of("task") if wanted(t)]
        if len(found) == n:
            return found
        if time.monotonic() > end:
            raise AssertionError(repr(r))


def do(w, *turns, args=(), **more):
    return Terminal(w, "do", "--model", w.script(*turns), *args, "mend", "add", NO_COLOR="1", **more)


def attach(w, *args, **more):
    return Terminal(w, "attach", *args, NO_COLOR="1", **more)


@with_runtime
def a_question_is_answered_from_another_terminal(w):
    t = do(w, EDIT, DONE)
    t.wait_for(PROMPT)
    [task] = listed(w, lambda t: t["state"] == "waiting")
    expect(task["face"] == "do" and task["title"] == "mend add" and task["workspace"] == w.path, task)
    r = w.run("tasks")
    expect(r.status == 0 and task["task"] in r.out and "waits for an answer" in r.out, r)
    other = attach(w)
    other.wait_for("+    return a + b")
    other.wait_for(PROMPT)
    other.type("y\n")
    t.wait_for("answered from another terminal or editor")
    expect(t.end().status == 0 and other.end().status == 0, (t, other))
    expect("The sign is right now." in other.text and "1 file changed" in other.text, other)
    expect("a + b" in w.read("calc.py") and "mend add" in other.text, other)
    expect(w.run("tasks").out == "No task is running in this folder.\n", t)


@with_runtime
def the_first_answer_closes_the_question_elsewhere(w):
    t = do(w, EDIT, {"hang": True})
    t.wait_for(PROMPT)
    other = attach(w)
    other.wait_for(PROMPT)
    t.type("n use the other file\n")
    other.wait_for("denied: ")
    other.type("\x03")
    other.wait_for("Left; the task goes on")
    expect(other.end().status == 0 and len(listed(w)) == 1, other)
    r = w.run("cancel")
    expect(r.status == 0 and r.out.startswith("Cancelled: mend add"), r)
    expect(t.end().status == 5 and "a - b" in w.read("calc.py"), t)


@with_runtime
def who_has_no_terminal_is_answered_by_who_watches(w):
    """A task in the background: with nobody there it is denied, with somebody who watches it waits for them."""
    p = w.start("do", "--model", w.script(GATE, EDIT, DONE), "mend add")
    [task] = listed(w)
    other = attach(w, task["task"][:4])
    other.wait_for("Ctrl-C leaves")
    other.wait_for("mend add")
    w.write("go", "")
    other.wait_for(PROMPT)
    other.type("y\n")
    expect(other.end().status == 0, other)
    p.communicate(timeout=DEADLINE)
    expect(p.returncode == 0 and "a + b" in w.read("calc.py"), other)


@with_runtime
def a_task_is_steered_from_elsewhere(w):
    t = do(w, GATE, {"text": "Yes.", "expect": ["The user says while you work:", "use pytest"]})
    [task] = listed(w)
    id = task["task"]
    r = w.run("steer", id, "use", "unittest")
    expect(r.status == 0 and "next step" in r.out, r)
    expect(w.run("tasks").out.count("hears with its next step: use unittest") == 1, r)
    r = w.run("steer", id, "--withdraw")
    expect(r.status == 0 and r.out == "Taken back: use unittest\n", r)
    expect("has heard it already" in w.run("steer", id, "--withdraw").err, r)
    expect(w.run("steer", id, "use pytest").status == 0, r)
    w.write("go", "")
    expect(t.end().status == 0 and "> use pytest" in t.text and "> use unittest" not in t.text, t)
    expect(w.run("steer", id, "too late").status == 1, t)


@with_runtime
def what_is_typed_beside_attach_goes_to_the_task(w):
    t = do(w, GATE, {"text": "Yes.", "expect": ["The user says while you work:", "use pytest"]})
    [task] = listed(w)
    other = attach(w, size=(24, 100))
    other.wait_for("* Run until")
    other.type("use unittest\r")
    other.wait_for("(Up takes it back)")
    listed(w, lambda t: t["queue"] == ["use unittest"])
    other.type("\x1b[A")
    listed(w, lambda t: t["queue"] == [])
    other.type("\x15use pytest\r")
    listed(w, lambda t: t["queue"] == ["use pytest"])
    other.type("a draft\x03")
    other.wait_for("Left; the task goes on")
    expect(other.end().status == 0 and len(listed(w)) == 1, other)
    other = attach(w, task["task"], size=(24, 100))
    other.wait_for("* Run until")
    other.type("and be quick\r")
    listed(w, lambda t: t["queue"] == ["use pytest", "and be quick"])
    w.write("go", "")
    expect(t.end().status == 0 and other.end().status == 0, (t, other))
    expect("> and be quick" in other.text and "> use pytest" in other.text and "> use unittest" not in other.text, other)


@with_runtime
def what_is_not_there_is_said(w):
    for args in (("attach",), ("cancel",)):
        r = w.run(*args)
        expect(r.status == 1 and "No task is running in this folder." in r.err, r)
    expect("No task t123" in w.run("cancel", "t123").err, None)
    expect(w.run("steer", "t123").status == 2, None)
    expect(w.run("tasks", "--json").out == "", None)
    a, b = do(w, {"hang": True}), do(w, {"hang": True})
    ids = [t["task"] for t in listed(w, n=2)]
    r = w.run("cancel")
    expect(r.status == 1 and "More than one task" in r.err and all(i in r.err for i in ids), r)
    for i in ids:
        expect(w.run("cancel", i).status == 0, r)
    expect(a.end().status == 5 and b.end().status == 5, a)
    expect(os.listdir(os.path.join(w.env["XDG_RUNTIME_DIR"], "emend")) == [], a)


@with_runtime
def attach_for_programs(w):
    p = w.start("do", "-y", "--model", w.script(GATE, EDIT, DONE), "mend add")
    listed(w)
    q = w.start("attach", "--json")
    w.write("go", "") if json.loads(q.stdout.readline())["type"] == "task.started" else None
    out, err = q.communicate(timeout=DEADLINE)
    p.communicate(timeout=DEADLINE)
    events = [json.loads(line) for line in out.splitlines()]
    kinds = [e["type"] for e in events]
    expect(q.returncode == 0 and kinds[-1] == "task.finished" and "file.changed" in kinds, (out, err))
    expect(events[-1]["files"] == ["calc.py"] and events[-1]["status"] == "done", out)


class Editor:
    """A real `emend lsp` whose editor only asks for what the test wants to know."""

    def __init__(self, w, model=None):
        self.server = wire.Server(["lsp"], dict(w.env, **({"EMEND_MODEL": model} if model else {})), w.path)
        root = "file://" + w.path
        self.n = 0
        self.call("initialize", {"processId": None, "rootUri": root, "workspaceFolders": [{"uri": root, "name": "w"}],
                                 "capabilities": {}})
        self.server.send({"method": "initialized", "params": {}})

    def call(self, method, params):
        self.n += 1
        self.server.send({"id": self.n, "method": method, "params": params})
        while True:
            m = self.server.inbox.get(timeout=DEADLINE)
            if m.get("id") == self.n and "method" not in m:
                return m.get("result") if "error" not in m else m["error"]["message"]
            if m.get("method") == "window/showMessageRequest":
                self.asked = m["id"]  # and nobody answers
            elif "id" in m and "method" in m:
                self.server.send({"id": m["id"], "result": None})

    def wait_for(self, method):
        while True:
            m = self.server.inbox.get(timeout=DEADLINE)
            if m.get("method") == method:
                return m

    def command(self, name, arg=None):
        return self.call("workspace/executeCommand", {"command": "emend." + name, "arguments": [arg] if arg else []})


@with_runtime
def an_editor_and_a_terminal_share_their_tasks(w):
    hangs = os.path.join(w.base, "hangs.jsonl")  # the terminal's task has a script of its own
    os.rename(w.script({"hang": True}).split(":", 1)[1], hangs)
    editor = Editor(w, "scripted:" + hangs)
    t = do(w, GATE, {"text": "Yes.", "expect": ["use pytest"]})
    [task] = listed(w)
    try:
        [seen] = editor.command("tasks")["tasks"]
        expect(seen["taskId"] == task["task"] and seen["face"] == "do" and seen["title"] == "mend add", seen)
        expect(editor.command("steer", {"task": task["task"], "text": "use pytest"}) == {"taskId": task["task"]}, seen)
        expect(editor.command("tasks")["tasks"][0]["queue"] == ["use pytest"], seen)
        w.write("go", "")
        expect(t.end().status == 0, t)
        expect("No task" in editor.command("cancel", {"task": task["task"]}), t)
        own = editor.command("do", {"task": "think"})["taskId"]
        [task] = listed(w)
        expect(task["task"] == own and task["face"] == "editor" and task["title"] == "think", task)
        expect(editor.command("steer", {"task": own, "text": "a"}) == {"taskId": own}, task)
        expect(editor.command("steer", {"task": own, "withdraw": True})["text"] == "a", task)
        expect(w.run("cancel", own).status == 0, task)
    finally:
        editor.server.kill()


@with_runtime
def a_question_of_an_editor_is_answered_in_a_terminal(w):
    editor = Editor(w, w.script(EDIT, DONE))
    try:
        id = editor.command("do", {"task": "mend add"})["taskId"]
        asked = editor.wait_for("window/showMessageRequest")
        other = attach(w, id)
        other.wait_for(PROMPT)
        other.type("y\n")
        expect(editor.wait_for("$/cancelRequest")["params"]["id"] == asked["id"], asked)
        expect(other.end().status == 0 and "a + b" in w.read("calc.py"), other)
    finally:
        editor.server.kill()


@with_runtime
def a_transcript_that_is_too_long_is_cut(w):
    """The answer holds 16 MiB at most; what fits is given, and that it is not all."""
    long = {"calls": [{"name": "run_command", "input": {"command": "head -c 9000000 /dev/zero | tr '\\0' x"}}]}
    r = w.run("do", "--json", "--model", w.script(long, {"text": "x" * 9000000}), "think")
    expect(r.status == 0, repr(r)[:600])
    editor = Editor(w)
    try:
        answer = editor.call("emend/transcript", {"session": r.events()[0]["session"]})
        expect(isinstance(answer, dict) and answer.get("truncated") and answer["events"], str(answer)[:300])
    finally:
        editor.server.kill()


main([a_question_is_answered_from_another_terminal, the_first_answer_closes_the_question_elsewhere,
      who_has_no_terminal_is_answered_by_who_watches, a_task_is_steered_from_elsewhere,
      what_is_typed_beside_attach_goes_to_the_task, what_is_not_there_is_said,
      attach_for_programs, an_editor_and_a_terminal_share_their_tasks,
      a_question_of_an_editor_is_answered_in_a_terminal, a_transcript_that_is_too_long_is_cut])
