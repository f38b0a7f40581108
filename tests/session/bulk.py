"""What is long comes to an editor in parts that it reads quickly: it looks at its keys between two messages only. TAP
through `tap`."""

import json

import editor as texts
import wire

MESSAGE_BYTES = 20 * 1024  # what no message of ours may pass; its text is in JSON, and so a little longer than 16 kB
LINES = 6000


class Plugin:
    """An editor with our plugin, and one task with what came of it."""

    def __init__(self, session, model, text):
        session.model = model
        session.env["EMEND_MODE"] = "auto"
        self.path = session.root + "/a.txt"
        self.uri, self.text, self.said, self.got = "file://" + self.path, text, [], []
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        session.start()
        self.server = session.server
        self.ask("initialize", {"processId": None, "rootUri": "file://" + session.root, "capabilities": {
            "experimental": {"emend": {}}, "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}})
        self.server.send({"method": "initialized", "params": {}})
        self.server.send({"method": "textDocument/didOpen", "params": {
            "textDocument": {"uri": self.uri, "languageId": "", "version": 1, "text": text}}})

    def ask(self, method, params):
        self.server.send({"id": method, "method": method, "params": params})
        return self.next(lambda m: m.get("id") == method and "method" not in m)["result"]

    def next(self, wanted):
        while True:
            message = self.server.inbox.get(timeout=wire.WAIT)
            if message is None:
                raise wire.Failure(self.server.broken or "the server ended")
            self.got.append(message)
            if wanted(message):
                return message

    def of(self, method):
        return [m["params"] for m in self.got if m.get("method") == method]

    def task(self, command, argument):
        self.ask("workspace/executeCommand", {"command": command, "arguments": [argument]})
        return self.next(lambda m: m.get("method") == "emend/task" and m["params"]["state"] != "running")["params"]

    def short(self):
        longest = max(self.got, key=lambda m: len(json.dumps(m, ensure_ascii=False).encode()))
        if len(json.dumps(longest, ensure_ascii=False).encode()) > MESSAGE_BYTES:
            raise wire.Failure("too long: %s" % json.dumps(longest)[:200])


def answer(session):
    """A long one comes in pieces, and is not told a second time as what the task came to."""
    text = "".join("- It adds `v[%d]` to what is there. Größe 🙂\n" % i for i in range(LINES))
    editor = Plugin(session, [{"text": text}], "one\n")
    end = editor.task("emend.explain", {"uri": editor.uri})
    if "".join(piece["text"] for piece in editor.of("emend/text")) != text:
        raise wire.Failure("the pieces are not the answer")
    if end["state"] != "done" or not text.startswith(end["message"]):
        raise wire.Failure("the task ends so: %r" % end)
    editor.short()


def changes(session):
    """Thousands of them in an open file: few edits, for an editor takes its time for each, and a list in parts."""
    text = "".join("row %d → 🙂\n" % i for i in range(LINES))
    want = "".join(line if i % 3 else line.upper() for i, line in enumerate(text.splitlines(True)))
    editor = Plugin(session, [{"calls": [{"name": "run_command", "input": {"command": "sed -i '1~3s/row/ROW/' a.txt"}}]},
                              {"text": "Done."}], text)
    editor.ask("workspace/executeCommand", {"command": "emend.do", "arguments": [{"task": "shout"}]})
    asked = editor.next(lambda m: m.get("method") == "workspace/applyEdit")
    edits = asked["params"]["edit"]["documentChanges"][0]["edits"]
    if texts.apply_edits(text, edits, "utf-16") != want:
        raise wire.Failure("the edits make another text")
    if len(edits) > LINES / 3 / 20:
        raise wire.Failure("%d edits" % len(edits))
    editor.server.send({"id": asked["id"], "result": {"applied": True}})
    editor.server.send({"method": "textDocument/didChange", "params": {
        "textDocument": {"uri": editor.uri, "version": 2}, "contentChanges": [{"text": want}]}})
    editor.got.remove(asked)
    editor.next(lambda m: m.get("method") == "emend/hunks" and "more" not in m["params"])
    lines = []
    for part in editor.of("emend/hunks"):
        if part.get("from", 0) != len(lines):
            raise wire.Failure("a part from %r follows %d" % (part.get("from"), len(lines)))
        lines += [hunk["range"]["start"]["line"] for hunk in part["hunks"]]
    if lines != list(range(0, LINES, 3)):
        raise wire.Failure("%d changes wait: %r" % (len(lines), lines[:9]))
    editor.short()


def tests(tap, make_session):
    for run in (answer, changes):
        session = make_session()
        error = None
        try:
            run(session)
        except Exception as failure:  # an empty inbox is a failure too
            error = str(failure) or type(failure).__name__
        finally:
            session.close()
        tap.result("bulk: " + run.__name__, error)
