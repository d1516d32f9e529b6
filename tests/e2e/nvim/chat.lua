-- A chat about an unsaved file, through the command that the plugin adds.
local session = require('session')

local client = session.open('app.py')
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed and not saved' })

vim.cmd('Conduit ask what is in the first line?')
session.wait_for_answer('The end.')
local chunks, whole = {}, nil
session.wait('the whole message', function()
  chunks, whole = {}, nil
  for _, update in ipairs(session.updates) do
    if update.sessionUpdate == 'agent_message_chunk' and update.replace then
      whole = update.content.text
    elseif update.sessionUpdate == 'agent_message_chunk' then
      table.insert(chunks, update.content.text)
    end
  end
  return whole
end)

session.finish({ chunks = chunks, whole = whole, chat = session.chat(), saved = vim.fn.readfile('app.py') })
