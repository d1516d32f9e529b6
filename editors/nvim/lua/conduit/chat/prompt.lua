-- What the person writes below the marker: sent, put back when nobody took it in, kept when Neovim ends.
local blocks = require('conduit.chat.blocks')
local history = require('conduit.chat.history')
local page = require('conduit.chat.page')
local say = require('conduit.say')
local session = require('conduit.session')
local transcript = require('conduit.chat.transcript')

local M = {}

local under_way = {} -- what was sent and is not answered: { text, taken }
M.editing = nil -- the id of the message that the prompt takes the place of
local rewound = {} -- by conversation: the text of the message that the newest rewind put into the prompt

function M.text()
  return vim.trim(table.concat(page.prompt(), '\n'))
end

local function set(text)
  history.note()
  page.keep_view(function()
    page.set_prompt(vim.split(text, '\n', { plain = true }))
  end)
  history.step()
end

-- Puts a text into the prompt, before what is there.
function M.put_back(text)
  page.make()
  local now = M.text()
  set(now == '' and text or text .. '\n\n' .. now)
end

-- A prompt that was taken out of the queue: it is there to be edited, once.
function M.unqueued(text)
  for _, each in ipairs(under_way) do
    if each.text == text then
      each.taken = true
    end
  end
  M.put_back(text)
end

-- What the person looks at, beside the chat.
local function context()
  local window = vim.api.nvim_get_current_win()
  if vim.api.nvim_win_get_buf(window) == page.buffer then
    window = vim.fn.win_getid(vim.fn.winnr('#'))
  end
  local bufnr = window ~= 0 and vim.api.nvim_win_get_buf(window) or -1
  local found = { openDocuments = {} }
  for _, each in ipairs(vim.fn.getbufinfo({ buflisted = 1, bufloaded = 1 })) do
    if vim.bo[each.bufnr].buftype == '' and each.name ~= '' then
      table.insert(found.openDocuments, { uri = vim.uri_from_bufnr(each.bufnr) })
    end
  end
  if bufnr ~= -1 and vim.bo[bufnr].buftype == '' and vim.api.nvim_buf_get_name(bufnr) ~= '' then
    found.activeDocument = { uri = vim.uri_from_bufnr(bufnr) }
  end
  return found
end

local function forget(each)
  for index, other in ipairs(under_way) do
    if other == each then
      table.remove(under_way, index)
    end
  end
end

-- Lines that go along with a message that was edited are those that went along with it before.
local function with_its_lines(content, id, act, failed)
  local quotes = vim.iter(content):any(function(each)
    return each.type == 'resource'
  end)
  if not quotes then
    return act()
  end
  local params = { sessionId = session.current.id, messageId = id, preview = true }
  session.request('conduit/session/rewind', params, function(err, result)
    if err then
      return failed(err)
    end
    for _, name in ipairs(blocks.as_before(content, result.prompt)) do
      say.info(name .. ' goes along as it was then: it is not the same now')
    end
    act()
  end)
end

-- Sends a text; with `editing` it takes the place of the message with that id.
function M.send_text(text, editing)
  local ok, content = pcall(blocks.parse, text, session.root())
  if not ok then
    M.put_back(text)
    return say.error(content)
  end
  local each = { text = text }
  table.insert(under_way, each)
  local where = context()
  local function failed(err)
    forget(each)
    if not each.taken then
      M.put_back(text)
    end
    say.error(err)
  end
  local function send()
    local method = editing and 'conduit/session/resend' or 'conduit/session/prompt'
    local params = { sessionId = session.current.id, prompt = content, context = where, queue = true, messageId = editing }
    session.request(method, params, function(err, result)
      if err then
        return failed(err)
      end
      forget(each)
      if result.stopReason == 'cancelled' and not each.taken then
        M.put_back(text) -- it waited, and was never begun
      end
    end)
  end
  session.with(function()
    if editing then
      return with_its_lines(content, editing, send, failed)
    end
    send()
  end, failed)
end

-- Sends the prompt.
function M.send()
  local text, editing = M.text(), M.editing
  if text == '' then
    return say.info('the prompt is empty: write below the last line')
  end
  M.editing = nil
  set('')
  require('conduit.chat').to_prompt()
  M.send_text(text, editing)
end

-- Whether something that was sent has not been taken in yet.
function M.sending()
  for _, each in ipairs(under_way) do
    if not each.taken then
      return true
    end
  end
  return false
end

-- Takes the message at the cursor (or the one before it) into the prompt; sent, it takes that message's place.
function M.edit_message()
  if not page.exists() or not session.offered('conduit/session/resend') then
    return
  end
  local row = vim.api.nvim_get_current_buf() == page.buffer and vim.api.nvim_win_get_cursor(0)[1] - 1 or math.huge
  local id = transcript.user_message_at(row)
  if not id then
    return say.info('there is no message of yours yet')
  end
  require('conduit.chat').open()
  set(transcript.user_text(id))
  M.editing = id
  require('conduit.chat').to_prompt()
end

-- Lets the model answer the last message anew.
function M.regenerate()
  local id = page.exists() and transcript.user_message_at(math.huge)
  if not id then
    return say.info('there is nothing to answer anew')
  elseif session.offered('conduit/session/resend') then
    session.ask('conduit/session/resend', { messageId = id, context = context() })
  end
end

-- Takes the conversation back to before the message at the cursor; with `files` what later turns changed, too.
function M.rewind(files)
  local row = vim.api.nvim_get_current_buf() == page.buffer and vim.api.nvim_win_get_cursor(0)[1] - 1 or math.huge
  local id = page.exists() and transcript.user_message_at(row)
  if not id then
    return say.info('there is no message of yours yet')
  elseif session.offered('conduit/session/rewind') then
    local of = session.current.id
    session.ask('conduit/session/rewind', { messageId = id, files = files or false }, function(result)
      rewound[of] = vim.trim(blocks.text(result.prompt))
      M.put_back(rewound[of])
      say.info(result.message ~= '' and result.message or ('%d messages are taken back'):format(result.removed))
    end)
  end
end

-- Takes the newest rewind back. Its message is said again then, so it leaves the prompt, but what was written there stays.
function M.unrewind()
  if session.current.id and session.offered('conduit/session/unrewind') then
    local of = session.current.id
    session.ask('conduit/session/unrewind', {}, function(result)
      local text, now = rewound[of], page.exists() and M.text() or ''
      if text and text ~= '' and (now == text or vim.startswith(now, text .. '\n\n')) then
        set(vim.trim(now:sub(#text + 1)))
      end
      rewound[of] = nil
      say.info(result.message ~= '' and result.message or ('%d messages are there again'):format(result.restored))
    end)
  end
end

-- Adds the mention of a file (or of lines of it) to the prompt; without a path, of the current file or selection.
function M.attach(path, lines)
  local bufnr = vim.api.nvim_get_current_buf()
  if not path or path == '' then
    path = vim.api.nvim_buf_get_name(bufnr)
    if path == '' or vim.bo[bufnr].buftype ~= '' then
      return say.info('name a file to attach')
    end
  end
  path = vim.fn.fnamemodify(vim.fs.normalize(path), ':p')
  if not vim.uv.fs_stat(path) and vim.fn.bufloaded(path) == 0 then
    return say.warn(path .. ' is not there')
  end
  page.make()
  local mention = blocks.mention(path, session.root(), lines and lines[1], lines and lines[2])
  local now = table.concat(page.prompt(), '\n'):gsub('%s+$', '')
  set(now == '' and mention .. ' ' or ('%s %s '):format(now, mention))
  require('conduit.chat').open()
  require('conduit.chat').to_prompt()
end

session.subscribe(function(what, update)
  if what == 'update' and update.sessionUpdate == 'user_message_chunk' and not session.loading then
    local text = update.content.text
    for _, each in ipairs(under_way) do
      if each.text == text and not each.taken then
        each.taken = true
        return
      end
    end
  elseif what == 'clear' then
    M.editing = nil
  end
end)

local function draft()
  return vim.fs.joinpath(vim.fn.stdpath('state'), 'conduit', vim.fn.sha256(vim.fn.getcwd()):sub(1, 16) .. '.txt')
end

page.on_made(function()
  local path = draft()
  if vim.uv.fs_stat(path) then
    page.set_prompt(vim.fn.readfile(path))
    vim.fn.delete(path)
  end
end)

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('conduit.chat.prompt', {}),
  callback = function()
    local texts = {}
    for _, each in ipairs(under_way) do
      table.insert(texts, not each.taken and each.text or nil)
    end
    if page.exists() and M.text() ~= '' then
      table.insert(texts, M.text())
    end
    if #texts > 0 then
      vim.fn.mkdir(vim.fs.dirname(draft()), 'p')
      vim.fn.writefile(vim.split(table.concat(texts, '\n\n'), '\n', { plain = true }), draft())
    end
  end,
})

return M
