-- Where the chat opens, names that complete, and proposed changes that are all decided at once.
local session = require('session')
local page = require('conduit.chat.page')

local seen = { where = {} }
session.open('app.py')
local file = vim.api.nvim_get_current_win()

local function place_of(window)
  if vim.api.nvim_win_get_config(window).relative ~= '' then
    return 'float'
  elseif #vim.api.nvim_list_tabpages() > 1 then
    return 'tab'
  end
  local row, column = unpack(vim.api.nvim_win_get_position(window))
  if vim.api.nvim_win_get_width(window) < vim.o.columns then
    return column == 0 and 'left' or 'right'
  end
  return row <= 1 and 'above' or 'below'
end

for _, position in ipairs({ 'right', 'left', 'below', 'above', 'float', 'tab' }) do
  require('conduit.options').set({ chat = { position = position } })
  vim.api.nvim_set_current_win(file)
  vim.cmd('Conduit chat')
  seen.where[position] = place_of(vim.api.nvim_get_current_win())
  vim.cmd('Conduit chat') -- closes it
end
require('conduit.options').set({})
seen.windows = #vim.api.nvim_list_wins()
seen.coloured = vim.treesitter.highlighter.active[page.buffer] ~= nil

-- Names behind `:Conduit`, and behind the `/` of a prompt.
seen.subcommands = vim.fn.getcompletion('Conduit ac', 'cmdline')
seen.modes = vim.fn.getcompletion('Conduit mode ', 'cmdline')
vim.cmd('Conduit chat')
page.set_prompt({ '/exp' })
vim.api.nvim_win_set_cursor(0, { page.marker_row() + 2, 3 })
local names = session.wait('the names', function()
  return vim.lsp.get_clients({ name = 'conduit.chat', bufnr = page.buffer })[1]
end)
local at = { line = page.marker_row() + 1, character = #'/exp' }
local answer = names:request_sync('textDocument/completion', { textDocument = { uri = '' }, position = at }, 20000)
seen.commands = vim.tbl_map(function(item)
  return item.textEdit.newText
end, answer.result.items)
page.set_prompt({ '' })

-- Two proposals: back from the second to the first, both accepted, undone, both rejected.
local space = vim.api.nvim_get_namespaces()['conduit.review']
local function proposals(number)
  session.wait(number .. ' proposals', function()
    local marks = vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })
    return number == #vim.tbl_filter(function(mark)
      return mark[4].virt_lines ~= nil
    end, marks)
  end)
end

vim.api.nvim_set_current_win(file)
local before = session.lines()
vim.cmd('Conduit ask change it')
session.wait_for_answer('Proposed.')
proposals(2)
vim.api.nvim_win_set_cursor(0, { 6, 0 })
vim.cmd('normal [h')
seen.back = vim.api.nvim_win_get_cursor(0)[1]
vim.cmd('Conduit acceptall')
session.wait_for_message('2 proposed changes accepted')
proposals(0)
seen.accepted = session.lines()
vim.cmd('Conduit undo')
proposals(2)
vim.cmd('Conduit rejectall')
session.wait_for_message('2 proposed changes rejected')
proposals(0)
seen.rejected = vim.deep_equal(session.lines(), before)

session.finish(seen)
