-- Windows that open beside the user's work without touching it: they are never entered by themselves, so what is
-- typed goes on going where it went.
local M = {}

-- nvim_open_win() makes splits since 0.10, and from any mode. Older ones can only enter the new window and go back,
-- which ends visual mode, pending operators and the terminal's mode: there one waits for a better moment.
local can_split = vim.fn.has('nvim-0.10') == 1

local function may_open()
  if vim.fn.getcmdwintype() ~= '' then
    return false
  end
  local mode = vim.api.nvim_get_mode()
  if mode.blocking or mode.mode:match('^[cr!]') then
    return false
  end
  return can_split or mode.mode == 'n' or mode.mode:match('^[iR]') ~= nil
end

local waiting = {} -- functions that want to open a window, in order

local function run_waiting()
  if #waiting == 0 or not may_open() then
    return
  end
  local now = waiting
  waiting = {}
  for _, run in ipairs(now) do
    run()
  end
end

-- Calls run() now if a window may be opened, else when the user has left what does not allow it.
function M.when_possible(run)
  table.insert(waiting, run)
  run_waiting()
end

vim.api.nvim_create_autocmd({ 'ModeChanged', 'CmdwinLeave', 'CmdlineLeave' }, {
  group = vim.api.nvim_create_augroup('emend-window', { clear = true }),
  callback = function()
    vim.schedule(run_waiting)
  end,
})

-- A window for the buffer at the bottom, or at the right with `vertical`; `size` lines or columns. The current
-- window, its cursor, its view and the mode stay as they are.
function M.open(buf, vertical, size)
  if can_split then
    local config = { split = vertical and 'right' or 'below', win = -1 }
    config[vertical and 'width' or 'height'] = size
    return vim.api.nvim_open_win(buf, false, config)
  end
  local before, view = vim.api.nvim_get_current_win(), vim.fn.winsaveview()
  vim.cmd(string.format('noautocmd keepalt botright %d%ssplit', size, vertical and 'v' or ''))
  local win = vim.api.nvim_get_current_win()
  vim.api.nvim_win_set_buf(win, buf)
  vim.cmd('noautocmd call win_gotoid(' .. before .. ')')
  vim.fn.winrestview(view)
  return win
end

-- A buffer for text of Emend, which nobody types in.
function M.scratch(name, filetype, lines)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable, vim.bo[buf].filetype = false, filetype
  if not pcall(vim.api.nvim_buf_set_name, buf, name) then
    pcall(vim.api.nvim_buf_set_name, buf, name .. ' (' .. buf .. ')') -- the name is taken
  end
  return buf
end

-- Signs of Markdown that Vim's own rules leave on the screen, of code in a line and of links: only their words are seen.
-- They are rules for regions, and not matches of a window, so that nothing is hidden in a block of code.
function M.hide_markdown(buf)
  vim.api.nvim_buf_call(buf, function()
    for _, rule in ipairs({
      [[clear markdownCode markdownLinkText markdownLink]],
      [[region markdownCode matchgroup=markdownCodeDelimiter start="`\@1<!``\@!" end="`" oneline keepend concealends]],
      [[region markdownLinkText matchgroup=markdownLinkTextDelimiter start="\[\%([^][]\+\](\)\@=" end="\](\@=" ]]
        .. [[nextgroup=markdownLink oneline concealends contains=markdownCode,markdownBold,markdownItalic]],
      [[region markdownCodeBlock matchgroup=markdownCodeDelimiter start="^\s*\z(`\{3,}\).*$" end="^\s*\z1`*\ze\s*$" keepend]],
      [[sync minlines=500]],
      [[region markdownLink start="(" end=")" contained oneline conceal]],
    }) do
      pcall(vim.cmd, 'syntax ' .. rule)
    end
    vim.cmd('highlight default link markdownCode String')
  end)
end

function M.set_lines(buf, first, last, lines)
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, first, last, false, lines)
  vim.bo[buf].modifiable = false
end

return M
