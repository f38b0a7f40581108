#!/usr/bin/env python3
"""steering - what one types while `emend do` works goes to the task; what is no terminal is as ever."""
import os
import subprocess
import termios

from console import PROMPT, Terminal
from support import DONE, EDIT, EMEND, expect, main

READ = {"calls": [{"name": "read_file", "input": {"path": "calc.py"}}]}


def slow(turn, ms=2500):
    return dict(turn, delay_ms=ms)


def do(w, *turns, args=(), **more):
    w.repository()
    return Terminal(w, "do", "--model", w.script(*turns), *args, "look", **dict({"NO_COLOR": "1"}, **more))


def mode_of(t):
    return termios.tcgetattr(t.fd)[3]


def words_reach_the_task(w):
    t = do(w, slow(READ), {"text": "As you say.", "expect": ["while you work", "use pytest", "no tabs"]})
    t.wait_for("thinking")
    expect("> " not in t.text, t)  # nothing is seen of it before the first key
    t.type("use py")
    t.wait_for("> use py")
    t.wait_for("Enter: the task hears it")
    t.type("test\r")
    t.wait_for('next step: "use pytest"')
    t.type("no tabs\r")
    t.wait_for("As you say.")
    t.end()
    expect(t.status == 0 and "> use pytest\r\n> no tabs" in t.text, t)


def tab_completes_the_name_of_a_file(w):
    t = do(w, slow(READ, 4000), {"text": "So I do.", "expect": "look at @calc.py first"})
    t.wait_for("thinking")
    t.type("look at @c\t")
    t.wait_for("@calc.py  @check.sh")
    t.type("a\t")
    t.wait_for("> look at @calc.py ")
    t.type("first\r")
    t.wait_for("So I do.")
    t.end()
    expect(t.status == 0, t)


def words_are_taken_back(w):
    t = do(w, slow(READ, 4000), {"text": "Fine.", "expect": "def add"})
    t.wait_for("thinking")
    t.type("use tabs\r")
    t.wait_for('next step: "use tabs"')
    t.type("\x1b[A")  # Up
    t.wait_for("> use tabs")
    t.type("\x15")  # Ctrl-U
    t.wait_for("Fine.")
    t.end()
    log = open(w.log_path(os.listdir(os.path.join(w.state, "sessions"))[0])).read()
    expect(t.status == 0 and "use tabs" not in log, (t, log))


def a_question_has_the_terminal_meanwhile(w):
    t = do(w, slow(EDIT), {"text": "Good.", "expect": "not to the question"})
    t.wait_for("thinking")
    t.type("not to the question\r")
    t.wait_for("next step:")
    t.type("y")  # typed before the question: it stays in the box, and answers nothing
    t.wait_for(PROMPT)
    expect("a - b" in w.read("calc.py"), t)
    t.type("y\n")
    t.wait_for("Good.")
    t.end()
    expect(t.status == 0 and "a + b" in w.read("calc.py"), t)


def ctrl_c_stops_it_and_what_was_not_heard_is_said(w):
    t = do(w, slow(READ, 60000))
    t.wait_for("thinking")
    before = mode_of(t)
    t.type("use pytest\r")
    t.wait_for("next step:")
    t.type("\x03")
    t.wait_for("Cancelling; once more ends the program at once.")
    t.wait_for("The task ended before it heard: use pytest")
    t.end()
    expect(t.status == 5 and not before & termios.ECHO, t)


def the_terminal_is_as_it_was(w):
    """Whatever the end: a shell that comes behind it finds its terminal."""
    w.repository()
    script = '"$EMEND" do --model "$MODEL" look; stty -a; echo END'
    for turns, keys in (([DONE], ""), ([slow(READ, 60000)], "\x03")):
        shell = Terminal(w, "-c", script, program="/bin/sh", EMEND=EMEND, MODEL=w.script(*turns), NO_COLOR="1")
        if keys:
            shell.wait_for("thinking")
            shell.type(keys)
        shell.wait_for("END")
        shell.end()
        words = shell.text.split()
        expect("icanon" in words and "echo" in words and "isig" in words and "icrnl" in words, shell)


def in_the_background_it_touches_nothing(w):
    """A process that is not in front would be stopped by the terminal."""
    w.repository()
    shell = Terminal(w, "-c", 'set -m; "$EMEND" do --model "$MODEL" look & wait $!; echo STATUS $?', EMEND=EMEND,
                  program="/bin/sh", MODEL=w.script(READ, {"text": "Seen."}), NO_COLOR="1")
    shell.wait_for("STATUS 0")
    shell.end()
    expect("Seen." in shell.text, shell)


def without_a_terminal_nothing_is_read(w):
    w.repository()
    r, held = os.pipe()
    os.write(held, b"use pytest\n")
    p = subprocess.run([EMEND, "do", "--json", "-y", "--model", w.script(READ, DONE), "look"], cwd=w.path, env=w.env,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, check=False)
    os.close(held)
    left = os.read(r, 100)
    os.close(r)
    expect(p.returncode == 0 and left == b"use pytest\n" and b"steered" not in p.stdout, p)


def a_dumb_terminal_takes_lines(w):
    t = do(w, slow(READ), {"text": "As you say.", "expect": "use pytest"}, TERM="dumb")
    t.wait_for("look")
    t.type("use pytest\n")
    t.wait_for('next step: "use pytest"')
    t.wait_for("As you say.")
    t.end()
    expect(t.status == 0 and "\x1b" not in t.text, t)


if __name__ == "__main__":
    main([words_reach_the_task, tab_completes_the_name_of_a_file, words_are_taken_back, a_question_has_the_terminal_meanwhile,
          ctrl_c_stops_it_and_what_was_not_heard_is_said, the_terminal_is_as_it_was, in_the_background_it_touches_nothing,
          without_a_terminal_nothing_is_read, a_dumb_terminal_takes_lines])
