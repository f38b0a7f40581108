#!/usr/bin/env python3
"""mcp_live - another agent works through `emend mcp` in the editor that has the folder open: unsaved text, the user's word, undo."""
import json
import os
import signal
import threading

from mcp_client import Client, MODERN
from open_editor import DEADLINE, DIRTY, DISK, Editor, runtime_folder, with_editor
from support import expect, main

LIVE = ["diagnostics", "propose_edit", "read_buffer", "run_command", "search"]
SIGN = [{"old_text": "a - b", "new_text": "a + b"}]


class Agent(Client):
    """Keeps the notifications that come before an answer."""

    def __init__(self, w, cwd=None):
        super().__init__(w, cwd)
        self.notes = []

    def ask(self, method, params=None, modern=False):
        self.n += 1
        self.send(id=self.n, method=method, params=dict(params or {}, **(MODERN if modern else {})))
        while True:
            m = self.read()
            if "method" not in m:
                expect(m["id"] == self.n, m)
                return m
            self.notes.append(m)

    def note(self, method):
        while True:
            for m in self.notes:
                if m["method"] == method:
                    self.notes.remove(m)
                    return m
            self.notes.append(self.read())

    def tools(self, modern=False):
        return sorted(t["name"] for t in self.ask("tools/list", modern=modern)["result"]["tools"] if t["name"] in LIVE)

    def use(self, name, **arguments):
        """(went well, text)"""
        result = self.call(name, arguments)["result"]
        expect("structuredContent" not in result and len(result["content"]) == 1, result)
        return not result["isError"], result["content"][0]["text"]


def agent(w, cwd=None, name="claude-code"):
    c = Agent(w, cwd)
    result = c.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": name, "version": "1"}})
    expect(result["result"]["capabilities"]["tools"] == {"listChanged": True}, result)
    c.send(method="notifications/initialized")
    return c


def finish(c):
    c.p.stdin.close()
    expect(c.p.wait(DEADLINE) == 0, c.p.stderr.read())


def session_of(w):
    return [os.path.join(w.state, "sessions", name, "log.jsonl") for name in os.listdir(os.path.join(w.state, "sessions"))]


@with_editor
def it_sees_what_is_not_saved(w, editor):
    w.write("other.py", "x = 'on the disk'\n")
    w.write(".env", "TOKEN=very-secret\n")
    c = agent(w)
    expect(c.tools() == LIVE, "the tools")
    for path in ("calc.py", os.path.join(w.path, "calc.py")):
        ok, text = c.use("read_buffer", path=path)
        expect(ok and "# not saved" in text and "return a - b" in text, text)
    ok, text = c.use("read_buffer", path="calc.py", start_line=3, line_count=1)
    expect(ok and "return a - b" in text and "not saved" not in text, text)
    ok, text = c.use("read_buffer", path="other.py")
    expect(ok and "on the disk" in text, text)
    ok, text = c.use("search", pattern="not saved|on the disk")
    expect(ok and "calc.py:1:" in text and "other.py:1:" in text, text)
    ok, text = c.use("run_command", command="cat calc.py")
    expect(ok and "# not saved" in text, text)
    for name, arguments, words in (
            ("read_buffer", {"path": ".env"}, "withheld"), ("read_buffer", {"path": "/etc/passwd"}, "workspace"),
            ("read_buffer", {}, "path"), ("read_buffer", {"path": "nowhere.py"}, "nowhere.py"), ("search", {"pattern": "("}, "regular expression"),
            ("run_command", {"command": "true", "background": True}, '"background"'), ("propose_edit", {"path": "calc.py"}, "edits"),
            ("propose_edit", {"path": "new.py", "content": "", "edits": SIGN}, "not both"), ("diagnostics", {}, "diagnostics")):
        ok, text = c.use(name, **arguments)
        expect(not ok and words in text and "very-secret" not in text, (name, arguments, text))
    expect(editor.text == DIRTY and editor.shown == [], editor.shown)
    finish(c)
    for path in session_of(w):
        with open(path, encoding="utf-8") as f:
            events = [json.loads(line) for line in f]
        expect({e["model"] for e in events if e["type"] == "task"} == {"guest:claude-code"}, path)
        expect(any(e["type"] == "call" and e["tool"] == "read_file" for e in events), path)


@with_editor
def an_edit_is_asked_for_merged_and_undone(w, editor):
    asked = []

    def answer(m):
        if m["method"] != "window/showMessageRequest":
            return None
        asked.append(m["params"]["message"])
        editor.type_in("def add(a, b):", "def add(a, b):  # typed meanwhile")  # while the question stands
        return {"title": "Allow once"}

    editor.ask = answer
    c = agent(w, name="claude\ncode\u202e")
    ok, text = c.use("propose_edit", path="calc.py", edits=SIGN)
    expect(ok, text)
    expect(len(asked) == 1 and "claude-code asks for this, another program, over MCP" in asked[0] and "a + b" in asked[0], asked)
    expect(editor.text == "# not saved\ndef add(a, b):  # typed meanwhile\n    return a + b\n", editor.text)
    expect(w.read("calc.py") == DISK, "the file on the disk")
    editor.wait("told", lambda e: any("claude-code (MCP): edit calc.py" in line for line in e.shown))
    editor.command("emend.undo")
    editor.wait("undone", lambda e: e.text == DIRTY.replace("b):", "b):  # typed meanwhile"))
    editor.ask = lambda m: {"title": "Allow once"}
    ok, text = c.use("propose_edit", path="new.py", content="x = 1\n")
    expect(ok and w.read("new.py") == "x = 1\n", text)
    ok, text = c.use("propose_edit", path="calc.py", content="x = 1\n")
    expect(not ok and "exists: change a part of it" in text, text)
    ok, text = c.use("run_command", command="sed -i 's/a - b/a * b/' calc.py; echo made")
    expect(ok and "made" in text, text)
    editor.wait("by a command", lambda e: "a * b" in e.text)
    expect(w.read("calc.py") == DISK, "the file on the disk")
    finish(c)


@with_editor
def a_no_comes_with_its_reason(w, editor):
    editor.server.kill()
    questions = []

    def answer(m):
        questions.append(m)
        return {"title": "Deny", "comment": "ask me after the release"}

    plugin = Editor(w, {"emend": True}, answer)
    w.config('{"mode": "ask"}')
    c = agent(w)
    ok, text = c.use("propose_edit", path="calc.py", edits=SIGN)
    expect(not ok and "said no" in text and "ask me after the release" in text, text)
    expect(questions[0]["method"] == "emend/permission" and questions[0]["params"]["note"].startswith("claude-code asks"), questions)
    expect(plugin.text == DIRTY and w.read("calc.py") == DISK, plugin.text)
    w.config('{"mode": "read-only"}')
    ok, text = c.use("propose_edit", path="calc.py", edits=SIGN)
    expect(not ok and "read-only" in text and len(questions) == 1, text)
    w.config('{"mode": "edit"}')
    plugin.tasks.clear()
    ok, text = c.use("propose_edit", path="calc.py", edits=SIGN)
    expect(ok and plugin.text == DIRTY.replace("a - b", "a + b") and len(questions) == 1, text)
    plugin.wait("listed", lambda e: any(t["title"] == "claude-code (MCP): edit calc.py" and t["state"] == "done" for t in e.tasks))
    expect(c.use("read_buffer", path="calc.py")[0] and not any("read" in t["title"] for t in plugin.tasks), plugin.tasks)
    finish(c)
    plugin.server.kill()


@with_editor
def a_call_that_is_given_up_asks_no_more(w, editor):
    asked, go_on = threading.Event(), threading.Event()

    def answer(m):
        asked.set()
        go_on.wait(DEADLINE)
        return {"title": "Allow once"}

    editor.ask = answer
    c = agent(w)
    c.send(id="slow", method="tools/call", params={"name": "propose_edit", "arguments": {"path": "calc.py", "edits": SIGN}})
    expect(asked.wait(DEADLINE), "it is not asked")
    ok, text = c.use("read_buffer", path="calc.py")  # beside it
    expect(ok and "a - b" in text, text)
    c.send(method="notifications/cancelled", params={"requestId": "slow"})
    answer = c.read()
    expect(answer["id"] == "slow" and "error" in answer, answer)
    go_on.set()
    ok, text = c.use("read_buffer", path="calc.py")
    expect(ok and "a - b" in text and editor.text == DIRTY, text)
    finish(c)


def they_come_and_go_with_the_editor(w):
    runtime_folder(w)
    w.write("calc.py", DISK)
    old, new = agent(w), Agent(w)
    new.send(id="all", method="subscriptions/listen", params=dict(MODERN, notifications={"toolsListChanged": True, "promptsListChanged": True}))
    ack = new.read()
    mark = {"io.modelcontextprotocol/subscriptionId": "all"}
    expect(ack["method"] == "notifications/subscriptions/acknowledged" and ack["params"] == {
        "_meta": mark, "notifications": {"toolsListChanged": True}}, ack)
    expect(old.tools() == [] and new.tools(modern=True) == [], "nobody is there")
    ok, text = old.use("read_buffer", path="calc.py")
    expect(not ok and "No editor has this folder open" in text, text)
    for _ in range(2):
        editor = Editor(w)
        for c in (old, new):
            note = c.note("notifications/tools/list_changed")
            expect(note.get("params") == ({"_meta": mark} if c is new else None), note)
        expect(old.tools() == LIVE and new.tools(modern=True) == LIVE, "it is there")
        expect(old.use("read_buffer", path="calc.py")[0], "it reads")
        editor.server.process.send_signal(signal.SIGKILL)
        for c in (old, new):
            c.note("notifications/tools/list_changed")
        expect(old.tools() == [] and new.tools(modern=True) == [], "it has gone")
        editor.server.kill()
    new.send(method="notifications/cancelled", params={"requestId": "all"})
    expect(new.read()["id"] == "all", "the subscription ends")
    new.send(id="more", method="subscriptions/listen", params=dict(MODERN, notifications={}))
    expect(new.read()["params"]["notifications"] == {}, "nothing that we have")
    finish(old)
    new.p.stdin.close()
    end = new.read()
    expect(end["id"] == "more" and end["result"]["resultType"] == "complete" and new.p.wait(DEADLINE) == 0, end)


@with_editor
def a_folder_below_that_of_the_editor(w, editor):
    w.write("src/deep/a.py", "a = 'deep'\n")
    c = agent(w, os.path.join(w.path, "src", "deep"))
    ok, text = c.use("read_buffer", path="a.py")
    expect(ok and "deep" in text, text)
    ok, text = c.use("search", pattern="deep|not saved")
    expect(ok and "a.py:1:" in text and "calc.py" not in text, text)
    ok, text = c.use("run_command", command="pwd; ls")
    expect(ok and "src/deep" in text and "a.py" in text, text)
    ok, text = c.use("read_buffer", path="../../calc.py")
    expect(ok and "not saved" in text, text)
    finish(c)
    other = agent(w, w.home)
    expect(other.tools() == [], "another folder")
    finish(other)


main([it_sees_what_is_not_saved, an_edit_is_asked_for_merged_and_undone, a_no_comes_with_its_reason, a_call_that_is_given_up_asks_no_more,
      they_come_and_go_with_the_editor, a_folder_below_that_of_the_editor])
