-- What each scenario of tests/editors/nvim does inside Neovim, and what must then be so.
vim.opt.runtimepath:prepend(vim.env.EMEND_TOP .. '/editors/neovim')
vim.cmd('runtime plugin/emend.lua')
local emend = require('emend')

local result = assert(io.open(vim.env.RESULT, 'w'))
local function ok(passed, text)
  result:write((passed and 'ok ' or 'not ') .. text:gsub('\n', ' ') .. '\n')
  result:flush()
  return passed
end
local function finish()
  ok(true, 'end')
  result:close()
  vim.cmd('qall!')
end
local function wait(text, pred, ms)
  return ok(vim.wait(ms or 15000, pred, 20) or false, text)
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') .. '\n'
end
local function on_disk()
  local f = assert(io.open('sum.c', 'rb'))
  local all = f:read('*a')
  f:close()
  return all
end
local before, after = vim.env.WANT_BEFORE, vim.env.WANT_AFTER

-- What the user would see and answer.
local asked, menus, messages, progress = {}, {}, {}, {}
local answer_permission = 'Allow once'
local pick
local function find(items, format, wanted)
  for i, item in ipairs(items) do
    local shown = format and format(item) or tostring(item)
    if shown:find(wanted, 1, true) then
      return item, i
    end
  end
end
vim.ui.select = function(items, opts, done)
  local titles = {}
  for _, item in ipairs(items) do
    table.insert(titles, opts.format_item and opts.format_item(item) or tostring(item))
  end
  if opts.kind == 'codeaction' then
    table.insert(menus, titles)
    done(find(items, opts.format_item, pick))
    return
  end
  table.insert(asked, tostring(opts.prompt) .. ' [' .. table.concat(titles, ', ') .. ']')
  vim.schedule(function() -- as a picker of a plugin does: later
    done(find(items, opts.format_item, answer_permission))
  end)
end
-- The plugin's questions stand in a window: the user goes there and presses the keys.
local questions = require('emend.questions')
local function keys(k)
  vim.api.nvim_feedkeys(k, 'xt', false)
end
local function answer_question()
  local win = questions.window()
  if not win then
    return
  end
  local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false)
  table.insert(asked, table.concat(lines, '\n'))
  vim.cmd('Emend answer')
  keys(answer_permission == 'Deny' and 'gd' or 'ga')
end
vim.fn.timer_start(30, answer_question, { ['repeat'] = -1 })
vim.fn.inputlist = function(items) -- how 0.7 shows a showMessageRequest
  table.insert(asked, table.concat(items, ' '))
  for _, item in ipairs(items) do
    local number = item:match('^%s*(%d+)')
    if number and item:find(answer_permission, 1, true) then
      return tonumber(number)
    end
  end
  return 0
end
vim.notify = function(text_, level)
  table.insert(messages, { tostring(text_), level })
end
local group = vim.api.nvim_create_augroup('emend-test', {})
if vim.fn.has('nvim-0.10') == 1 then
  vim.api.nvim_create_autocmd('LspProgress', { group = group, callback = function(a)
    table.insert(progress, a.data.params and a.data.params.value or a.data.result.value)
  end })
else
  vim.api.nvim_create_autocmd('User', { pattern = 'LspProgressUpdate', group = group, callback = function()
    for _, m in ipairs(vim.lsp.util.get_progress_messages()) do
      table.insert(progress, m)
    end
  end })
end
local last
emend.on_task = function(task)
  last = task
end

-- Steps that the scenarios share.
local settings = { model = 'scripted:' .. vim.env.SCRIPT, mode = vim.env.MODE }
local function open()
  vim.cmd('edit sum.c')
  return wait('the server attaches to the buffer', function()
    local c = emend.client(0)
    if not c or not vim.lsp.buf_is_attached(0, c.id) then
      return false
    end
    return c.initialized or c.server_capabilities ~= nil
  end)
end
local function start()
  emend.setup({ cmd = { vim.env.EMEND, 'lsp' }, settings = settings })
  return open()
end
local function choose(title)
  pick = title
  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  if vim.lsp.buf.range_code_action and vim.fn.has('nvim-0.8') == 0 then
    vim.lsp.buf.range_code_action(nil, { 5, 0 }, { 10, 1 })
  else
    vim.lsp.buf.code_action({ range = { start = { 5, 0 }, ['end'] = { 10, 1 } } })
  end
end
local function ended(state)
  wait('the task ends', function()
    return last ~= nil and last.state ~= 'running'
  end, 30000)
  return ok(last ~= nil and last.state == state, 'the task is ' .. state .. ': ' .. vim.inspect(last))
end
-- What the server believes the buffer holds; Neovim tells it of changes up to 150 ms late.
local function server_agrees(what)
  local c, got = emend.client(0), nil
  local function answer(_, r)
    got = r
  end
  local params = { uri = vim.uri_from_bufnr(0) }
  local same = false
  for _ = 1, 50 do
    got = nil
    if vim.fn.has('nvim-0.11') == 1 then
      c:request('emend/document', params, answer, 0)
    else
      c.request('emend/document', params, answer, 0)
    end
    vim.wait(2000, function()
      return got ~= nil
    end, 10)
    same = got ~= nil and got.text == text()
    if same then
      break
    end
    vim.wait(20, function()
      return false
    end)
  end
  ok(same, 'the server holds the same text as the buffer ' .. what)
end
local function asked_for(word)
  for _, prompt in ipairs(asked) do
    if prompt:find(word, 1, true) then
      return true
    end
  end
  return false
end

local scenario = {}

function scenario.refactor()
  start()
  choose('Emend: Refactor this code')
  wait('a menu with the actions opens', function()
    return #menus > 0
  end)
  local titles = table.concat(menus[1] or {}, '|')
  ok(titles:find('Emend: Explain this code', 1, true) and titles:find('Emend: Add tests for this', 1, true) and true,
    'explain and add tests are in the menu')
  ended('done')
  ok(asked_for('sum.c') and asked_for('Allow once') and asked_for('Deny'), 'the edit was asked for by name, with choices')
  ok(text() == after, 'the buffer holds the edit, exactly')
  ok(vim.bo.modified, 'the buffer is modified')
  ok(on_disk() == before, 'the file on disk is untouched')
  ok(#progress > 0, 'progress was reported')
  server_agrees('after the edit')
  vim.cmd('silent undo')
  ok(text() == before, 'u restores the text')
  server_agrees('after u')
end

-- A user with nothing but Neovim's own client: no plugin, no custom messages.
function scenario.plain()
  local finished = false
  local config = {
    name = 'emend',
    cmd = { vim.env.EMEND, 'lsp' },
    root_dir = vim.fn.getcwd(),
    init_options = { emend = settings },
    settings = { emend = settings },
    handlers = {
      ['$/progress'] = function(err, params, ...)
        if params.value.kind == 'end' then
          finished = true
        end
        return vim.lsp.handlers['$/progress'](err, params, ...)
      end,
    },
  }
  vim.cmd('edit sum.c')
  if vim.lsp.start then
    vim.lsp.start(config)
  else
    vim.lsp.buf_attach_client(0, vim.lsp.start_client(config))
  end
  wait('the server attaches to the buffer', function()
    local c = emend.client(0)
    return c ~= nil and vim.lsp.buf_is_attached(0, c.id) and (c.initialized or false)
  end)
  choose('Emend: Refactor this code')
  wait('the task ends', function()
    return finished
  end, 30000)
  ok(asked_for('Allow once') and asked_for('Deny'), 'permission was asked by a message request')
  ok(vim.fn.bufname() == 'sum.c', 'the code stays in its window')
  ok(text() == after, 'the buffer holds the edit, exactly')
  ok(on_disk() == before, 'the file on disk is untouched')
end

function scenario.denied()
  answer_permission = 'Deny'
  start()
  vim.cmd('Emend do make a file')
  wait('the command is asked for, whole', function()
    return asked_for('touch made-by-command')
  end)
  wait('the task ends', function()
    return last ~= nil and last.state ~= 'running'
  end, 30000)
  ok(last.title:find('make a file', 1, true) ~= nil, 'the task is named after what was asked')
  ok(text() == before, 'the buffer is untouched')
end

function scenario.planned()
  answer_permission = 'Allow once'
  start()
  vim.cmd('Emend plan make it faster')
  wait('the plan is asked for, whole', function()
    return asked_for('1. split the loop')
  end)
  wait('the task ends', function()
    return last ~= nil and last.state == 'done'
  end, 30000)
  ok(asked_for('Work by this plan') and asked_for('Emend says: Nothing was changed so far'), 'it says what a yes means')
end

function scenario.denied_edit()
  answer_permission = 'Deny'
  start()
  choose('Emend: Refactor this code')
  wait('the task ends', function()
    return last ~= nil and last.state ~= 'running'
  end, 30000)
  ok(asked_for('sum.c'), 'the edit was asked for')
  ok(text() == before and not vim.bo.modified, 'the buffer is untouched')
  ok(on_disk() == before, 'the file is untouched')
end

local function running(name)
  local dir = io.popen('cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "')
  local all = dir:read('*a')
  dir:close()
  return all:find(name, 1, true) ~= nil
end

function scenario.cancel()
  start()
  vim.cmd('Emend do wait for long')
  wait('the command runs', function()
    return running('sleep 4711.5')
  end)
  vim.cmd('Emend cancel')
  ended('cancelled')
  wait('nothing of it is left', function()
    return not running('sleep 4711.5')
  end, 5000)
end

function scenario.cancel_model()
  start()
  vim.cmd('Emend do talk for long')
  wait('the task runs', function()
    return last ~= nil and last.state == 'running'
  end)
  vim.wait(300, function()
    return false
  end)
  vim.cmd('Emend cancel ' .. last.taskId)
  ended('cancelled')
  ok(text() == before, 'the buffer is untouched')
end

-- A user who does not stop: a key every 30 ms from now on, at the end of three lines in turn, one of them inside
-- what the model replaces. `typed` is what they typed at each. Returns a function that ends it.
local typed = { '', '', '' }
local function keep_typing(lines)
  local n = 0
  local timer = vim.fn.timer_start(30, function()
    local which = n % #lines + 1
    local key = string.char(97 + n % 26) .. ({ 'é', '🙂', '' })[which]
    vim.cmd('silent keepjumps /' .. lines[which])
    keys('A' .. key)
    typed[which] = typed[which] .. key
    n = n + 1
  end, { ['repeat'] = -1 })
  return function()
    vim.fn.timer_stop(timer)
    return n
  end
end

function scenario.typing()
  start()
  choose('Emend: Refactor this code')
  wait('the task runs', function()
    return last ~= nil and last.state == 'running'
  end)
  local stop = keep_typing({ '^\\/\\* Größe', '^int sum', '^\\/\\* end' })
  ended('done')
  vim.wait(200, function()
    return false
  end)
  ok(stop() > 20, 'keys came all the time')
  local want = after
  for i, line in ipairs({ '/%* Größe 🙂 %*/', 'int sum%(const int %*v, size_t n%)', '/%* end %*/' }) do
    want = want:gsub(line, '%0' .. typed[i])
  end
  ok(text() == want, 'typed text and edit are both there, exactly')
  server_agrees('after both')
  local steps = 0
  repeat
    local was = vim.fn.changenr()
    vim.cmd('silent undo')
    steps = steps + 1
  until vim.fn.changenr() == was or steps > 1000
  ok(text() == before, 'u, again and again, leads back to the first text')
  server_agrees('after that')
  vim.cmd('silent undo ' .. vim.fn.undotree().seq_last)
  ok(text() == want, 'and redo to the last')
  server_agrees('after the redo')
end

-- The user types in the very line that the model replaces: the model is told, and does it again around that.
function scenario.typing_same_line()
  start()
  choose('Emend: Refactor this code')
  wait('the model has read the text and is thinking', function()
    for _, m in ipairs(progress) do
      if (m.message or ''):find('writing', 1, true) then
        return true
      end
    end
    return false
  end)
  vim.cmd('silent /v\\[i\\]')
  keys('Otyped above é')
  keys('jAtyped é here')
  ended('done')
  local want = before:gsub('\tfor[^\n]*', function(line)
    return '\ttyped above é\n' .. vim.env.WANT_AFTER:match('(\tfor[^\n]*\n[^\n]*)\n') .. 'typed é here'
  end)
  ok(text() == want, 'typed text and edit are both there, exactly')
  server_agrees('after both')
end

-- Files that are not open at the server are written on the disk: one is opened afterwards, one stands in a window
-- all the time without a client (its file type is not served), one of those has unsaved text.
local function file(name)
  local f = assert(io.open(name, 'rb'))
  local all = f:read('*a')
  f:close()
  return all
end
function scenario.closed()
  emend.setup({ cmd = { vim.env.EMEND, 'lsp' }, settings = settings, filetypes = { 'c' } })
  vim.bo.filetype = 'c'
  vim.cmd('filetype on')
  open()
  vim.cmd('split mine.txt')
  keys('Onot saved é')
  local mine = vim.api.nvim_get_current_buf()
  vim.cmd('split shown.txt')
  local shown = vim.api.nvim_get_current_buf()
  ok(#vim.lsp.buf_get_clients(shown) == 0, 'the buffer in the window has no client')
  vim.cmd('3wincmd w')
  ok(vim.fn.expand('%') == 'sum.c', 'the user is in sum.c')
  vim.cmd('Emend do change the others')
  ended('done')
  local new = before:gsub('/%* end %*/', '/* the end 🙂 */')
  ok(file('other.c') == new and file('shown.txt') == new and file('mine.txt') == new, 'all are changed on the disk')
  wait('the buffer in the window shows it', function()
    return table.concat(vim.api.nvim_buf_get_lines(shown, 0, -1, false), '\n') .. '\n' == new
  end)
  ok(not vim.bo[shown].modified, 'and is not modified')
  ok(table.concat(vim.api.nvim_buf_get_lines(mine, 0, -1, false), '\n') .. '\n' == 'not saved é\n' .. before,
    'the buffer with unsaved text keeps it')
  ok(text() == before and not vim.bo.modified, 'the open buffer is as it was')
  vim.cmd('edit other.c')
  ok(text() == new, 'what is opened now has the new text')
  wait('and is served', function()
    local c = emend.client(0)
    return c ~= nil and vim.lsp.buf_is_attached(0, c.id)
  end)
  server_agrees('of it')
  keys('Gotyped é')
  vim.cmd('Emend undo')
  wait('undo goes around what was typed in it', function()
    return text() == before .. 'typed é\n'
  end)
  wait('and restores what stands in the window', function()
    return table.concat(vim.api.nvim_buf_get_lines(shown, 0, -1, false), '\n') .. '\n' == before
  end)
  ok(file('shown.txt') == before and file('mine.txt') == before, 'and the files')
  server_agrees('after the undo')
end

function scenario.unsaved()
  start()
  vim.api.nvim_buf_set_lines(0, 0, 1, false, { '/* not saved yet */' })
  vim.cmd('Emend do read the file')
  ended('done')
  ok(text() == before:gsub('^[^\n]*', '/* not saved yet */', 1), 'the buffer keeps the unsaved text')
  ok(on_disk() == before, 'the file on disk is untouched')
end

function scenario.undo()
  start()
  choose('Emend: Refactor this code')
  ended('done')
  ok(text() == after, 'the buffer holds the edit')
  vim.cmd('Emend undo')
  wait('Emend undo restores the text', function()
    return text() == before
  end)
  server_agrees('after the undo')
end

-- Line numbers from 1 of the waiting changes, as "8-9:change 13-13:change".
local function waiting()
  return table.concat(vim.tbl_map(function(h)
    return h.first .. '-' .. h.last .. ':' .. h.kind
  end, emend.hunks(0)), ' ')
end

-- What stands above the lines as text of no line, as "8:old line|old line 13:...".
local function old_text()
  local out = {}
  local space = vim.api.nvim_get_namespaces()['emend-hunks']
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    local lines = vim.tbl_map(function(line)
      return line[1][1]
    end, mark[4].virt_lines or {})
    if #lines > 0 then
      table.insert(out, (mark[4].virt_lines_above and mark[2] + 1 or mark[2] + 1.5) .. ':' .. table.concat(lines, '|'))
    end
  end
  return table.concat(out, ' ')
end

function scenario.hunks()
  start()
  choose('Emend: Refactor this code')
  ended('done')
  wait('two changes wait', function()
    return waiting() == '8-9:change 13-13:change'
  end)
  ok(old_text() == '8:' .. (' '):rep(8) .. 'for (size_t i = 0; i < n; i++) s += v[i]; /* → 🙂 */ 13:/* end */',
    'what stood there is shown above them: ' .. old_text())
  keys('ggOtyped above 🙂')
  keys('10Gotyped é inside the function')
  server_agrees('after the typing')
  ok(waiting() == '9-10:change 15-15:change', 'the signs moved with the text: ' .. waiting())
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.cmd('Emend next')
  ok(vim.api.nvim_win_get_cursor(0)[1] == 9, ':Emend next goes to the first change')
  vim.cmd('Emend reject')
  wait('one change waits', function()
    return waiting() == '14-14:change'
  end)
  local want = before:gsub('/%* end %*/', '/* the end 🙂 */')
  want = 'typed above 🙂\n' .. want
  want = want:gsub('(→ 🙂 %*/\n)', '%1\t\ttyped é inside the function\n') -- indented as the line above
  ok(text() == want, 'its lines are as before, and nothing else changed')
  server_agrees('after the rejection')
  vim.api.nvim_win_set_cursor(0, { 14, 0 })
  vim.cmd('Emend accept')
  wait('nothing waits', function()
    return waiting() == ''
  end)
  ok(text() == want, 'accepting changes nothing')
  vim.cmd('Emend undo')
  wait('the task is undone around the typing', function()
    return text() == want:gsub('/%* the end 🙂 %*/', '/* end */')
  end)
  server_agrees('after the undo')
end

function scenario.undo_late()
  start()
  choose('Emend: Refactor this code')
  ended('done')
  wait('the change waits', function()
    return waiting() == '8-9:change'
  end)
  keys('10Gotyped é below')
  keys('7Gotyped 🙂 above')
  server_agrees('after the typing')
  vim.cmd('Emend undo')
  local want = before:gsub('\tint s = 0;\n', '%0\ttyped 🙂 above\n'):gsub('\treturn s;\n', '%0\ttyped é below\n')
  wait('the task is undone around the typing', function()
    return text() == want
  end)
  wait('nothing waits any more', function()
    return waiting() == ''
  end)
  server_agrees('after the undo')
end

-- The user has changed the very lines: they stay, and that is said.
function scenario.undo_conflict()
  start()
  choose('Emend: Refactor this code')
  ended('done')
  vim.cmd('silent /s += v')
  keys('Atyped é here')
  keys('Gotyped below')
  server_agrees('after the typing')
  local mine = text()
  last = nil
  vim.cmd('Emend undo')
  ended('failed')
  wait('the user is told which file, and why', function()
    local all = vim.inspect(messages)
    return all:find('sum.c', 1, true) and all:find('changed since, in the same place', 1, true)
  end)
  ok(text() == mine, 'the text is as the user left it')
  server_agrees('after the undo')
  vim.cmd('silent /s += v')
  keys('$5X') -- not quite as it was
  server_agrees('again')
  vim.cmd('silent /s += v')
  vim.cmd([[silent s/\*\/.*/*\//]])
  server_agrees('after taking it back')
  last = nil
  vim.cmd('Emend undo')
  ended('done')
  ok(text() == before .. 'typed below\n', 'once the lines are as Emend left them, undo works')
  server_agrees('after the second undo')
end

-- Problems that another server or linter has found, and that Emend's client never hears of.
function scenario.fix()
  start()
  local space = vim.api.nvim_create_namespace('other')
  vim.diagnostic.set(space, 0, {
    { lnum = 7, col = 5, end_lnum = 7, end_col = 8, message = 'this loop is bad 🙂', source = 'other', severity = 1 },
    { lnum = 11, col = 0, message = 'other', severity = 2 },
  })
  choose('Emend: Fix "this loop is bad 🙂"')
  wait('the menu offers to fix it', function()
    return #menus > 0 and table.concat(menus[1], '|'):find('Fix "this loop is bad', 1, true) ~= nil
  end)
  wait('the task is about it', function()
    return last ~= nil and last.title == 'Fix line 8: this loop is bad 🙂'
  end)
  wait('it ends', function()
    return last.state ~= 'running'
  end)
  last = nil
  vim.cmd('%Emend fix')
  ended('done') -- the model expects both
  last = nil
  vim.cmd('1,2Emend fix')
  wait('where nothing is wrong, that is said', function()
    for _, m in ipairs(messages) do
      if m[1]:find('shows no problem here', 1, true) then
        messages = {}
        return true
      end
    end
  end)
end

local function emends()
  return vim.tbl_filter(function(c)
    return c.name == 'emend'
  end, (vim.lsp.get_clients or vim.lsp.get_active_clients)())
end

function scenario.explain()
  start()
  local win, buf, at = vim.api.nvim_get_current_win(), vim.api.nvim_get_current_buf(), vim.fn.winsaveview()
  vim.cmd('Emend explain')
  local page
  local function shown()
    for _, w in ipairs(vim.api.nvim_list_wins()) do
      local b = vim.api.nvim_win_get_buf(w)
      if b ~= buf and vim.bo[b].filetype == 'markdown' then
        page = b
        return table.concat(vim.api.nvim_buf_get_lines(b, 0, -1, false), '\n')
      end
    end
    return ''
  end
  wait('the answer stands in a window of its own while it comes', function()
    return shown():find('word word', 1, true) ~= nil
  end)
  ok(last.state == 'running' and not shown():find('the end', 1, true), 'before its end')
  ok(vim.api.nvim_get_current_win() == win and vim.api.nvim_get_current_buf() == buf, 'the user stays where they were')
  ended('done')
  wait('the whole is there', function()
    return shown():find('`the end`', 1, true) ~= nil
  end)
  ok(vim.bo[page].buftype == 'nofile' and not vim.bo[page].modifiable, 'and is no file to be saved')
  ok(vim.deep_equal(vim.fn.winsaveview().lnum, at.lnum) and text() == before, 'the code is as it was')
  local function seen(start) -- of the line that begins so
    return vim.api.nvim_win_call(vim.fn.bufwinid(page), function()
      local line, out = vim.fn.search('^' .. start, 'w'), ''
      local chars = vim.fn.getline(line)
      for i = 1, #chars do
        out = out .. (vim.fn.synconcealed(line, i)[1] == 0 and chars:sub(i, i) or '')
      end
      return out
    end)
  end
  ok(seen('See') == 'See the loop of sum.', 'of a link and of code its words are seen: ' .. seen('See'))
  ok(seen('char') == 'char **a, *b; /* [c](d) `e` **f** */', 'in a block of code all: ' .. seen('char'))
  local report = vim.fn.glob(vim.env.XDG_STATE_HOME .. '/emend/sessions/*/*.md')
  ok(report ~= '', 'the report is kept')
  vim.cmd('edit ' .. report)
  vim.wait(300, function()
    return #emends() > 1
  end)
  ok(#emends() == 1, 'one server runs, also when the report is opened')
end

-- The server is killed in the middle of a task: the task is lost, that is said, and the next one has the buffer.
function scenario.lost()
  start()
  vim.cmd('Emend do change it')
  wait('the task runs', function()
    return last ~= nil and last.state == 'running'
  end)
  vim.api.nvim_buf_set_lines(0, 0, 1, false, { '/* not saved */' })
  local id = emend.client(0).id
  os.execute("pkill -9 -P " .. vim.fn.getpid() .. " -f '[e]mend lsp'")
  wait('the task is lost', function()
    return last.state == 'lost'
  end)
  local neovims
  wait('that is said', function()
    for _, m in ipairs(messages) do
      neovims = neovims or m[1]:match('^Client .* quit with exit code')
      if m[1]:find('lost: change it. `:Emend resume` goes on', 1, true) then
        messages = {}
        return true
      end
    end
  end)
  ok(not neovims, 'and nothing of more than a line, which would wait for <Enter>')
  ok(emend.statusline() == '', 'nothing is said to run')
  wait('another server serves the buffer', function()
    local c = emend.client(0)
    return c ~= nil and c.id ~= id
  end)
  last = nil
  vim.cmd('Emend do change it')
  ended('done')
  ok(text() == after:gsub('^[^\n]*', '/* not saved */', 1), 'the next task edits the buffer, around what is unsaved')
  ok(on_disk() == before, 'and not the file behind it')
  server_agrees('after all')
end

-- Files outside of any project; a buffer whose server is gone is never given to another one.
function scenario.outside()
  start()
  local project = emend.client(0).id
  vim.fn.mkdir(vim.env.HOME .. '/loose/below', 'p')
  for _, name in ipairs({ '/loose/a.c', '/loose/below/b.c' }) do
    vim.cmd('edit! ' .. vim.env.HOME .. name)
    wait('a server attaches to ' .. name, function()
      return emend.client(0) ~= nil
    end)
    ok(emend.client(0).id ~= project, 'which is not that of the project')
  end
  ok(#emends() == 2, 'there is one server for both: ' .. vim.inspect(vim.tbl_map(function(c)
    return c.config.root_dir
  end, emends())))
  vim.lsp.buf_detach_client(0, emend.client(0).id)
  ok(emend.client(0) == nil, 'without its own client a buffer has none')
  vim.cmd('Emend do something')
  ended('done')
  ok(emend.client(0) ~= nil and emend.client(0).id ~= project, 'a command attaches it again')
  vim.cmd('new')
  vim.bo.buftype = 'nofile'
  vim.cmd('Emend explain')
  wait('a buffer without a file is told so', function()
    return #messages > 0 and messages[#messages][1]:find('no file', 1, true) ~= nil
  end)
end

-- The model of the next task is picked from a menu, by name, and given back to the settings.
function scenario.model()
  local other = vim.env.SCRIPT:gsub('model.jsonl$', 'other.jsonl')
  local f = assert(io.open(other, 'w'))
  f:write('{"text": "by the choice"}\n')
  f:close()
  start()
  local function says(words)
    last = nil
    vim.cmd('Emend do say it')
    ended('done')
    ok(last.message:find(words, 1, true) ~= nil, 'the model answers ' .. words .. ': ' .. last.message)
  end
  wait('the settings have come', function()
    return vim.tbl_contains(emend.complete('scripted:', 'Emend model scripted:'), 'scripted:' .. vim.env.SCRIPT)
  end)
  local names = emend.complete('anthropic/claude-opus-5-', 'Emend model anthropic/claude-opus-5-')
  ok(names[1] == 'anthropic/claude-opus-5-5', 'names are completed: ' .. table.concat(names, ' '))
  answer_permission = 'anthropic/claude-opus-5-5'
  vim.cmd('Emend model')
  wait('the menu shows window, price and what is missing', function()
    return asked_for('* scripted:' .. vim.env.SCRIPT) and
      asked_for('anthropic/claude-opus-5-5  1M tokens, $4 in, $20 out a million  (set ANTHROPIC_API_KEY')
  end)
  wait('what cannot be used is not taken', function()
    return #messages > 0 and messages[#messages][1]:find('ANTHROPIC_API_KEY', 1, true) ~= nil
  end)
  messages = {}
  says('by the settings')
  vim.cmd('Emend model scripted:' .. other)
  says('by the choice')
  vim.cmd('Emend model default')
  says('by the settings')
end

-- Another language server serves the buffers: what it knows, the tasks know.
function scenario.knows()
  start()
  local id = vim.lsp.start_client({
    name = 'fake', cmd = { vim.env.EMEND_TOP .. '/tests/fake/language_server.py', '--publish-ms', '300' },
  })
  for _, name in ipairs({ 'sum.c', 'other.c' }) do
    vim.cmd('edit ' .. name)
    vim.lsp.buf_attach_client(0, id)
    wait('another server serves ' .. name, function()
      return vim.lsp.buf_is_attached(0, id) and vim.lsp.get_client_by_id(id).initialized
    end)
  end
  vim.cmd('buffer sum.c')
  vim.cmd('Emend do use what is known')
  ended('done')
  ok(text() == (before:gsub('%*v,', '*zahlen,'):gsub('v%[i%]; /%* →', 'zahlen[i]; /* → gut')), 'the symbol has its new name')
  ok(on_disk() == before, 'in the buffer only')
  vim.cmd('buffer other.c')
  ok(text() == (before:gsub('%*v,', '*zahlen,'):gsub('v%[i%]', 'zahlen[i]')), 'and in the other file')
  last = nil
  vim.cmd('Emend undo')
  ended('done')
  ok(text() == before, 'one undo takes it back')
  vim.cmd('buffer sum.c')
  ok(text() == before, 'in both')
end

local good, why = xpcall(scenario[vim.env.SCENARIO], debug.traceback)
if not good then
  ok(false, 'no error in the scenario: ' .. tostring(why))
end
local bad_messages = vim.tbl_filter(function(m)
  return m[2] == vim.log.levels.ERROR
end, messages)
ok(#bad_messages == 0, 'no error message' .. (bad_messages[1] and ': ' .. bad_messages[1][1] or ''))
finish()
