-- The model is switched in mid-conversation, by a command that every LSP client has.
local session = require('session')

local client = session.open('app.py')
vim.cmd('Conduit ask who are you?')
session.wait_for_answer('I am the first model.')

local selected
client:exec_cmd({ title = 'switch', command = 'conduit.model.select', arguments = { 'scripted/other' } }, nil, function(err)
  selected = err and vim.inspect(err) or 'yes'
end)
session.wait('the switch', function()
  return selected
end)

vim.cmd('Conduit ask and now?')
session.wait_for_answer('I am the other model.')

session.finish({ selected = selected, chat = session.chat() })
