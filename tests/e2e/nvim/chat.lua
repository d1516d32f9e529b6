-- A chat about an unsaved file, through the command that the plugin adds.
local session = require('session')

local client = session.open('app.py')
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed and not saved' })

local chunks, whole = {}, nil
local on_update = require('conduit').on_update
client.handlers['conduit/session/update'] = function(_, params)
  local update = params.update
  if update.sessionUpdate == 'agent_message_chunk' and update.replace then
    whole = update.content.text
  elseif update.sessionUpdate == 'agent_message_chunk' then
    table.insert(chunks, update.content.text)
  end
  on_update(params)
end

vim.cmd('ConduitAsk what is in the first line?')
session.wait_for_answer('The end.')
session.wait('the whole message', function()
  return whole
end)

session.finish({ chunks = chunks, whole = whole, chat = session.chat(), saved = vim.fn.readfile('app.py') })
