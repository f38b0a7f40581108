#!/usr/bin/env python3
"""Another language server behind ours (emend lsp --wrap): what it says and hears is the same bytes as without us, its
lists are joined with ours, what it knows serves our tasks, and its end is not ours. TAP on stdout."""

import json
import os
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import again  # noqa: E402
import wire  # noqa: E402
from wrap_client import alone, wrapped  # noqa: E402

TEXT = "größe BAD 🙂 one\ntwo one\n"
ZERO = {"line": 0, "character": 0}


def expect(condition, what):
    if not condition:
        raise wire.Failure(repr(what)[:1500])


class Place:
    """A workspace and what the server's environment is."""

    def __init__(self, turns=()):
        self.base = tempfile.mkdtemp(prefix="emend-wrap-")
        self.root, self.log = self.base + "/work", self.base + "/log"
        self.uri = "file://" + self.root + "/a.txt"
        os.mkdir(self.root)
        self.write("a.txt", TEXT)
        with open(self.base + "/model", "w", encoding="utf-8") as f:
            f.writelines(json.dumps(turn) + "\n" for turn in turns)
        self.env = dict(os.environ, EMEND_KEYRING="off", HOME=self.base, XDG_STATE_HOME=self.base + "/state", XDG_CONFIG_HOME=self.base,
                        XDG_RUNTIME_DIR=self.base, EMEND_MODEL="scripted:" + self.base + "/model", EMEND_MODE="auto")

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as f:
            f.write(text)

    def heard(self):
        with open(self.log, "rb") as f:
            return f.read().split(b"\n")[:-1]


def both_ways(place, run, *options):
    """What run(client) gives with the server alone, and behind ours."""
    out = []
    for start in (lambda: alone(place.root, *options), lambda: wrapped(place.root, place.env, *options)):
        client = start()  # one after the other: both would write one log
        try:
            out.append(run(client))
        finally:
            client.kill()
    return out


def answers_are_the_same_bytes(place):
    at = {"textDocument": {"uri": place.uri}, "position": {"line": 1, "character": 5}}
    odd = b'{"jsonrpc" :"2.0","id":"x\\u00e9", "method":"fake/echo","params":{"b":1.50e2,"a":[ ],"s":"\\ud83d\\u0041\\u0000"} }'

    def run(c):
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        out = [c.until(lambda m: m.get("method") == "textDocument/publishDiagnostics")]
        for method in ("hover", "references", "definition", "rename", "unknown"):
            out.append(c.ask("textDocument/" + method, dict(at, newName="x")))
        c.send(odd)
        out.append(c.until(lambda m: m.get("id") == "xé"))
        c.notify("textDocument/didChange", {"textDocument": {"uri": place.uri, "version": 7},
                                            "contentChanges": [{"range": {"start": ZERO, "end": ZERO}, "text": "é BAD "}]})
        out.append(c.until(lambda m: m.get("method") == "textDocument/publishDiagnostics"))
        out.append(c.ask("workspace/executeCommand", {"command": "fake.ask"}))
        asked = c.until(lambda m: m.get("method") == "fake/question")
        out.append(asked)
        c.send({"id": json.loads(asked)["id"], "result": {"yes": "ü"}})
        out.append(c.until(lambda m: m.get("method") == "fake/answered"))
        out.append(c.ask("codeLens/resolve", {"range": {"start": ZERO, "end": ZERO}, "data": 7}))
        out.append(c.ask("codeAction/resolve", {"title": "Fake: fix it", "data": {"x": 1.50}}))
        return out

    one, two = both_ways(place, run)
    for a, b in zip(one, two):
        expect(a == b, (a, b))
    expect(b"1.50e2" in one[6] and b"\\ud83d" in one[6], one[6])


def what_it_hears_is_the_same_bytes(place):
    def run(c):
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        c.notify("textDocument/didSave", {"textDocument": {"uri": place.uri}, "text": TEXT})
        c.send(b'{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":  99}}')
        c.notify("workspace/didChangeConfiguration", {"settings": {"fake": {"x": 1}}})
        c.notify("emend/answer", {"question": "none"})
        c.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": []}})
        c.ask("textDocument/hover", {"textDocument": {"uri": place.uri}, "position": ZERO})
        heard = [line for line in place.heard() if b'"initialize"' not in line]
        os.unlink(place.log)
        return heard

    one, two = both_ways(place, run, "--log", place.log)
    only_for_us = [line for line in one if b"emend/" in line or b"WorkspaceFolders" in line]
    expect(len(only_for_us) == 2, one)  # alone it is sent them; we know that it did not ask for them
    expect([line for line in one if line not in only_for_us] == two, (one, two))


def capabilities_are_merged(place):
    def run(c):
        return c.initialize(place.root, ("utf-8", "utf-16"))

    one, two = both_ways(place, run, "--utf8")
    theirs, both = one["capabilities"], two["capabilities"]
    expect(all(both[k] == theirs[k] for k in ("hoverProvider", "renameProvider", "positionEncoding", "codeLensProvider")), both)
    expect(both["textDocumentSync"] == theirs["textDocumentSync"], both)
    expect(both["codeActionProvider"]["resolveProvider"] and
           {"quickfix", "source", "emend"} <= set(both["codeActionProvider"]["codeActionKinds"]), both)
    commands = both["executeCommandProvider"]["commands"]
    expect(commands[:3] == theirs["executeCommandProvider"]["commands"] and "emend.do" in commands, commands)
    expect(two["serverInfo"]["name"] == "emend" and "fake 1" in two["serverInfo"]["version"], two)
    one, two = both_ways(place, run, "--full")
    expect("positionEncoding" not in two["capabilities"] and two["capabilities"]["textDocumentSync"]["change"] == 1, two)


def lists_are_joined(place):
    c = wrapped(place.root, place.env)
    where = {"textDocument": {"uri": place.uri}, "range": {"start": ZERO, "end": {"line": 0, "character": 8}}}
    try:
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        said = c.message("textDocument/publishDiagnostics")["params"]["diagnostics"]
        answer = c.ask("textDocument/codeAction", dict(where, context={"diagnostics": said}))
        titles = [a["title"] for a in json.loads(answer)["result"]]
        expect(titles[0] == "Fake: fix it" and 'Emend: Fix "this is bad"' in titles, titles)
        expect(b'"data": {"n": 1, "x": 1.5}' in answer, answer)
        lenses = c.result("textDocument/codeLens", {"textDocument": {"uri": place.uri}})
        expect(lenses == [{"range": {"start": ZERO, "end": ZERO}, "data": 7}], lenses)
        ours = {"title": "Accept", "command": {"title": "Accept", "command": "emend.acceptHunk"}, "range": where["range"]}
        expect(c.result("codeLens/resolve", ours) == ours and c.result("codeAction/resolve", ours) == ours, ours)
        c.result("workspace/executeCommand", {"command": "fake.progress"})
        create = c.message("window/workDoneProgress/create")
        expect(create["params"] == {"token": 1}, create)
        c.send({"id": create["id"], "result": None})
        expect(c.message("$/progress")["params"]["value"]["title"] == "fake work", create)
        expect("tasks" in c.result("emend/tasks", {}), "our own requests")
        expect(c.end() == 0, "a clean end")
    finally:
        c.kill()


def it_serves_our_tasks(place):
    """Diagnostics of exactly the text of now, a rename by our own edits; Fix knows its diagnostics."""
    c = wrapped(place.root, place.env, "--publish-ms", "150")
    try:
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        c.message("textDocument/publishDiagnostics")
        c.result("workspace/executeCommand", {"command": "emend.fix", "arguments": [
            {"uri": place.uri, "range": {"start": ZERO, "end": ZERO}}]})
        text, edits = TEXT, 0
        while True:
            body = json.loads(c.until(lambda m: m.get("method") in (
                "workspace/applyEdit", "window/workDoneProgress/create", "window/showMessage")))
            if body["method"] == "window/showMessage":
                break
            if body["method"] == "workspace/applyEdit":
                edits += 1
                change, = body["params"]["edit"]["documentChanges"]
                for e in change["edits"]:
                    start, end = offset(text, e["range"]["start"]), offset(text, e["range"]["end"])
                    text = text[:start] + e["newText"] + text[end:]
                c.notify("textDocument/didChange", {"textDocument": {"uri": place.uri, "version": 1 + edits},
                                                    "contentChanges": [{"text": text}]})
            c.send({"id": body["id"], "result": {"applied": True} if body["method"] == "workspace/applyEdit" else None})
        expect("All known" in body["params"]["message"], body)
        expect(text == "größe GUT 🙂 eins\nzwei eins\n", text)
        expect(c.end() == 0, "a clean end")
    finally:
        c.kill()


it_serves_our_tasks.turns = [
    {"expect": "1: this is bad", "calls": [{"name": "edit_file", "input": {"path": "a.txt", "edits": [
        {"old_text": "BAD", "new_text": "GUT"}, {"old_text": "two", "new_text": "BAD two"}]}}]},
    {"expect": "The editor now shows:\na.txt:2: error: this is bad (fake)", "calls": [
        {"name": "edit_file", "input": {"path": "a.txt", "edits": [{"old_text": "BAD two", "new_text": "zwei"}]}}]},
    {"expect": "shows no problem in it", "calls": [
        {"name": "references", "input": {"path": "a.txt", "line": 2, "symbol": "one"}}]},
    {"expect": ["a.txt:1\tgr", "a.txt:2\tzwei one"], "calls": [
        {"name": "rename", "input": {"path": "a.txt", "line": 1, "symbol": "one", "new_name": "eins"}}]},
    {"expect": "Changed a.txt (+2 -2)", "text": "All known."},
]


def offset(text, position):
    """UTF-16 units."""
    lines = text.split("\n")
    line = lines[position["line"]].encode("utf-16-le")[:2 * position["character"]].decode("utf-16-le")
    return sum(len(x) + 1 for x in lines[:position["line"]]) + len(line)


def its_crash_is_survived(place):
    c = wrapped(place.root, place.env)
    try:
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        c.message("textDocument/publishDiagnostics")
        c.notify("fake/crash", {})
        waiting = c.start("textDocument/hover", {"textDocument": {"uri": place.uri}, "position": ZERO})
        answer = json.loads(c.reply(waiting))
        expect("ended" in answer.get("error", {}).get("message", "") or answer.get("result", 0) is None, answer)
        expect(c.message("textDocument/publishDiagnostics")["params"] == {"uri": place.uri, "diagnostics": []}, "cleared")
        told = c.message("window/showMessage")["params"]
        expect(told["type"] == 1 and "ended with status 3" in told["message"], told)
        expect(c.result("textDocument/hover", {"textDocument": {"uri": place.uri}, "position": ZERO}) is None, "null")
        titles = [a["title"] for a in c.result("textDocument/codeAction", {
            "textDocument": {"uri": place.uri}, "range": {"start": ZERO, "end": ZERO}, "context": {"diagnostics": []}})]
        expect("Emend: Explain this code" in titles and "Fake: fix it" not in titles, titles)
        expect(c.end() == 0, "a clean end")
        expect(b"fake: crashing as asked" in c.process.stderr.read(), "its stderr")
        expect(not any(json.loads(b).get("method") == "window/showMessage" for b in c.kept), c.kept)
    finally:
        c.kill()


def it_hangs_and_goes_with_us(place):
    """Our part answers beside it, and nothing of it is left behind."""
    c = wrapped(place.root, place.env, "--log", place.log)
    try:
        c.initialize(place.root)
        c.open(place.uri, TEXT)
        c.message("textDocument/publishDiagnostics")
        c.notify("fake/hang", {})
        asked = c.start("textDocument/codeAction", {
            "textDocument": {"uri": place.uri}, "range": {"start": ZERO, "end": ZERO}, "context": {"diagnostics": []}})
        expect("tasks" in c.result("emend/tasks", {}), "answered beside it")
        titles = [a["title"] for a in json.loads(c.reply(asked))["result"]]
        expect("Emend: Explain this code" in titles, titles)
        expect(c.end() == 0, "a clean end")
    finally:
        c.kill()
    left = [p for p in filter(str.isdigit, os.listdir("/proc")) if has(p, place.log)]
    for pid in left:
        os.kill(int(pid), signal.SIGKILL)
    expect(not left, "the wrapped server is left behind")


def has(pid, word):
    try:
        with open("/proc/%s/cmdline" % pid, "rb") as f:
            return word.encode() in f.read().split(b"\0")
    except OSError:
        return False


def one_that_cannot_be_started(place):
    c = wrapped(place.root, place.env, argv=["/nowhere/such-server"])
    try:
        c.initialize(place.root)
        told = c.message("window/showMessage")["params"]["message"]
        expect(told.startswith("such-server could not be started (no such file or directory)."), told)
        expect(c.end() == 0, "a clean end")
    finally:
        c.kill()


TESTS = [answers_are_the_same_bytes, what_it_hears_is_the_same_bytes, capabilities_are_merged, lists_are_joined,
         it_serves_our_tasks, its_crash_is_survived, it_hangs_and_goes_with_us, one_that_cannot_be_started]


def main():
    tap = wire.Tap()
    for test in TESTS:
        if sys.argv[1:] and test.__name__ not in sys.argv[1:]:
            continue
        place = Place(getattr(test, "turns", ()))
        try:
            test(place)
            expect(not again.differing(place.root, place.env), "its sessions are the same again")
            tap.result(test.__name__)
        except Exception as error:  # pylint: disable=broad-except
            tap.result(test.__name__, "%s: %s" % (type(error).__name__, error))
        finally:
            shutil.rmtree(place.base, ignore_errors=True)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
