#!/usr/bin/env python3
"""peers - the terminal and an editor on one workspace: what the editor has open is read and changed there, never on the disk."""
import os
import signal
import sys
import threading

from support import DONE, EDIT, TOP, expect, main

sys.path.insert(0, os.path.join(TOP, "tests", "session"))
import wire  # noqa: E402

DISK = "def add(a, b):\n    return a - b\n"
DIRTY = "# not saved\n" + DISK
DEADLINE = 60


class Editor:
    """A real `emend lsp`, and an editor that makes each edit that it is asked for."""

    def __init__(self, w):
        self.path, self.text, self.version = os.path.join(w.path, "calc.py"), DIRTY, 1
        self.server = wire.Server(["lsp"], w.env, w.path)
        self.ready = threading.Event()
        self.uri = "file://" + self.path
        root = "file://" + w.path
        self.server.send({"id": 1, "method": "initialize", "params": {
            "processId": None, "rootUri": root, "workspaceFolders": [{"uri": root, "name": "w"}],
            "capabilities": {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}}})
        self.server.send({"method": "initialized", "params": {}})
        self.server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": self.uri, "languageId": "python", "version": 1, "text": DIRTY}}})
        threading.Thread(target=self.serve, daemon=True).start()
        self.server.send({"id": 2, "method": "emend/document", "params": {"uri": self.uri}})
        if not self.ready.wait(DEADLINE):
            raise AssertionError("the server does not answer")
        self.wait_listed(w)

    def wait_listed(self, w, name="calc.py"):
        """Until others can see what is open."""
        folder = os.path.join(w.env["XDG_RUNTIME_DIR"], "emend")
        pause = threading.Event()
        for _ in range(DEADLINE * 20):
            for face in os.listdir(folder):
                if face.endswith(".open"):
                    with open(os.path.join(folder, face), encoding="utf-8") as f:
                        if "open " + os.path.join(w.path, name) in f.read():
                            return
            pause.wait(0.05)
        raise AssertionError("the editor is not listed")

    def open(self, w, name, text):
        self.server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": "file://" + os.path.join(w.path, name), "languageId": "python", "version": 1, "text": text}}})
        self.wait_listed(w, name)

    def save(self):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(self.text)
        self.server.send({"method": "textDocument/didSave", "params": {"textDocument": {"uri": self.uri}}})

    def serve(self):
        while True:
            m = self.server.inbox.get()
            if m is None:
                return
            if m.get("id") == 2 and "method" not in m:
                self.ready.set()
            elif m.get("method") == "workspace/applyEdit":
                self.apply(m)
            elif "id" in m and "method" in m:
                self.server.send({"id": m["id"], "result": None})

    def apply(self, m):
        change = m["params"]["edit"]["documentChanges"][0]
        lines = self.text.splitlines(keepends=True)

        def offset(p):
            return sum(len(line) for line in lines[:p["line"]]) + p["character"]

        for e in sorted(change["edits"], key=lambda e: -offset(e["range"]["start"])):
            start, end = offset(e["range"]["start"]), offset(e["range"]["end"])
            self.text = self.text[:start] + e["newText"] + self.text[end:]
        self.version += 1
        self.server.send({"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"text": self.text}]}})
        self.server.send({"id": m["id"], "result": {"applied": True}})


def with_editor(case):
    def run(w):
        runtime = os.path.join(w.base, "run")
        os.mkdir(runtime, 0o700)
        w.env["XDG_RUNTIME_DIR"] = runtime
        w.write("calc.py", DISK)
        editor = Editor(w)
        try:
            case(w, editor)
        finally:
            if editor.server.process.poll() is None:
                editor.server.process.send_signal(signal.SIGCONT)
            editor.server.kill()
    run.__name__ = case.__name__
    return run


def do(w, *turns):
    return w.run("do", "--yes", "--model", w.script(*turns), "mend", "add")


@with_editor
def an_edit_goes_through_the_editor(w, editor):
    r = do(w, EDIT, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK, r)
    expect(editor.text == DIRTY.replace("a - b", "a + b"), r)
    r = w.run("undo", "-y")
    expect(r.status == 0 and w.read("calc.py") == DISK and editor.text == DIRTY, r)


@with_editor
def a_command_sees_and_changes_what_is_not_saved(w, editor):
    r = do(w, {"calls": [{"name": "run_command", "input": {
        "command": "grep -q 'not saved' calc.py && sed -i 's/a - b/a + b/' calc.py"}}]}, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK, r)
    expect(editor.text == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def a_command_of_a_person_never_writes_below_an_editor(w, editor):
    """`emend run` sees what is not saved; a file with such text, and a folder with it, stay as they are, and that is said."""
    w.write("other.py", "a - b\n")
    r = w.run("run", "--", "sh", "-c", "grep -q 'not saved' calc.py && sed -i 's/a - b/a + b/' *.py")
    expect(r.status == 1 and w.read("calc.py") == DISK and w.read("other.py") == "a + b\n", r)
    expect("not kept: calc.py: an editor has it open" in r.err and editor.text == DIRTY, r)
    r = w.run("run", "--", "sh", "-c", "rm calc.py")
    expect(r.status == 1 and w.read("calc.py") == DISK and "not kept: calc.py" in r.err, r)
    w.write("src/a.py", "saved\n")
    editor.open(w, "src/a.py", "not saved\n")
    r = w.run("run", "--", "rm", "-r", "src", "other.py")
    expect(r.status == 1 and w.read("src/a.py") == "saved\n" and not w.exists("other.py"), r)
    editor.save()
    r = w.run("run", "--", "sed", "-i", "s/a - b/a + b/", "calc.py")
    expect(r.status == 0 and w.read("calc.py") == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def an_editor_that_hangs_costs_its_own_file_only(w, editor):
    w.write("other.py", "x = 1\n")
    editor.server.process.send_signal(signal.SIGSTOP)
    r = do(w, EDIT, {"calls": [{"name": "edit_file", "input": {"path": "other.py", "edits": [
        {"old_text": "x = 1", "new_text": "x = 2"}]}}]}, DONE)
    expect(w.read("calc.py") == DISK and w.read("other.py") == "x = 2\n", r)
    editor.server.process.send_signal(signal.SIGCONT)
    r = do(w, EDIT, DONE)
    expect(w.read("calc.py") == DISK and editor.text == DIRTY.replace("a - b", "a + b"), r)


@with_editor
def a_dead_editor_holds_nothing(w, editor):
    editor.server.process.kill()
    editor.server.process.wait()
    r = do(w, EDIT, DONE)
    expect(r.status == 0 and w.read("calc.py") == DISK.replace("a - b", "a + b"), r)
    expect(os.listdir(os.path.join(w.env["XDG_RUNTIME_DIR"], "emend")) == [], r)


main([an_edit_goes_through_the_editor, a_command_sees_and_changes_what_is_not_saved,
      a_command_of_a_person_never_writes_below_an_editor, an_editor_that_hangs_costs_its_own_file_only,
      a_dead_editor_holds_nothing])
