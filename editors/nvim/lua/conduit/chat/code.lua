-- The code blocks of the chat: yanked by one key.
local page = require('conduit.chat.page')
local say = require('conduit.say')

local M = {}

-- All fenced blocks above the prompt: first and last line (the fences), and whether they lie in a quote.
local function blocks()
  local found, open = {}, nil
  for number, line in ipairs(vim.api.nvim_buf_get_lines(page.buffer, 0, page.marker_row(), false)) do
    local quote, ticks, rest = line:match('^(>? ?)%s*(```+)(.*)$')
    if ticks and not open then
      open = { first = number, quoted = quote ~= '', ticks = #ticks }
    elseif ticks and #ticks >= open.ticks and vim.trim(rest) == '' then
      open.last = number
      table.insert(found, open)
      open = nil
    end
  end
  return found
end

-- Yanks the block at the cursor, else the newest one of an answer.
function M.yank()
  if not page.exists() then
    return say.info('there is no chat yet')
  end
  local here = vim.api.nvim_get_current_buf() == page.buffer and vim.api.nvim_win_get_cursor(0)[1] or 0
  local best
  for _, block in ipairs(blocks()) do
    if here >= block.first and here <= block.last then
      best = block
      break
    elseif not block.quoted then
      best = block
    end
  end
  if not best then
    return say.info('there is no code in the chat')
  end
  local code = vim.api.nvim_buf_get_lines(page.buffer, best.first, best.last - 1, false)
  if best.quoted then
    code = vim.tbl_map(function(line)
      return (line:gsub('^> ?', ''))
    end, code)
  end
  local register = vim.v.register
  vim.fn.setreg(register, code, 'V')
  say.info(('%d %s of code in the register %s'):format(#code, #code == 1 and 'line' or 'lines', register))
end

return M
