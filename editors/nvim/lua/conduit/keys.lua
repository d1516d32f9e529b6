-- The keys: one table, from which they are set and the help pages are made.
local options = require('conduit.options')

local M = {}

-- Each is { name, where, modes, key, what it does, function }. Where: `global`, `chat` (its buffer) or `ghost` (text
-- that is proposed while typing; the key does its usual thing when there is none).
M.specs = {
  { 'next_hunk', 'global', 'n', ']h', 'Go to the next proposed change.', { 'review', 'jump', 1 } },
  { 'previous_hunk', 'global', 'n', '[h', 'Go to the previous proposed change.', { 'review', 'jump', -1 } },
  { 'send', 'chat', 'n', '<CR>', 'Send the prompt; above it, open or close a fold.', { 'chat', 'enter' } },
  { 'send_insert', 'chat', 'i', '<C-s>', 'Send the prompt while typing.', { 'chat.prompt', 'send' } },
  { 'stop', 'chat', 'n', '<C-c>', 'Stop the answer, and take the queue back.', { 'session', 'stop' } },
  { 'next_message', 'chat', 'n', ']]', 'Go to the next message.', { 'chat', 'jump', 1 } },
  { 'previous_message', 'chat', 'n', '[[', 'Go to the previous message.', { 'chat', 'jump', -1 } },
  { 'yank_code', 'chat', 'n', 'gy', 'Yank the code block at the cursor, else the newest one.', { 'chat.code', 'yank' } },
  { 'edit_message', 'chat', 'n', '<LocalLeader>e', 'Edit your message at the cursor, and send it in its place.', { 'chat.prompt', 'edit_message' } },
  { 'regenerate', 'chat', 'n', '<LocalLeader>r', 'Let the model answer anew.', { 'chat.prompt', 'regenerate' } },
  { 'queue', 'chat', 'n', '<LocalLeader>q', 'Take a waiting prompt out of the queue, to edit it.', { 'pick', 'queue' } },
  { 'answer', 'chat', 'n', '<LocalLeader>a', 'Answer the question that waits.', { 'permission', 'again' } },
  { 'model', 'chat', 'n', '<LocalLeader>m', 'Choose the model.', { 'pick', 'model' } },
  { 'mode', 'chat', 'n', '<LocalLeader>o', 'Choose the mode.', { 'pick', 'mode' } },
  { 'sessions', 'chat', 'n', '<LocalLeader>s', 'Open an earlier conversation.', { 'pick', 'session' } },
  { 'new', 'chat', 'n', '<LocalLeader>n', 'Begin another conversation.', { 'session', 'new' } },
  { 'help', 'chat', 'n', 'g?', 'Show these keys.', { 'keys', 'show' } },
  { 'ghost_accept', 'ghost', 'i', '<M-y>', 'Take the whole ghost text.', { 'ghost', 'accept', 'all' } },
  { 'ghost_word', 'ghost', 'i', '<M-w>', 'Take its next word.', { 'ghost', 'accept', 'word' } },
  { 'ghost_line', 'ghost', 'i', '<M-l>', 'Take its next line.', { 'ghost', 'accept', 'line' } },
}

-- The key that is set for a name, or nil.
function M.key(spec)
  local given = options.get('keys')
  if given == false then
    return nil
  end
  local own = given[spec[1]]
  if own == nil then
    return spec[4]
  end
  return own or nil
end

local function run(spec)
  local module, name, argument = unpack(spec[6])
  return require('conduit.' .. module)[name](argument)
end

local function map(spec, extra)
  local key = M.key(spec)
  if key then
    vim.keymap.set(spec[3], key, function()
      run(spec)
    end, vim.tbl_extend('force', { desc = 'Conduit: ' .. spec[5] }, extra or {}))
  end
end

-- Sets the keys that hold everywhere; one that a person has set already stays theirs.
function M.map_global()
  for _, spec in ipairs(M.specs) do
    if spec[2] == 'global' and M.key(spec) and vim.fn.maparg(M.key(spec), 'n') == '' then
      map(spec)
    end
  end
end

function M.map_chat(bufnr)
  for _, spec in ipairs(M.specs) do
    if spec[2] == 'chat' then
      map(spec, { buffer = bufnr, nowait = true })
    end
  end
end

-- Sets the keys for ghost text in a buffer. Without such text each does what Neovim does by itself: of a key with Alt that
-- is <Esc> and the key, which a mapping has to say (|i_ALT|); given back as it is, its letter would be inserted.
function M.map_ghost(bufnr)
  for _, spec in ipairs(M.specs) do
    local key = spec[2] == 'ghost' and M.key(spec)
    if key then
      local usual = key:gsub('^<[MAma]%-(.)>$', '<Esc>%1')
      vim.keymap.set('i', key, function()
        return run(spec) and '' or usual
      end, { buffer = bufnr, expr = true, replace_keycodes = true, desc = 'Conduit: ' .. spec[5] })
    end
  end
end

-- Shows the keys of the chat.
function M.show()
  local lines, width = {}, 0
  for _, spec in ipairs(M.specs) do
    if spec[2] == 'chat' and M.key(spec) then
      table.insert(lines, (' %-16s %s '):format(M.key(spec), spec[5]))
      width = math.max(width, #lines[#lines])
    end
  end
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].bufhidden, vim.bo[bufnr].modifiable = 'wipe', false
  vim.api.nvim_open_win(bufnr, true, {
    relative = 'editor',
    width = math.min(width, vim.o.columns - 4),
    height = math.min(#lines, vim.o.lines - 4),
    row = math.floor((vim.o.lines - #lines) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    style = 'minimal',
    border = 'rounded',
    title = ' Keys of the chat ',
  })
  for _, key in ipairs({ 'q', '<Esc>', 'g?', '<CR>' }) do
    vim.keymap.set('n', key, '<Cmd>close<CR>', { buffer = bufnr, nowait = true })
  end
end

return M
