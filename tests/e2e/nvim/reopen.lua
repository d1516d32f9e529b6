-- In another Neovim: an earlier conversation is chosen, shown, and gone on with.
local session = require('session')

local client = session.open('app.py')
local offered
vim.ui.select = function(items, options, choose)
  offered = vim.tbl_map(options.format_item, items)
  choose(items[1])
end
vim.cmd('Conduit sessions')
session.wait_for_answer('The first answer.')
local reopened = session.chat()
vim.cmd('Conduit ask what is second?')
session.wait_for_answer('The second answer.')

session.finish({ offered = offered, reopened = reopened, chat = session.chat(), sessions = session.list(client) })
