-- Undo in the chat is the person's: an answer that streams in above the prompt is no part of it. Neovim keeps one history
-- for a buffer, with line numbers, so it is written anew when the server has written: the prompt's states, one by one,
-- as ordinary undo steps. `u`, CTRL-R, `:undolist` and the rest then work as in any buffer.
local page = require('conduit.chat.page')

local M = {}

local KEPT = 100 -- states
local states, at = { '' }, 1
local stale = false -- the server has written since the history was

local function text()
  return table.concat(page.prompt(), '\n')
end

-- Takes in what the person did: a new state, or one of the old ones after an undo.
function M.note()
  local now = text()
  if now == states[at] then
    return
  end
  local tree = vim.fn.undotree(page.buffer)
  if states[at + 1] == now then
    at = at + 1
    return
  elseif tree.seq_cur ~= tree.seq_last then
    for index = at - 1, 1, -1 do
      if states[index] == now then
        at = index
        return
      end
    end
  end
  states = vim.list_slice(states, math.max(1, at - KEPT + 2), at)
  table.insert(states, now)
  at = #states
end

local function put(state)
  page.set_prompt(vim.split(state, '\n', { plain = true }))
end

local function write()
  local options = vim.bo[page.buffer]
  local levels = options.undolevels
  options.undolevels = -1 -- the next change forgets all that was
  put(states[1])
  options.undolevels = levels
  for index = 2, #states do
    options.undolevels = levels -- begins another step
    put(states[index])
  end
  options.undolevels = levels
  vim.api.nvim_buf_call(page.buffer, function()
    for _ = at + 1, #states do
      vim.cmd('silent undo')
    end
  end)
end

-- Writes the history anew when that is due and can be done: not while the person is in the middle of a command.
function M.renew()
  if not stale or vim.api.nvim_get_current_buf() ~= page.buffer or vim.api.nvim_get_mode().mode ~= 'n' then
    return
  end
  stale = false
  M.note()
  local views = {}
  for _, window in ipairs(page.windows()) do
    views[window] = vim.api.nvim_win_call(window, vim.fn.winsaveview)
  end
  write()
  for window, view in pairs(views) do
    vim.api.nvim_win_call(window, function()
      vim.fn.winrestview(view)
    end)
  end
end

-- The server has written.
function M.written()
  stale = true
  M.renew()
end

-- The prompt was set for the person (sent, put back): a step of its own, so that `u` brings back what was there.
function M.step()
  M.note()
  stale = true
  M.renew()
end

page.on_made(function(bufnr)
  states, at, stale = { text() }, 1, false
  write()
  local group = vim.api.nvim_create_augroup('conduit.chat.history', {})
  vim.api.nvim_create_autocmd({ 'TextChanged', 'InsertLeave' }, { group = group, buffer = bufnr, callback = M.note })
  vim.api.nvim_create_autocmd({ 'BufEnter', 'ModeChanged' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      if stale then
        vim.schedule(M.renew)
      end
    end,
  })
end)

return M
