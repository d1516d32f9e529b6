-- A server that is missing, one that ends at once, one that does not fit: each is told, and nothing typed is lost.
local session = require('session')
local conduit, page, server = require('conduit'), require('conduit.chat.page'), require('conduit.server')

local seen = {}
local function put_back(text)
  session.wait('the prompt', function()
    return page.exists() and vim.list_contains(page.prompt(), text)
  end)
  local prompt = page.prompt()
  page.set_prompt({ '' })
  return prompt
end

-- Not there.
conduit.setup({ cmd = { 'no-such-conduit', 'serve' }, restart = { attempts = 2 } })
vim.cmd.edit('app.py')
seen.missing = session.wait_for_message('was not found')
vim.cmd('Conduit ask who is there?')
seen.asked = put_back('who is there?')
seen.statusline = conduit.statusline()

-- There, but it ends at once, every time.
session.said = {}
conduit.setup({ cmd = { vim.env.CONDUIT_TEST_PYTHON, '-c', 'raise SystemExit(3)' }, restart = { attempts = 2 } })
vim.cmd('Conduit restart')
vim.cmd('Conduit ask and now?')
seen.ended = session.wait_for_message('the server ended 3 times')
seen.pauses = vim.tbl_filter(function(said)
  return said:find('started again') ~= nil
end, session.said)
seen.asked_again = put_back('and now?')

-- One that speaks another protocol.
conduit.setup({ cmd = { vim.env.CONDUIT_TEST_PYTHON, vim.env.CONDUIT_TEST_NEWER } })
vim.cmd('Conduit restart')
seen.newer = session.wait_for_message('speaks protocol')
seen.state = server.state

-- The right one, at last.
conduit.setup({})
vim.cmd('Conduit restart')
vim.cmd('Conduit ask and at last?')
session.wait_for_answer('At last.')
seen.chat = session.chat()

session.finish(seen)
