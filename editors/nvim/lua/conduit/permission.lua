-- Questions about an effect: the whole of it is shown in the chat, and the answer is chosen by vim.ui.select. A question
-- never opens under the fingers of a person who is typing: it waits until Neovim is in normal mode, or for
-- `:Conduit answer`.
local say = require('conduit.say')

local M = {}

local open = {} -- questions without an answer, the oldest first

local function settle(question, option)
  if question.settled then
    return
  end
  question.settled = true
  for index, each in ipairs(open) do
    if each == question then
      table.remove(open, index)
    end
  end
  require('conduit.chat.transcript').question(question.params, option and option.name or 'not answered: denied')
  local outcome = option and { outcome = 'selected', optionId = option.optionId } or { outcome = 'cancelled' }
  question.answer({ outcome = outcome })
end

local function select(question)
  if question.settled or question.asking then
    return
  end
  question.asking = true
  vim.cmd.redraw() -- so that the effect is seen before the question
  vim.ui.select(question.params.options, {
    prompt = ('Conduit: %s?'):format(question.params.toolCall.title),
    kind = 'conduit.permission',
    format_item = function(option)
      return option.name
    end,
  }, function(option)
    question.asking = false
    if option then
      settle(question, option)
    elseif not question.settled then
      say.info('the question waits: `:Conduit answer` asks it again, `:Conduit stop` ends the turn')
    end
  end)
end

local function free()
  return vim.api.nvim_get_mode().mode == 'n' and vim.fn.reg_recording() == '' and vim.fn.getcmdwintype() == ''
end

local function try(question)
  if free() then
    return select(question)
  end
  say.warn(('%s? The question waits until you are in normal mode.'):format(question.params.toolCall.title))
  vim.api.nvim_create_autocmd('ModeChanged', {
    pattern = '*:n',
    callback = function()
      if question.settled then
        return true
      elseif free() then
        vim.schedule(function()
          select(question)
        end)
        return true
      end
    end,
  })
end

-- Asks the oldest question again.
function M.again()
  local question = open[1]
  if not question then
    return say.info('no question waits')
  end
  require('conduit.chat').open(true)
  select(question)
end

-- What was asked in a turn that is over needs no answer.
local function drop(id)
  for _, question in ipairs(vim.list_slice(open)) do
    if question.params.sessionId == id then
      settle(question, nil)
    end
  end
end

-- Answers `conduit/session/requestPermission`: called in a coroutine, which goes on when the person has answered.
function M.ask(params)
  local chat, session = require('conduit.chat'), require('conduit.session')
  local waiting = coroutine.running()
  local question = { params = params }
  local result
  question.answer = function(answer)
    result = answer
    if question.yielded then
      coroutine.resume(waiting)
    end
  end
  table.insert(open, question)
  chat.open(true)
  require('conduit.chat.transcript').question(params)
  if not M.listening then
    M.listening = true
    session.subscribe(function(what, update, about)
      if what == 'update' and update.sessionUpdate == 'turn_state' and update.state == 'idle' then
        drop(about.sessionId)
      end
    end)
  end
  vim.schedule(function()
    try(question)
  end)
  if not result then
    question.yielded = true
    coroutine.yield()
  end
  return result
end

return M
