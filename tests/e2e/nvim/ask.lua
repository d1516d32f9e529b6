-- One question and its answer; then Neovim ends.
local session = require('session')

session.open('app.py')
vim.cmd('Conduit ask what is first?')
session.wait_for_answer('The first answer.')
session.finish({ chat = session.chat() })
