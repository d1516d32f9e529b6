-- The last answer is made anew, its message is edited and sent again; then the conversation is renamed, written out and counted.
local session = require('session')
local page = require('conduit.chat.page')
local conversation = require('conduit.session')

-- The id of the newest answer that the server has stored.
local function answer()
  for index = #session.updates, 1, -1 do
    local update = session.updates[index]
    if update.sessionUpdate == 'agent_message_chunk' then
      return update.messageId
    end
  end
end

local seen = { answers = {} }
local client = session.open('app.py')
vim.cmd('Conduit ask what is first?')
session.wait_for_answer('The first answer.')
vim.cmd('Conduit ask what is second?')
session.wait_for_answer('The second answer.')
seen.asked, seen.answers[1] = session.chat(), answer()

vim.cmd('Conduit regenerate')
session.wait('another answer', function()
  return answer() ~= seen.answers[1]
end)
session.wait_for_answer('The second answer.')
seen.regenerated, seen.answers[2] = session.chat(), answer()

vim.cmd('Conduit resend')
seen.prompt = page.prompt()
page.set_prompt({ 'what is third?' })
require('conduit.chat.prompt').send()
seen.edited = session.wait_for_answer('The third answer.') and session.chat()

vim.cmd('Conduit rename Three questions')
session.wait('the title', function()
  return conversation.current.title == 'Three questions'
end)
seen.title = session.list(client)[1].title
vim.cmd('Conduit export out.md')
session.wait_for_message('written to out.md')
vim.cmd('Conduit usage')
seen.usage = session.wait_for_message('its context holds')
session.finish(seen)
