-- Emend for Neovim, 0.7 and newer: starts `emend lsp` for the files you edit, and adds :Emend.
--
-- The code actions work through Neovim's own vim.lsp.buf.code_action(). This plugin adds what LSP has no
-- way to ask for: free text (:Emend do ...), questions that stand in a window of their own (questions.lua),
-- answers that stream (tasks.lua), changes that wait (hunks.lua), progress, and cancel.
local hunks = require('emend.hunks')
local lookup = require('emend.lookup')
local models = require('emend.models')
local questions = require('emend.questions')
local servers = require('emend.servers')
local tasks = require('emend.tasks')

local M = {}

local defaults = {
  cmd = { 'emend', 'lsp' },
  filetypes = nil, -- nil: every file; else a list
  root_markers = { '.emend', '.git' },
  settings = {}, -- as in config.json: { model = 'anthropic/...', mode = 'ask' }
  on_attach = nil,
  progress = true, -- show what a task does in the message line
  old_text = true, -- show what stood there above each change that waits
}

-- Called when a task changes, with its last state; for status lines and tests.
M.on_task = nil
-- Called with a buffer and M.hunks() of it when changes that wait come, go, or were touched.
M.on_hunks = nil

tasks.on_change = function(task)
  if M.on_task then
    M.on_task(task)
  end
end
hunks.on_change = function(bufnr)
  if M.on_hunks then
    M.on_hunks(bufnr, hunks.list(bufnr))
  end
end

M.attach, M.client = servers.attach, servers.client
M.hunks, M.tasks, M.statusline = hunks.list, tasks.list, tasks.statusline

function M.setup(opts)
  local config = vim.tbl_deep_extend('force', vim.deepcopy(defaults), opts or {})
  tasks.progress = config.progress
  hunks.old_text = config.old_text
  servers.setup(config)
end

-- Asking the server ---------------------------------------------------------------------------------

-- The server of this buffer is asked, and started if it is not there.
local function request(method, params, handler)
  local bufnr = vim.api.nvim_get_current_buf()
  local function answer(err, result)
    if err then
      vim.notify('Emend: ' .. (err.message or tostring(err)), vim.log.levels.ERROR)
    elseif handler then
      handler(result)
    end
  end
  servers.with(bufnr, function(client)
    if vim.fn.has('nvim-0.11') == 1 then
      client:request(method, params, answer, bufnr)
    else
      client.request(method, params, answer, bufnr)
    end
  end)
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

-- :Emend --------------------------------------------------------------------------------------------

local code = {
  explain = 'emend.explain',
  refactor = 'emend.refactor',
  tests = 'emend.addTests',
  fix = 'emend.fix',
  docs = 'emend.addDocs',
  review = 'emend.review',
}

local function run_code(verb, args, rest)
  local bufnr = vim.api.nvim_get_current_buf()
  if not servers.wanted(bufnr) then
    vim.notify('Emend: this buffer has no file that Emend serves: save it first, or see `filetypes` of setup()',
      vim.log.levels.WARN)
    return
  end
  local first = args.range > 0 and args.line1 or nil
  local argument = code_argument(first, args.line2, rest)
  if verb == 'fix' then
    argument.diagnostics =
      lookup.diagnostics(M.client(bufnr), bufnr, first and first - 1, first and args.line2 - 1)
  end
  M.execute(code[verb], argument)
end

-- The menu of code actions for the lines; Neovim 0.7 has another function for a range.
local function actions(args)
  if args.range == 0 then
    vim.lsp.buf.code_action()
    return
  end
  local last = vim.api.nvim_buf_get_lines(0, args.line2 - 1, args.line2, false)[1] or ''
  local from, to = { args.line1, 0 }, { args.line2, #last }
  if vim.fn.has('nvim-0.8') == 1 then
    vim.lsp.buf.code_action({ range = { start = from, ['end'] = to } })
  else
    vim.lsp.buf.range_code_action(nil, from, to)
  end
end

local function status()
  request('emend/serverStatus', vim.empty_dict(), function(s)
    local lines = {
      string.format('model    %s', type(s.model) == 'string' and s.model or s.problem or 'none set'),
      string.format('sandbox  %s', type(s.sandbox) == 'string' and s.sandbox or vim.inspect(s.sandbox)),
      string.format('memory   %.1f MiB', (s.rssBytes or 0) / 1048576),
    }
    for _, task in ipairs(tasks.list()) do
      table.insert(lines, string.format('%-8s %s: %s', task.state or '?', task.taskId, task.title or ''))
    end
    vim.notify('Emend\n' .. table.concat(lines, '\n'))
  end)
end

local function judge(command)
  local hunk = hunks.at_cursor()
  if hunk then
    M.execute(command, { id = hunk.id })
  else
    vim.notify('Emend: no change waits on this line', vim.log.levels.WARN)
  end
end

-- A command about one task, or the newest.
local function about_task(command)
  return function(id)
    M.execute(command, id ~= '' and { task = id } or vim.empty_dict())
  end
end

-- What a running task is to hear at its next step.
local function steer(words)
  local task = tasks.newest('running')
  if not task then
    vim.notify('Emend: no task is running: `:Emend do` starts one', vim.log.levels.WARN)
    return
  end
  local function send(text)
    if text and text ~= '' then
      M.execute('emend.steer', { task = task.taskId, text = text }, function()
        vim.notify('Emend: the task hears it at its next step')
      end)
    end
  end
  if words ~= '' then
    send(words)
  else
    vim.ui.input({ prompt = 'Emend, to the running task: ' }, send)
  end
end

-- Goes on with the task that was lost with its server, or with a session by its id.
local function resume(session)
  local lost = tasks.newest('lost')
  session = session ~= '' and session or lost and lost.session
  if session then
    M.execute('emend.resume', { session = session })
  else
    vim.notify('Emend: no task was lost in this editor; `emend sessions` lists those of others, and `:Emend resume ID`'
      .. ' goes on with one', vim.log.levels.WARN)
  end
end

local function free_text(text, plan)
  -- A buffer without a file says nothing about the folder.
  local uri = vim.bo.buftype == '' and vim.api.nvim_buf_get_name(0) ~= '' and vim.uri_from_bufnr(0) or nil
  local at = uri and { line = vim.api.nvim_win_get_cursor(0)[1] - 1, character = 0 } or nil
  M.execute('emend.do', { task = text, uri = uri, position = at, plan = plan })
end

-- plan: nothing is changed before you accept the model's plan.
local function asked(prompt, plan)
  return function(text)
    if text ~= '' then
      free_text(text, plan)
      return
    end
    vim.ui.input({ prompt = prompt }, function(answer)
      if answer and answer ~= '' then
        free_text(answer, plan)
      end
    end)
  end
end

local verbs = {
  answer = questions.answer,
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
    hunks.go(false)
  end,
  previous = function()
    hunks.go(true)
  end,
  ['do'] = asked('Emend, do: ', nil),
  plan = asked('Emend, plan: ', true),
  steer = steer,
  resume = resume,
  undo = about_task('emend.undo'),
  cancel = about_task('emend.cancel'),
  diff = about_task('emend.diff'),
  log = tasks.log,
  model = function(name)
    models.choose(name, request, M.execute)
  end,
  status = status,
}

function M.command(args)
  local verb, rest = args.args:match('^(%S*)%s*(.*)$')
  if verb == '' then
    verb = 'status'
  end
  if code[verb] then
    run_code(verb, args, rest)
  elseif verb == 'actions' then
    actions(args)
  elseif verbs[verb] then
    verbs[verb](rest)
  else
    vim.notify('Emend: no such command: ' .. verb .. '. Try :Emend <Tab>', vim.log.levels.ERROR)
  end
end

function M.complete(lead, line)
  if line:match('^%S*%s+model%s+%S*$') then
    return models.complete(M.client(0), 0, lead)
  elseif line:match('^%S*%s+%S*%s') then
    return {}
  end
  local names = vim.list_extend(vim.list_extend(vim.tbl_keys(code), vim.tbl_keys(verbs)), { 'actions' })
  table.sort(names)
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M
