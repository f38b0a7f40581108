"""stall.py - the longest time that an editor does not look at its keys while a long answer comes: a timer inside of the
editor measures it, beside the same editor and plugin while the model thinks."""
import os
import shutil
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "editors"))
from person import Emacs, Neovim  # noqa: E402
from terminal import wait  # noqa: E402

SECONDS = 3
LINES = 1500  # with what Markdown has; 180 kB
LUA = """
Worst, Last = 0, nil
vim.loop.new_timer():start(0, 2, vim.schedule_wrap(function()
  local now = vim.loop.hrtime() / 1e6
  Worst, Last = math.max(Worst, Last and now - Last or 0), now
end))
function Shown()
  local lines = {}
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    vim.list_extend(lines, vim.api.nvim_buf_get_lines(buf, -4, -1, false))
  end
  return table.concat(lines)
end
"""
LISP = """
(defvar t-worst 0) (defvar t-last nil)
(run-at-time 0 0.004 (lambda () (let ((now (* 1000 (float-time))))
  (setq t-worst (max t-worst (if t-last (- now t-last) 0)) t-last now))))
"""


def answer():
    body = []
    for i in range(LINES):
        body.append("## Part %d\n" % i if i % 30 == 0 else "```c\nint f%d(void);\n```\n" % i if i % 30 == 10 else
                    "- It **adds** `v[%d]` to what is there, and then it goes on with the next of them, until there is none. Größe 🙂" % i)
    return "\n".join(body) + "\n\nThe end of it.\n"


class TimedNeovim(Neovim):
    settings = {"mode": "edit"}
    more_init = LUA
    more = "luaeval('Worst')"
    reset = "luaeval('(function() Worst = 0; Last = nil; return 0 end)()')"

    def explain(self):
        self.terminal.keys(":Emend explain\r")

    def shown(self):
        return self.value("luaeval('Shown()')")

    def worst(self):
        return float(self.value(self.more))

    def clear(self):
        self.value(self.reset)


class TimedEmacs(Emacs):
    settings = {"mode": "edit"}
    served = Emacs.served + LISP

    def explain(self):
        self.terminal.keys("\x1bxemend-explain\r")

    def shown(self):
        return self.value("(mapconcat (lambda (b) (with-current-buffer b (buffer-substring-no-properties"
                          " (max (point-min) (- (point-max) 99)) (point-max)))) (buffer-list) \"\")")

    def worst(self):
        return float(self.value("t-worst"))

    def clear(self):
        self.value("(setq t-worst 0 t-last nil)")


def one(kind, model):
    """Milliseconds."""
    editor = kind({"a.txt": "one\ntwo\n"}, model, "a.txt")
    try:
        if not wait(editor.ready):
            raise RuntimeError("the editor does not start")
        editor.clear()
        editor.explain()
        end = time.monotonic() + 120
        while editor.state() in ("none", "running") or "The end of it." not in editor.shown():
            if time.monotonic() > end:
                raise RuntimeError("the answer does not come: " + editor.state())
            time.sleep(0.5)  # to ask takes time of the editor, too
        return editor.worst()
    finally:
        editor.close()


def measure(row):
    think = {"delay_ms": SECONDS * 1000, "text": "The end of it."}
    for name, kind in ("Neovim", TimedNeovim), ("Emacs", TimedEmacs):
        if not shutil.which(kind.program if isinstance(kind.program, str) else kind.program[0]):
            print("longest stall of %s: it is not installed" % name)
            continue
        floor = one(kind, [think]) / 1000
        for what, turn in ("at once", {"text": answer()}), ("in pieces", {"text": answer(), "chunk_ms": 1}):
            row("stall of %s, answer of 180 kB %s" % (name, what), one(kind, [turn]) / 1000, "ms", floor, "without")
