-- The model that the next tasks work with: a menu of what can be chosen, or a name that was typed.
local M = {}

local function tokens(n)
  if not n then
    return 'window not known'
  end
  return n >= 1e6 and string.format('%.4gM tokens', n / 1e6) or string.format('%.4gk tokens', n / 1e3)
end

local function price(model)
  if not model.input then
    return 'price not known'
  end
  return string.format('$%.4g in, $%.4g out a million', model.input, model.output)
end

-- One line of the menu. What cannot be used yet says what it lacks.
function M.describe(model)
  local words = (model.current and '* ' or '  ') .. model.id .. '  ' .. tokens(model.window) .. ', ' .. price(model)
  return model.ready and words or words .. '  (' .. model.state .. ')'
end

-- The current one first, then those that can be used now; else the server's order.
function M.sorted(models)
  local function rank(model)
    return model.current and 0 or model.ready and 1 or 2
  end
  local sorted = {}
  for wanted = 0, 2 do
    for _, model in ipairs(models) do
      if rank(model) == wanted then
        table.insert(sorted, model)
      end
    end
  end
  return sorted
end

-- `request` asks the server, `execute` runs one of its commands.
function M.choose(name, request, execute)
  if name ~= '' then
    execute('emend.model', { model = name == 'default' and '' or name })
    return
  end
  request('emend/models', vim.empty_dict(), function(result)
    local models = M.sorted(result.models)
    if #models == 0 then
      return
    end
    vim.ui.select(models, { prompt = 'Emend, model of the next task:', format_item = M.describe }, function(model)
      if model then
        execute('emend.model', { model = model.id })
      end
    end)
  end)
end

-- Names for :Emend model <Tab>; the server answers at once, as nothing is contacted for it.
function M.complete(client, bufnr, lead)
  local answer
  if not client then
    return {}
  elseif vim.fn.has('nvim-0.11') == 1 then
    answer = client:request_sync('emend/models', vim.empty_dict(), 1000, bufnr)
  else
    answer = client.request_sync('emend/models', vim.empty_dict(), 1000, bufnr)
  end
  local names = { 'default' }
  for _, model in ipairs(answer and answer.result and answer.result.models or {}) do
    table.insert(names, model.id)
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, names)
end

return M
