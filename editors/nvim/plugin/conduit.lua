-- Starts Conduit with the first file, and adds the commands for the chat.
require('conduit.abilities').listen() -- before the other language servers start
require('conduit.review').listen()
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
    return { 'ask', 'review', 'auto' }
  end,
  desc = 'Choose what this conversation may do: ask only reads, review proposes, auto may change files',
})

for name, decision in pairs({ ConduitAccept = 'accept', ConduitReject = 'reject' }) do
  vim.api.nvim_create_user_command(name, function(command)
    require('conduit.review').decide(decision, command.bang)
  end, { bang = true, desc = ('%s the proposed change at the cursor, with ! all of the file'):format(decision) })
end

for name, which in pairs({ ConduitUndo = 'undo', ConduitRedo = 'redo' }) do
  vim.api.nvim_create_user_command(name, function()
    require('conduit').undo(which)
  end, { desc = ('%s what a turn changed in files'):format(which) })
end

vim.api.nvim_create_user_command('ConduitHunks', function()
  require('conduit.review').list()
end, { desc = 'List the proposed changes in the quickfix window' })

for key, direction in pairs({ [']h'] = 1, ['[h'] = -1 }) do
  if vim.fn.maparg(key, 'n') == '' then
    vim.keymap.set('n', key, function()
      require('conduit.review').jump(direction)
    end, { desc = direction == 1 and 'Next proposed change' or 'Previous proposed change' })
  end
end
