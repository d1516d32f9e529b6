-- What Neovim answers itself: it saves, shows a difference, and tells what is selected in its terminal.
local session = require('session')
local abilities = require('conduit.abilities')

local client = session.open('a.py')
local uri = vim.uri_from_bufnr(0)
local function ask(ability, params)
  local result, err = abilities.handlers()['conduit/editor/' .. ability](nil, params, { client_id = client.id })
  return result or err
end

local buffer = vim.api.nvim_get_current_buf()
vim.api.nvim_buf_set_lines(buffer, 0, 0, false, { '# typed' })
local version = vim.lsp.util.buf_versions[buffer]
local early = ask('save', { textDocument = { uri = uri, version = version - 1 } })
local before = vim.fn.readfile('a.py')
local saved = ask('save', { textDocument = { uri = uri, version = version } })
local closed = ask('save', { textDocument = { uri = vim.uri_from_fname(vim.fn.fnamemodify('b.py', ':p')) } })

ask('openDiff', { title = 'A change', uri = uri, before = 'one\ntwo', after = 'one\n2' })
local sides = vim.tbl_map(function(window)
  return { vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), vim.wo[window].diff }
end, vim.api.nvim_tabpage_list_wins(0))
vim.cmd.tabclose()

local nothing = ask('terminalSelection', vim.empty_dict())
local failed = coroutine.wrap(function()
  return ask('rename', { textDocument = { uri = uri }, position = { line = 0, character = 0 }, newName = 'x' })
end)()

session.finish({
  early = early,
  before = before,
  saved = saved,
  version = version,
  on_disk = vim.fn.readfile('a.py'),
  closed = closed,
  sides = sides,
  nothing = nothing,
  failed = failed.message,
  offers = vim.tbl_count(abilities.offers()),
})
