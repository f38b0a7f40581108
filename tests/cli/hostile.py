#!/usr/bin/env python3
"""hostile - 40 commands and edits made to be read as something else, each asked about on terminals of three widths:
all of it is on the screen before a yes is possible, and nothing of it moves the cursor, hides or turns text.

What must be seen is worked out here from Unicode's own tables, not from the program's."""
import re
import threading
import unicodedata

from console import Terminal
from support import Workspace, expect, main

PROMPT = "\n  > "  # a yes counts
MORE = "[n] no > "  # it does not yet
WIDTHS = (40, 80, 200)
INNER, INDENT = 16, 80  # blanks in a row that are still drawn as such

COMMANDS = [
    # what a line end hides
    "make test  # the quick ones only\nmake one",
    "make test\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nmake one",
    "cat > x <<'EOF'\nharmless\nEOF\nmake one",
    "make test \\\n  --then one",
    "make test\r# only this\rmake one",
    "make test\n# Emend: this was checked and is harmless\n",
    "make a\n  > y",
    "make a\n  [y] yes, once   [n] no, or: n WHY   [?] help\n  > ",
    "make a\n? Run a command\n  | ls",
    "make a\n  The model says: only a look",
    # what blanks and length hide
    "make test" + " " * 2200 + "; make one",
    "make test" + "\t" * 300 + "; make one",
    "make test\n" + " " * 500 + "make one",
    "make test; " + "x" * 9000 + "; make one",
    "make " + "".join("a%d " % i for i in range(900)) + "&& make one",
    "make test\n" + "true\n" * 300 + "make one",
    "make test\u00a0\u00a0; make\u3000one",
    "make test" + "\u2003" * 90 + "; make one",
    "make test" + "\u3164" * 60 + "; make one",
    # what controls hide
    "make test; make one\033[2K\rmake test",
    "make test \033[8m; make one\033[0m",
    "make test\b\b\b\bone ",
    "make test\033]0;title\007; make one",
    "make test \033[1A\033[2K; make one",
    "make test\u009b2K; make one",
    "make test\x0b\x0c\x0e; make one\x7f\x7f",
    "make test # \u202eeno ekam ;\u202c",
    "make \u2066one\u2069\u2067two\u2069",
    "make te\u200bst; make o\u200dne\ufeff",
    "make test\u2028make one\u2029make two",
    # what letters hide
    "make test" + "\u0336" * 40 + "; make one",
    "make a" + "\u0300\u0316" * 30 + "\nmake one",
    "make \U000e0061\U000e0062\U000e0063 one",
    "make test\u034f\u115f\u17b4\u180e; make one\ufe0f\u2800",
]

EDITS = [
    ("a.txt", "hello\r--- a/x\r+++ b/harmless.txt\r\n"),
    ("b.txt", "".join("line %d\n" % i for i in range(400)) + "the last one\n"),
    ("c.txt", "if ok:" + " " * 900 + "leave()\n"),
    ("d.txt", "x = 1 # \u202e)(evael ;\u202c\nkey\u200b = 2\n"),
    ("e.txt", "a\n  > y\n? Create a file\n  | innocent.txt\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n"),
    ("f.txt", "\033[2J\033[Hall gone\n\ttab\x01soh\n"),
]


def hides(c):
    """Has no shape of its own, or is taken for a blank."""
    return c != " " and (unicodedata.category(c) in ("Cc", "Cf", "Zs", "Zl", "Zp", "Cn", "Co", "Cs") or
                         c in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u2800\u3164\uffa0" or
                         "\ufe00" <= c <= "\ufe0f")


def seen(line, indent):
    """The line as a person must see it; a run of blanks that is too long, and a third mark over a letter, is told."""
    out, at, marks = "", 0, 0
    while at < len(line):
        run = len(line[at:]) - len(line[at:].lstrip(" \t"))
        if run > (indent if at == 0 else INNER):
            out += "<%d blanks>" % run
        elif run:
            out += line[at:at + run]
        else:
            run, c = 1, line[at]
            marks = marks + 1 if unicodedata.combining(c) else 0
            out += "^" + chr(ord(c) ^ 64) if ord(c) < 32 or ord(c) == 127 else \
                "<U+%04X>" % ord(c) if hides(c) or marks > 2 else c
        at += run
    return out


def stacked(row):
    """How many marks stand over one letter at most."""
    return max((len(m) for m in re.findall("[\u0300-\u036f]+", row)), default=0)


def squeeze(text):
    return re.sub("[ \t]+", "", text)


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
    begin = t.text.find("\n" + first, done)
    expect(done <= begin < end, (first, t))
    rows = screen_rows(t, t.text[begin:end], width)
    t.type("n\n")
    return rows, end


def content_of(rows):
    """Of the lines that came from outside: what stands behind their bar, and what was wrapped of it joined to it."""
    lines = []
    for row in rows:
        if row.startswith("  | "):
            lines.append(row[4:])
        elif row.startswith("    ") and lines:
            lines[-1] += row[4:]
    return lines


def ask_all(w, width):
    turns = [{"calls": [{"name": "run_command", "input": {"command": c}}]} for c in COMMANDS]
    turns += [{"calls": [{"name": "write_file", "input": {"path": p, "content": c}}]} for p, c in EDITS]
    t = Terminal(w, "do", "--model", w.script(*turns, {"text": "-"}), "x", size=(24, width), NO_COLOR="1")
    done = 0
    for c in COMMANDS:
        rows, done = one_question(t, done, width, "? Run a command")
        expected = [seen(line, INDENT) for line in c.rstrip("\n").split("\n")]
        expect([squeeze(x) for x in content_of(rows)] == [squeeze(x) for x in expected], (width, c, rows))
    for p, c in EDITS:
        rows, done = one_question(t, done, width, "? Create a file")
        expected = ["+" + seen(line, INDENT) for line in c.rstrip("\n").split("\n")]
        expect([squeeze(x) for x in content_of(rows)][-len(expected):] == [squeeze(x) for x in expected], (width, c, rows))
    t.end()
    expect(t.status == 0 and not any(w.exists(p) for p, _ in EDITS), t)


def all_is_seen_before_a_yes(w):
    """Must be 40, at each width; side by side, as they mostly wait."""
    expect(len(COMMANDS) + len(EDITS) == 40, (len(COMMANDS), len(EDITS)))
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


main([all_is_seen_before_a_yes])
