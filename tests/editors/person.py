"""Neovim and Emacs in a terminal, as a person uses them with Emend: keys go in, and what is looked at is asked of the
editor itself. Each runs in a fresh Git repository, with a scripted model in mode ask. Standard library only."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from terminal import Terminal

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
EMEND = os.path.abspath(os.environ.get("EMEND", os.path.join(TOP, "build", "emend")))
NVIM, EMACS = os.environ.get("NVIM", "nvim"), os.environ.get("EMACS", "emacs")
EMACSCLIENT = os.environ.get("EMACSCLIENT", "emacsclient")


class Editor:
    """files: name -> text; model: the turns of the script; first: the file that is opened."""

    settings = {"mode": "ask"}

    def __init__(self, files, model, first):
        self.first = first
        self.base = tempfile.mkdtemp(prefix="emend-person-")
        self.work = self.base + "/work"
        for folder in ("work", "config/emend", "state"):
            os.makedirs(os.path.join(self.base, folder))
        for file, text in files.items():
            with open(os.path.join(self.work, file), "w", encoding="utf-8") as f:
                f.write(text)
        self.says(model)
        with open(self.base + "/config/emend/config.json", "w", encoding="utf-8") as f:
            json.dump(dict(self.settings, model="scripted:" + self.base + "/model.jsonl"), f)
        subprocess.run(["git", "init", "-q", self.work], check=True)
        self.env = dict(os.environ, HOME=self.base, XDG_CONFIG_HOME=self.base + "/config",
                        XDG_STATE_HOME=self.base + "/state", XDG_CACHE_HOME=self.base + "/cache",
                        XDG_DATA_HOME=self.base + "/data", LC_ALL="C.UTF-8", EMEND=EMEND, EMEND_TOP=TOP,
                        EMEND_KEYRING="off")
        for key in ("EMEND_MODEL", "EMEND_MODE", "NVIM", "VIMINIT", "TMUX"):
            self.env.pop(key, None)
        self.terminal = Terminal(self.start(), self.env, self.work)

    def says(self, model):
        """What the model of the next task says, turn by turn."""
        with open(self.base + "/model.new", "w", encoding="utf-8") as f:
            f.writelines(json.dumps(turn) + "\n" for turn in model)
        os.replace(self.base + "/model.new", self.base + "/model.jsonl")

    def on_disk(self, name):
        with open(os.path.join(self.work, name), encoding="utf-8") as f:
            return f.read()

    def close(self):
        self.terminal.close()
        shutil.rmtree(self.base, ignore_errors=True)


class Neovim(Editor):
    insert, escape = "i", "\x1b"
    scroll_down = "\x06\x06\x06\x06"
    program = NVIM
    more_init = ""

    def start(self):
        with open(self.base + "/init.lua", "w", encoding="utf-8") as f:
            f.write("vim.opt.runtimepath:prepend(vim.env.EMEND_TOP .. '/editors/neovim')\n"
                    "vim.cmd('runtime plugin/emend.lua')\n"
                    "require('emend').setup({ cmd = { vim.env.EMEND, 'lsp' } })\n"
                    "require('emend').on_task = function(t) vim.g.state = t.state end\n"
                    "vim.g.state = 'none'\n"
                    "function Question() local win, n = require('emend.questions').window()\n"
                    "  return win and table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false),"
                    " '\\n') or n > 0 and 'waits' or '' end\n"
                    "function Seen() local win = require('emend.questions').window()\n"
                    "  return vim.api.nvim_win_call(win, function() return vim.fn.getline('w$') end) end\n" + self.more_init)
        self.socket = self.base + "/socket"
        return [self.program, "-u", self.base + "/init.lua", "-i", "NONE", "-n", "--listen", self.socket, self.first]

    def value(self, expression):
        out = self.base + "/value"  # what is printed is shortened, as any message
        expression = "writefile([json_encode(%s)], '%s')" % (expression, out)
        try:
            subprocess.run([self.program, "--server", self.socket, "--remote-expr", expression], env=self.env, timeout=60,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            with open(out, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError, subprocess.SubprocessError):
            return ""

    def ready(self):
        return self.value("luaeval('require([[emend]]).client(0) and 1 or 0')") == 1

    def command(self, text):
        self.terminal.keys(":Emend do %s\r" % text)

    def question(self):
        return self.value("luaeval('Question()')")

    def state(self):
        return self.value("g:state")

    def text(self, name):
        return "".join(line + "\n" for line in self.value("getbufline('%s', 1, '$')" % name))

    def answer(self, how):
        self.terminal.keys(":Emend answer\r" + {"yes": "ga", "no": "gd", "enter": "\r"}[how])

    def enter(self):
        self.terminal.keys(":Emend answer\r")

    def last_line_seen(self):
        return self.value("luaeval('Seen()')")


class Emacs(Editor):
    insert, escape = "", ""
    scroll_down = "\x16\x16\x16\x16\x16\x16\x16\x16"
    program, client = [EMACS], EMACSCLIENT
    served = ("(require 'emend)\n(setq emend-program (getenv \"EMEND\"))\n"
              "(defvar t-state \"none\")\n"
              "(add-hook 'emend-task-functions (lambda (task) (setq t-state (plist-get task :state))))\n"
              "(emend-setup '(text-mode))\n")

    def start(self):
        self.socket = self.base + "/server"
        with open(self.base + "/init.el", "w", encoding="utf-8") as f:
            f.write("(setq native-comp-deferred-compilation nil native-comp-jit-compilation nil)\n"
                    "(require 'package) (package-initialize)\n"
                    "(add-to-list 'load-path (concat (getenv \"EMEND_TOP\") \"/editors/emacs\"))\n"
                    "(setq inhibit-startup-screen t electric-indent-mode nil eglot-confirm-server-initiated-edits nil"
                    " eglot-confirm-server-edits nil)\n" + self.served +
                    "(setq server-socket-dir \"%s\" server-name \"server\") (server-start)\n"
                    "(find-file \"%s\") (call-interactively #'eglot)\n" % (self.base, self.first))
        return self.program + ["-nw", "-q", "-l", self.base + "/init.el"]

    def value(self, expression):
        p = subprocess.run([self.client, "-s", self.socket, "--eval", expression], env=self.env, timeout=60,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        out = p.stdout.decode("utf-8", "replace").strip()
        if not out.startswith('"'):
            return out
        return re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m.group(1), m.group(1)), out[1:-1])

    def ready(self):
        return self.value("(with-current-buffer \"%s\" (if (eglot-current-server) 1 0))" % self.first) == "1"

    def command(self, text):
        self.terminal.keys("\x1bxemend-do\r%s\r" % text)

    def question(self):
        return self.value("(if (get-buffer-window \"*Emend asks*\") (with-current-buffer \"*Emend asks*\""
                          " (substring-no-properties (buffer-string))) \"\")")

    def state(self):
        return self.value("t-state")

    def text(self, name):
        return self.value("(with-current-buffer \"%s\" (save-restriction (widen) (substring-no-properties"
                          " (buffer-string))))" % name)

    def answer(self, how):
        self.terminal.keys("\x1bxemend-answer\r" + {"yes": "\x03\x03", "no": "\x03\x0b", "enter": "\r"}[how])

    def enter(self):
        self.terminal.keys("\x1bxemend-answer\r")

    def last_line_seen(self):
        return self.value("(with-selected-window (get-buffer-window \"*Emend asks*\") (save-excursion"
                          " (goto-char (window-end nil t)) (forward-line -1)"
                          " (buffer-substring-no-properties (line-beginning-position) (line-end-position))))")
