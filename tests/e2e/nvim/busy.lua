-- A second question while the first is being answered: it waits, is taken out, and nothing of it is lost.
local session = require('session')
local page = require('conduit.chat.page')

local client = session.open('app.py')
vim.cmd('Conduit ask what takes long?')
session.wait_for_chat('So far')
vim.cmd('Conduit ask what is too early?')
session.wait('the queue', function()
  return #require('conduit.session').current.queue == 1 or page.prompt()[1] ~= ''
end)
local while_busy = session.chat()
vim.cmd('Conduit stop')
session.wait_for_chat('*Stopped.*')
session.wait('the prompt that comes back', function()
  return page.prompt()[1] == 'what is too early?'
end)
local put_back = page.prompt()

vim.cmd('Conduit mode auto')
session.wait_for_message('in mode auto')
local set = session.list(client)[1].mode
vim.ui.select = function(items, _, choose)
  choose(items[1])
end
vim.cmd('Conduit mode')
session.wait_for_message('in mode ask')

session.finish({ while_busy = while_busy, put_back = put_back, set = set, chosen = session.list(client)[1].mode })
