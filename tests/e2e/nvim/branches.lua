-- Back to before a message and forth again, a copy, its end, and the logs of it all.
local session = require('session')
local page = require('conduit.chat.page')
local conversation = require('conduit.session')

local seen = {}
local answers = { 'Allow', 'Keep', 'Delete' }
vim.ui.select = function(items, options, choose)
  local wanted = table.remove(answers, 1)
  choose(vim.iter(items):find(function(item)
    return vim.startswith((options.format_item or tostring)(item), wanted)
  end))
end

-- What was said, without the prompt. A conversation that is read anew is written a moment later: what is there in the end
-- is waited for.
local function said()
  return (session.chat():gsub('## Prompt.*', ''))
end

local function until_said(what, wanted)
  session.wait(what, function()
    return said() == wanted
  end)
  return page.prompt()
end

local client = session.open('app.py')
vim.cmd('Conduit mode auto')
session.wait_for_message('in mode auto')
vim.cmd('Conduit ask what is first?')
session.wait_for_answer('The first answer.')
local first = said()
vim.cmd('Conduit ask write the notes')
session.wait_for_answer('Noted.')
local original = conversation.current.id

-- With the cursor in the second message, files too; and forth again.
vim.cmd('Conduit chat')
vim.fn.search('^write the notes$')
vim.cmd('Conduit rewind!')
session.wait_for_message('Took back 4 messages')
seen.rewound = until_said('the rewind', first)
seen.gone = vim.fn.filereadable('notes.txt') == 0
page.set_prompt(vim.list_extend(page.prompt(), { '', 'a draft' }))
vim.cmd('Conduit unrewind')
session.wait_for_message('Brought back 4 messages')
session.wait('the messages', function()
  return said():find('Noted.', 1, true)
end)
seen.unrewound, seen.again = page.prompt(), vim.fn.readfile('notes.txt')

-- Without files and with the cursor elsewhere; then something else is said, and there is no way forth.
page.set_prompt({ '' })
vim.cmd('wincmd p')
session.said = {}
vim.cmd('Conduit rewind')
session.wait_for_message('Took back 4 messages')
seen.rewound_again = until_said('the rewind', first)
seen.stays = vim.fn.readfile('notes.txt')
page.set_prompt({ 'what is third?' })
require('conduit.chat.prompt').send()
session.wait_for_answer('The third answer.')
local third = said()
vim.cmd('Conduit unrewind')
session.wait_for_message('There is nothing to bring back')
seen.other_way = said()

-- A copy, in which something of its own is said.
vim.cmd('Conduit fork')
session.wait_for_message('copy of the conversation')
until_said('the copy', third)
vim.cmd('Conduit ask what is fourth?')
session.wait_for_answer('The fourth answer.')
local copy = conversation.current.id
local function stored()
  return vim.tbl_map(function(each)
    return { each.sessionId == original and 'the original' or each.sessionId == copy and 'the copy', each.messageCount }
  end, session.list(client))
end
seen.stored = stored()

-- It is deleted when that is meant, and the next question begins another conversation.
vim.cmd('Conduit delete')
seen.kept = #stored()
vim.cmd('Conduit delete')
session.wait_for_message('is deleted')
until_said('the empty chat', '')
seen.left = stored()
vim.cmd('Conduit ask what is first?')
session.wait_for_answer('The first answer.')
seen.anew = { said() == first, conversation.current.id ~= original and conversation.current.id ~= copy }

vim.cmd('Conduit logs')
seen.logs = session.wait_for_message('the logs are in '):match('the logs are in (.*)$')
vim.cmd('Conduit log')
seen.log, seen.messages = table.concat(session.lines(), '\n'), vim.fn.execute('messages')

session.finish(seen)
