-- What this Neovim knows of the code, for Emend's tasks: the diagnostics that it shows, and what the other language
-- servers of a buffer say about a symbol.
local M = {}

local made = {} -- buffer -> the version of the text that its newest diagnostics are about
local said -- that of the message in hand, where the server names it

local function encoding_of(client)
  return client and client.offset_encoding or 'utf-16'
end

local function units(bufnr, line, column, encoding)
  local text = vim.api.nvim_buf_get_lines(bufnr, line, line + 1, false)[1] or ''
  column = math.min(column or 0, #text)
  if encoding == 'utf-8' then
    return column
  end
  local good, utf32, utf16 = pcall(vim.str_utfindex, text, column)
  return good and (encoding == 'utf-32' and utf32 or utf16) or 0
end

-- What Neovim shows for these lines (from 0; nil: all), whichever server or linter said it, as LSP has it.
function M.diagnostics(client, bufnr, first, last)
  local out, encoding = {}, encoding_of(client)
  for _, d in ipairs(vim.diagnostic.get(bufnr)) do
    local end_line = d.end_lnum or d.lnum
    if #out < 100 and (not first or (d.lnum <= last and end_line >= first)) then
      table.insert(out, {
        range = {
          start = { line = d.lnum, character = units(bufnr, d.lnum, d.col, encoding) },
          ['end'] = { line = end_line, character = units(bufnr, end_line, d.end_col or d.col, encoding) },
        },
        severity = d.severity,
        source = d.source,
        message = d.message,
      })
    end
  end
  return out
end

-- Notes which text diagnostics are about. Neovim does not keep it.
function M.watch()
  local publish = 'textDocument/publishDiagnostics'
  local handler = vim.lsp.handlers[publish]
  vim.lsp.handlers[publish] = function(err, result, ...)
    said = result and result.version
    local out = { handler(err, result, ...) }
    said = nil
    return unpack(out)
  end
  M.watch = function() end
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = vim.api.nvim_create_augroup('emend-lookup', {}),
    callback = function(args)
      if vim.api.nvim_buf_is_valid(args.buf) then
        made[args.buf] = said or vim.api.nvim_buf_get_changedtick(args.buf)
      end
    end,
  })
end

local function others(bufnr)
  local out = {}
  for _, client in pairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if client.name ~= 'emend' and vim.lsp.buf_is_attached(bufnr, client.id) then
      table.insert(out, client)
    end
  end
  return out
end

-- A buffer that a server or linter looks at, and whether that is still to tell of its newest text.
local function checked(bufnr)
  local served = #others(bufnr) > 0
  local tick = vim.api.nvim_buf_get_changedtick(bufnr)
  return served or made[bufnr] ~= nil, served and (made[bufnr] or -1) < tick
end

function M.on_diagnostics(_, params, ctx)
  local client, files, pending = vim.lsp.get_client_by_id(ctx.client_id), {}, false
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(bufnr)
    local uri = name ~= '' and vim.uri_from_bufnr(bufnr)
    if uri and vim.api.nvim_buf_is_loaded(bufnr) and (not params.uri or params.uri == uri) then
      local is, waits = checked(bufnr)
      if is then
        table.insert(files, { uri = uri, diagnostics = M.diagnostics(client, bufnr) })
      end
      pending = pending or waits
    end
  end
  return { files = files, pending = pending or nil }
end

local methods = {
  ['textDocument/references'] = true,
  ['textDocument/definition'] = true,
  ['textDocument/rename'] = true,
}

local function supports(client, method)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:supports_method(method)
  end
  return client.supports_method(method)
end

local function call(client, method, params, handler, bufnr)
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request(method, params, handler, bufnr)
  end
  return client.request(method, params, handler, bufnr)
end

-- Each server counts in its own units.
local function params_for(client, asked)
  local params = vim.deepcopy(asked.params)
  params.position.character = asked.characters[encoding_of(client)] or params.position.character
  return params
end

-- A request of a server is answered at once in Neovim; the answers of the others come by a notification.
function M.on_lookup(_, asked, ctx)
  local bufnr = vim.uri_to_bufnr(asked.params.textDocument.uri)
  local results, open = {}, 1
  local function answered()
    open = open - 1
    local me = vim.lsp.get_client_by_id(ctx.client_id)
    if open > 0 or not me then
      return
    end
    local found = { lookup = asked.lookup, results = results }
    if vim.fn.has('nvim-0.11') == 1 then
      me:notify('emend/found', found)
    else
      me.notify('emend/found', found)
    end
  end
  if methods[asked.method] and vim.api.nvim_buf_is_loaded(bufnr) then
    for _, client in ipairs(others(bufnr)) do
      if supports(client, asked.method) then
        open = open + 1
        local sent = call(client, asked.method, params_for(client, asked), function(_, result)
          table.insert(results, { encoding = encoding_of(client), result = result })
          answered()
        end, bufnr)
        if not sent then
          open = open - 1
        end
      end
    end
  end
  vim.schedule(answered) -- behind the reply
  return { pending = true }
end

return M
