-- Changes of tasks that wait to be accepted or rejected: signs beside their lines, and above them what stood there.
local M = {}

-- Called with a buffer when changes that wait there come, go, or were touched; M.list() has them.
M.on_change = nil
M.old_text = true -- show what stood there

-- Many colours of older Neovims draw a DiffDelete that cannot be read: there it stands for no line at all.
vim.api.nvim_set_hl(0, 'EmendOldText', { link = vim.fn.has('nvim-0.10') == 1 and 'DiffDelete' or 'WarningMsg', default = true })

local OLD_LINES = 20 -- of one change that are shown

local space = vim.api.nvim_create_namespace('emend-hunks')
local hunks = {} -- buffer number -> { { id, marks, kind, state }, ... }
local sign_of = { ['add'] = '+', ['change'] = '~', ['delete'] = '_', ['new file'] = '+' }
local group_of = { ['add'] = 'DiffAdd', ['change'] = 'DiffChange', ['delete'] = 'DiffDelete', ['new file'] = 'DiffAdd' }

-- Tabs of virtual lines are shown as ^I.
local function expanded(line, width)
  local out = ''
  for piece, tab in line:gmatch('([^\t]*)(\t?)') do
    out = out .. piece
    if tab ~= '' then
      out = out .. string.rep(' ', width - vim.fn.strdisplaywidth(out) % width)
    end
  end
  return out
end

-- What a change replaced, as virtual lines, or nil.
local function old_lines(hunk, bufnr)
  if not M.old_text or type(hunk.old) ~= 'string' or hunk.old == '' then
    return nil
  end
  local lines, out = vim.split(hunk.old:gsub('\n$', ''), '\n'), {}
  for i = 1, math.min(#lines, OLD_LINES) do
    out[i] = { { expanded(lines[i], vim.bo[bufnr].tabstop), 'EmendOldText' } }
  end
  if #lines > OLD_LINES or hunk.oldCut then
    table.insert(out, { { string.format('… (%d lines and more)', #lines), 'NonText' } })
  end
  return out
end

-- Virtual lines above the first line of a file are not scrolled to by themselves.
local function reveal_top(bufnr, count)
  for _, win in ipairs(vim.fn.win_findbuf(bufnr)) do
    vim.api.nvim_win_call(win, function()
      local view = vim.fn.winsaveview()
      if view.topline == 1 and view.topfill ~= count then
        view.topfill = count
        vim.fn.winrestview(view)
      end
    end)
  end
end

local function mark(bufnr, hunk, lines)
  local first = math.min(hunk.range.start.line, lines - 1)
  local last = math.max(first, math.min(hunk.range['end'].line - 1, lines - 1))
  local entry = { id = hunk.id, kind = hunk.kind, state = hunk.state, marks = {} }
  local old = old_lines(hunk, bufnr)
  for line = first, math.min(last, first + 999) do
    table.insert(entry.marks, vim.api.nvim_buf_set_extmark(bufnr, space, line, 0, {
      sign_text = sign_of[hunk.kind] or '~',
      sign_hl_group = hunk.state == 'touched' and 'WarningMsg' or group_of[hunk.kind] or 'DiffChange',
      virt_lines = line == first and old or nil,
      virt_lines_above = hunk.range.start.line < lines, -- what was removed at the end of the file stands below
    }))
  end
  if old and first == 0 then
    reveal_top(bufnr, #old)
  end
  return entry
end

-- Marks move with the text, so the server tells only what comes, goes, or was touched. A long list comes in parts:
-- `from` says where one begins, and all but the last have `more`.
function M.on_hunks(_, params)
  if type(params) ~= 'table' or type(params.uri) ~= 'string' then
    return
  end
  local bufnr = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  if not params.from or not hunks[bufnr] then
    vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
    hunks[bufnr] = {}
  end
  local lines = vim.api.nvim_buf_line_count(bufnr)
  for _, hunk in ipairs(params.hunks or {}) do
    table.insert(hunks[bufnr], mark(bufnr, hunk, lines))
  end
  if M.on_change and not params.more then
    M.on_change(bufnr)
  end
end

-- The changes of a buffer that wait: { { id, kind, state, first, last }, ... }; lines from 1.
function M.list(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  local out = {}
  for _, hunk in ipairs(hunks[bufnr] or {}) do
    local first, last
    for _, mark in ipairs(hunk.marks) do
      local at = vim.api.nvim_buf_get_extmark_by_id(bufnr, space, mark, {})[1]
      if at then
        first, last = math.min(first or at + 1, at + 1), math.max(last or at + 1, at + 1)
      end
    end
    if first then
      table.insert(out, { id = hunk.id, kind = hunk.kind, state = hunk.state, first = first, last = last })
    end
  end
  return out
end

function M.at_cursor()
  local line = vim.api.nvim_win_get_cursor(0)[1]
  for _, hunk in ipairs(M.list(0)) do
    if hunk.first <= line and line <= hunk.last then
      return hunk
    end
  end
end

-- Puts the cursor on the next one below, or the last one above with `up`.
function M.go(up)
  local line, target = vim.api.nvim_win_get_cursor(0)[1], nil
  for _, hunk in ipairs(M.list(0)) do
    if up and hunk.last < line then
      target = hunk.first
    elseif not up and hunk.first > line then
      target = target or hunk.first
    end
  end
  if target then
    vim.api.nvim_win_set_cursor(0, { target, 0 })
  else
    vim.notify('Emend: no change waits ' .. (up and 'above' or 'below'))
  end
end

return M
