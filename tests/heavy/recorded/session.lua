-- session.lua - somebody who works on a project in Neovim for an hour, as record.py starts it. The keys go in by
-- nvim_input(), as those of a terminal do; what to do comes from a generator with a seed. People pause between keys, and
-- here a key follows when the one before was taken, so the hour is over in minutes, with the same messages.
local plan = vim.json.decode(table.concat(vim.fn.readfile(vim.env.SESSION_PLAN)))
local random = math.random
math.randomseed(plan.seed)

local function pick(list)
  return list[random(#list)]
end

vim.o.swapfile, vim.o.hidden, vim.o.updatetime, vim.o.completeopt = false, true, 100, 'menuone,noinsert'
vim.o.autoindent, vim.o.more = true, false
vim.ui.select = function(items, _, choose)
  choose(items[1], 1)
end
vim.notify = function() end
vim.lsp.handlers['textDocument/references'] = function() end
vim.lsp.handlers['textDocument/documentSymbol'] = function() end
vim.lsp.handlers['workspace/symbol'] = function() end

vim.api.nvim_create_autocmd('FileType', {
  pattern = plan.filetype,
  callback = function()
    vim.lsp.start({ name = 'recorded', cmd = plan.cmd, root_dir = vim.fn.getcwd(), flags = { debounce_text_changes = 5 } })
  end,
})

local me = coroutine.running

local function pause(ms)
  local co = me()
  vim.defer_fn(function()
    coroutine.resume(co)
  end, ms)
  coroutine.yield()
end

-- In the middle of a command Neovim runs nothing that is scheduled, so the keys come from a timer of the loop.
local function keys(text)
  local co, chars, n, timer = me(), vim.fn.split(text, '\\zs'), 0, vim.loop.new_timer()
  timer:start(0, 12, function()
    n = n + 1
    if chars[n] then
      vim.api.nvim_input(chars[n] == '<' and '<lt>' or chars[n])
    else
      timer:close()
      vim.schedule(function()
        coroutine.resume(co)
      end)
    end
  end)
  coroutine.yield()
end

local function key(name)
  vim.api.nvim_input(name)
  pause(12)
end

local function client()
  return vim.lsp.get_clients({ name = 'recorded', bufnr = 0 })[1]
end

-- Waits for the answer, as one who reads it does.
local function ask(method, more)
  local c, co, done = client(), me(), false
  if not c or not c.supports_method(method) then
    return
  end
  local params = vim.tbl_extend('force', vim.lsp.util.make_position_params(0, c.offset_encoding), more or {})
  c.request(method, params, function()
    done = true
    vim.schedule(function()
      coroutine.resume(co)
    end)
  end, 0)
  if not done then
    coroutine.yield()
  end
end

local function go()
  local last = vim.api.nvim_buf_line_count(0)
  keys(random(math.min(plan.first, last), last) .. 'G')
  keys(string.rep('w', random(0, 6)))
end

local function write_lines()
  go()
  keys('o')
  for _ = 1, random(1, 3) do
    keys(pick(plan.lines))
    key('<CR>')
  end
  key('<Esc>')
end

local function complete()
  go()
  keys('o' .. pick(plan.beginnings))
  ask('textDocument/completion', { context = { triggerKind = 1 } })
  key('<C-x>')
  key('<C-o>')
  pause(150)
  key('<C-n>')
  key('<C-y>')
  ask('textDocument/signatureHelp')
  key('<Esc>')
end

local function small_edit()
  go()
  keys(pick({ 'x', 'dw', 'dd', 'yyp', '>>', 'J', 'A /* größe 🙂 é */', 'A ', 'ciwvalue', 'r_', 'D', 'ddp' }))
  key('<Esc>')
end

local function look()
  go()
  for _ = 1, random(1, 3) do
    ask('textDocument/' .. pick({ 'hover', 'hover', 'definition', 'definition', 'documentHighlight', 'typeDefinition', 'implementation', 'declaration', 'prepareRename' }))
  end
end

local function survey()
  ask('textDocument/' .. pick({ 'documentSymbol', 'foldingRange', 'documentLink', 'semanticTokens/full' }))
  go()
  ask('textDocument/references', { context = { includeDeclaration = true } })
  ask('workspace/symbol', { query = pick(plan.symbols) })
  local n = vim.api.nvim_buf_line_count(0)
  ask('textDocument/inlayHint', { range = { start = { line = 0, character = 0 }, ['end'] = { line = n, character = 0 } } })
end

local function change_much()
  go()
  if random(2) == 1 then
    vim.lsp.buf.rename(pick({ 'fresh', 'größer', 'other_name' }))
  elseif random(2) == 1 then
    vim.lsp.buf.format({ async = true })
  else
    vim.lsp.buf.code_action()
  end
  pause(400)
end

local function another_file()
  vim.cmd('write! | edit! ' .. pick(plan.files))
  pause(300)
end

local work = {
  write_lines, write_lines, write_lines, complete, complete, complete, small_edit, small_edit, small_edit, look, look,
  look, look, survey, survey, change_much, another_file,
}

local function hour()
  while not client() or not client().initialized do
    pause(100)
  end
  pause(1500)
  for _ = 1, plan.steps do
    pick(work)()
    -- Most of what was tried is taken back, so that the text stays a program.
    for _ = 1, random(0, 5) do
      key('u')
    end
    if random(8) == 1 then
      key('<C-r>')
    end
  end
  pause(1000)
end

vim.cmd('edit ' .. plan.files[1])
coroutine.wrap(function()
  local _, why = xpcall(hour, debug.traceback)
  vim.fn.writefile(vim.split(why or 'played to its end', '\n'), plan.over)
end)()
