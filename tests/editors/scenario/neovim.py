"""Neovim, with the plugin and beside another language server, as play.py drives it: with keys."""
import re

from person import TOP, Neovim
from terminal import wait

# The other language server, and what the player asks Neovim; what a person sees is in these buffers and lists.
INIT = r"""
vim.cmd('filetype on')
vim.opt.laststatus = 2
-- As some like their own text.
vim.opt.wrap, vim.opt.foldmethod, vim.opt.foldlevel, vim.opt.foldminlines, vim.opt.conceallevel = false, 'indent', 0, 0, 3
vim.api.nvim_create_autocmd('FileType', { pattern = 'c', callback = function()
  local config = { name = 'other', cmd = { vim.env.EMEND_TOP .. '/tests/fake/language_server.py' }, root_dir = vim.fn.getcwd() }
  if vim.lsp.start then vim.lsp.start(config) else vim.lsp.buf_attach_client(0, vim.lsp.start_client(config)) end
end })
function Ends()
  local out = {}
  for _, task in ipairs(require('emend').tasks()) do
    if task.state ~= 'running' and task.state ~= 'lost' then table.insert(out, 1, task.state) end
  end
  return out
end
function Answer()
  local out = ''
  for _, win in ipairs(vim.api.nvim_list_wins()) do
    local buf = vim.api.nvim_win_get_buf(win)
    if vim.bo[buf].filetype == 'markdown' then out = table.concat(vim.api.nvim_buf_get_lines(buf, 0, -1, false), '\n') end
  end
  return out
end
function Problems()
  return table.concat(vim.tbl_map(function(d) return d.message end, vim.diagnostic.get(0)), '\n')
end
-- What the question's window shows: each letter is brought into sight, and read from the screen.
function Shown()
  local win = require('emend.questions').window()
  if not win then return {} end
  local view, top, out = vim.api.nvim_win_call(win, vim.fn.winsaveview), vim.fn.win_screenpos(win)[1], {}
  local function place(n, at)
    local p = vim.fn.screenpos(win, n, at + 1)
    return p.row >= top and p.col > 0 and p.row < top + vim.api.nvim_win_get_height(win) and p
  end
  for n, line in ipairs(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)) do
    local cells, at = {}, 0
    while at < #line do
      local p = place(n, at)
      if not p then
        vim.api.nvim_win_set_cursor(win, { n, at })
        vim.cmd('redraw')
        p = place(n, at)
      end
      table.insert(cells, p and vim.fn.screenstring(p.row, p.col) or '<NOT SEEN>')
      at = at + #vim.fn.matchstr(line, '.', at)
    end
    out[n] = table.concat(cells)
  end
  vim.api.nvim_win_call(win, function() vim.fn.winrestview(view) end)
  return out
end
function Running()
  return #vim.tbl_filter(function(t) return t.state == 'running' end, require('emend').tasks())
end
"""


class Player(Neovim):
    more_init = INIT
    lacks = {}

    def __init__(self, files, first, program):
        self.program = program
        super().__init__(files, [], first)

    def keys(self, keys):
        self.terminal.keys("\x1c\x0e" + keys)  # to normal mode, from the <Enter> that a long message asks for, too

    def lua(self, expression):
        return self.value("luaeval('%s')" % expression)

    def screen(self):
        return "mode %s, %s\n" % (self.value("mode(1)"), self.value("execute('messages')")[-800:]) + re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", self.terminal.output[-1500:].decode("utf-8", "replace"))

    # --- the person ---

    def type(self, line, text):
        self.keys("%dGA%s\x1c\x0e" % (line, text))

    def ask(self, text):
        self.keys(":Emend do %s\r" % text)

    def action(self, first, last, title):
        """The menu is numbered: the number is read from the screen."""
        for _ in range(5):
            start = len(self.terminal.output)
            self.keys(":%d,%dEmend actions\r" % (first, last))
            number = wait(lambda: re.findall(r"(\d+):\s+%s" % title.replace(" ", r"\s+"), self.seen_since(start)), 10)
            if number:
                self.terminal.keys(number[-1] + "\r")
                return
            self.terminal.keys("q\r")

    def seen_since(self, start):
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", self.terminal.output[start:].decode("utf-8", "replace"))

    def allow(self):
        self.keys(":Emend answer\rga")

    def deny(self, why):
        self.keys(":Emend answer\rgD%s\r" % why)

    def choose(self, option):
        self.keys(":Emend answer\r/^  %s\r\r" % option)

    def begin_typing(self, line):
        self.keys("%dGA" % line)

    def type_on(self, text):
        self.terminal.keys(text)

    def end_typing(self):
        self.keys("")

    def leave(self):
        self.keys(":only\r")

    def steer(self, text):
        self.keys(":Emend steer %s\r" % text)

    def cancel(self):
        self.keys(":Emend cancel\r")

    def undo(self):
        self.keys(":Emend undo\r")

    def accept_all(self):
        self.keys(":Emend accept-all\r")

    def reject(self, line):
        self.keys("%dG:Emend reject\r" % line)

    def resume(self):
        self.keys(":Emend resume\r")

    def before_kill(self):
        pass

    # --- what is seen ---

    def problem(self, words):
        return words in self.lua("Problems()")

    def answer_shown(self):
        return self.lua("Answer()")

    def proposal(self):
        return self.question()

    def window_text(self):
        out = []
        for row in self.lua("Shown()") or []:
            if re.match("[+ -] \u21b3 ", row):  # it goes on
                out[-1] += row[4:]
            else:
                out.append(row)
        return out

    def ends(self):
        return self.lua("Ends()") or []

    def running(self):
        return self.lua("Running()") == 1

    def lost(self):
        return "lost: Add one. `:Emend resume` goes on" in self.value("execute('messages')")

    def waiting(self):
        return self.lua("#require([[emend]]).hunks(0)")


def make(program):
    return lambda files, first: Player(files, first, program)


__all__ = ["make", "TOP"]
