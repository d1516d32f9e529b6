-- Proposed changes are shown beside the code, follow what is typed, and are accepted and rejected one by one.
local session = require('session')

local client = session.open('app.py')
local window = vim.api.nvim_get_current_win()
local space = vim.api.nvim_get_namespaces()['conduit.review']

local function proposals()
  local found = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
    if mark[4].virt_lines then
      table.insert(found, { row = mark[2], text = mark[4].virt_lines[1][1][1] })
    end
  end
  return #found > 0 and found or nil
end

local function wait_for(number, row)
  return session.wait(('%d proposals, the first in row %d'):format(number, row), function()
    local found = proposals() or {}
    return #found == number and (number == 0 or found[1].row == row) and found
  end)
end

vim.cmd('Conduit ask change it')
session.wait_for_answer('Proposed.')
local first = wait_for(2, 1)
local untouched = session.lines()
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed' })
vim.cmd('doautocmd TextChanged')
local moved = wait_for(2, 2)

vim.api.nvim_win_set_cursor(0, { 1, 0 })
vim.cmd('normal ]h')
local jumped = vim.api.nvim_win_get_cursor(0)[1]
vim.cmd('Conduit accept')
wait_for(1, 6)
session.wait('the accepted lines', function()
  return session.lines()[3] == '    return b + a'
end)
local accepted = session.lines()
vim.cmd('Conduit hunks')
session.wait('the list', function()
  return vim.bo.buftype == 'quickfix'
end)
local listed = vim.fn.getqflist()
vim.cmd('cclose')
vim.api.nvim_set_current_win(window)
vim.api.nvim_win_set_cursor(0, { 7, 0 })
vim.cmd('Conduit reject')
wait_for(0, 0)
vim.cmd('Conduit undo')
session.wait('the undo', function()
  return session.lines()[3] == '    return a + b'
end)

session.finish({
  first = first,
  untouched = untouched,
  moved = moved,
  jumped = jumped,
  accepted = accepted,
  listed = #listed,
  undone = session.lines(),
  saved = vim.fn.readfile("app.py"),
})
