-- A chat about an unsaved file, through the command that the plugin adds.
local session = require('session')

local client = session.open('app.py')
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed and not saved' })

local chunks = {}
local on_update = require('conduit').on_update
client.handlers['conduit/session/update'] = function(_, params)
  if params.update.sessionUpdate == 'agent_message_chunk' then
    table.insert(chunks, params.update.content.text)
  end
  on_update(params)
end

vim.cmd('ConduitAsk what is in the first line?')
session.wait_for_chat('The end.')

session.finish({ chunks = chunks, chat = session.chat(), saved = vim.fn.readfile('app.py') })
