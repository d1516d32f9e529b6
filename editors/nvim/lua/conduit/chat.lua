-- The window of the chat: where it opens, what it shows around the text, and its commands.
local blocks = require('conduit.chat.blocks')
local folds = require('conduit.chat.folds')
local options = require('conduit.options')
local page = require('conduit.chat.page')
local prompt = require('conduit.chat.prompt')
local server = require('conduit.server')
local session = require('conduit.session')
local status = require('conduit.status')
local transcript = require('conduit.chat.transcript')

local M = {}

local space = vim.api.nvim_create_namespace('conduit.chat.around')

local SPLITS = { right = 'right', left = 'left', below = 'below', above = 'above' }

local function in_window(bufnr)
  local position, share = options.get('chat.position'), options.get('chat.size')
  local columns, lines = vim.o.columns, vim.o.lines - vim.o.cmdheight - 1
  if position == 'tab' then
    vim.cmd('tab split')
    vim.api.nvim_win_set_buf(0, bufnr)
    return vim.api.nvim_get_current_win()
  elseif position == 'float' then
    local width, height = math.floor(columns * math.max(share, 0.6)), math.floor(lines * 0.8)
    return vim.api.nvim_open_win(bufnr, true, {
      relative = 'editor',
      width = width,
      height = height,
      col = math.floor((columns - width) / 2),
      row = math.floor((lines - height) / 2),
      border = 'rounded',
      title = ' Conduit ',
    })
  end
  local split = SPLITS[position] or 'right'
  local upright = split == 'right' or split == 'left'
  return vim.api.nvim_open_win(bufnr, true, {
    split = split,
    win = -1,
    width = upright and math.floor(columns * share) or nil,
    height = not upright and math.floor(lines * share) or nil,
  })
end

local function dress(window)
  local local_options = vim.wo[window][0]
  local_options.number, local_options.relativenumber, local_options.signcolumn = false, false, 'no'
  local_options.wrap, local_options.linebreak, local_options.breakindent = true, true, true
  local_options.spell, local_options.list, local_options.foldcolumn = false, false, '0'
  if options.get('chat.fold') then
    folds.set(window)
  end
end

local function shown()
  local here = vim.api.nvim_tabpage_list_wins(0)
  for _, window in ipairs(page.windows()) do
    if vim.list_contains(here, window) then
      return window
    end
  end
end

-- Opens the chat if it is not seen. With `stay` the cursor remains where it is.
function M.open(stay)
  local bufnr, before = page.make(), vim.api.nvim_get_current_win()
  local window = shown()
  if not window then
    window = in_window(bufnr)
    M.to_prompt()
  end
  vim.api.nvim_set_current_win(stay and before or window)
  M.decorate()
end

-- Opens the chat, goes there, or closes it when the cursor is in it.
function M.toggle()
  if vim.api.nvim_get_current_buf() == page.buffer and #vim.api.nvim_list_wins() > 1 then
    return vim.api.nvim_win_close(0, false)
  end
  M.open()
end

-- To the end of the prompt.
function M.to_prompt()
  local window = shown()
  if window then
    local last = vim.api.nvim_buf_line_count(page.buffer)
    local line = vim.api.nvim_buf_get_lines(page.buffer, last - 1, last, false)[1]
    vim.api.nvim_win_set_cursor(window, { last, #line })
  end
end

local function state_text()
  local current = session.current
  local parts = {}
  if server.state ~= 'running' and server.state ~= 'stopped' then
    table.insert(parts, server.state == 'failed' and 'no server' or server.state .. ' …')
  elseif current.waits then
    table.insert(parts, 'waits for your answer')
  elseif current.busy then
    table.insert(parts, 'working …')
  elseif prompt.sending() then
    table.insert(parts, 'sending …')
  end
  table.insert(parts, status.model() ~= '' and status.model() or nil)
  table.insert(parts, current.mode)
  local used, size, cost = status.usage(current.id)
  if used and used > 0 then
    table.insert(parts, size and ('%d%% of %dk tokens'):format(100 * used / size, size / 1000) or ('%d tokens'):format(used))
  end
  table.insert(parts, cost and status.dollars(cost) or nil)
  return table.concat(parts, ' · ')
end

local function above()
  local lines = {}
  local names, number = transcript.waiting()
  if number > 0 then
    local what = number == 1 and '1 proposed change' or number .. ' proposed changes'
    table.insert(lines, { { ('± %s in %s'):format(what, table.concat(names, ', ')), 'DiagnosticHint' } })
  end
  for _, item in ipairs(session.current.queue) do
    table.insert(lines, { { '⧗ queued: ' .. item.text:gsub('\n.*', ' …'), 'Comment' } })
  end
  if prompt.editing then
    table.insert(lines, { { '✎ takes the place of your earlier message', 'DiagnosticWarn' } })
  end
  return lines
end

-- Draws what stands beside the text: the state behind the marker, a hint in an empty prompt.
function M.decorate()
  if not page.exists() then
    return
  end
  local row = page.marker_row()
  vim.api.nvim_buf_clear_namespace(page.buffer, space, 0, -1)
  vim.api.nvim_buf_set_extmark(page.buffer, space, row, 0, {
    virt_text = { { ' ' .. state_text(), 'Comment' } },
    virt_text_pos = 'eol',
    virt_lines = above(),
    virt_lines_above = true,
  })
  if prompt.text() == '' then
    vim.api.nvim_buf_set_extmark(page.buffer, space, row + 1, 0, {
      virt_text = { { 'Write here. @ names a file, / a command, <CR> sends, g? helps.', 'NonText' } },
      virt_text_pos = 'overlay',
    })
  end
end

local pending
local function decorate_soon()
  if not pending then
    pending = true
    vim.schedule(function()
      pending = false
      M.decorate()
    end)
  end
end

-- Asks, and shows the chat beside what is being read. Lines are named in the text, so that they go where it goes: into the
-- queue, back into the prompt, and along with the message when it is edited.
function M.ask(text, given)
  local lines = given and given.lines
  if text == '' then
    return lines and prompt.attach(nil, lines) or M.open()
  elseif lines then
    text = text .. blocks.quote(0, session.root(), lines[1], lines[2])
  end
  M.open(true)
  M.to_prompt()
  prompt.send_text(text)
end

-- <CR>: sends from the prompt; above it opens or closes a fold, or goes to the prompt.
function M.enter()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  if row >= page.marker_row() then
    return prompt.send()
  elseif vim.fn.foldlevel(row + 1) > 0 then
    return vim.cmd('normal! za')
  end
  M.to_prompt()
end

-- To the next heading, or with -1 to the one before.
function M.jump(direction)
  vim.fn.search([[^## \(You\|Conduit\|Prompt\)$]], direction == 1 and 'W' or 'bW')
end

page.on_made(function(bufnr)
  pcall(vim.treesitter.start, bufnr, 'markdown')
  vim.bo[bufnr].commentstring = ''
  require('conduit.keys').map_chat(bufnr)
  require('conduit.chat.completion').attach(bufnr)
  local group = vim.api.nvim_create_augroup('conduit.chat', {})
  vim.api.nvim_create_autocmd('BufWinEnter', {
    group = group,
    buffer = bufnr,
    callback = function()
      dress(vim.api.nvim_get_current_win())
    end,
  })
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, { group = group, buffer = bufnr, callback = M.decorate })
  vim.api.nvim_create_autocmd('User', { group = group, pattern = 'ConduitStatus', callback = decorate_soon })
end)
session.subscribe(function(what)
  if what == 'changed' or what == 'clear' then
    decorate_soon()
  end
end)
table.insert(transcript.on_written, decorate_soon)

return M
