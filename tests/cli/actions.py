#!/usr/bin/env python3
"""actions - the code actions come from one table: a program with one more row and one more prompt has the whole action."""
import json
import os
import subprocess
import sys

from support import DONE, TOP, expect, main
import support

EXTRA = os.path.join(os.path.dirname(support.EMEND), "tests", "actions", "emend")


def prompts_of(w):
    export = json.loads("[%s]" % ",".join(w.run("audit", "export").out.splitlines()))
    return [e["text"] for e in export if e["type"] == "user"]


def every_action_is_a_command_with_a_prompt(w):
    w.write("a.c", "int a;\n")
    for name, words in (("explain", "Explain this code"), ("refactor", "Refactor this code"), ("add-tests", "Add tests"),
                        ("fix", "Find the cause"), ("add-docs", "Document this code"), ("review", "Review this code")):
        r = w.run(name, "--yes", "--model", w.script(DONE), "a.c")
        expect(r.status == 0, (name, r))
        expect(any(words in text for text in prompts_of(w)), (name, prompts_of(w)))


def one_row_and_one_prompt_make_an_action(w):
    support.EMEND, plain = EXTRA, support.EMEND
    try:
        w.write("a.c", "int a;\n")
        expect("  shorten    say the same in fewer lines\n" in w.run("--help").out, w.run("--help"))
        expect("FILE[:LINE[-LINE]]" in w.run("shorten", "--help").out, w.run("shorten", "--help"))
        r = w.run("shorten", "--yes", "--model", w.script(DONE), "a.c:1")
        expect(r.status == 0, r)
        expect(any("\n\nSay the same in fewer lines" in t and "int a;" in t for t in prompts_of(w)), prompts_of(w))
    finally:
        support.EMEND = plain
    expect(w.run("shorten", "a.c").status == 2, "the program itself has no such command")


def editors_get_it_too(w):
    played = subprocess.run([sys.executable, os.path.join(TOP, "tests", "session", "replay.py"),
                             os.path.join(TOP, "tests", "actions", "shorten.lsp")], env=dict(os.environ, EMEND=EXTRA),
                            capture_output=True, text=True, timeout=120)
    expect(played.returncode == 0 and "ok" in played.stdout, played)


main([every_action_is_a_command_with_a_prompt, one_row_and_one_prompt_make_an_action, editors_get_it_too])
