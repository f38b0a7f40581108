-- :checkhealth emend
local M = {}

local health = vim.health or require('health')
local start = health.start or health.report_start
local good, bad, info = health.ok or health.report_ok, health.error or health.report_error, health.info or health.report_info

function M.check()
  start('emend')
  local cmd = require('emend.servers').command()
  if not cmd then
    bad('setup() was not called', { "Put require('emend').setup({}) into your init.lua" })
    cmd = { 'emend', 'lsp' }
  end
  if vim.fn.executable(cmd[1]) ~= 1 then
    bad('`' .. cmd[1] .. '` is not executable', { 'Install Emend, or set `cmd` of setup() to the whole path' })
    return
  end
  good('`' .. cmd[1] .. '` is ' .. vim.fn.trim(vim.fn.system({ cmd[1], '--version' })))
  for _, line in ipairs(vim.fn.systemlist({ cmd[1], 'doctor' })) do
    info(line)
  end
  local client = require('emend').client(0)
  if client then
    good('this buffer is served, client ' .. client.id)
  else
    info('no server runs for this buffer')
  end
end

return M
