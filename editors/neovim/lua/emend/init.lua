-- Emend for Neovim, 0.7 and newer: starts `emend lsp` for the files you edit, and adds :Emend.
--
-- The code actions work through Neovim's own vim.lsp.buf.code_action(). This plugin adds what LSP has no
-- way to ask for: free text (:Emend do ...), permission questions in vim.ui.select with the whole
-- command or diff in view, progress, and cancel.
local M = {}

local defaults = {
  cmd = { 'emend', 'lsp' },
  filetypes = nil, -- nil: every file; else a list
  root_markers = { '.emend', '.git' },
  settings = {}, -- as in config.json: { model = 'anthropic/...', mode = 'ask' }
  on_attach = nil,
  progress = true, -- show what a task does in the message line
}

local config = vim.deepcopy(defaults)
local clients = {} -- root folder -> client id, for Neovim 0.7
local tasks = {} -- task id -> last emend/task of it
local order = {} -- task ids, oldest first
local said = {} -- task id -> what the model said, in pieces

-- Called with a buffer and M.hunks() of it when changes that wait come, go, or were touched.
M.on_hunks = nil

-- Called when a task changes, with its last state; for status lines and tests.
M.on_task = nil

-- The files -----------------------------------------------------------------------------------------

local function root_of(path)
  local dir = vim.fn.fnamemodify(path, ':p:h')
  while true do
    for _, marker in ipairs(config.root_markers) do
      if vim.fn.isdirectory(dir .. '/' .. marker) == 1 or vim.fn.filereadable(dir .. '/' .. marker) == 1 then
        return dir
      end
    end
    local up = vim.fn.fnamemodify(dir, ':h')
    if up == dir then
      return vim.fn.fnamemodify(path, ':p:h')
    end
    dir = up
  end
end

local function wanted(bufnr)
  if vim.bo[bufnr].buftype ~= '' or vim.api.nvim_buf_get_name(bufnr) == '' then
    return false
  end
  return config.filetypes == nil or vim.tbl_contains(config.filetypes, vim.bo[bufnr].filetype)
end

-- Messages of the server ----------------------------------------------------------------------------

local function one_line(text)
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

local function on_task(_, task)
  if type(task) ~= 'table' or type(task.taskId) ~= 'string' then
    return
  end
  if not tasks[task.taskId] then
    table.insert(order, task.taskId)
    if #order > 50 then
      local oldest = table.remove(order, 1)
      tasks[oldest], said[oldest] = nil, nil
    end
  end
  tasks[task.taskId] = vim.tbl_extend('force', tasks[task.taskId] or {}, task)
  if config.progress and task.state == 'running' and task.message then
    vim.api.nvim_echo({ { one_line('Emend: ' .. task.message) } }, false, {})
  end
  if task.state ~= 'running' then
    look_at_disk()
  end
  if M.on_task then
    M.on_task(tasks[task.taskId])
  end
end

local function on_text(_, piece)
  if type(piece) ~= 'table' or type(piece.text) ~= 'string' then
    return
  end
  said[piece.taskId] = said[piece.taskId] or {}
  table.insert(said[piece.taskId], piece.text)
end

-- Waits for a choice. Newer Neovim runs handlers of requests in a coroutine; older ones do not, and
-- there the loop is kept turning until the answer is there. Either way the editor stays usable.
local function choose(items, opts)
  local co, main = coroutine.running()
  local choice, done = nil, false
  local waiting = false
  vim.ui.select(items, opts, function(item)
    choice, done = item, true
    if waiting then
      coroutine.resume(co)
    end
  end)
  if co and not main then
    if not done then
      waiting = true
      coroutine.yield()
    end
  else
    vim.wait(10 * 60 * 1000, function()
      return done
    end, 20)
  end
  return choice
end

-- Shows the command or the diff in a split while the question is open.
local function preview(request)
  local text = (type(request.diff) == 'string' and request.diff ~= '') and request.diff or nil
  if not text or #vim.api.nvim_list_uis() == 0 then
    return function() end
  end
  local before = vim.api.nvim_get_current_win()
  vim.cmd('botright new')
  local buf, win = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].filetype = 'nofile', 'wipe', 'diff'
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(text, '\n'))
  vim.cmd('redraw')
  vim.api.nvim_set_current_win(before)
  return function()
    if vim.api.nvim_win_is_valid(win) then
      vim.api.nvim_win_close(win, true)
    end
  end
end

local function on_permission(_, request)
  local close = preview(request)
  local prompt = string.format('Emend: %s: %s', request.title or 'May I', request.subject or '')
  if type(request.reason) == 'string' then
    prompt = prompt .. ' (' .. request.reason .. ')'
  end
  local answer = choose(request.options, { prompt = one_line(prompt), kind = 'emend.permission' })
  close()
  return { title = answer or 'Deny' } -- <Esc> is a no
end

local function on_question(_, request)
  local answer
  if type(request.options) == 'table' and #request.options > 0 then
    answer = choose(request.options, { prompt = one_line(request.text), kind = 'emend.question' })
  else
    answer = vim.fn.input(one_line(request.text) .. ' ')
  end
  return { answer = answer or '' }
end

-- Changes that wait for a word ----------------------------------------------------------------------

local sign_space = vim.api.nvim_create_namespace('emend-hunks')
local hunks = {} -- buffer number -> { { id, mark, kind, state }, ... }
local sign_of = { ['add'] = '+', ['change'] = '~', ['delete'] = '_', ['new file'] = '+' }
local group_of = { ['add'] = 'DiffAdd', ['change'] = 'DiffChange', ['delete'] = 'DiffDelete', ['new file'] = 'DiffAdd' }

-- Marks move with the text, so the server tells only what comes, goes, or was touched.
local function on_hunks(_, params)
  if type(params) ~= 'table' or type(params.uri) ~= 'string' then
    return
  end
  local bufnr = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  vim.api.nvim_buf_clear_namespace(bufnr, sign_space, 0, -1)
  hunks[bufnr] = {}
  local lines = vim.api.nvim_buf_line_count(bufnr)
  for _, hunk in ipairs(params.hunks or {}) do
    local first = math.min(hunk.range.start.line, lines - 1)
    local last = math.max(first, math.min(hunk.range['end'].line - 1, lines - 1))
    local entry = { id = hunk.id, kind = hunk.kind, state = hunk.state, marks = {} }
    for line = first, math.min(last, first + 999) do
      table.insert(entry.marks, vim.api.nvim_buf_set_extmark(bufnr, sign_space, line, 0, {
        sign_text = sign_of[hunk.kind] or '~',
        sign_hl_group = hunk.state == 'touched' and 'WarningMsg' or group_of[hunk.kind] or 'DiffChange',
      }))
    end
    table.insert(hunks[bufnr], entry)
  end
  if M.on_hunks then
    M.on_hunks(bufnr, M.hunks(bufnr))
  end
end

-- The changes of a buffer that wait: { { id, kind, state, first, last }, ... }; lines from 1.
function M.hunks(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  local out = {}
  for _, hunk in ipairs(hunks[bufnr] or {}) do
    local first, last
    for _, mark in ipairs(hunk.marks) do
      local at = vim.api.nvim_buf_get_extmark_by_id(bufnr, sign_space, mark, {})[1]
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

local function hunk_at_cursor()
  local line = vim.api.nvim_win_get_cursor(0)[1]
  for _, hunk in ipairs(M.hunks(0)) do
    if hunk.first <= line and line <= hunk.last then
      return hunk
    end
  end
end

local handlers = {
  ['emend/hunks'] = on_hunks,
  ['emend/task'] = on_task,
  ['emend/text'] = on_text,
  ['emend/permission'] = on_permission,
  ['emend/question'] = on_question,
}

-- Starting ------------------------------------------------------------------------------------------

local function client_config(root)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = { emend = true }
  return {
    name = 'emend',
    cmd = config.cmd,
    root_dir = root,
    capabilities = capabilities,
    handlers = handlers,
    settings = { emend = next(config.settings) and config.settings or vim.empty_dict() },
    init_options = next(config.settings) and { emend = config.settings } or nil,
    on_attach = config.on_attach,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
  }
end

function M.attach(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  if not wanted(bufnr) then
    return
  end
  local root = root_of(vim.api.nvim_buf_get_name(bufnr))
  if vim.lsp.start then
    vim.api.nvim_buf_call(bufnr, function()
      vim.lsp.start(client_config(root), { bufnr = bufnr })
    end)
    return
  end
  local id = clients[root]
  if not id or not vim.lsp.get_client_by_id(id) then
    id = vim.lsp.start_client(client_config(root))
    clients[root] = id
  end
  if id then
    vim.lsp.buf_attach_client(bufnr, id)
  end
end

function M.setup(opts)
  config = vim.tbl_deep_extend('force', vim.deepcopy(defaults), opts or {})
  local group = vim.api.nvim_create_augroup('emend', { clear = true })
  vim.api.nvim_create_autocmd({ 'BufReadPost', 'BufNewFile', 'BufFilePost' }, {
    group = group,
    callback = function(args)
      vim.schedule(function() -- so that the file type is known
        if vim.api.nvim_buf_is_loaded(args.buf) then
          M.attach(args.buf)
        end
      end)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) then
      M.attach(bufnr)
    end
  end
end

-- Asking the server ---------------------------------------------------------------------------------

function M.client(bufnr)
  local list = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  local any
  for _, client in ipairs(list) do
    if client.name == 'emend' then
      any = any or client
      if vim.lsp.buf_is_attached(bufnr or 0, client.id) then
        return client
      end
    end
  end
  return any
end

local function request(method, params, handler)
  local client = M.client(vim.api.nvim_get_current_buf())
  if not client then
    vim.notify('Emend is not running for this file: see :Emend status', vim.log.levels.WARN)
    return
  end
  local done = handler or function() end
  local function answer(err, result)
    if err then
      vim.notify('Emend: ' .. (err.message or tostring(err)), vim.log.levels.ERROR)
    else
      done(result)
    end
  end
  local bufnr = vim.api.nvim_get_current_buf()
  if vim.fn.has('nvim-0.11') == 1 then
    client:request(method, params, answer, bufnr)
  else
    client.request(method, params, answer, bufnr)
  end
end

function M.execute(name, argument, handler)
  local arguments = argument and { argument } or {}
  request('workspace/executeCommand', { command = name, arguments = arguments }, handler)
end

-- Code commands take whole lines: no column, so no encoding to get wrong. Without a range: the file.
local function code_argument(first, last, instruction)
  local bufnr = vim.api.nvim_get_current_buf()
  local argument = { uri = vim.uri_from_bufnr(bufnr) }
  if first then
    local lines = vim.api.nvim_buf_line_count(bufnr)
    argument.range = {
      start = { line = first - 1, character = 0 },
      ['end'] = { line = math.min(last, lines), character = 0 },
    }
  end
  if instruction ~= '' then
    argument.instruction = instruction
  end
  return argument
end

-- A scratch window with text.
local function show(title, lines, filetype)
  vim.cmd('botright new')
  local buf = vim.api.nvim_get_current_buf()
  vim.bo[buf].buftype, vim.bo[buf].bufhidden, vim.bo[buf].swapfile = 'nofile', 'wipe', false
  vim.bo[buf].filetype = filetype
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  pcall(vim.api.nvim_buf_set_name, buf, 'Emend ' .. title)
end

-- Tasks known to this editor, newest first, as { taskId, state, title, message, ... }.
function M.tasks()
  local out = {}
  for i = #order, 1, -1 do
    table.insert(out, tasks[order[i]])
  end
  return out
end

-- For a status line: "" or what the newest running task does.
function M.statusline()
  for _, task in ipairs(M.tasks()) do
    if task.state == 'running' then
      return 'Emend: ' .. (task.message or task.title or '')
    end
  end
  return ''
end

local function status()
  if not M.client() then
    vim.notify('Emend does not run. `' .. table.concat(config.cmd, ' ') .. '` must be executable; :LspLog may say more.')
    return
  end
  request('emend/serverStatus', vim.empty_dict(), function(s)
    local lines = {
      string.format('model    %s', type(s.model) == 'string' and s.model or s.problem or 'none set'),
      string.format('sandbox  %s', type(s.sandbox) == 'string' and s.sandbox or vim.inspect(s.sandbox)),
      string.format('memory   %.1f MiB', (s.rssBytes or 0) / 1048576),
    }
    for _, task in ipairs(M.tasks()) do
      table.insert(lines, string.format('%-8s %s: %s', task.state or '?', task.taskId, task.title or ''))
    end
    vim.notify('Emend\n' .. table.concat(lines, '\n'))
  end)
end

-- :Emend --------------------------------------------------------------------------------------------

local code = {
  explain = 'emend.explain',
  refactor = 'emend.refactor',
  tests = 'emend.addTests',
  fix = 'emend.fix',
  docs = 'emend.addDocs',
  review = 'emend.review',
}

local function judge(command)
  local hunk = hunk_at_cursor()
  if hunk then
    M.execute(command, { id = hunk.id })
  else
    vim.notify('Emend: no change waits on this line', vim.log.levels.WARN)
  end
end

local verbs = {
  accept = function()
    judge('emend.acceptHunk')
  end,
  reject = function()
    judge('emend.rejectHunk')
  end,
  ['accept-all'] = function()
    M.execute('emend.acceptAll', { uri = vim.uri_from_bufnr(0) })
  end,
  ['reject-all'] = function()
    M.execute('emend.rejectAll', { uri = vim.uri_from_bufnr(0) })
  end,
  next = function()
    local line = vim.api.nvim_win_get_cursor(0)[1]
    for _, hunk in ipairs(M.hunks(0)) do
      if hunk.first > line then
        vim.api.nvim_win_set_cursor(0, { hunk.first, 0 })
        return
      end
    end
    vim.notify('Emend: no change waits below')
  end,
  ['do'] = function(text)
    if text ~= '' then
      M.execute('emend.do', { task = text, uri = vim.uri_from_bufnr(0) })
      return
    end
    vim.ui.input({ prompt = 'Emend, do: ' }, function(answer)
      if answer and answer ~= '' then
        M.execute('emend.do', { task = answer, uri = vim.uri_from_bufnr(0) })
      end
    end)
  end,
  undo = function(id)
    M.execute('emend.undo', id ~= '' and { task = id } or vim.empty_dict())
  end,
  cancel = function(id)
    M.execute('emend.cancel', id ~= '' and { task = id } or vim.empty_dict())
  end,
  diff = function(id)
    M.execute('emend.diff', id ~= '' and { task = id } or vim.empty_dict(), function(result)
      local text = type(result) == 'table' and result.diff
      if type(text) == 'string' then
        show('diff', vim.split(text, '\n'), 'diff')
      end
    end)
  end,
  log = function(id)
    id = id ~= '' and id or order[#order]
    show('log', vim.split(table.concat(said[id] or { 'No task has said anything yet.' }), '\n'), 'markdown')
  end,
  status = status,
}

function M.command(args)
  local verb, rest = args.args:match('^(%S*)%s*(.*)$')
  if verb == '' then
    verb = 'status'
  end
  if code[verb] then
    local first = args.range > 0 and args.line1 or nil
    M.execute(code[verb], code_argument(first, args.line2, rest))
  elseif verbs[verb] then
    verbs[verb](rest)
  else
    vim.notify('Emend: no such command: ' .. verb .. '. Try :Emend <Tab>', vim.log.levels.ERROR)
  end
end

function M.complete(lead, line)
  if line:match('^%S*%s+%S*%s') then
    return {}
  end
  local names = vim.list_extend(vim.tbl_keys(code), vim.tbl_keys(verbs))
  table.sort(names)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M
