-- Lines that are asked about go along whenever their message is sent again, though the file has changed since.
local session = require('session')
local page, prompt = require('conduit.chat.page'), require('conduit.chat.prompt')

local seen = {}
session.open('src/app.py')
local file = vim.api.nvim_get_current_win()

-- The id of the newest answer that the server has stored.
local function answer()
  for index = #session.updates, 1, -1 do
    if session.updates[index].sessionUpdate == 'agent_message_chunk' then
      return session.updates[index].messageId
    end
  end
end

vim.cmd('2Conduit ask what is it?')
session.wait_for_answer('It adds.')
seen.asked = session.chat()
vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# typed', '# since then' })

local before = answer()
vim.cmd('Conduit regenerate')
session.wait('another answer', function()
  return answer() ~= before
end)
session.wait_for_answer('It adds.')
seen.anew = session.chat()

vim.cmd('Conduit resend')
seen.prompt = page.prompt()
page.set_prompt({ (seen.prompt[1]:gsub('^what', 'why')) })
prompt.send()
session.wait_for_message('app.py#L2-L2 goes along as it was then')
session.wait_for_answer('To add.')
seen.edited = session.chat()

-- Lines of no file are in the text themselves.
vim.api.nvim_set_current_win(file)
vim.cmd.new()
vim.api.nvim_buf_set_lines(0, 0, -1, false, { '    in no file' })
vim.cmd('1Conduit ask what is this?')
session.wait_for_answer('A draft.')
vim.cmd('Conduit resend')
seen.draft = page.prompt()
page.set_prompt(vim.list_extend({ 'why is this?' }, seen.draft, 2))
prompt.send()
session.wait_for_answer('To try.')
seen.edited_draft = session.chat()

session.finish(seen)
