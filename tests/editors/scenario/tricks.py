"""Asks about each of the table of tests/cli/hostile_cases.py in one editor, and reads from its window what a person sees:
all of it must stand there before an answer is possible. For editors with `window_text`."""
import os
import sys

from terminal import wait

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cli"))
from hostile_cases import CASES, COMMANDS, EDITS, contains, hides, lines_of, squeeze, turns  # noqa: E402

__all__ = ["CASES", "SETTINGS", "play"]
SETTINGS = {"approve": "commands"}  # each by itself, beforehand


def holds(seen, expected):
    """In this order, one behind the other. The first may stand behind the words of the question."""
    return contains(seen, expected) or any(
        row.endswith(expected[0]) and seen[i + 1:i + len(expected)] == expected[1:] for i, row in enumerate(seen))


def play(editor):
    """[what was not to be seen]; `editor` is a player of this folder."""
    if not wait(editor.ready):
        return ["the editor does not run with Emend: " + editor.screen()]
    editor.says(turns())
    editor.ask("x")
    bad = []
    for text, expected in [(c, lines_of(c)) for c in COMMANDS] + [(c, lines_of(c, "+")) for _, c in EDITS]:
        wanted = [squeeze(line) for line in expected]
        last = []

        def asked():
            last[:] = [squeeze(row) for row in editor.window_text()]
            return holds(last, wanted)
        if not wait(asked, 20):
            return bad + ["%r is not shown as\n%s\nbut as\n%s" % (text[:200], "\n".join(wanted)[:2000], "\n".join(last)[:2000])]
        bad += ["%r: %r hides something" % (text[:200], row) for row in last if any(hides(c) for c in row) or "<CUT" in row]
        editor.deny("no")
    if not wait(editor.ends):
        bad.append("the task does not end: " + editor.screen())
    made = [name for name, _ in EDITS if os.path.exists(os.path.join(editor.work, name))]
    return bad + (["these were made: %s" % made] if made else [])
