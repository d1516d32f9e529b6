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

-- Closes the fold at a row, where there is one and no cursor in it.
function M.close(windows, row)
  for _, window in ipairs(windows) do
    vim.api.nvim_win_call(window, function()
      local cursor = vim.fn.line('.')
      if vim.wo.foldmethod == 'expr' and vim.fn.foldlevel(row + 1) > 0 and vim.fn.foldclosed(row + 1) == -1 then
        vim.cmd(('silent! %dfoldclose'):format(row + 1))
        if vim.fn.foldclosed(cursor) ~= -1 then
          vim.cmd(('silent! %dfoldopen'):format(row + 1))
        end
      end
    end)
  end
end

-- Sets a window up.
function M.set(window)
  local options = vim.wo[window][0]
  options.foldmethod, options.foldexpr = 'expr', "v:lua.require'conduit.chat.folds'.level()"
  options.foldtext, options.foldlevel, options.foldenable = '', 0, true
  options.fillchars = 'fold: ,foldopen:▾,foldclose:▸'
end

return M
