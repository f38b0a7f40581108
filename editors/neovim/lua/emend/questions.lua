-- What tasks ask: permissions, and questions of the model. Each stands in a window of its own, whole, and can be
-- scrolled. The window is never entered by itself, so no key that was meant for the text can answer; and in it an
-- answer takes <CR> on its line, or two keys. It stays until it is answered, or the server closes the question.
local window = require('emend.window')

local M = {}

-- Waiting, oldest first: { client, id, kind, title, lines, options, diff }. The first one has the window.
local queue = {}
local shown -- { question, buf, win, first: the line of the first option }

local space = vim.api.nvim_create_namespace('emend-questions')
local show_next

local function say(text, level)
  vim.notify('Emend: ' .. text, level or vim.log.levels.INFO)
end

local function send(question, value, comment)
  local client = vim.lsp.get_client_by_id(question.client)
  if not client then
    return
  end
  local params = { question = question.id, [question.kind == 'permission' and 'title' or 'answer'] = value,
    comment = comment }
  if vim.fn.has('nvim-0.11') == 1 then
    client:notify('emend/answer', params)
  else
    client.notify('emend/answer', params)
  end
end

-- Takes it out of the list and its window off the screen.
local function remove(question)
  for i, one in ipairs(queue) do
    if one == question then
      table.remove(queue, i)
      break
    end
  end
  if shown and shown.question == question then
    local win, buf, mine = shown.win, shown.buf, vim.api.nvim_get_current_win() == shown.win
    shown = nil
    if mine then
      vim.cmd('wincmd p')
    end
    if vim.api.nvim_win_is_valid(win) then
      pcall(vim.api.nvim_win_close, win, true)
    end
    pcall(vim.api.nvim_buf_delete, buf, { force = true })
  end
  show_next()
end

local function answer(question, value, comment)
  send(question, value, comment)
  remove(question)
end

local function no_answer(question)
  return question.kind == 'permission' and 'Deny' or ''
end

-- The option named so, or nil.
local function option(question, pattern)
  for _, title in ipairs(question.options) do
    if title:match(pattern) then
      return title
    end
  end
end

local function ask_text(question)
  vim.ui.input({ prompt = 'Answer: ' }, function(text)
    if text and text ~= '' then
      answer(question, text)
    end
  end)
end

local function deny_with_words(question)
  vim.ui.input({ prompt = 'Why not? ' }, function(words)
    if words then
      answer(question, 'Deny', words)
    end
  end)
end

local function pick(question, title)
  if title then
    answer(question, title)
  else
    say('that answer is not offered here', vim.log.levels.WARN)
  end
end

local function map(buf, question)
  local function key(lhs, run)
    vim.keymap.set('n', lhs, run, { buffer = buf, nowait = true, silent = true })
  end
  key('<CR>', function()
    if #question.options == 0 then
      ask_text(question)
      return
    end
    local title = question.options[vim.api.nvim_win_get_cursor(0)[1] - shown.first + 1]
    if title then
      answer(question, title)
    end
  end)
  key('q', '<Cmd>wincmd p<CR>')
  if question.kind == 'permission' then
    key('ga', function()
      pick(question, option(question, '^Allow once$'))
    end)
    key('gA', function()
      pick(question, option(question, '^Always '))
    end)
    key('gd', function()
      pick(question, 'Deny')
    end)
    key('gD', function()
      deny_with_words(question)
    end)
  end
end

local hints = { ['Deny'] = 'gd, and say why: gD', ['Allow once'] = 'ga' }

-- A line that is higher than its window would be seen in part only: it is broken. What goes on has a mark that no text
-- can have, and in a diff its sign. Returns the lines, and which of them go on.
local function broken(lines)
  local most, out, more = 3 * math.max(60, vim.o.columns), {}, {}
  for _, line in ipairs(lines) do
    local at, sign = 1, ''
    repeat
      local last = math.min(at + most - 1, #line)
      while last > at and last < #line and line:byte(last + 1) >= 0x80 and line:byte(last + 1) < 0xc0 do
        last = last - 1 -- not within a character
      end
      table.insert(out, sign .. line:sub(at, last))
      if at > 1 then
        table.insert(more, #out)
      end
      at, sign = last + 1, (line:match('^[+-]') or ' ') .. '   '
    until at > #line
  end
  return out, more
end

local function lines_of(question)
  local lines, more = broken(vim.list_extend({ 'Emend asks: ' .. question.title }, question.lines))
  table.insert(lines, '')
  local first = #lines + 1
  for _, title in ipairs(question.options) do
    local hint = question.kind == 'permission' and (hints[title] or title:match('^Always ') and 'gA')
    table.insert(lines, '  ' .. title:gsub('\n', ' ') .. (hint and '  [' .. hint .. ']' or ''))
  end
  local how = #question.options > 0 and '<Enter> on a line answers' or '<Enter> takes your answer'
  table.insert(lines, '(' .. how .. ', q goes back, closing this window is a no)')
  if question.diff then
    local diff, more_diff = broken(vim.split(question.diff, '\n'))
    table.insert(lines, '')
    for _, n in ipairs(more_diff) do
      table.insert(more, #lines + n)
    end
    vim.list_extend(lines, diff)
  end
  return lines, first, more
end

local function open(question)
  local lines, first, more = lines_of(question)
  local buf = window.scratch('Emend asks', question.diff and 'diff' or '', lines)
  local height = math.min(#lines, math.max(8, math.floor(vim.o.lines * 0.45)))
  local good, win = pcall(window.open, buf, false, height)
  if not good then -- the text is locked, as while a completion is chosen: at the next change of the mode
    vim.api.nvim_buf_delete(buf, { force = true })
    return false
  end
  shown = { question = question, buf = buf, win = win, first = first }
  vim.bo[buf].bufhidden = 'wipe'
  -- A window has the options of the one that it was split off: none of those may hide a part of what is asked.
  vim.wo[win].diff, vim.wo[win].scrollbind, vim.wo[win].cursorbind = false, false, false
  vim.wo[win].foldenable, vim.wo[win].conceallevel, vim.wo[win].rightleft = false, 0, false
  vim.wo[win].wrap, vim.wo[win].winfixheight = true, true
  vim.wo[win].number, vim.wo[win].relativenumber = false, false
  vim.wo[win].statusline = ' Emend asks: `:Emend answer` comes here '
  vim.api.nvim_buf_set_extmark(buf, space, 0, 0, { end_row = first - 1, hl_group = 'Question' })
  for _, n in ipairs(more) do
    vim.api.nvim_buf_set_extmark(buf, space, n - 1, 0, { virt_text = { { '↳', 'NonText' } }, virt_text_win_col = 2 })
  end
  vim.api.nvim_win_set_cursor(win, { math.min(first, #lines), 0 })
  vim.api.nvim_win_call(win, function()
    vim.fn.winrestview({ topline = 1 })
  end)
  map(buf, question)
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = buf,
    once = true,
    callback = function()
      if not (shown and shown.buf == buf) then
        return
      end
      shown = nil
      send(question, no_answer(question))
      vim.schedule(function()
        say('the question was closed, which is a no: ' .. question.title)
        remove(question)
      end)
    end,
  })
  return true
end

function show_next()
  local question = queue[1]
  if shown or not question then
    return
  end
  window.when_possible(function()
    if shown or queue[1] ~= question then
      return
    end
    if not open(question) then
      vim.defer_fn(show_next, 200)
      return
    end
    local mode = vim.api.nvim_get_mode().mode
    if mode == 'n' or mode:match('^i') then
      vim.api.nvim_echo({ { 'Emend asks: `:Emend answer` goes to the question', 'Question' } }, false, {})
    end
  end)
end

local function add(question)
  table.insert(queue, question)
  show_next()
  return { pending = true } -- the answer comes by emend/answer
end

local function text(value)
  return type(value) == 'string' and value or ''
end

function M.on_permission(_, request, ctx)
  local subject, title = vim.split(text(request.subject), '\n'), text(request.title)
  local lines = {}
  if #subject == 1 and #title + #subject[1] < 70 then
    title = title .. ': ' .. subject[1]
  else
    for _, line in ipairs(subject) do
      table.insert(lines, '    ' .. line)
    end
  end
  if text(request.note) ~= '' then
    vim.list_extend(lines, vim.split('Emend says: ' .. request.note, '\n'))
  end
  if text(request.reason) ~= '' then
    vim.list_extend(lines, vim.split('The model says: ' .. request.reason, '\n'))
  end
  return add({
    client = ctx.client_id,
    id = request.question,
    kind = 'permission',
    title = title,
    lines = lines,
    options = request.options or {},
    diff = text(request.diff) ~= '' and request.diff or nil,
  })
end

function M.on_question(_, request, ctx)
  local lines = vim.split(text(request.text), '\n')
  return add({
    client = ctx.client_id,
    id = request.question,
    kind = 'question',
    title = table.remove(lines, 1),
    lines = lines,
    options = request.options or {},
  })
end

-- emend/questionClosed: the task is over, or the time.
function M.on_closed(_, params)
  for _, question in ipairs(queue) do
    if question.id == params.question then
      remove(question)
      return
    end
  end
end

-- The server of this client is gone: nobody waits for its questions.
function M.forget(client)
  for _, question in ipairs(vim.deepcopy(queue)) do
    if question.client == client then
      M.on_closed(nil, { question = question.id })
    end
  end
end

-- :Emend answer: the one way into the window that Emend offers.
function M.answer()
  if #queue == 0 then
    say('nothing is asked')
    return
  end
  show_next()
  if shown and vim.api.nvim_win_is_valid(shown.win) then
    vim.cmd('stopinsert')
    vim.api.nvim_set_current_win(shown.win)
  end
end

-- The window of the question on the screen, or nil; and how many wait.
function M.window()
  return shown and shown.win or nil, #queue
end

return M
