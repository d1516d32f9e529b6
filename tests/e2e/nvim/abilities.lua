-- The model asks the other language server of this Neovim, and changes files by it.
local session = require('session')

vim.lsp.config('words', {
  cmd = vim.split(vim.env.CONDUIT_TEST_SERVER, ' '),
  filetypes = { 'python' },
  root_dir = vim.fn.getcwd(),
})
vim.lsp.enable('words')
vim.ui.select = function(items, _, choose)
  choose(items[1]) -- Allow once
end

local client = session.open('a.py')
session.wait('the other server', function()
  local words = vim.lsp.get_clients({ name = 'words', bufnr = 0 })[1]
  return words and words.initialized
end)
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# 😀' })
vim.cmd('Conduit mode auto')
session.wait_for_message('in mode auto')
vim.cmd('Conduit ask please do it')
session.wait_for_answer('Done.')

local results = {}
for _, update in ipairs(session.updates) do
  if update.sessionUpdate == 'tool_call_update' then
    table.insert(results, update.content[1].content.text)
  end
end
local hidden = vim.fn.bufnr('b.py')
session.finish({
  results = results,
  lines = session.lines(),
  saved = vim.fn.readfile('a.py'),
  hidden = hidden ~= -1 and vim.api.nvim_buf_is_loaded(hidden)
    and vim.api.nvim_buf_get_lines(hidden, 0, -1, false) or vim.NIL,
  on_disk = vim.fn.readfile('b.py'),
  encoding = { client.offset_encoding, vim.lsp.get_clients({ name = 'words' })[1].offset_encoding },
})
