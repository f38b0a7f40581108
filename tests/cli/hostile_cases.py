"""hostile_cases - 40 commands and edits made to be read as something else, and what a person must see of each before a
yes is possible. Worked out from Unicode's own tables, not from the program's. For hostile.py and tests/heavy/editors."""
import re
import unicodedata

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
    "make test; " + "x" * 24000 + "; make one",
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
    # what editors hide
    "make test # {{{\n    make one\n    make two\n# }}}",
    "# region harmless\n\tmake one\n\tmake two\n# endregion",
    # what letters hide
    "make test" + "\u0336" * 40 + "; make one",
    "make a" + "\u0300\u0316" * 30 + "\nmake one",
    "make " + "\u26a1\ua960\ufe10\U00017000\U0001b000\U0001f600\u65e5" * 30 + "; make one",
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

CASES = len(COMMANDS) + len(EDITS)


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


def squeeze(text):
    return re.sub("[ \t]+", "", text)


def turns():
    return [{"calls": [{"name": "run_command", "input": {"command": c}}]} for c in COMMANDS] + \
        [{"calls": [{"name": "write_file", "input": {"path": p, "content": c}}]} for p, c in EDITS] + [{"text": "-"}]


def lines_of(c, mark=""):
    return [mark + seen(line, INDENT) for line in c.rstrip("\n").split("\n")]


def contains(rows, expected):
    return any(rows[i:i + len(expected)] == expected for i in range(len(rows) - len(expected) + 1))
