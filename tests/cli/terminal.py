#!/usr/bin/env python3
"""terminal - the program on a real (pseudo) terminal: questions, colours, Ctrl-C."""
import re
import time

from console import PROMPT, Terminal
from support import DONE, EDIT, expect, main

COMMAND = {"calls": [{"name": "run_command", "input": {"command": "touch made", "reason": "to see"}}]}


def command(text, **more):
    return {"calls": [{"name": "run_command", "input": dict({"command": text}, **more)}]}


def yes_once(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(EDIT, DONE), "mend it")
    t.wait_for(PROMPT)
    expect("? Edit a file: calc.py" in t.text and "  | +    return a + b" in t.text, t)
    t.type("what\n")
    t.wait_for("do it this once")
    t.type("y\n")
    t.end()
    expect(t.status == 0 and "a + b" in w.read("calc.py"), t)
    expect(t.text.count("+    return a + b") == 1, t)  # it was seen in the question


def a_person_who_thinks_is_no_work(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(EDIT, DONE), "mend it")
    t.wait_for(PROMPT)
    time.sleep(2.2)  # what is looked at is that it is counted apart
    t.type("y\n")
    t.end()
    found = re.search(r"tokens, (\d+\.\d) s \+ (\d+) s waiting for you\. Session", t.text)
    expect(t.status == 0 and found and int(found.group(2)) >= 2, t)


def no_is_no(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, {"text": "Then not."}), "x")
    t.wait_for(PROMPT)
    expect("  | touch made" in t.text and "The model says: to see" in t.text, t)
    t.type("n\n")
    t.end()
    expect(t.status == 0 and not w.exists("made") and "Then not." in t.text, t)
    expect("Not permitted on the way: touch made." in t.text and "0 files changed" in t.text, t)
    expect("Do not try to get" not in t.text, t)  # that is for the model


def a_no_may_say_why(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, {"expect": ["says: use make instead"], "text": "Then make."}), "x")
    t.wait_for(PROMPT)
    t.type("n use make instead\n")
    t.end()
    expect(t.status == 0 and not w.exists("made") and "Then make." in t.text, t)


def always_is_not_asked_again(w):
    w.repository()
    w.config('{"approve": "commands"}')
    t = Terminal(w, "do", "--model", w.script(COMMAND, COMMAND, DONE), "x")
    t.wait_for("[a] always in this task, [s] and in later ones here: touch")
    t.wait_for(PROMPT)
    t.type("a\n")
    t.end()
    expect(t.status == 0 and w.exists("made") and t.text.count(PROMPT) == 1, t)
    t = Terminal(w, "do", "--model", w.script(COMMAND, DONE), "x")
    t.wait_for(PROMPT)  # another task
    t.type("s\n")
    t.end()
    expect(t.status == 0, t)
    t = Terminal(w, "do", "--model", w.script(COMMAND, DONE), "x").end()
    expect(t.status == 0 and PROMPT not in t.text, t)
    shown = w.run("policy")
    expect("touch" in shown.out, shown)


def a_command_is_shown_line_by_line(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(command("true make test  # the quick ones only\ntouch one"), DONE), "x")
    t.wait_for(PROMPT)
    expect("  | true make test  # the quick ones only\r\n  | touch one\r\n" in t.text, t)
    t.type("n\n")
    t.end()


def a_long_command_is_shown_whole(w):
    w.repository()
    w.config('{"approve": "commands"}')
    for columns in (40, 80, 200):
        text = "make " + "x" * 300 + " " * 2200 + "; make \u202etwo\u00a0\033[8m"
        t = Terminal(w, "do", "--model", w.script(command(text), DONE), "x", size=(24, columns))
        t.wait_for(PROMPT)
        rows = [r[4:] for r in t.text.split("\r\n") if r.startswith("  | ") or r.startswith("    ")]
        expect("".join(rows) == "make " + "x" * 300 + "<2200 blanks>; make <U+202E>two<U+00A0>^[[8m", t)
        expect(all(len(r) <= columns - 4 for r in rows), t)
        t.type("n\n")
        t.end()
        expect(not w.exists("two"), t)


def what_does_not_fit_is_paged(w):
    w.repository()
    content = "".join("line %d\n" % i for i in range(100)) + "the last\n"
    edit = {"calls": [{"name": "write_file", "input": {"path": "long.txt", "content": content}}]}
    t = Terminal(w, "do", "--model", w.script(edit, {"text": "-"}), "x", size=(30, 80))
    t.wait_for("[n] no > ")
    expect("the last" not in t.text, t)
    t.type("y\n")
    t.wait_for("There is more to see")
    expect(not w.exists("long.txt"), t)
    t.type("\n")
    t.wait_for("line 30")
    t.wait_for("(48 of 1")
    t.type("w\n")
    t.wait_for(PROMPT)
    expect("  | +the last" in t.text and t.text.count("? Create a file") == 2, t)
    t.type("y\n")
    t.end()
    expect(t.status == 0 and w.read("long.txt") == content, t)


def what_was_typed_before_does_not_answer(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(dict(command("touch three"), delay_ms=1500), command("touch four"), {"text": "-"}), "x")
    t.wait_for("model ")
    t.type("y\ny\n")
    t.wait_for("  | touch three")
    t.type("y\n")  # drawn, but no hand is that quick
    t.wait_for(PROMPT)
    t.type("n\ny\n")  # and one line answers one question
    t.wait_for("  | touch four")
    t.wait_for(PROMPT)
    t.type("n\n")
    t.end()
    expect(not w.exists("three") and not w.exists("four") and t.text.count(PROMPT) == 2, t)


def content_forges_no_line_of_a_diff(w):
    w.repository()
    edit = {"calls": [{"name": "write_file", "input": {"path": "a.txt", "content": "hello\r--- a/x\r+++ b/harmless.txt\n"}}]}
    t = Terminal(w, "do", "--model", w.script(edit, DONE), "x", size=(40, 24))
    t.wait_for(PROMPT)
    expect("\n+++ b/harm" not in t.text and "\n--- a/x" not in t.text and "^M--- a/x" in t.text.replace("\r\n    ", ""), t)
    t.type("y\n")
    t.end()


def emend_and_the_model_are_told_apart(w):
    w.repository()
    t = Terminal(w, "do", "--mode", "auto", "--model", w.script(command("mkdir .vscode; echo x > .vscode/tasks.json"), {"text": "-"}), "x")
    t.wait_for(PROMPT)
    expect("Emend: " in t.text and "the model says" not in t.text.lower(), t)
    t.type("n\n")
    t.end()


def a_question_of_the_model_is_no_prompt_of_ours(w):
    ask = {"calls": [{"name": "ask_user", "input": {"question": "Well?\n? Run a command\n  > "}}]}
    t = Terminal(w, "do", "--model", w.script(ask, DONE), "x")
    t.wait_for("\n> ")
    expect("The model asks:" in t.text and "  | ? Run a command" in t.text and PROMPT not in t.text, t)
    t.type("hm\n")
    t.end()


def it_says_what_is_going_on(w):
    w.repository()
    t = Terminal(w, "do", "--yes", "--model", w.script({"delay_ms": 1500, "calls": [{"name": "run_command", "input": {
        "command": "sleep 2"}}]}, DONE), "x", NO_COLOR="1")
    t.wait_for("thinking   ")
    t.wait_for("Run sleep 2   ")
    t.end()
    expect(t.status == 0 and "\033" not in t.text, t)


def a_failure_shows_why(w):
    w.repository()
    text = "i=0; while [ $i -lt 30 ]; do i=$((i + 1)); echo line $i; done; echo the reason; exit 3"
    r = w.run("do", "--yes", "--model", w.script(command(text), DONE), "x")
    expect("failed: exit status 3" in r.out and "    the reason\n" in r.out and "    line 29\n" in r.out, r)
    expect("    line 20\n" not in r.out, r)


def words_are_wrapped(w):
    t = Terminal(w, "do", "--model", w.script({"text": "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"}),
                 "x", size=(24, 40)).end()
    rows = [r.rsplit("\r", 1)[-1] for r in t.text.split("\r\n") if "eta" in r]  # without a live line in front
    expect(t.status == 0 and rows and all(len(r) <= 40 for r in rows), t)
    expect("alpha beta gamma delta epsilon zeta eta" in t.text.replace("\r\n", ""), t)
    expect("\r\nepsilon" not in t.text.replace("epsilon", "", 1), t)


def end_of_input_is_no(w):
    w.repository()
    t = Terminal(w, "do", "--model", w.script(COMMAND, {"text": "Then not."}), "x")
    t.wait_for(PROMPT)
    t.type("\x04")
    t.end()
    expect(t.status == 0 and not w.exists("made"), t)


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
    t.wait_for(PROMPT)
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
    w.config('{"approve": "commands"}')
    evil = {"calls": [{"name": "run_command", "input": {"command": "make made \033[2K\rharmless", "reason": "\033[8mx"}}]}
    t = Terminal(w, "do", "--model", w.script(evil, {"text": "-"}), "x", NO_COLOR="1")
    t.wait_for(PROMPT)
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


def undo_needs_a_person_or_y(w):
    w.repository()
    w.run("do", "--yes", "--model", w.script(EDIT, DONE), "x")
    for args in (["undo"], ["undo", "--json"], ["redo"]):
        r = w.run(*args)
        expect(r.status == 4 and "-y" in r.err and "a + b" in w.read("calc.py"), r)


def a_closed_pipe_is_no_failure(w):
    w.repository()
    for args in (["run", "--", "seq", "1", "100000"], ["config", "schema"]):
        p = w.start(*args)
        p.stdout.read(10)
        p.stdout.close()
        err = p.stderr.read()
        p.stderr.close()
        expect(p.wait() == 0 and err == b"", (args, err, p.returncode))


def a_bell_for_who_looks_elsewhere(w):
    w.repository()
    for bell, turn, rings in (("always", DONE, True), ("off", DONE, False),
                              ("auto", dict(DONE, delay_ms=11000), True)):
        w.config('{"bell": "%s"}' % bell)
        t = Terminal(w, "do", "-y", "--model", w.script(turn), "x").end(60)
        expect(("\a" in t.text) == rings, (bell, turn, t))
    w.config('{"bell": "always"}')
    t = Terminal(w, "do", "--model", w.script(EDIT, DONE), "x", TERM_PROGRAM="WezTerm")
    t.wait_for("\033]9;Emend: a question\033\\")
    t.wait_for(PROMPT)
    t.type("n\n")
    t.wait_for("\033]9;Emend: done\033\\")
    t.end()
    t = Terminal(w, "do", "-y", "--model", w.script(DONE), "x", TERM="dumb").end()
    expect("\a" not in t.text and "\033" not in t.text, t)


main([a_bell_for_who_looks_elsewhere, yes_once, a_person_who_thinks_is_no_work, no_is_no, a_no_may_say_why,
      always_is_not_asked_again, a_command_is_shown_line_by_line,
      a_long_command_is_shown_whole, what_does_not_fit_is_paged, what_was_typed_before_does_not_answer,
      content_forges_no_line_of_a_diff, emend_and_the_model_are_told_apart,
      a_question_of_the_model_is_no_prompt_of_ours, it_says_what_is_going_on, a_failure_shows_why, words_are_wrapped,
      end_of_input_is_no, a_question_is_answered, ctrl_c_at_a_question_cancels, ctrl_c_twice_ends_at_once,
      a_command_that_asks_shows_no_escape, colours_only_where_wanted, undo_asks_on_a_terminal, undo_needs_a_person_or_y,
      a_closed_pipe_is_no_failure])
