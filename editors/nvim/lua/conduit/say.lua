-- Sentences for the person, in one form. Neovim's own messages stop everything when they need more than a line, until a
-- key is pressed: there a long one is cut, and `:messages` has the whole of it.
local M = {}

local ROOM = 14 -- columns that Neovim itself uses of the last line

local function own_messages()
  local source = debug.getinfo(vim.notify, 'S').source
  return source:find('_editor', 1, true) ~= nil or source:find('_core', 1, true) ~= nil
end

-- Later: in the middle of an autocommand an error message would end whatever caused it.
local say = vim.schedule_wrap(function(text, level)
  text = 'Conduit: ' .. vim.trim(text)
  local width = vim.o.columns - ROOM
  if (text:find('\n') or vim.fn.strdisplaywidth(text) > width) and own_messages() then
    local options = vim.o.messagesopt
    vim.o.messagesopt = 'wait:0,history:500'
    vim.api.nvim_echo({ { text } }, true, {})
    vim.o.messagesopt = options
    local hint = ' … (:messages)'
    text = vim.fn.strcharpart((text:gsub('%s*\n%s*', ' ')), 0, width - #hint) .. hint
  end
  if own_messages() then
    vim.cmd.redraw() -- or this one and the one before are two lines
  end
  vim.notify(text, level)
end)

function M.info(text)
  say(text, vim.log.levels.INFO)
end

function M.warn(text)
  say(text, vim.log.levels.WARN)
end

-- Takes a sentence, or the error of a request.
function M.error(problem)
  local text = type(problem) == 'table' and (problem.message or vim.inspect(problem)) or tostring(problem)
  say(text, vim.log.levels.ERROR)
end

return M
