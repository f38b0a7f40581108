"""Emacs with eglot, as play.py drives it, with keys: with the package, with it and Emend in front of another language
server (--wrap), and plain, as any language server."""
import os
import re
import subprocess

from person import EMEND, TOP, Emacs
from terminal import wait

# What the player asks Emacs; a flymake backend of its own stands for a linter.
INIT = r"""
(defun t-bad (report &rest _)
  (let (found)
    (save-excursion
      (goto-char (point-min))
      (while (search-forward "BAD" nil t)
        (push (flymake-make-diagnostic (current-buffer) (match-beginning 0) (match-end 0) :error "this is bad") found)))
    (funcall report found)))
(defun t-in-file (what) (with-current-buffer "sum.c" (funcall what)))
(defun t-problems ()
  (t-in-file (lambda () (mapconcat #'flymake-diagnostic-text (flymake-diagnostics) "\n"))))
(defun t-beside ()
  (mapconcat (lambda (w) (with-current-buffer (window-buffer w)
                           (if (equal (buffer-name) "sum.c") "" (substring-no-properties (buffer-string)))))
             (window-list nil 'never) "\n"))
(defun t-minibuffer ()
  (let ((window (active-minibuffer-window)))
    (if window (with-current-buffer (window-buffer window) (substring-no-properties (buffer-string))) "")))
(defun t-next ()
  (let* ((s (t-in-file #'eglot-current-server)) (p (and s (jsonrpc-running-p s) (jsonrpc--process s))))
    (when (and p (> (buffer-size (process-buffer p)) 0))
      (run-at-time 0 nil (process-filter p) p ""))))
(defun t-sent () (t-in-file (lambda () (if eglot--recent-changes 0 1))))
(defun t-serves ()
  (t-in-file (lambda () (let ((s (eglot-current-server))) (if (and s (jsonrpc-running-p s) (eglot-managed-p)) 1 0)))))
"""
LINTER = "(add-hook 'eglot-managed-mode-hook (lambda () (add-hook 'flymake-diagnostic-functions #'t-bad nil t)))\n"
PACKAGE = r"""
(require 'emend)
(setq emend-program (getenv "EMEND"))
(setq-default truncate-lines t) ; as some like their own text
(defun t-ends ()
  (mapconcat #'identity
             (delete "lost" (delete "running" (mapcar (lambda (e) (plist-get (cdr e) :state)) (reverse emend--tasks)))) ","))
(defun t-running () (if (emend--newest "running") 1 0))
(defun t-lost () (if (emend--newest "lost") 1 0))
(defun t-waiting () (t-in-file (lambda () (length emend--hunks))))
;; What the question's window shows: none of the letters may be hidden, or drawn as something else; every hundredth is
;; brought into sight.
(defun t-letter (window)
  (unless (or (> (% (point) 100) 0) (pos-visible-in-window-p (point) window t)) (recenter 0))
  (cond ((and (= (% (point) 100) 0) (not (pos-visible-in-window-p (point) window t))) "<NOT SEEN>")
        ((invisible-p (point)) "<INVISIBLE>")
        ((get-char-property (point) 'display) "<DRAWN OTHERWISE>")
        (t (buffer-substring-no-properties (point) (1+ (point))))))
(defun t-shown ()
  (let ((window (get-buffer-window "*Emend asks*")) out)
    (when window
      (with-selected-window window
        (save-excursion
          (goto-char (point-min))
          (when truncate-lines (push "<CUT AT THE EDGE>" out))
          (while (not (eobp))
            (push (t-letter window) out)
            (forward-char 1)))))
    (apply #'concat (nreverse out))))
"""


class Player(Emacs):
    """With the package."""

    lacks = {"symbols": "eglot has one server for a buffer, and here that is Emend"}
    served = INIT + LINTER + PACKAGE + "(emend-setup '(c-mode))\n"

    def __init__(self, files, first, folder):
        if folder:
            self.program, self.client = [folder + "emacs"], folder + "emacsclient"
        super().__init__(files, [], first)

    def keys(self, keys):
        self.terminal.keys(keys)

    def minibuffer(self):
        return self.value("(t-minibuffer)")

    def enter(self, begin, text):
        """Types into the minibuffer, sees that it stands there, and presses Enter: an error behind the scenes, as of a
        timer, takes keys away."""
        for _ in range(5):
            self.keys(begin + text.replace(" ", "\x11 "))
            if wait(lambda: text in self.minibuffer(), 10):
                break
            self.keys("\x07")
        self.keys("\r")

    def run(self, command, *answers):
        self.enter("\x1bx", command)
        for answer in answers:
            wait(lambda: self.minibuffer() and "M-x" not in self.minibuffer(), 10)
            self.enter("", answer)

    def go(self, line):
        """And sees that it is there: see enter()."""
        at = "(with-current-buffer (window-buffer) (line-number-at-pos (window-point)))"
        for _ in range(5):
            self.keys("\x1bgg%d\r" % line)
            if wait(lambda: self.value(at) == str(line), 10):
                return
            self.keys("\x07")

    def screen(self):
        return "%s\n%s" % (self.value("(with-current-buffer \"*Messages*\" (buffer-string))")[-700:], self.value("(t-minibuffer)"))

    def ready(self):
        return self.value("(t-serves)") == "1"

    # --- the person ---

    def type(self, line, text):
        self.go(line)
        self.keys("\x05" + text)

    def ask(self, text):
        self.run("emend-do", text)

    def action(self, first, last, title):
        """Until something comes of it: keys may have been taken away at any of its steps."""
        ended = len(self.ends())
        for _ in range(5):
            self.go(first)
            if last > first:
                self.keys("\x00\x1bgg%d\r" % last)
            self.run("eglot-code-actions")
            if wait(lambda: "Pick an action" in self.minibuffer(), 10):
                self.enter("", title)
                if not wait(lambda: not self.minibuffer(), 3) and not self.question():
                    self.keys("\r")  # the first completed it
                if wait(lambda: self.running() or self.question() or len(self.ends()) > ended, 15):
                    return
            if self.question():  # it came late; C-g would be its answer
                return
            self.keys("\x07")

    def allow(self):
        self.run("emend-answer")
        self.keys("\x03\x03")

    def deny(self, why):
        self.run("emend-answer")
        self.keys("\x03\x12%s\r" % why)

    def choose(self, option):
        self.run("emend-answer")
        self.keys("\x13%s\r\r" % option)

    def begin_typing(self, line):
        self.go(line)
        self.keys("\x05")

    def type_on(self, text):
        self.keys(text)

    def end_typing(self):
        pass

    def leave(self):
        self.keys("\x18bsum.c\r\x181")

    def steer(self, text):
        self.run("emend-steer", text)

    def cancel(self):
        self.run("emend-cancel")

    def undo(self):
        self.run("emend-undo")

    def accept_all(self):
        self.run("emend-accept-all")

    def reject(self, line):
        self.go(line)
        self.run("emend-reject")

    def before_kill(self):
        pass

    def resume(self):
        self.run("emend-resume")

    # --- what is seen ---

    def problem(self, words):
        return words in self.value("(t-problems)")

    def answer_shown(self):
        return self.value("(t-beside)")

    def proposal(self):
        return self.question()

    def window_text(self):
        return self.value("(t-shown)").split("\n")

    def ends(self):
        return [state for state in self.value("(t-ends)").split(",") if state]

    def running(self):
        return self.value("(t-running)") == "1"

    def lost(self):
        return self.value("(t-lost)") == "1"

    def waiting(self):
        return int(self.value("(t-waiting)") or -1)


class Wrapped(Player):
    """In front of another language server, which finds the problem."""

    lacks = {}
    served = INIT + PACKAGE + "(emend-setup '(c-mode) '(\"%s\"))\n" % os.path.join(TOP, "tests/fake/language_server.py")


class Plain(Player):
    """eglot alone: a person who wants more than the menu evaluates what the README says."""

    served = INIT + "(require 'eglot)\n(add-to-list 'eglot-server-programs (list 'c-mode (getenv \"EMEND\") \"lsp\"))\n"
    lacks = {
        "foreign": "eglot passes a server its own diagnostics only",
        "problems": "a client without the package tells no problems of others",
        "symbols": "a client without the package lends no other server",
        "streams": "a client without the package gets an answer whole",
        "reason": "a plain message request has no place for a reason",
        "typing": "plain eglot asks in the minibuffer, which takes the keys",
        "runs": "nothing shows that a task runs",
        "lost": "eglot does not know of tasks",
        "steer": "plain eglot asks in the minibuffer, and the command that steers needs it, too",
        "wait for a word": "nothing shows the changes that wait",
        "window_text": "plain eglot asks in the minibuffer",
    }

    def command(self, name, argument=""):
        wait(lambda: self.value("(t-sent)") == "1")  # after half a second without a key
        self.enter("\x1b:", "(eglot-execute-command (eglot-current-server) \"%s\" [%s])" % (name, argument))

    def ask(self, text):
        self.command("emend.do", '(:task "%s")' % text)

    def pick(self, title):
        # What is filled in goes; where nothing is, C-k would be an error, and the keys behind it would be lost.
        filled = self.value("(with-current-buffer (window-buffer (active-minibuffer-window)) (minibuffer-contents))")
        self.enter("\x01\x0b" if filled else "", title)

    def question(self):
        asked = self.minibuffer()
        return asked if "Emend" in asked else ""

    def allow(self):
        self.pick("Allow once")

    def deny(self, why):
        self.pick("Deny")

    def choose(self, option):
        self.pick(option)

    opened = ""

    def answer_shown(self):
        report = re.findall(r"the report is in ([^\n]+)", self.said())
        if report and report[-1] != self.opened:  # eglot 1.9 cannot show it by itself
            self.opened = report[-1]
            self.keys("\x184f%s\r" % self.opened)
        return super().answer_shown()

    def proposal(self):
        return self.answer_shown()

    def steer(self, text):
        self.command("emend.steer", '(:text "%s")' % text)

    def cancel(self):
        self.command("emend.cancel")

    def running(self):  # nothing shows it; and to evaluate what is not there stops Emacs for a while, keys and all
        return False

    def undo(self):
        self.command("emend.undo")

    def accept_all(self):
        self.command("emend.acceptAll")

    def reject(self, line):
        self.action(line, line, "Emend: Reject this change")

    def resume(self):
        listed = subprocess.run([EMEND, "sessions"], cwd=self.work, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, check=True).stdout.decode()
        session = re.search(r"\d{8}-\w+", listed).group()
        self.command("emend.resume", '(:session "%s")' % session)

    keys_asked_for = 0

    def said(self):
        text = self.value("(with-current-buffer \"*Messages*\" (buffer-string))")
        if text.count("press one") > self.keys_asked_for:  # eglot 1.17 tells of an edit behind the next key
            self.keys_asked_for = text.count("press one")
            self.keys("\x0c")
        return text

    def before_kill(self):
        self.said()

    def ends(self):
        return [m.group(1).replace("restored", "done") for m in
                re.finditer(r"Emend: [^\n]*?(?:: |\d )(done|denied|failed|cancelled|restored)\b", self.said())]


class PlainOld(Plain):
    """eglot 1.9, which shows no documents."""

    lacks = dict(Plain.lacks, proposed="eglot 1.9 shows no document")

    # What comes in one piece with the answer to a command is read with the next thing that comes only: here nothing comes.
    # The person would ask what runs; but keys for that may meet the question that they bring up.
    def said(self):
        if not self.minibuffer():
            self.value("(t-next)")
        return super().said()


def make(folder, kind, version):
    plain = PlainOld if version < 29 else Plain
    return lambda files, first: {"package": Player, "wrap": Wrapped, "plain": plain}[kind](files, first, folder)
