-- Sentences for the person, in one form.
local M = {}

local function say(text, level)
  vim.notify('Conduit: ' .. text, level)
end

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
