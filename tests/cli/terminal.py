#!/usr/bin/env python3
"""terminal - the program on a real (pseudo) terminal: questions, colours, Ctrl-C."""
import re

from console import Terminal
from support import DONE, EDIT, expect, main

COMMAND = {"calls": [{"name": "run_command", "input": {"command": "touch made", "reason": "to see"}}]}


def yes_once(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(EDIT, DONE), "mend it")
    t.wait_for("[n] no > ")
    expect("calc.py" in t.text and "+    return a + b" in t.text, t)
    t.type("what\n")
    t.wait_for("n > ")
    t.type("y\n")
    t.end()
    expect(t.status == 0 and "a + b" in w.read("calc.py"), t)


def no_is_no(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, {"text": "Then not."}), "x")
    t.wait_for("[n] no > ")
    expect("touch made" in t.text and "to see" in t.text, t)
    t.type("n\n")
    t.end()
    expect(t.status == 4 and not w.exists("made") and "Then not." in t.text, t)


def always_is_not_asked_again(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, COMMAND, DONE), "x")
    t.wait_for("[a] always: ")
    t.type("a\n")
    t.end()
    expect(t.status == 0 and w.exists("made") and t.text.count("[n] no > ") == 1, t)


def end_of_input_is_no(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, {"text": "Then not."}), "x")
    t.wait_for("[n] no > ")
    t.type("\x04")
    t.end()
    expect(t.status == 4 and not w.exists("made"), t)


def a_question_is_answered(w):
    ask = {"calls": [{"name": "ask_user", "input": {"question": "Which colour?", "options": ["red", "blue"]}}]}
    for typed, answer in (("2\n", "blue"), ("green\n", "green")):
        t = Terminal(w, "do", "--model", w.script(ask, {"expect": [answer], "text": "So be it."}), "x")
        t.wait_for("your own answer > ")
        expect("[1] red" in t.text, t)
        t.type(typed)
        t.end()
        expect(t.status == 0 and "So be it." in t.text, t)


def ctrl_c_at_a_question_cancels(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, DONE), "x")
    t.wait_for("[n] no > ")
    t.type("\x03")
    t.end()
    expect(t.status == 5 and not w.exists("made") and "cancelled" in t.text, t)


def ctrl_c_twice_ends_at_once(w):
    t = Terminal(w, "do", "--model", w.script({"text": "on and on " * 2000, "chunk_ms": 20}), "x")
    t.wait_for("on and on")
    t.type("\x03\x03")
    t.end()
    expect(t.status == 5, t)


def a_command_that_asks_shows_no_escape(w):
    w.repository()
    evil = {"calls": [{"name": "run_command", "input": {"command": "touch made \033[2K\rharmless", "reason": "\033[8mx"}}]}
    t = Terminal(w, "do", "--model", w.script(evil, {"text": "-"}), "x", NO_COLOR="1")
    t.wait_for("[n] no > ")
    t.type("n\n")
    t.end()
    expect("\033" not in t.text and "^[[2K" in t.text, t)


def colours_only_where_wanted(w):
    w.repository()
    model = w.script(EDIT, DONE)
    t = Terminal(w, "do", "--yes", "--model", model, "x").end()
    expect("\033[32m+    return a + b\033[0m" in t.text, t)
    w.git("checkout", "-q", ".")
    t = Terminal(w, "do", "--yes", "--model", model, "x", NO_COLOR="1").end()
    expect("+    return a + b" in t.text and not re.search("\033", t.text), t)


def undo_asks_on_a_terminal(w):
    w.repository()
    w.run("do", "--yes", "--model", w.script(EDIT, DONE), "x")
    for typed, status, text in (("n\n", 5, "a + b"), ("y\n", 0, "a - b")):
        t = Terminal(w, "undo")
        t.wait_for("Go on? [y/n] ")
        expect("calc.py" in t.text, t)
        t.type(typed)
        t.end()
        expect(t.status == status and text in w.read("calc.py"), t)


main([yes_once, no_is_no, always_is_not_asked_again, end_of_input_is_no, a_question_is_answered,
      ctrl_c_at_a_question_cancels, ctrl_c_twice_ends_at_once, a_command_that_asks_shows_no_escape,
      colours_only_where_wanted, undo_asks_on_a_terminal])
