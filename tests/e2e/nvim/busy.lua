-- A second question while the first is being answered: it waits, and comes back when all is stopped.
local session = require('session')
local page = require('conduit.chat.page')

local client = session.open('app.py')
vim.cmd('Conduit ask what takes long?')
session.wait_for_chat('So far')
vim.cmd('Conduit ask what is too early?')
local queue = session.wait('the queue', function()
  local waiting = require('conduit.session').current.queue
  return #waiting > 0 and vim.tbl_map(function(each)
    return each.text
  end, waiting)
end)
local while_busy, prompt_while_busy = session.chat(), page.prompt()
vim.cmd('Conduit stop')
session.wait_for_chat('*Stopped.*')
session.wait('the prompt that comes back', function()
  return page.prompt()[1] == 'what is too early?'
end)
local put_back = page.prompt()
session.wait('the empty queue', function()
  return #require('conduit.session').current.queue == 0
end)

vim.cmd('Conduit mode auto')
session.wait_for_message('in mode auto')
local set = session.list(client)[1].mode
vim.ui.select = function(items, _, choose)
  choose(items[1])
end
vim.cmd('Conduit mode')
session.wait_for_message('in mode ask')

session.finish({
  queue = queue,
  while_busy = while_busy,
  prompt_while_busy = prompt_while_busy,
  put_back = put_back,
  queue_afterwards = require('conduit.session').current.queue,
  set = set,
  chosen = session.list(client)[1].mode,
})
