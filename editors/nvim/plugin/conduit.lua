-- Starts Conduit with the first file, and adds the commands for the chat.
require('conduit.abilities').listen() -- before the other language servers start
vim.lsp.enable('conduit')

vim.api.nvim_create_user_command('ConduitAsk', function(command)
  local range = command.range > 0 and { command.line1, command.line2 } or nil
  require('conduit').ask(command.args, range)
end, { nargs = '+', range = true, desc = 'Ask about the folder, the file and the selected lines' })

vim.api.nvim_create_user_command('ConduitStop', function()
  require('conduit').stop()
end, { desc = 'Stop the answer that is being written' })

vim.api.nvim_create_user_command('ConduitModel', function(command)
  require('conduit').choose_model(command.args ~= '' and command.args or nil)
end, { nargs = '?', desc = 'Choose the model of this conversation' })

vim.api.nvim_create_user_command('ConduitNew', function()
  require('conduit').forget()
end, { desc = 'Begin a new conversation with the next question' })

vim.api.nvim_create_user_command('ConduitSessions', function(command)
  require('conduit').choose_session(command.args)
end, { nargs = '*', desc = 'Open an earlier conversation again, one that contains the words if any are given' })

vim.api.nvim_create_user_command('ConduitMode', function(command)
  require('conduit').choose_mode(command.args ~= '' and command.args or nil)
end, {
  nargs = '?',
  complete = function()
    return { 'ask', 'auto' }
  end,
  desc = 'Choose what this conversation may do: ask only reads, auto may change files',
})
