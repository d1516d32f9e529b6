-- A code action whose edit arrives in a buffer with unsaved changes.
local session = require('session')

session.open('app.py')
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed and not saved' })
vim.bo.undolevels = vim.bo.undolevels -- ends the undo block, as leaving insert mode does
vim.api.nvim_win_set_cursor(0, { 2, 0 })

vim.lsp.buf.code_action({
  apply = true,
  filter = function(action)
    return action.title == 'Write documentation'
  end,
})
session.wait('the edit', function()
  return #session.lines() > 3
end)
local edited = session.lines()
vim.cmd.undo()

session.finish({
  edited = edited,
  undone = session.lines(),
  modified = vim.bo.modified,
  saved = vim.fn.readfile('app.py'),
})
