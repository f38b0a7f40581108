"""stall.py - the longest time that an editor does not look at its keys while a task's words come. A timer inside of the
editor counts how much of the processor the editor itself takes between two of its ticks: so other programs on the
machine do not count. It is beside the same editor and plugin while a model says one line. Nothing is asked of the
editor meanwhile, which would count too: it writes its figure to a file when all has come. Of Emacs there are two:
one collection of its garbage takes 20 ms, whoever has made it, so that what is left is what we do ourselves."""
import os
import shutil
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "editors"))
from person import Emacs, Neovim  # noqa: E402
from terminal import wait  # noqa: E402

END = "The end of it."
SECONDS = 600
LUA = """
local worst, last, ended
local function shown()
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if table.concat(vim.api.nvim_buf_get_lines(buf, -6, -1, false)):find('@END@', 1, true) then return true end
  end
end
local function tick()
  local now = os.clock() * 1e3
  worst, last = math.max(worst, now - last), now
  if not ended and (vim.g.state == '@STATE@' and shown()) then ended = vim.loop.now() + 1500 end
  if ended and vim.loop.now() > ended then
    ended = math.huge
    vim.fn.writefile({ tostring(worst) }, '@OUT@.new')
    vim.loop.fs_rename('@OUT@.new', '@OUT@')
  end
end
vim.keymap.set('n', '<F5>', function()
  worst, last = 0, os.clock() * 1e3
  require('emend').execute('@COMMAND@', @ARGUMENT@)
  vim.loop.new_timer():start(0, 2, vim.schedule_wrap(tick))
end)
"""
LISP = """
(defvar t-worst 0) (defvar t-own 0) (defvar t-last nil) (defvar t-gc 0) (defvar t-ended nil)
(defun t-cpu () (* 1000 (float-time (get-internal-run-time))))
(defun t-shown ()
  (cl-some (lambda (b) (with-current-buffer b (string-search "@END@" (buffer-substring-no-properties
    (max (point-min) (- (point-max) 300)) (point-max))))) (buffer-list)))
(defun t-tick ()
  (let* ((now (t-cpu)) (gc (* 1000 gc-elapsed)))
    (setq t-worst (max t-worst (- now t-last)) t-own (max t-own (- now t-last (- gc t-gc))) t-last now t-gc gc)
    (when (and (not t-ended) (equal t-state "@STATE@") (t-shown)) (setq t-ended (+ 1.5 (float-time))))
    (when (and t-ended (> (float-time) t-ended))
      (setq t-ended 1e15)
      (write-region (format "%s %s" t-worst t-own) nil "@OUT@.new" nil 'silent)
      (rename-file "@OUT@.new" "@OUT@"))
    (setq t-last (t-cpu) t-gc (* 1000 gc-elapsed))))
(defun t-go () (interactive)
  (setq t-worst 0 t-own 0 t-last (t-cpu) t-gc (* 1000 gc-elapsed))
  (emend--execute "@COMMAND@" @ARGUMENT@)
  (run-at-time 0 0.004 #'t-tick))
(global-set-key (kbd "<f5>") #'t-go)
"""


def answer(lines):
    """Markdown with what it has; 1,500 lines are 180 kB."""
    body = []
    for i in range(lines):
        body.append("## Part %d\n" % i if i % 30 == 0 else "```c\nint f%d(void);\n```\n" % i if i % 30 == 10 else
                    "- It **adds** `v[%d]` to what is there, and then it goes on with the next of them, until there is none. Größe 🙂" % i)
    return "\n".join(body) + "\n\n" + END + "\n"


class Case:
    """What is asked of Emend, and how its end is known."""

    state, end, mode = "done", END, "edit"
    file = "one\ntwo\n"
    command, lua, lisp = "emend.explain", "{ uri = vim.uri_from_bufnr(0) }", "(list :uri (emend--uri))"

    def __init__(self, turns):
        self.turns = turns

    def fill(self, text, argument, out):
        for name, value in ("@END@", self.end), ("@STATE@", self.state), ("@OUT@", out), ("@COMMAND@", self.command), ("@ARGUMENT@", argument):
            text = text.replace(name, value)
        return text


def command(line):
    return {"calls": [{"name": "run_command", "input": {"command": line}}]}


class Task(Case):
    """A task in free text."""

    command, lua, lisp = "emend.do", "{ task = 'go on' }", "'(:task \"go on\")"


class Question(Task):
    """A change is asked about whose diff has 5,000 lines."""

    state, end, mode = "running", "end2500", "ask"
    file = "".join("int old%d(int a);\n" % i for i in range(2501))

    def __init__(self):
        super().__init__([command("sed -i s/old/end/ a.txt")])


class Hunks(Task):
    """2,000 changes in the file that is on the screen wait for a word."""

    file = "".join("row %d of it\n" % i for i in range(6000))

    mode = "auto"

    def __init__(self):
        super().__init__([command("sed -i '0~3s/row/ROW/' a.txt"), {"text": END}])
        self.end = "OW 5999 of it"


class Files(Task):
    """A command that makes 20,000 files."""

    mode = "auto"

    def __init__(self):
        super().__init__([command("mkdir m; cd m; seq 20000 | split -l 1 -a 5"), {"text": answer(20)}])
        self.end = "two"


def player(kind, case):
    """An editor for this case; `out` is where its figure comes."""
    class Timed(kind):
        settings = {"mode": case.mode}

        def start(self):
            self.out = self.base + "/worst"
            if issubclass(kind, Neovim):
                self.more_init = case.fill(LUA, case.lua, self.out)
            else:
                self.served = kind.served + case.fill(LISP, case.lisp, self.out)
            return super().start()

    return Timed({"a.txt": case.file}, case.turns, "a.txt")


def one(kind, case):
    """[seconds, the same without the collection of garbage where that is known]"""
    editor = player(kind, case)
    try:
        if not wait(editor.ready):
            raise RuntimeError("the editor does not start")
        editor.terminal.keys("\x1b[15~")  # F5
        if not wait(lambda: os.path.exists(editor.out), SECONDS):
            raise RuntimeError("what is waited for does not come: " + editor.state())
        with open(editor.out, encoding="utf-8") as f:
            return [float(word) / 1000 for word in f.read().split()]
    finally:
        editor.close()


def cases():
    for size, lines in ("180 kB", 1500), ("2 MB", 17000):
        yield "answer of %s at once" % size, Case([{"text": answer(lines)}])
    yield "answer of 180 kB in pieces", Case([{"text": answer(1500), "chunk_ms": 1}])
    yield "diff of 5,000 lines in a question", Question()
    yield "2,000 changes that wait", Hunks()
    yield "20,000 files changed", Files()


def measure(row, words=""):
    for name, kind in ("Neovim", Neovim), ("Emacs", Emacs):
        if not shutil.which(kind.program if isinstance(kind.program, str) else kind.program[0]):
            print("longest stall of %s: it is not installed" % name)
            continue
        floor = one(kind, Case([{"delay_ms": 1000, "text": END}]))
        for what, case in cases():
            if words not in what:
                continue
            for value, least, more in zip(one(kind, case), floor, ("", ", without its garbage collection")):
                row("stall of %s, %s%s" % (name, what, more), value, "ms", least, "one line")


if __name__ == "__main__":
    measure(lambda name, value, unit, floor, of: print("%s: %.1f ms, %s %.1f ms" % (name, 1000 * value, of, 1000 * floor), flush=True),
            " ".join(sys.argv[1:]))
