-- What Conduit borrows of Neovim itself: what is selected in its terminal for a prompt, and its diff for what a turn changed.
local session = require('session')
local page = require('conduit.chat.page')

local seen = {}
session.open('app.py')
local file = vim.api.nvim_get_current_win()
vim.ui.select = function(items, options, choose)
  seen.asked = options.kind == 'conduit.file' and items or seen.asked
  choose(items[1], 1)
end

-- Nothing is selected: nothing is sent, and what was written stays.
vim.cmd('Conduit ask why @terminal?')
session.wait_for_message('Nothing is selected in the terminal')
seen.kept = page.prompt()
vim.cmd('Conduit chat')
page.set_prompt({ 'look at @ter' })
require('conduit.chat').to_prompt()
local here = session.wait('the names', function()
  return vim.lsp.get_clients({ name = 'conduit.chat', bufnr = page.buffer })[1]
end)
local position = { line = page.marker_row() + 1, character = #'look at @ter' }
local answer = here:request_sync('textDocument/completion', { textDocument = { uri = '' }, position = position }, 20000)
seen.offered = vim.tbl_map(function(item)
  return item.textEdit.newText
end, answer.result.items)
page.set_prompt({ '' })

vim.api.nvim_set_current_win(file)
vim.cmd.split()
vim.cmd.terminal([[printf '\033[31mFAILED\033[0m test_a in 3 s\nand more\n']])
session.wait('what is printed', function()
  return vim.api.nvim_buf_get_lines(0, 0, 1, false)[1] == 'FAILED test_a in 3 s'
end)
vim.cmd('normal! gg0v2e\27')
vim.api.nvim_win_close(0, false)
vim.api.nvim_set_current_win(file)
vim.cmd('Conduit ask why @terminal?')
session.wait_for_answer('I see test_a.')
seen.chat = session.chat()

-- What a turn changed, in one of its two files.
vim.cmd('Conduit mode auto')
session.wait('the mode', function()
  return require('conduit.session').current.mode == 'auto'
end)
vim.cmd('Conduit ask change both')
session.wait_for_answer('Both are changed.')
vim.api.nvim_set_current_win(file)
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed' })
vim.cmd('Conduit changes')
local diff = session.wait('the difference', function()
  local windows = vim.api.nvim_tabpage_list_wins(0)
  return #vim.api.nvim_list_tabpages() == 2 and #windows == 2 and windows
end)
seen.sides = vim.tbl_map(function(window)
  return {
    lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false),
    title = vim.wo[window].winbar,
    diff = vim.wo[window].diff,
    column = vim.api.nvim_win_get_position(window)[2],
  }
end, diff)
session.finish(seen)
