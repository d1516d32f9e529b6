-- A second question while the first is being answered; then the mode is changed.
local session = require('session')

local client = session.open('app.py')
local said = {}
vim.notify = function(text)
  table.insert(said, text)
end
vim.cmd('ConduitAsk what takes long?')
session.wait_for_chat('So far')
vim.cmd('ConduitAsk what is too early?')
session.wait('the refusal', function()
  return #said > 0
end)
local while_busy = session.chat()
vim.cmd('ConduitStop')
session.wait_for_chat('(cancelled)')

vim.cmd('ConduitMode auto')
session.wait('the mode', function()
  return #said > 1
end)
local set = session.list(client)[1].mode
vim.ui.select = function(items, _, choose)
  choose(items[1])
end
vim.cmd('ConduitMode')
session.wait('the other mode', function()
  return #said > 2
end)

session.finish({ said = said, while_busy = while_busy, set = set, chosen = session.list(client)[1].mode })
