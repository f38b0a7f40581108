-- Changes of tasks that wait to be accepted or rejected: signs beside their lines.
local M = {}

-- Called with a buffer and M.list() of it when changes that wait come, go, or were touched.
M.on_change = nil

local space = vim.api.nvim_create_namespace('emend-hunks')
local hunks = {} -- buffer number -> { { id, marks, kind, state }, ... }
local sign_of = { ['add'] = '+', ['change'] = '~', ['delete'] = '_', ['new file'] = '+' }
local group_of = { ['add'] = 'DiffAdd', ['change'] = 'DiffChange', ['delete'] = 'DiffDelete', ['new file'] = 'DiffAdd' }

-- Marks move with the text, so the server tells only what comes, goes, or was touched.
function M.on_hunks(_, params)
  if type(params) ~= 'table' or type(params.uri) ~= 'string' then
    return
  end
  local bufnr = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
  hunks[bufnr] = {}
  local lines = vim.api.nvim_buf_line_count(bufnr)
  for _, hunk in ipairs(params.hunks or {}) do
    local first = math.min(hunk.range.start.line, lines - 1)
    local last = math.max(first, math.min(hunk.range['end'].line - 1, lines - 1))
    local entry = { id = hunk.id, kind = hunk.kind, state = hunk.state, marks = {} }
    for line = first, math.min(last, first + 999) do
      table.insert(entry.marks, vim.api.nvim_buf_set_extmark(bufnr, space, line, 0, {
        sign_text = sign_of[hunk.kind] or '~',
        sign_hl_group = hunk.state == 'touched' and 'WarningMsg' or group_of[hunk.kind] or 'DiffChange',
      }))
    end
    table.insert(hunks[bufnr], entry)
  end
  if M.on_change then
    M.on_change(bufnr, M.list(bufnr))
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
