"""Plays steps.json in one editor. Standard library only.

The player keeps what the buffer must hold, and waits for everything that it looks at; an editor (neovim.py, emacs.py,
node.py) has a method for each thing that a person does or sees there. What an editor has no way to do it says in
`lacks`, a verb and the reason: such a step is left off, or the rest of it is played without."""
import json
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from terminal import wait  # noqa: E402

EMEND = os.path.abspath(os.environ.get("EMEND", os.path.join(HERE, "..", "..", "..", "build", "emend")))
# What a programmer's fingers do: digits, letters that name options, words that are answers elsewhere.
WORDS = ["y = v; ", "a2 ", "Allow once ", "yes ", "1 ", "d gd ga gA q "]
# Without these a step goes on: they look, or say more, and the step's end does not hang on them.
OPTIONAL = ("streams", "shown", "proposed", "leave", "lost", "runs", "wait for a word")


def scenario():
    with open(os.path.join(HERE, "steps.json"), encoding="utf-8") as f:
        return json.load(f)


class Stop(Exception):
    """What did not come, and what was there instead."""


def servers(base):
    """The pids of the servers below this home."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as f:
                argv = f.read().split(b"\0")
            with open("/proc/%s/environ" % pid, "rb") as f:
                home = b"HOME=" + os.fsencode(base) in f.read().split(b"\0")
        except OSError:
            continue
        if home and argv[:2] == [os.fsencode(EMEND), b"lsp"]:
            found.append(int(pid))
    return found


def differs(there, wanted):
    """The place of the first difference."""
    at = len(os.path.commonprefix([there, wanted]))
    return "%r, not %r, behind %d characters" % (there[at:at + 100], wanted[at:at + 100], at)


class Player:
    def __init__(self, editor, data):
        self.editor, self.file = editor, data["file"]
        self.text = "\n".join(data["text"])
        self.without = []  # of this step: (verb, why)
        self.ended_before = 0

    def until(self, what, predicate, seen=None):
        if not wait(predicate):
            raise Stop("what did not come: %s%s" % (what, "\nthere is: " + str(seen()) if seen else ""))

    # --- the verbs ---

    def open(self):
        self.until("the editor runs with Emend", self.editor.ready, self.editor.screen)

    def type(self, line, text):
        lines = self.text.split("\n")
        lines[line - 1] += text
        self.text = "\n".join(lines)
        self.editor.type(line, text)

    def ask(self, text):
        self.editor.ask(text)

    def foreign(self, words):
        self.until("the editor shows a problem of another source: " + words, lambda: self.editor.problem(words))

    def action(self, first, last, title):
        self.editor.action(first, last, title)

    def streams(self, early, late):
        self.until("the answer is shown while it comes: " + early,
                   lambda: early in self.editor.answer_shown(), self.editor.screen)
        if late in self.editor.answer_shown():
            raise Stop("the answer was shown at its end only")

    def shown(self, words):
        self.until("the answer is shown: " + words, lambda: words in self.editor.answer_shown(), self.editor.answer_shown)

    def leave(self):
        self.editor.leave()

    def problems(self):
        """The step needs an editor that tells tasks of problems; and symbols(), one whose servers are asked for them."""

    symbols = problems

    def asked(self, words):
        self.until("it is asked for: " + words, lambda: words in self.editor.question(), self.editor.screen)

    def proposed(self, words):
        self.until("the change is shown before the yes: " + words, lambda: words in self.editor.proposal(),
                   self.editor.proposal)

    def allow(self):
        self.editor.allow()
        self.until("the question is gone", lambda: not self.editor.question(), self.editor.question)

    def deny(self, why):
        self.editor.deny(None if "reason" in self.editor.lacks else why)

    def choose(self, option):
        self.editor.choose(option)

    def typing(self, line):
        """Keys without a pause until the question is there, and forty words more: none answers it."""
        lines = self.text.split("\n")
        self.editor.begin_typing(line)
        typed, n, more, end = "", 0, 40, time.monotonic() + 60
        while more and time.monotonic() < end:
            for _ in range(4):
                word = WORDS[n % len(WORDS)]
                self.editor.type_on(word)
                typed += word
                n += 1
                time.sleep(0.02)
            if more < 40 or self.editor.question():
                more -= 4
        self.editor.end_typing()
        lines[line - 1] += typed
        self.text = "\n".join(lines)
        self.holds()
        if not self.editor.question():
            raise Stop("the question was answered by typing, or never came")

    def becomes(self, *pairs):
        """old, new, old, new ..."""
        for old, new in zip(pairs[::2], pairs[1::2]):
            if self.text.count(old) != 1:
                raise Stop("the scenario is wrong: %r stands %d times in the text" % (old, self.text.count(old)))
            self.text = self.text.replace(old, new)
        self.holds()

    def holds(self):
        self.until("the buffer holds exactly what was typed and allowed", lambda: self.editor.text(self.file) == self.text,
                   lambda: differs(self.editor.text(self.file), self.text) + "\n" + self.editor.screen())

    def ended(self, state):
        """One task more has ended, and so."""
        self.until("the task ends as " + state, lambda: len(self.editor.ends()) > self.ended_before, self.editor.screen)
        last = self.editor.ends()[-1]
        self.ended_before = len(self.editor.ends())
        if state != last:
            raise Stop("the task ended as %r, not as %s: %s" % (last, state, self.editor.screen()))

    def disk(self, name, end):
        path = os.path.join(self.editor.work, name)

        def read():
            try:
                with open(path, encoding="utf-8") as f:
                    return f.read()
            except OSError:
                return ""
        self.until("the file %s holds %r" % (name, end), lambda: end in read(), read)

    def gone(self, name):
        self.until("the file %s is gone" % name, lambda: not os.path.exists(os.path.join(self.editor.work, name)))

    def runs(self):
        self.until("the task runs", self.editor.running)

    def steer(self, text):
        self.editor.steer(text)

    def cancel(self):
        self.editor.cancel()

    def undo(self):
        self.editor.undo()

    def accept_all(self):
        self.editor.accept_all()
        if "wait for a word" not in self.editor.lacks:
            self.wait_for_a_word(0)

    def wait_for_a_word(self, n):
        self.until("%d changes wait for a word" % n, lambda: self.editor.waiting() == n, self.editor.waiting)

    def reject(self, line):
        self.editor.reject(line)

    def kill(self):
        marks = os.path.join(self.editor.base, "state", "emend", "unfinished")
        self.until("no change is under way, which would be taken back", lambda: self.editor.before_kill() or
                   not os.path.isdir(marks) or not os.listdir(marks))
        pids = servers(self.editor.base)
        if len(pids) != 1:
            raise Stop("one server runs, not %d" % len(pids))
        os.kill(pids[0], signal.SIGKILL)
        self.editor.says(self.step["then"])
        self.until("another server serves the buffer", lambda: self.editor.ready() and
                   [p for p in servers(self.editor.base) if p not in pids], self.editor.screen)

    def lost(self):
        self.until("the user is told that the task was lost", self.editor.lost, self.editor.screen)

    def resume(self):
        self.editor.resume()

    # --- a step ---

    def play(self, step):
        """None, or why it is left off; Stop if it does not come as it should."""
        lacks = self.editor.lacks
        self.step, self.without = step, []
        for verb, *_ in step["do"]:
            if verb in lacks and verb not in OPTIONAL:
                return lacks[verb]
        self.editor.says(self.words(step.get("model", [])))
        for verb, *args in step["do"]:
            if verb in lacks:
                self.without.append(lacks[verb])
            else:
                getattr(self, verb.replace(" ", "_"))(*args)
        self.holds()
        return None

    def words(self, model):
        """What the model says, where the editor lets a no have a reason, and where it does not."""
        if "reason" not in self.editor.lacks:
            return model
        return [{k: v for k, v in turn.items() if k != "expect" or self.step["name"] != "refactor denied with a reason"}
                for turn in model]
