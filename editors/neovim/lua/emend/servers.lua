-- The servers: one `emend lsp` for each workspace, and which buffers they serve.
local hunks = require('emend.hunks')
local lookup = require('emend.lookup')
local questions = require('emend.questions')
local tasks = require('emend.tasks')

local M = {}

local config = {}
local ids = {} -- root folder -> client id, for Neovim 0.7
local waiting = {} -- buffer -> functions that want its client, once it is there
local ends = {} -- times of the last unexpected ends, by root

-- The files -----------------------------------------------------------------------------------------

-- Reports of Emend lie below its state folder: they are answers, and no workspace.
local function is_report(path)
  local state = vim.env.XDG_STATE_HOME
  if not state or state == '' then
    state = vim.fn.expand('~/.local/state')
  end
  return vim.startswith(vim.fn.resolve(path), vim.fn.resolve(state .. '/emend') .. '/')
end

function M.wanted(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].buftype ~= '' or name == '' or name:match('^%a[%w+.-]+://') or is_report(name) then
    return false
  end
  return config.filetypes == nil or vim.tbl_contains(config.filetypes, vim.bo[bufnr].filetype)
end

local function clients()
  return vim.tbl_filter(function(client)
    return client.name == 'emend'
  end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
end

local function root_of_client(client)
  return client.config and client.config.root_dir or client.root_dir
end

-- The folder with a marker above the file; without one the root of a server that runs above it, so that there is
-- not one for each folder; else the file's folder.
local function root_of(path)
  local own = vim.fn.fnamemodify(path, ':p:h')
  local dir = own
  while true do
    for _, marker in ipairs(config.root_markers) do
      if vim.fn.isdirectory(dir .. '/' .. marker) == 1 or vim.fn.filereadable(dir .. '/' .. marker) == 1 then
        return dir
      end
    end
    local up = vim.fn.fnamemodify(dir, ':h')
    if up == dir then
      break
    end
    dir = up
  end
  for _, client in ipairs(clients()) do
    if vim.startswith(own .. '/', (root_of_client(client) or '/') .. '/') then
      return root_of_client(client)
    end
  end
  return own
end

-- Diagnostics -----------------------------------------------------------------------------------------

-- Since 0.10 Neovim gives each server its own diagnostics only, and Emend has none: it is to see all.
local function see_all_diagnostics(client)
  local send = client.rpc.request
  client.rpc.request = function(method, params, ...)
    if method == 'textDocument/codeAction' then
      local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
      params = vim.deepcopy(params)
      params.context = params.context or {}
      params.context.diagnostics =
        lookup.diagnostics(client, bufnr, params.range.start.line, params.range['end'].line)
    end
    return send(method, params, ...)
  end
end

-- Starting ------------------------------------------------------------------------------------------

local function on_attach(client, bufnr)
  if config.on_attach then
    config.on_attach(client, bufnr)
  end
  local list = waiting[bufnr] or {}
  waiting[bufnr] = nil
  for _, run in ipairs(list) do
    run(client)
  end
end

-- A server that ended by itself is started again, but not for ever: one that ends at once would fill the screen.
local function start_again(root, id)
  local now = vim.loop.now()
  ends[root] = vim.tbl_filter(function(time)
    return now - time < 180000
  end, ends[root] or {})
  table.insert(ends[root], now)
  if #ends[root] > 4 then
    waiting = {}
    vim.notify('Emend: the server has ended five times in three minutes and is not started again. :LspLog or '
      .. vim.lsp.get_log_path() .. ' may say why; `:Emend status` starts it.', vim.log.levels.ERROR)
    return
  end
  local function attach_all()
    if vim.lsp.get_client_by_id(id) then -- Neovim has not cleaned up yet
      vim.defer_fn(attach_all, 50)
      return
    end
    for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
      if vim.api.nvim_buf_is_loaded(bufnr) and M.wanted(bufnr)
        and root_of(vim.api.nvim_buf_get_name(bufnr)) == root then
        M.attach(bufnr)
      end
    end
  end
  attach_all()
end

-- Neovim itself says of such a client where its log is. That is more than a line, so it waits for <Enter>, and everything
-- else with it: the buffer had no server until a key was pressed. Ours says the same, so Neovim's is left out. Returns
-- what ends that.
local function quiet_neovim(id)
  local notify = vim.notify
  local function filter(text, ...)
    local client = type(text) == 'string' and text:match('^Client (%S+) quit with exit code')
    if client ~= 'emend' and client ~= tostring(id) then
      return notify(text, ...)
    end
  end
  vim.notify = filter
  return function()
    if vim.notify == filter then
      vim.notify = notify
    end
  end
end

local function on_exit(root)
  return function(code, signal, id)
    local restore = (code ~= 0 or signal ~= 0) and quiet_neovim(id) or function() end
    vim.schedule(function()
      local titles = tasks.lose(id)
      questions.forget(id)
      if vim.v.exiting ~= vim.NIL or (code == 0 and signal == 0 and #titles == 0) then
        return
      end
      local why = signal ~= 0 and 'was killed by signal ' .. signal or 'ended with status ' .. code
      start_again(root, id)
      -- In one line, and not right behind what Neovim itself says of a client that ended: a second line waits for
      -- <Enter>, and everything else with it.
      local said = tasks.one_line(#titles == 0 and 'Emend: the server ' .. why or 'Emend: lost: '
        .. table.concat(titles, '; '):sub(1, 40) .. '. `:Emend resume` goes on. The server ' .. why)
      vim.defer_fn(function()
        restore()
        vim.cmd('redraw')
        vim.notify(said, vim.log.levels.ERROR)
      end, 200)
    end)
  end
end

local handlers = {
  ['window/showMessage'] = tasks.on_message,
  ['workspace/applyEdit'] = tasks.on_edit,
  ['emend/diagnostics'] = lookup.on_diagnostics,
  ['emend/hunks'] = hunks.on_hunks,
  ['emend/lookup'] = lookup.on_lookup,
  ['emend/task'] = tasks.on_task,
  ['emend/text'] = tasks.on_text,
  ['emend/show'] = tasks.on_show,
  ['emend/permission'] = questions.on_permission,
  ['emend/question'] = questions.on_question,
  ['emend/questionClosed'] = questions.on_closed,
}

local function client_config(root)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = { emend = { diagnostics = true, lookup = true } }
  local settings = config.settings
  return {
    name = 'emend',
    cmd = config.cmd,
    root_dir = root,
    capabilities = capabilities,
    handlers = handlers,
    settings = { emend = next(settings) and settings or vim.empty_dict() },
    init_options = next(settings) and { emend = settings } or nil,
    on_init = see_all_diagnostics,
    on_attach = on_attach,
    on_exit = on_exit(root),
    workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ':t') } },
  }
end

local function is_stopped(client)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:is_stopped()
  end
  return client.is_stopped()
end

-- One server for each folder. Neovim's own rule differs: 0.10 goes by the names of the workspace folders.
local function is_for(client, wanted)
  return client.name == wanted.name and root_of_client(client) == wanted.root_dir and not is_stopped(client)
end

-- The client id, or nil.
function M.attach(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  if not M.wanted(bufnr) then
    return nil
  end
  local root = root_of(vim.api.nvim_buf_get_name(bufnr))
  if vim.lsp.start then
    local id
    vim.api.nvim_buf_call(bufnr, function()
      id = vim.lsp.start(client_config(root), { bufnr = bufnr, reuse_client = is_for })
    end)
    return id
  end
  local id = ids[root]
  local client = id and vim.lsp.get_client_by_id(id)
  if not client or client.is_stopped() then
    id = vim.lsp.start_client(client_config(root))
    ids[root] = id
  end
  return id and vim.lsp.buf_attach_client(bufnr, id) and id or nil
end

function M.setup(options)
  config = options
  lookup.watch()
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

-- Finding -------------------------------------------------------------------------------------------

-- The client of this buffer, or nil. Never that of another workspace: it does not hold the buffer's text, and would
-- change the file behind it.
function M.client(bufnr)
  bufnr = (bufnr == nil or bufnr == 0) and vim.api.nvim_get_current_buf() or bufnr
  for _, client in ipairs(clients()) do
    if not is_stopped(client) and vim.lsp.buf_is_attached(bufnr, client.id) then
      return client
    end
  end
end

-- For a buffer without a file of its own, such as a help page: the server of the folder that Neovim is in.
local function client_of_folder()
  local root = root_of(vim.fn.getcwd() .. '/x')
  for _, client in ipairs(clients()) do
    if root_of_client(client) == root then
      return client
    end
  end
end

-- Calls run(client) now, or when the server of this buffer has started.
function M.with(bufnr, run)
  local client = M.client(bufnr) or (not M.wanted(bufnr) and client_of_folder())
  if client then
    run(client)
    return
  end
  waiting[bufnr] = vim.list_extend(waiting[bufnr] or {}, { run })
  local good, id = pcall(M.attach, bufnr)
  if not good or not id then
    waiting[bufnr] = nil
    vim.notify('Emend does not run here. ' .. (M.wanted(bufnr) and '`' .. table.concat(config.cmd or {}, ' ')
      .. '` must be executable: see :checkhealth emend.' or 'Open a file of the project first.'), vim.log.levels.ERROR)
  end
end

function M.command()
  return config.cmd
end

return M
