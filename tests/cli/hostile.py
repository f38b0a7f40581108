#!/usr/bin/env python3
"""hostile - 40 commands and edits made to be read as something else, each asked about on terminals of three widths and in
three kinds of editor: all of it is to be seen before a yes is possible, and nothing of it moves the cursor, hides or
turns text.

The table, and what of it must be seen, is in hostile_cases.py; tests/heavy/editors asks the same in windows of real editors."""
import json
import os
import re
import subprocess
import threading
import urllib.parse
import unicodedata

from console import PROMPT, Terminal
from hostile_cases import CASES, COMMANDS, EDITS, contains, hides, lines_of, squeeze, turns
from support import EMEND, Workspace, expect, main

MORE = "[n] no > "  # it does not yet
WIDTHS = (40, 80, 200)


def stacked(row):
    """How many marks stand over one letter at most."""
    return max((len(m) for m in re.findall("[\u0300-\u036f]+", row)), default=0)


def columns(row):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row)


def screen_rows(t, text, width):
    """The rows as a terminal draws them. Nothing may be in them that it would not draw one behind the other."""
    rows = re.sub("\033\\[[0-9;]*m", "", text).replace("\r\n", "\n").split("\n")
    for row in rows:
        expect(not any(hides(c) for c in row), (row, t))
        expect(not row.startswith(("  | ", "    ")) or columns(row) <= width, (width, row, t))
        expect(stacked(row) <= 2, (row, t))
    return rows


def one_question(t, done, width, first):
    """Reads until a yes is possible; gives the rows that came since `done`, and answers no."""
    at, pages = done, 0
    while True:
        end = t.wait_for_any((PROMPT, MORE), at)
        if t.text[:end].endswith(PROMPT):
            break
        pages += 1
        t.type("y\n" if pages == 1 else "\n" if pages < 4 else "w\n")
        at = end
        if pages == 1:  # a yes before the end was seen is none
            at = t.wait_for_any(("There is more to see",), at)
            end = t.wait_for_any((MORE,), at)
            t.type("\n")
            at = end
    # The first time at the beginning of a row; a terminal at which nobody typed for a while rings before.
    begin = re.compile("[\r\n]\a?" + re.escape(first)).search(t.text, done)
    expect(begin and begin.end() < end, (first, t.text[done - 200:end]))
    rows = screen_rows(t, t.text[begin.start() + 1:end].replace("\a", ""), width)
    t.type("n\n")
    return rows, end


def content_of(rows, diff=False):
    """Of the lines that came from outside: what stands behind their bar, and what was wrapped of it joined to it. A wrapped
    line of a diff has its sign at each of its rows."""
    lines = []
    for row in rows:
        if row.startswith("  | "):
            lines.append(row[4:])
        elif row.startswith("    ") and lines:
            lines[-1] += row[5:] if diff and lines[-1][:1] in ("+", "-") and row[4:5] == lines[-1][0] else row[4:]
    return lines


def ask_all(w, width):
    t = Terminal(w, "do", "--model", w.script(*turns()), "x", size=(24, width), NO_COLOR="1")
    done = 0
    for c in COMMANDS:
        rows, done = one_question(t, done, width, "? Run a command")
        expected = lines_of(c)
        expect([squeeze(x) for x in content_of(rows)] == [squeeze(x) for x in expected], (width, c, rows))
    for p, c in EDITS:
        rows, done = one_question(t, done, width, "? Create a file")
        expected = lines_of(c, "+")
        expect([squeeze(x) for x in content_of(rows, diff=True)][-len(expected):] == [squeeze(x) for x in expected], (width, c, rows))
    t.end()
    expect(t.status == 0 and not any(w.exists(p) for p, _ in EDITS), t)


def all_is_seen_before_a_yes(w):
    """At each width; side by side, as they mostly wait."""
    expect(CASES > 40, CASES)
    bad = []

    def at_width(width):
        try:
            with Workspace() as own:
                own.repository()
                own.config('{"approve": "commands"}')
                ask_all(own, width)
        except BaseException as why:  # told below, in the thread that counts
            bad.append(why)
    threads = [threading.Thread(target=at_width, args=(width,)) for width in WIDTHS]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if bad:
        raise bad[0]


class Editor:
    """As much of an editor as it takes to be asked."""

    def __init__(self, w, **capabilities):
        self.documents = capabilities.get("window", {}).get("showDocument")
        self.opened = None
        self.p = subprocess.Popen([EMEND, "lsp"], cwd=w.path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=dict(w.env, EMEND_MODE="ask", EMEND_MODEL=w.script(*turns())))
        self.send(id=1, method="initialize", params={"processId": None, "rootUri": "file://" + w.path,
                                                     "capabilities": capabilities})
        self.answer_of(1)
        self.send(method="initialized", params={})
        self.send(id=2, method="workspace/executeCommand",
                  params={"command": "emend.do", "arguments": [{"task": "x"}]})

    def send(self, **message):
        text = json.dumps(dict(message, jsonrpc="2.0")).encode()
        self.p.stdin.write(b"Content-Length: %d\r\n\r\n" % len(text) + text)
        self.p.stdin.flush()

    def read(self):
        size = 0
        while True:
            line = self.p.stdout.readline()
            expect(line, "the server has ended")
            if not line.strip():
                return json.loads(self.p.stdout.read(size))
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])

    def answer_of(self, ident):
        while True:
            m = self.read()
            if m.get("id") == ident and "method" not in m:
                return m

    def questions(self):
        """(what was asked with, what is open beside it) of each question; each is answered with the first choice."""
        while True:
            m = self.read()
            method, params = m.get("method"), m.get("params")
            if method == "window/showMessage":
                return
            if method == "window/showDocument":
                with open(urllib.parse.unquote(params["uri"][len("file://"):]), encoding="utf-8") as f:
                    self.opened = f.read()
                self.send(id=m["id"], result={"success": True})
            elif method in ("window/showMessageRequest", "emend/permission"):
                choices = [a["title"] for a in params["actions"]] if "actions" in params else params["options"]
                expect(choices[0] == "Deny" and "Allow once" in choices, m)
                yield params, self.opened
                self.opened = None
                self.send(id=m["id"], result={"title": choices[0]})
            elif "id" in m and method:
                self.send(id=m["id"], result=None)

    def end(self):
        self.send(id=3, method="shutdown")
        self.answer_of(3)
        self.send(method="exit")
        self.p.stdin.close()
        self.p.wait(60)
        self.p.stdout.close()


def shown_in(params, document):
    """The lines of what is asked about, as they stand in the message, in the document or in the plugin's window."""
    if "subject" in params:
        return (params["subject"] + "\n" + params.get("diff", "")).rstrip("\n").split("\n")
    if document:
        own, _, content = document.partition("\n\n")
        expect(all(line.startswith("# ") for line in own.split("\n")), document)
        return content.rstrip("\n").split("\n")
    first, _, rest = params["message"].partition("\n")
    if not first.endswith(":"):
        first, rest = "", "| " + first.split(": ", 2)[2] + "\n" + rest
    return [re.sub(" \u23ce$", "", row[2:]) for row in rest.split("\n") if row.startswith("| ")]


def ask_editor(w, **capabilities):
    w.repository()
    w.config('{"approve": "commands"}')
    e = Editor(w, **capabilities)
    cases = [(c, lines_of(c)) for c in COMMANDS] + [(c, lines_of(c, "+")) for _, c in EDITS]
    asked = 0
    for params, document in e.questions():
        text = json.dumps(params, ensure_ascii=False) + (document or "")
        expect(not any(hides(c) for c in text if c not in "\n\t"), text)
        rows = [squeeze(row) for row in shown_in(params, document)]
        while cases and not contains(rows, [squeeze(x) for x in cases[0][1]]):
            # Only an editor that can show no document is not asked about what no message holds.
            expect(not e.documents and "subject" not in params and len(cases[0][0]) > 300, (cases[0], params, document))
            cases.pop(0)
        expect(cases, (params, document))
        cases.pop(0)
        asked += 1
    e.end()
    expect(all(len(c) > 300 for c, _ in cases), cases)
    expect(not any(w.exists(p) for p, _ in EDITS), os.listdir(w.path))
    return asked


def editors_show_all_of_it(w):
    expect(ask_editor(w, window={"showDocument": {"support": True}}) == CASES, "documents")


def editors_without_documents_show_all_or_are_not_asked(w):
    asked = ask_editor(w)
    expect(CASES - 7 <= asked < CASES, asked)


def plugins_are_told_all_of_it(w):
    expect(ask_editor(w, experimental={"emend": True}) == CASES, "plugin")


main([all_is_seen_before_a_yes, editors_show_all_of_it, editors_without_documents_show_all_or_are_not_asked,
      plugins_are_told_all_of_it])
