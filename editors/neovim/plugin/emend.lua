-- Defines :Emend and the <Plug> maps. Nothing else happens until require('emend').setup() is called.
if vim.g.loaded_emend then
  return
end
vim.g.loaded_emend = 1

vim.api.nvim_create_user_command('Emend', function(args)
  require('emend').command(args)
end, {
  nargs = '*',
  range = true,
  desc = 'Emend: AI code actions and agent tasks',
  complete = function(lead, line)
    return require('emend').complete(lead, line)
  end,
})

for _, verb in ipairs({ 'answer', 'accept', 'reject', 'accept-all', 'reject-all', 'next', 'previous' }) do
  vim.keymap.set('n', '<Plug>(emend-' .. verb .. ')', '<Cmd>Emend ' .. verb .. '<CR>')
end
vim.keymap.set({ 'n', 'x' }, '<Plug>(emend-actions)', ':Emend actions<CR>', { silent = true })
