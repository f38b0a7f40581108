-- Tasks as the server tells of them: what they do, what the model says, and what they show.
local window = require('emend.window')

local M = {}

-- Called when a task changes, with its last state; for status lines and tests.
M.on_change = nil
M.progress = true -- say in the message line what a task does

local tasks = {} -- task id -> last emend/task of it, and the client
local order = {} -- task ids, oldest first
local said = {} -- task id -> what the model said, in pieces
local pages = {} -- task id -> the buffer with its answer
local page_win -- the window that answers are shown in

-- These answer in text: it is shown as it comes.
local answers_in_text = { explain = true, review = true }

function M.one_line(text)
  local line = (text or ''):gsub('%s+', ' ')
  local room = math.max(20, vim.o.columns - 15) -- a longer one would ask for <Enter>
  return #line > room and line:sub(1, room - 3) .. '...' or line
end

-- Files that are not served are changed on the disk. What is unsaved is left alone: Neovim itself will tell.
local function look_at_disk()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].buftype == '' and not vim.bo[bufnr].modified
      and vim.api.nvim_buf_get_name(bufnr) ~= '' then
      vim.cmd('silent! checktime ' .. bufnr)
    end
  end
end

-- In the command line and at prompts a message would overwrite what is typed. Where one stands already, a second line
-- would ask for <Enter>, and take the next key for it: the redraw clears it.
local function echo(text)
  if not vim.api.nvim_get_mode().mode:match('^[cr]') then
    vim.cmd('redraw')
    vim.api.nvim_echo({ { M.one_line(text) } }, false, {})
  end
end

-- window/showMessage: in one line, but for what went wrong.
function M.on_message(_, params)
  local level = ({ vim.log.levels.ERROR, vim.log.levels.WARN })[params.type] or vim.log.levels.INFO
  if not vim.api.nvim_get_mode().mode:match('^[cr]') then
    vim.cmd('redraw')
  end
  vim.notify(level == vim.log.levels.INFO and M.one_line(params.message) or params.message, level)
end

-- Neovim prints the label of an edit as a line of its own; the end of the task says more.
function M.on_edit(err, params, ...)
  return vim.lsp.handlers['workspace/applyEdit'](err, vim.tbl_extend('force', params, { label = false }), ...)
end

function M.on_task(_, task, ctx)
  if type(task) ~= 'table' or type(task.taskId) ~= 'string' then
    return
  end
  if not tasks[task.taskId] then
    table.insert(order, task.taskId)
    if #order > 50 then
      local oldest = table.remove(order, 1)
      tasks[oldest], said[oldest], pages[oldest] = nil, nil, nil
    end
  end
  tasks[task.taskId] = vim.tbl_extend('force', tasks[task.taskId] or {}, task, { client = ctx and ctx.client_id })
  if M.progress and task.state == 'running' and (task.message or '') ~= '' then
    echo('Emend: ' .. task.message)
  end
  if task.state ~= 'running' then
    look_at_disk()
  end
  if M.on_change then
    M.on_change(tasks[task.taskId])
  end
end

-- Answers ---------------------------------------------------------------------------------------------

local function show_page(buf)
  window.when_possible(function()
    if not vim.api.nvim_buf_is_valid(buf) or #vim.fn.win_findbuf(buf) > 0 then
      return
    end
    if page_win and vim.api.nvim_win_is_valid(page_win) then
      vim.api.nvim_win_set_buf(page_win, buf)
      return
    end
    local wide = vim.o.columns >= 140
    local good, win = pcall(window.open, buf, wide, wide and math.floor(vim.o.columns * 0.45)
      or math.floor(vim.o.lines * 0.45))
    if not good then
      vim.defer_fn(function()
        show_page(buf)
      end, 200)
      return
    end
    page_win = win
    vim.wo[win].wrap, vim.wo[win].linebreak, vim.wo[win].conceallevel = true, true, 2
    vim.wo[win].number, vim.wo[win].relativenumber, vim.wo[win].signcolumn = false, false, 'no'
  end)
end

-- Since 0.12 Markdown starts tree-sitter by itself, which parses the whole page anew for each piece of an answer, and
-- keys wait for it: a second, at 180 kB. What Vim's own syntax rules cost depends on the lines that are seen. To start it
-- and to stop it again takes as long as all the rest of a new page, so it is not started.
local function without_tree_sitter(run)
  local start = vim.treesitter.start
  vim.treesitter.start = function() end
  local good, buf = pcall(run)
  vim.treesitter.start = start
  if not good then
    error(buf, 0)
  end
  local highlighter = package.loaded['vim.treesitter.highlighter']
  if highlighter and highlighter.active[buf] then -- by a plugin
    vim.treesitter.stop(buf)
  end
  return buf
end

local function new_page(id, title)
  local buf = without_tree_sitter(function()
    return window.scratch('Emend: ' .. title, 'markdown', {})
  end)
  if title:match('^Changes of') then
    vim.bo[buf].syntax = 'diff'
  else
    window.hide_markdown(buf)
  end
  pages[id] = buf
  show_page(buf)
  return buf
end

local function append(buf, text)
  local last = vim.api.nvim_buf_get_lines(buf, -2, -1, false)[1] or ''
  local lines = vim.split(text, '\n')
  lines[1] = last .. lines[1]
  window.set_lines(buf, -2, -1, lines)
end

function M.on_text(_, piece)
  if type(piece) ~= 'table' or type(piece.text) ~= 'string' then
    return
  end
  local id, task = piece.taskId, tasks[piece.taskId]
  said[id] = said[id] or {}
  table.insert(said[id], piece.text)
  if not (task and answers_in_text[task.kind]) then
    return
  end
  local buf = pages[id] or new_page(id, task.title or 'answer')
  if vim.api.nvim_buf_is_valid(buf) then -- else the user has wiped it out
    append(buf, piece.text)
  end
end

local AT_ONCE = 2000 -- lines of a report; keys are looked at in between

-- Calls step() until it is true: at once, and then with a pause before each.
local function in_steps(step)
  if not step() then
    vim.defer_fn(function()
      in_steps(step)
    end, 1)
  end
end

-- What came in pieces is nearly all of a report: only what is in front of the lines that both end with is put in.
local function replace(buf, lines)
  local last, new = vim.api.nvim_buf_line_count(buf), #lines
  if lines[new] ~= '' and vim.api.nvim_buf_get_lines(buf, -2, -1, false)[1] == '' then
    new = new + 1 -- pieces end with the end of the last line
    lines[new] = ''
  end
  in_steps(function()
    if not vim.api.nvim_buf_is_valid(buf) then
      return true
    end
    local from = math.max(0, last - AT_ONCE)
    local old = vim.api.nvim_buf_get_lines(buf, from, last, false)
    while last > from and new > 0 and old[last - from] == lines[new] do
      last, new = last - 1, new - 1
    end
    if last == from and last > 0 and new > 0 then
      return false
    end
    window.set_lines(buf, 0, last, vim.list_slice(lines, 1, new))
    return true
  end)
end

-- emend/show {taskId?, title, uri}: a report is whole. It replaces what came in pieces.
function M.on_show(_, params)
  local file, why = io.open(vim.uri_to_fname(params.uri))
  if not file then
    vim.notify('Emend: the report cannot be read: ' .. why, vim.log.levels.ERROR)
    return
  end
  local buf = pages[params.taskId]
  if not buf or not vim.api.nvim_buf_is_valid(buf) then
    buf = new_page(params.taskId or params.uri, params.title or 'report')
  end
  local lines = {}
  in_steps(function()
    for _ = 1, AT_ONCE do
      lines[#lines + 1] = file:read('*l')
    end
    if #lines % AT_ONCE == 0 and file:read(0) then
      return false
    end
    file:close()
    replace(buf, lines)
    return true
  end)
end

-- :Emend log
function M.log(id)
  id = id ~= '' and id or order[#order]
  local lines = vim.split(table.concat(said[id] or { 'No task has said anything yet.' }), '\n')
  show_page(window.scratch('Emend: log of ' .. (tasks[id] and tasks[id].title or 'nothing'), 'markdown', lines))
end

-- The list --------------------------------------------------------------------------------------------

-- Tasks known to this editor, newest first, as { taskId, state, title, message, ... }.
function M.list()
  local out = {}
  for i = #order, 1, -1 do
    table.insert(out, tasks[order[i]])
  end
  return out
end

-- The newest task in this state, or nil.
function M.newest(state)
  for _, task in ipairs(M.list()) do
    if task.state == state then
      return task
    end
  end
end

-- For a status line: "" or what the newest running task does.
function M.statusline()
  local task = M.newest('running')
  return task and 'Emend: ' .. ((task.message or '') ~= '' and task.message or task.title or '') or ''
end

-- The server of this client is gone, and its tasks with it. Returns their titles.
function M.lose(client)
  local titles = {}
  for _, id in ipairs(order) do
    local task = tasks[id]
    if task.client == client and task.state == 'running' then
      task.state, task.message = 'lost', 'the server ended'
      table.insert(titles, task.title or id)
      if M.on_change then
        M.on_change(task)
      end
    end
  end
  return titles
end

return M
