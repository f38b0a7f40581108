"""open_editor - an editor with one file open and not saved, at the other end of a real `emend lsp`: for suites of programs beside it."""
import os
import queue
import signal
import sys
import threading

from support import TOP

sys.path.insert(0, os.path.join(TOP, "tests", "session"))
import wire  # noqa: E402

DISK = "def add(a, b):\n    return a - b\n"
DIRTY = "# not saved\n" + DISK
DEADLINE = 60


class Editor:
    """A real `emend lsp`, and an editor that makes each edit that it is asked for. ask(message) gives the answer to a question
    of the server; what it tells the user is in `shown`, what it was told of tasks in `tasks`."""

    def __init__(self, w, experimental=None, ask=lambda message: None):
        self.path, self.text, self.version = os.path.join(w.path, "calc.py"), DIRTY, 1
        self.ask, self.shown, self.tasks, self.answers = ask, [], [], queue.Queue()
        self.lock, self.ids = threading.Lock(), 100
        self.server = wire.Server(["lsp"], w.env, w.path)
        self.ready = threading.Event()
        self.uri = "file://" + self.path
        root = "file://" + w.path
        self.server.send({"id": 1, "method": "initialize", "params": {
            "processId": None, "rootUri": root, "workspaceFolders": [{"uri": root, "name": "w"}],
            "capabilities": {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}},
                             "experimental": experimental or {}}}})
        self.server.send({"method": "initialized", "params": {}})
        self.server.send({"method": "textDocument/didOpen", "params": {"textDocument": {
            "uri": self.uri, "languageId": "python", "version": 1, "text": DIRTY}}})
        threading.Thread(target=self.serve, daemon=True).start()
        self.server.send({"id": 2, "method": "emend/document", "params": {"uri": self.uri}})
        if not self.ready.wait(DEADLINE):
            raise AssertionError("the server does not answer")
        self.wait_listed(w)

    def wait_listed(self, w, name="calc.py"):
        """Until others can see what is open here: the list of another, dead one may still lie beside."""
        folder = os.path.join(w.env["XDG_RUNTIME_DIR"], "emend")
        pause = threading.Event()
        for _ in range(DEADLINE * 20):
            for face in os.listdir(folder):
                if face.endswith(".open") and face.startswith("%d-" % self.server.process.pid):
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
                threading.Thread(target=self.answer, args=(m,), daemon=True).start()
            elif "id" in m and m["id"] > 100:
                self.answers.put(m)
            elif "id" in m:
                pass
            elif m["method"] == "window/showMessage":
                self.shown.append(m["params"]["message"])
            elif m["method"] == "emend/task":
                self.tasks.append(m["params"])

    def answer(self, m):
        self.server.send({"id": m["id"], "result": self.ask(m)})

    def command(self, name, **argument):
        self.ids += 1
        self.server.send({"id": self.ids, "method": "workspace/executeCommand", "params": {"command": name, "arguments": [argument]}})
        answer = self.answers.get(timeout=DEADLINE)
        if "error" in answer:
            raise AssertionError(answer)
        return answer["result"]

    def type_in(self, before, after):
        """The user changes a text of the buffer by hand."""
        with self.lock:
            self.text = self.text.replace(before, after)
            self.changed()

    def changed(self):
        self.version += 1
        self.server.send({"method": "textDocument/didChange", "params": {
            "textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"text": self.text}]}})

    def wait(self, what, holds):
        pause = threading.Event()
        for _ in range(DEADLINE * 20):
            if holds(self):
                return
            pause.wait(0.05)
        raise AssertionError("%s: %r" % (what, self.text))

    def apply(self, m):
        """As editors do: an edit for another version than that of now is refused."""
        change = m["params"]["edit"]["documentChanges"][0]
        with self.lock:
            applied = change["textDocument"]["version"] == self.version
            if applied:
                self.make(change["edits"])
                self.changed()
        self.server.send({"id": m["id"], "result": {"applied": applied}})

    def make(self, edits):
        lines = self.text.splitlines(keepends=True)

        def offset(p):
            return sum(len(line) for line in lines[:p["line"]]) + p["character"]

        for e in sorted(edits, key=lambda e: -offset(e["range"]["start"])):
            start, end = offset(e["range"]["start"]), offset(e["range"]["end"])
            self.text = self.text[:start] + e["newText"] + self.text[end:]


def runtime_folder(w):
    """Where programs of this workspace alone find each other."""
    runtime = os.path.join(w.base, "run")
    if not os.path.isdir(runtime):
        os.mkdir(runtime, 0o700)
    w.env["XDG_RUNTIME_DIR"] = runtime
    return runtime


def with_editor(case):
    def run(w):
        runtime_folder(w)
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
