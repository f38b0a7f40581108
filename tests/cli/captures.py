#!/usr/bin/env python3
"""captures - what a person sees of `do` and `chat`, at three widths, on a dumb terminal and without colour: each moment as
a screen in build/captures/, to be looked at. What can be checked of them is: nothing is wider than the terminal, no word
is cut at its margin, nothing that was drawn for a moment is left, no Markdown is raw, no colour where none is wanted."""
import os
import re
import sys
import time

sys.path.append("/usr/lib/python3/dist-packages")  # python3 may be one that is not the system's
try:
    import pyte
except ImportError:
    pyte = None

from console import PROMPT, Terminal
from support import TOP, Skip, expect, main

KEPT = os.path.join(TOP, "build", "captures")
ROWS = 400  # so high that nothing is lost
ANSWER = """## What was wrong

`add()` **subtracted**. The sign is right now; the check passes, and these are worth a look:

- `mul()` is next: it has the same fault in a line that is long enough to be wrapped at least once
- 名前は日本語で長い行になると折り返されなければならないので、この行はとても長くなっています。

| file | lines | what |
|---|---:|---|
| calc.py | 2 | the sign |
| check.sh | 1 | nothing, it was right from the beginning |

```python
def add(a, b):
    return a + b
```
"""
FAILS = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo \"case $i: row $i of the table ... ok\"; done; echo 'AssertionError: " \
        "expected 12.50, got 12.4999' >&2; exit 3"
LOOK = {"text": "I look at the project first.", "calls": [
    {"name": "update_plan", "input": {"steps": [{"text": "Read the code", "status": "done"}, {"text": "See the check fail, and find "
                                                "out why it does, in all cases", "status": "in_progress"}]}},
    {"name": "read_file", "input": {"path": "calc.py"}}, {"name": "read_file", "input": {"path": "check.sh"}},
    {"name": "search", "input": {"pattern": "add"}}]}
EDIT = {"calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [
    {"old_text": "    return a - b", "new_text": "    # 合計は二つの数の和であり、差ではありません。だから足します。\n    return a + b"}]}}]}
RUN = {"calls": [{"name": "run_command", "input": {"command": FAILS, "reason": "to see which cases fail"}}]}
WAIT = 60
THINKS_MS = 4000  # long enough for somebody to see it who reads late


class Eye:
    """A terminal of which every screen can be kept."""

    def __init__(self, w, name, columns, *args, **env):
        if not pyte:
            raise Skip("python3-pyte is not installed")
        self.name, self.columns, self.n = name, columns, 0
        self.screen = pyte.Screen(columns, ROWS)
        self.stream = pyte.Stream(self.screen)
        self.seen = 0
        self.t = Terminal(w, *args, size=(40, columns), **env)

    def rows(self):
        """What stands on the screen now, without what is blank."""
        self.stream.feed(self.t.text[self.seen:])
        self.seen = len(self.t.text)
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def count(self, words):
        pattern = words if isinstance(words, re.Pattern) else re.compile(re.escape(words))
        return len(pattern.findall(" ".join(" ".join(self.rows()).split())))

    def wait(self, words, times=1):
        """Until they, or what a pattern says, stand on the screen so often, however they are wrapped."""
        end = time.monotonic() + WAIT
        while self.count(words) < times:
            if time.monotonic() > end or not self.t.read(1):
                raise AssertionError("no %r on the screen:\n%s" % (words, "\n".join(self.rows())))

    def keep(self, what):
        self.n += 1
        os.makedirs(KEPT, exist_ok=True)
        rows = self.rows()
        with open(os.path.join(KEPT, "%s-%d-%s.txt" % (self.name, self.n, what)), "w", encoding="utf-8") as f:
            f.write("\n".join(rows) + "\n")
        return rows


def workspace(w):
    w.repository()
    w.write(".env", "KEY=1\n")


def do(w, name, columns, **env):
    workspace(w)
    eye = Eye(w, name, columns, "do", "--model", w.script(LOOK, EDIT, dict(RUN, delay_ms=THINKS_MS), {"text": ANSWER, "chunk_ms": 1}),
              "make the check pass", **env)
    eye.t.wait_for(PROMPT, 60)
    rows = eye.keep("question")
    expect(any(row.startswith("    +") for row in rows) == (columns == 40), rows)  # what is wrapped has its sign again
    asked = rows[rows.index("? Edit a file: calc.py"):]
    expect(sum("calc.py" in row for row in asked) == 1, asked)
    eye.t.type("y\n")
    if env.get("TERM") != "dumb":
        eye.wait(re.compile("thinking [1-9] s"))
        eye.keep("thinking")
    eye.wait("Undo it: emend undo")
    eye.t.end()
    rows = eye.keep("end")
    expect(rows.count("  [x] Read the code") == 1 and "  plan updated" not in rows, rows)
    expect("(the last 8 of 13 lines; with -v all" in "\n".join(rows), rows)
    judge(rows, eye, plain="NO_COLOR" in env or env.get("TERM") == "dumb")


def width(text):
    return sum(max(0, pyte.screens.wcwidth(c)) for c in text)


def judge(rows, eye, plain=False):
    text = "\n".join(rows)
    for left in ("**", "```", "|---", "##", "thinking", "> --- "):
        expect(left not in text, (left, text))
    expect(not plain or "\033" not in eye.t.text, eye.t.text)
    for line in re.sub("\033\\[[0-9;?]*[A-Za-z]", "", eye.t.text).split("\r\n"):
        line = line.split("\r")[-1]  # a live line is drawn over
        longest = max([width(word) for word in line.split()] or [0])
        expect(width(line) <= eye.columns or longest > eye.columns - 12, "%d columns: %r" % (width(line), line))


def do_40(w):
    do(w, "do-40", 40)


def do_80(w):
    do(w, "do-80", 80)


def do_200(w):
    do(w, "do-200", 200)


def do_plain(w):
    do(w, "do-no-colour", 80, NO_COLOR="1")


def do_dumb(w):
    do(w, "do-dumb", 80, TERM="dumb")


def chat(w, name, columns, **env):
    workspace(w)
    dumb = env.get("TERM") == "dumb"
    eye = Eye(w, name, columns, "chat", "--model", w.script(LOOK, EDIT, dict(RUN, delay_ms=THINKS_MS), {"text": ANSWER}), **env)
    t = eye.t
    eye.wait("Ctrl-D leaves")
    eye.keep("greeting")
    t.type("/help\r")
    eye.wait("(Ctrl-D does the same)")
    t.type("make the check pass\r")
    t.wait_for(PROMPT, 60)
    eye.keep("question")
    t.type("y\n")
    eye.wait("> y calc.py +2 -1")
    t.type("and say why, in a sentence that is long enough to be wrapped at 40 columns\r")
    if not dumb:
        eye.wait("(Up)" if columns < 60 else "(Up takes it back)")
        eye.wait("next step: \"and say why, in")
        eye.keep("steering")
    eye.wait("/undo takes")
    for line, words in (("/status", "changed: calc.py"), ("/rewind", "goes to the end of"), ("/undo preview", "/undo does it"),
                        ("/diff", "@@ -1,2 +1,3 @@"), ("/nosuch", "/help lists them"), ("/cost", "has the days")):
        n = eye.count(words)
        t.type(line + "\r")
        eye.wait(words, n + 1)
    rows = eye.keep("commands")
    spent = [i for i, row in enumerate(rows) if row.startswith("spent:")][-1]
    expect(rows[spent + 1].startswith("         " if columns == 40 else "changed: "), rows)
    t.type("\x04")
    eye.wait("Go on: emend chat --resume")
    t.end()
    judge(eye.keep("end"), eye, dumb)


def chat_40(w):
    chat(w, "chat-40", 40)


def chat_80(w):
    chat(w, "chat-80", 80)


def chat_200(w):
    chat(w, "chat-200", 200)


def chat_dumb(w):
    chat(w, "chat-dumb", 80, TERM="dumb")


main([do_40, do_80, do_200, do_plain, do_dumb, chat_40, chat_80, chat_200, chat_dumb])
