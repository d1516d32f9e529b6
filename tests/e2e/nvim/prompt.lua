-- What a prompt may hold: names that complete, files, lines and a picture that go along; and what becomes of a message.
local session = require('session')
local blocks, page = require('conduit.chat.blocks'), require('conduit.chat.page')

local seen = {}
local client = session.open('app.py')
vim.fn.writefile({ 'PNG' }, 'a picture.png')
vim.cmd('2Conduit attach')
vim.cmd('Conduit attach a picture.png')
seen.prompt = page.prompt()[1]
local content = blocks.parse(seen.prompt .. ' (and @app.py, or nobody@example.org)', client.root_dir)
seen.content = vim.tbl_map(function(each)
  return {
    type = each.type,
    name = each.name,
    text = each.resource and each.resource.text,
    mime = each.mimeType,
    fragment = each.resource and each.resource.uri:match('#.*$'),
  }
end, content)

-- Completion through 'omnifunc', as the chat's own language server answers it.
page.set_prompt({ 'look at @ap' })
local here = session.wait('the names', function()
  return vim.lsp.get_clients({ name = 'conduit.chat', bufnr = page.buffer })[1]
end)
local function complete(row, column)
  local position = { line = row, character = column }
  local answer = here:request_sync('textDocument/completion', { textDocument = { uri = '' }, position = position }, 20000)
  return vim.tbl_map(function(item)
    return { item.label, item.textEdit.newText, item.textEdit.range.start.character }
  end, answer.result.items)
end
seen.mentions = complete(page.marker_row() + 1, #'look at @ap')
seen.none = complete(page.marker_row() + 1, #'look')
seen.omnifunc = vim.bo[page.buffer].omnifunc

-- Text that was not sent outlives Neovim.
page.set_prompt({ 'a draft', 'of two lines' })
vim.api.nvim_exec_autocmds('VimLeavePre', { group = 'conduit.chat.prompt' })
vim.api.nvim_buf_delete(page.buffer, { force = true })
require('conduit.chat').open()
seen.draft = page.prompt()

-- The marker line and what was said may be deleted: what is written stays, and the chat goes on.
vim.cmd('Conduit ask what is first?')
session.wait_for_answer('The first answer.')
vim.cmd('Conduit chat')
vim.api.nvim_buf_set_lines(page.buffer, 0, page.marker_row() + 1, false, {})
vim.cmd('Conduit ask what is second?')
session.wait_for_answer('The second answer.')
seen.mended = session.chat()

session.finish(seen)
