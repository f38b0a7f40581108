#!/usr/bin/env python3
"""chat - a conversation on a real (pseudo) terminal, without one, and what a running task is told meanwhile."""
import fcntl
import os
import re
import signal
import stat
import struct
import subprocess
import termios

from console import PROMPT, Terminal
from support import DONE, EDIT, EMEND, Result, expect, main

READ = {"calls": [{"name": "read_file", "input": {"path": "calc.py"}}]}


def slow(turn, ms=1500):
    return dict(turn, delay_ms=ms)


def piped(w, text, *args, **env):
    p = subprocess.run([EMEND, "chat", *args], cwd=w.path, env=dict(w.env, **env), input=text.encode(), timeout=60,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    return Result(p.returncode, p.stdout.decode(), p.stderr.decode())


def session_of(t):
    return re.search(r"emend chat --resume (\S+)", t.text).group(1)


def chat(w, *turns, args=(), **more):
    t = Terminal(w, "chat", "--model", w.script(*turns), *args, **dict({"NO_COLOR": "1"}, **more))
    t.wait_for("of 5.00")  # the box stands there
    return t


def one_session_of_several_turns(w):
    w.repository()
    t = chat(w, {"text": "Hello you."}, EDIT, {"text": "Mended."}, {"text": "Bye.", "expect": []})
    t.type("hello\r")
    t.wait_for("Hello you.")
    t.wait_for("tokens", times=1)
    t.type("mend it\r")
    t.wait_for(PROMPT)
    t.type("y\n")
    t.wait_for("/undo takes")
    t.type("\x04")
    t.end()
    expect(t.status == 0 and "2 turns, 1 file changed" in t.text and "a + b" in w.read("calc.py"), t)
    session = session_of(t)
    log = open(w.log_path(session)).read()
    expect(log.count('"type":"task"') == 2 and len(os.listdir(os.path.join(w.state, "sessions"))) == 1, log)
    r = w.run("sessions")
    expect(session in r.out, r)


def what_the_session_changed_is_committed(w):
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    w.write("edit.sh", "echo 'In the editor' > \"$1\"; echo editing\n")
    t = chat(w, EDIT, {"text": "Mended."}, args=("-y",), GIT_EDITOR="sh ./edit.sh")
    t.type("/commit\r")
    t.wait_for("Nothing was done yet.")
    t.type("mend it\r")
    t.wait_for("/undo takes")
    t.type("/commit\r")
    t.wait_for("editing")
    t.wait_for("In the editor")
    t.type("/commit again\r")
    t.wait_for("nothing added to commit")
    t.type("\x04")
    t.end()
    said = subprocess.run(["git", "log", "--format=%s", "--name-only"], cwd=w.path, env=w.env, stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    expect(said.startswith("In the editor\n\ncalc.py\n"), said)


def a_chat_goes_on_while_git_has_the_terminal(w):
    """Ctrl-C is git's; who ends the chat ends both."""
    w.repository()
    w.git("config", "user.name", "Ann")
    w.git("config", "user.email", "ann@example.org")
    w.write("edit.sh", "echo editing; exec sleep 1000\n")
    t = chat(w, EDIT, {"text": "Mended."}, args=("-y",), GIT_EDITOR="sh ./edit.sh")
    t.type("mend it\r")
    t.wait_for("/undo takes")
    t.type("/commit\r")
    t.wait_for("editing")
    t.type("\x03")
    t.wait_for("The commit was interrupted.")
    t.type("/commit\r")
    t.wait_for("editing", times=2)
    os.kill(t.pid, signal.SIGTERM)
    t.end()
    expect(t.status == 5, t)


def a_long_diff_has_the_pager_and_the_pager_the_terminal(w):
    w.repository()
    w.write("pager.sh", "wc -l; echo paging; sleep 2; echo paged\n")
    pager = {"PAGER": "sh ./pager.sh"}
    new = {"calls": [{"name": "write_file", "input": {"path": "long.txt", "content": "line\n" * 200}}]}
    t = chat(w, EDIT, {"text": "Mended."}, new, {"text": "Written."}, args=("-y",), size=(24, 80), **pager)
    t.type("mend it\r")
    t.wait_for("/undo takes")
    t.type("/diff\r")
    t.wait_for("+    return a + b", times=2)
    t.type("more\r")
    t.wait_for("/undo takes", times=2)
    t.type("/diff\r")
    t.wait_for("paged")
    over = t.text[t.text.index("paging"):t.text.index("paged")]
    expect(">" not in over and t.text.count("paging") == 1, t)  # nothing is drawn over it
    t.type("/help\r")
    t.wait_for("/exit")
    t.type("\x04")
    t.end()
    for env, paged in ((pager, True), ({"PAGER": "no-such-pager"}, False), ({"PAGER": "cat"}, False), (dict(pager, GIT_PAGER=""), False),
                       (dict(pager, TERM="dumb"), False), (dict({"PAGER": "cat"}, GIT_PAGER="sh ./pager.sh"), True)):
        t = Terminal(w, "diff", size=(24, 80), **env).end()
        expect(t.status == 0 and ("paging" in t.text) == paged and (t.text.count("+line") == 200) != paged, (env, t))
    r = w.run("diff", **pager)
    expect(r.out.count("+line") == 200, r)


def a_narrower_terminal_leaves_no_row_behind(w):
    """What was drawn on 80 columns stands on more rows when there are 40: as many are wiped."""
    t = chat(w, {"text": "Hello."}, size=(24, 80))
    t.type("a" * 70)
    t.wait_for("a" * 70)
    fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    at = len(t.text)
    t.type("b")
    t.wait_for_any(["ab"], at)  # the folder may have it in its name
    head = [x for x in re.sub("\x1b[^A-Za-z]*[A-Za-z]", "", t.text[:at]).replace("\r", "\n").split("\n") if "of 5.00" in x][-1]
    rows = (len(head) + 39) // 40 + 1  # of the head, and the first of the two of the text
    expect("\r\x1b[%dA\x1b[J" % rows in t.text[at:], (head, t.text[at:]))
    t.type("\x15\x04")
    t.end()


def emend_alone_is_chat(w):
    t = Terminal(w, EMEND_MODEL=w.script({"text": "Hello you."}), NO_COLOR="1")
    t.wait_for("of 5.00")
    t.type("hello\r")
    t.wait_for("Hello you.")
    t.wait_for("tokens")
    t.type("/exit\r")
    t.end()
    expect(t.status == 0 and "1 turn, 0 files changed" in t.text, t)
    r = w.run()
    expect(r.status == 2 and "usage: emend" in r.err, r)


def words_reach_the_running_task(w):
    w.repository()
    t = chat(w, slow(READ), {"text": "As you say.", "expect": ["while you work", "use pytest", "no tabs"]})
    t.type("look\r")
    t.wait_for("thinking")
    t.type("use pytest\r")
    t.wait_for('next step: "use pytest"')
    t.type("no tabs\r")
    t.wait_for("As you say.")
    t.type("\x04")
    t.end()
    expect(t.text.index("> no tabs\r\n") < t.text.index("As you say."), t)


def words_are_heard_at_the_end_too(w):
    t = chat(w, slow({"text": "Done so far."}), {"text": "And that.", "expect": "one thing more"})
    t.type("begin\r")
    t.wait_for("thinking")
    t.type("one thing more\r")
    t.wait_for("And that.")
    t.type("\x04")
    expect("1 turn," in t.end().text, t)


def words_can_be_taken_back(w):
    t = chat(w, slow({"text": "First."}, 2500), {"text": "Second.", "expect": "the second"})
    t.type("begin\r")
    t.wait_for("thinking")
    t.type("nonsense\r")
    t.wait_for('next step: "nonsense"')
    t.type("\x1b[A")  # Up: it is in the box again
    t.type("\x15the second\t")  # Ctrl-U, and Tab: afterwards
    t.wait_for('afterwards: "the second"')
    t.wait_for("Second.")
    t.type("\x04")
    t.end()
    expect("2 turns," in t.text, t)
    expect("nonsense" not in open(w.log_path(session_of(t))).read(), t)


def ctrl_c_stops_the_task_and_not_the_chat(w):
    w.repository()
    t = chat(w, {"calls": [{"name": "run_command", "input": {"command": "sleep 60"}}]}, {"text": "Still here."})
    t.type("go\r")
    t.wait_for("* Run sleep 60")
    t.type("not heard\r")
    t.wait_for('next step: "not heard"')
    t.type("nor this\t")
    t.wait_for('afterwards: "nor this"')
    t.type("\x03")
    t.wait_for("Stopped, cancelled")
    t.wait_for("> not heard\r\n  nor this")  # a draft again
    t.type("\x1b\x1bnext\r")
    t.wait_for("Still here.")
    t.type("\x04")
    t.end()
    expect(t.status == 0, t)


def ctrl_c_twice_leaves(w):
    for busy in (True, False):
        t = chat(w, {"text": "x", "hang": True})
        if busy:
            t.type("go\r")
            t.wait_for("thinking")
        t.type("\x03")
        t.wait_for("once more")
        t.type("\x03")
        t.end()
        expect(t.status == 0, t)


def ctrl_c_at_a_question_stops_the_task(w):
    w.repository()
    t = chat(w, EDIT, {"text": "Still here."})
    t.type("mend\r")
    t.wait_for(PROMPT)
    t.type("\x03")
    t.wait_for("Stopped, cancelled")
    t.type("go on\r")
    t.wait_for("Still here.")
    t.type("\x04")
    t.end()
    expect(t.status == 0 and "a - b" in w.read("calc.py"), t)


def what_was_typed_before_a_question_is_a_draft(w):
    w.repository()
    t = chat(w, slow(EDIT), {"text": "Then not."})
    t.type("mend\r")
    t.wait_for("thinking")
    t.type("y")  # no answer: it stands in the box
    t.wait_for("> y")
    t.wait_for(PROMPT)
    t.type("n\n")
    t.wait_for("Then not.")
    t.wait_for("tokens")
    t.type("\x15\x04")
    t.end()
    expect("a - b" in w.read("calc.py"), t)
    history = open(os.path.join(w.state, "history")).read()
    expect(history == "mend\n", history)  # an answer is none of it


def undo_and_redo_are_turns(w):
    w.repository()
    again = {"calls": [{"name": "edit_file", "input": {"path": "calc.py", "edits": [
        {"old_text": "a + b", "new_text": "b + a"}]}}]}
    t = chat(w, EDIT, DONE, again, DONE, {"text": "I see.", "expect": ["took the changes of a turn back", "calc.py"]},
             args=("--mode", "edit"))
    for i, words in enumerate(("mend it", "turn it round"), 1):
        t.type(words + "\r")
        t.wait_for("/undo takes", times=i)
    for typed, words, times, text in (("/undo", "1 file undone.", 1, "a + b"), ("/undo", "1 file undone.", 2, "a - b"),
                                      ("/redo", "1 file made again.", 1, "a + b")):
        t.type(typed + "\r")
        t.wait_for(words, times=times)
        expect(text in w.read("calc.py"), (typed, text, t))
    t.type("well?\r")
    t.wait_for("I see.")
    t.type("/diff\r")
    t.wait_for("+    return a + b")
    t.type("\x04")
    t.end()


def commands_answer(w):
    t = chat(w, {"text": "Hello you."})
    for typed, answer in (("/help", "/compact"), ("/undoo", "did you mean /undo?"), ("/xyzzy", "There is no command /xyzzy."),
                          ("/undo", "Nothing was done yet."), ("/mode", "The mode is ask."), ("/mode edit", "mode edit."),
                          ("/mode wild", "There is no mode \"wild\""), ("/model nobody/x", "nobody"),
                          ("/status", "folder:"), ("/cost", "of $5.00 in this session"), ("/clear", "is empty"),
                          ("/exit now", "takes no words")):
        t.type(typed + "\r")
        t.wait_for(answer)
    t.type("/exit\r")
    t.end()
    expect(t.status == 0 and "Session" not in t.text.split("/exit now")[1], t)


def what_newcomers_type_is_no_message(w):
    w.repository()
    t = chat(w, {"text": "Nobody asks me."})
    t.type("?\r")
    t.wait_for("/exit")
    t.type("quit\r")
    t.end()
    expect(t.status == 0 and "Nobody" not in t.text and "turn" not in t.text.split("/exit")[1], t)


def what_a_command_prints_is_seen_and_a_question_stands_once(w):
    w.repository()
    ask = {"calls": [{"name": "ask_user", "input": {"question": "Which of them?", "options": ["one", "two"]}}]}
    run = {"calls": [{"name": "run_command", "input": {"command": "for i in 1 2 3 4 5 6; do echo here $((i + 10)); sleep 0.4; done"}}]}
    t = chat(w, ask, run, {"text": "Fine."}, size=(40, 100))
    t.type("go\r")
    t.wait_for("own answer > ")
    t.type("2\n")
    t.wait_for("| here 1")
    t.wait_for("Fine.")
    t.type("\x04")
    t.end()
    expect("  | Which of them?" in t.text and "* Ask" not in t.text and "  two" in t.text, t)


def clear_forgets_and_resume_goes_back(w):
    t = chat(w, {"text": "One."}, {"text": "Two."}, {"text": "Three."})
    t.type("apples\r")
    t.wait_for("One.")
    t.wait_for("tokens")
    t.type("/clear\r")
    t.wait_for("$0.0000 of 5.00", times=2)
    session = re.search(r"/resume\s+(\d\S+)", t.text).group(1)
    t.type("pears\r")
    t.wait_for("Two.")
    t.wait_for("tokens", times=2)
    t.type("/resume %s\r" % session)
    t.wait_for("goes on: apples")
    t.type("and?\r")
    t.wait_for("Three.")
    t.type("\x04")
    t.end()
    expect(session_of(t) == session and len(os.listdir(os.path.join(w.state, "sessions"))) == 2, t)


def a_conversation_is_forked(w):
    t = chat(w, {"text": "One."}, {"text": "Two.", "expect": "second"}, {"text": "Three."})
    t.type("/fork\r")
    t.wait_for("is empty")
    t.type("first\r")
    t.wait_for("One.")
    t.wait_for("tokens")
    t.type("/fork\r")
    session, = os.listdir(os.path.join(w.state, "sessions"))
    t.wait_for(session)  # the way back to it
    t.type("second\r")
    t.wait_for("Two.")
    t.wait_for("tokens", times=2)
    t.type("third\r")
    t.wait_for("Three.")
    t.wait_for("tokens", times=3)
    t.type("\x04")
    t.end()
    fork = session_of(t)
    log, old = open(w.log_path(fork)).read(), open(w.log_path(session)).read()
    expect(fork != session and '"forked":"%s"' % session in log and "One." in log and "Three." in log, log)
    expect("Two." not in old and len(os.listdir(os.path.join(w.state, "sessions"))) == 2, old)
    expect(w.run("replay", "--all").status == 0, "both replay")


def a_session_goes_on_later(w):
    r = piped(w, "apples\n", "--model", w.script({"text": "One."}))
    session = re.search(r"--resume (\S+)", r.out).group(1)
    for name in (session, "last", session[:12]):
        t = Terminal(w, "chat", "--resume", name, "--model", w.script({"text": "Again."}), NO_COLOR="1")
        t.wait_for("goes on: ")
        t.wait_for("of 5.00")
        t.type("and?\r")
        t.wait_for("Again.")
        t.type("\x04")
        t.end()
        expect(session_of(t) == session, t)
    expect(open(w.log_path(session)).read().count('"type":"user"') == 4, session)
    r = w.run("chat", "--resume", "nosuch")
    expect(r.status == 1 and "no session" in r.err, r)


def history_is_kept_and_private(w):
    t = chat(w, {"text": "One."})
    t.type("first\x1b\rsecond row\r")  # Alt-Enter
    t.wait_for("One.")
    t.type("\x04")
    t.end()
    path = os.path.join(w.state, "history")
    expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600 and open(path).read() == "first\\nsecond row\n", t)
    t = chat(w, {"text": "Two.", "expect": "first\nsecond row"})
    t.type("\x1b[A")
    t.wait_for("second row")
    t.type("\r")
    t.wait_for("Two.")
    t.type("\x04")
    t.end()


def a_message_may_have_rows(w):
    t = chat(w, {"text": "One.", "expect": "a\nb\nc d"}, {"text": "Two.", "expect": "x\n\ty\nz"})
    t.type("a\\\rb\x1b\rc d\n")  # a backslash before Enter, and Alt-Enter; sent as a program sends it
    t.wait_for("One.")
    t.type("\x1b[200~x\r\ty\rz\x1b[201~")
    t.type("\r")
    t.wait_for("Two.")
    t.type("\x04")
    t.end()
    expect("\x1b[?2004h" in t.text and t.text.rstrip().count("\x1b[?2004l") >= 1, t)


def keys_edit(w):
    t = chat(w, {"text": "One.", "expect": "dés 世界 ok"})
    t.type("des\x1b[D\x7fé 世x\x7f界\x05 ox\x7fk\x01\x06\x06\x04d\x7f")
    t.type("\x15")  # what came of it does not matter so far
    t.type("dé世\x7fs 世界 no\x17ok\r")
    t.wait_for("One.")
    t.type("\x04")
    expect(t.end().status == 0, t)


def what_was_sent_is_found(w):
    turns = [{"text": "No %d." % i} for i in range(3)]
    t = chat(w, *turns, {"text": "Found.", "expect": "add the first of all!"}, {"text": "Draft.", "expect": "adding"})
    for i, words in enumerate(("add the first of all", "something else", "add another")):
        t.type(words + "\r")
        t.wait_for("No %d." % i)
        t.wait_for("tokens", times=i + 1)
    t.type("add\x12\x12\x12!\r")  # the third finds nothing, and what was found is edited
    t.wait_for("Found.")
    t.wait_for("tokens", times=4)
    t.type("add\x12\x0e\x0e\x0eing\r")  # down again, to what was typed
    t.wait_for("Draft.")
    t.type("\x04")
    expect(t.end().status == 0, t)


def a_command_of_the_person_goes_along(w):
    """It costs nothing, runs on a view as the agent's do, and the model hears of it once."""
    w.repository()
    t = chat(w, {"text": "Seen.", "expect": ["ran this in the sandbox: echo one; echo $((6 * 7)) >made; seq 4000; exit 3", "Its exit status was 3",
                                             "bytes before this are left out", "3999\n4000"]},
             {"text": "No command."})
    t.type("!\r")
    t.wait_for("!COMMAND runs it")
    t.type("!echo one; echo $((6 * 7)) >made; seq 4000; exit 3\r")
    t.wait_for("Exit status 3; what it printed")
    expect("one\r\n" in t.text and w.read("made") == "42\n", t)
    t.type("what was that?\r")
    t.wait_for("Seen.")
    t.wait_for("tokens", times=1)
    t.wait_for_any(["of 5.00"], t.text.index("Seen."))
    t.type(" !sleep is a message\r")
    t.wait_for("No command.")
    t.wait_for_any(["of 5.00"], t.text.index("No command."))
    t.type("\x04")
    t.end()
    expect(t.status == 0 and "2 turns" in t.text, t)


def ctrl_c_ends_the_command_and_not_the_chat(w):
    t = chat(w, {"text": "Hello."})
    t.type("!echo begun; sleep 1000\r")
    t.wait_for("begun\r\n")
    t.type("\x03")
    t.wait_for("what it printed goes along")
    t.type("hello\r")
    t.wait_for("Hello.")
    t.wait_for("tokens")
    t.type("\x04")
    t.end()
    expect(t.status == 0, t)


def what_is_typed_can_be_written_in_an_editor(w):
    w.write("edit.sh", "cat \"$2\" >seen; ls -l \"$2\" >>seen; printf 'a\\nlong one\\n' >\"$2\"\n")
    t = chat(w, {"text": "Read.", "expect": ["a\nlong one"]}, EDITOR="sh ./edit.sh --wait")
    t.type("a dra\x07")
    t.wait_for("long one")
    expect(w.read("seen").startswith("a dra-rw-------"), w.read("seen"))
    t.type("\r")
    t.wait_for("Read.")
    t.wait_for("tokens")
    t.type("\x04")
    t.end()
    w.write("fail.sh", "exit 4\n")
    w.write("wrong.sh", "echo much work >\"$1\"; exit 5\n")
    for name, status, left in (("fail", 4, 0), ("wrong", 5, 1)):  # what was written is nobody's to lose
        t = chat(w, EDITOR="sh ./edit.sh", VISUAL="sh ./%s.sh" % name)
        t.type("stays\x07")
        t.wait_for("Status %d of the editor" % status)
        t.wait_for_any(["> stays"], t.text.index("Status"))
        t.type("\x15\x04")
        t.end()
        drafts = [n for n in os.listdir(w.state) if n.startswith("draft-")]
        expect(len(drafts) == left and ("What you wrote lies in" in t.text) == bool(left), (drafts, t))
    expect(open(os.path.join(w.state, drafts[0])).read() == "much work\n", drafts)


def shift_tab_changes_the_mode(w):
    t = chat(w, args=("--mode", "ask"))
    for mode in ("edit", "auto", "read-only", "ask"):
        at = len(t.text)
        t.type("\x1b[Z")
        t.wait_for_any([mode + "   $"], at)
        if mode == "auto":
            t.wait_for_any(["without a question"], at)
    t.type("\x04")
    t.end()


def escape_twice_lists_the_steps(w):
    t = chat(w, {"text": "Hello."})
    t.type("hello\r")
    t.wait_for("tokens")
    t.type("draft\x1b\x1b")
    t.type("\x19")
    t.wait_for("> draft", times=2)
    t.type("\x1b\x1b\x1b\x1b")
    t.wait_for("goes to the end of")
    t.type("\x04")
    t.end()


def names_are_completed(w):
    w.repository()
    w.write("src/stock.py", "x = 1\n")
    w.git("add", ".")
    t = chat(w, {"text": "One.", "expect": "see @src/stock.py and @calc.py !"})
    t.type("see @sto\tand @c\t")
    t.wait_for("@calc.py  @check.sh")
    t.type("al\t!\r")
    t.wait_for("One.")
    t.type("/sta\t\r")
    t.wait_for("folder:")
    t.type("\x04")
    t.end()


def a_dumb_terminal_gets_lines(w):
    w.repository()
    t = Terminal(w, "chat", "--model", w.script({"text": "Hello you."}, EDIT, DONE), TERM="dumb", size=(24, 80))
    t.wait_for("\n> ")
    t.type("hello\n")
    t.wait_for("Hello you.")
    t.wait_for("\n> ", times=2)
    t.type("mend \\\nit\n")
    t.wait_for(PROMPT)
    t.type("y\n")
    t.wait_for("/undo takes")
    t.wait_for("\n> ", times=3)
    t.type("/exit\n")
    t.end()
    expect(t.status == 0 and "\x1b" not in t.text and "a + b" in w.read("calc.py"), t)


def no_colour_and_narrow(w):
    t = chat(w, {"text": "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"}, {"text": "Two."},
             size=(24, 40))
    t.type("0123456789 " * 8 + "\r")
    t.wait_for("lambda mu")
    t.wait_for("tokens")
    t.type("\x04")
    t.end()
    expect(t.status == 0 and not re.search("\x1b\\[[0-9;]*m", t.text), t)
    rows = re.sub("\x1b\\[[?0-9;]*[A-Za-z]", "", t.text).replace("\r", "\n").split("\n")
    expect(all(len(r) < 40 or "/" in r or "--resume" in r for r in rows), [r for r in rows if len(r) >= 40])


def colours(w):
    t = chat(w, {"text": "One."}, NO_COLOR="")
    t.type("hello\r")
    t.wait_for("\x1b[1m> hello\x1b[0m")
    t.type("\x04")
    t.end()


def a_pipe_is_a_message_a_line(w):
    w.repository()
    r = piped(w, "hello\nmend \\\nit\n\n/status\n", "--mode", "edit", "--model",
              w.script({"text": "Hello you."}, dict(EDIT, expect="mend \nit"), DONE))
    expect(r.status == 0 and "Hello you." in r.out and "a + b" in w.read("calc.py"), r)
    expect("> hello\n" in r.out and "2 turns, 1 file" in r.out and "\x1b" not in r.out, r)
    r = piped(w, "hello\n", "--json", "--model", w.script({"text": "Hello you."}))
    expect(r.status == 0 and [e["type"] for e in r.events()][-1] == "task.finished", r)
    r = piped(w, "hello\n", "-q", "--model", w.script({"text": "Hello you."}))
    expect(r.out == "Hello you.\n" and r.status == 0, r)
    r = piped(w, "hello\n", "--model", w.script({"error": {"code": "provider", "message": "no"}}))
    expect(r.status == 7, r)


def piped_text_goes_along(w):
    r = piped(w, "line one\nline two\n", "is this right?", "--model",
              w.script({"text": "Yes.", "expect": ["is this right?", "line one\nline two"]}))
    expect(r.status == 0 and "1 turn," in r.out, r)


def without_a_model_it_says_so(w):
    t = Terminal(w, "chat", "--model", "nobody/x").end()
    expect(t.status != 0 and "nobody" in t.text and "/help" not in t.text, t)


main([one_session_of_several_turns, what_the_session_changed_is_committed,
      a_chat_goes_on_while_git_has_the_terminal, a_long_diff_has_the_pager_and_the_pager_the_terminal, a_narrower_terminal_leaves_no_row_behind,
      emend_alone_is_chat, words_reach_the_running_task, words_are_heard_at_the_end_too,
      words_can_be_taken_back, ctrl_c_stops_the_task_and_not_the_chat, ctrl_c_twice_leaves,
      ctrl_c_at_a_question_stops_the_task, what_was_typed_before_a_question_is_a_draft, undo_and_redo_are_turns,
      commands_answer, what_newcomers_type_is_no_message,
      what_a_command_prints_is_seen_and_a_question_stands_once, clear_forgets_and_resume_goes_back, a_conversation_is_forked, a_session_goes_on_later, history_is_kept_and_private,
      a_message_may_have_rows, keys_edit, what_was_sent_is_found, names_are_completed, a_command_of_the_person_goes_along,
      ctrl_c_ends_the_command_and_not_the_chat, what_is_typed_can_be_written_in_an_editor, shift_tab_changes_the_mode, escape_twice_lists_the_steps, a_dumb_terminal_gets_lines, no_colour_and_narrow, colours,
      a_pipe_is_a_message_a_line, piped_text_goes_along, without_a_model_it_says_so])
