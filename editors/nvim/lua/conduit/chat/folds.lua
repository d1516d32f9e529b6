-- Folds for thinking and tool calls: quotes whose first line has one of these signs.
local M = {}

M.THOUGHT = '✻'
M.SIGNS = { pending = '○', in_progress = '◐', completed = '✓', failed = '✗' }

local first = { [M.THOUGHT] = true }
for _, sign in pairs(M.SIGNS) do
  first[sign] = true
end

-- For 'foldexpr'.
function M.level()
  local line = vim.fn.getline(vim.v.lnum)
  if line:sub(1, 1) ~= '>' then
    return '0'
  end
  return first[line:match('^> ([\194-\244][\128-\191]+) ')] and '>1' or '='
end

-- Sets a window up.
function M.set(window)
  local options = vim.wo[window][0]
  options.foldmethod, options.foldexpr = 'expr', "v:lua.require'conduit.chat.folds'.level()"
  options.foldtext, options.foldlevel, options.foldenable = '', 0, true
  options.fillchars = 'fold: ,foldopen:▾,foldclose:▸'
end

return M
