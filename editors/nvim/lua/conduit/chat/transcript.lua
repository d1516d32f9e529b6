-- From the updates of a conversation to the items of the page. What streams is written a few times a second.
local blocks = require('conduit.chat.blocks')
local folds = require('conduit.chat.folds')
local history = require('conduit.chat.history')
local page = require('conduit.chat.page')
local render = require('conduit.chat.render')
local say = require('conduit.say')
local session = require('conduit.session')

local M = {}

local PAUSE_MS = 40
local dirty, by_key, due = {}, {}, false -- what is to be written, in order
local messages, calls, changes, closed = {}, {}, {}, {}
local head -- the key of the newest heading above an answer
local waiting = {} -- by file: how many of its proposed changes wait

M.on_written = {}

local function flush()
  due = false
  local keys = dirty
  dirty, by_key = {}, {}
  if #keys == 0 or not page.exists() then
    return
  end
  local new = {}
  page.keep_view(function()
    for _, each in ipairs(keys) do
      local lines = each.lines()
      each.new = not page.has(each.key)
      if each.new then
        table.insert(new, { each.key, lines })
      else
        page.write(each.key, lines)
      end
    end
    if #new > 0 then
      page.append(new)
    end
  end)
  for _, each in ipairs(keys) do
    if each.done and not each.new and not closed[each.key] then
      closed[each.key] = true
      folds.close(page.windows(), page.row(each.key))
    end
  end
  history.written()
  for _, act in ipairs(M.on_written) do
    act()
  end
end

-- Writes at once what waits to be written.
M.flush = flush

-- What is `done` is folded, once: a fold that the person opens then stays open.
local function write(key, lines, done)
  local each = by_key[key]
  if each then
    each.lines, each.done = lines, done
    return
  end
  by_key[key] = { key = key, lines = lines, done = done }
  table.insert(dirty, by_key[key])
  if not due then
    due = true
    vim.defer_fn(flush, PAUSE_MS)
  end
end

local function under_head(key)
  if not head then
    head = 'head:' .. key
    write(head, render.head)
  end
end

-- What a file is called that went along; nothing where the text before it has its mention.
local function shown_text(content, before)
  local uri = vim.tbl_get(content, 'resource', 'uri') or content.uri
  local name = content.name or uri
  if content.type == 'text' then
    return content.text
  elseif name and (before:find('@' .. name, 1, true) or before:find('@"' .. name, 1, true)) then
    return ''
  elseif uri and blocks.mentions(before, uri, session.root()) then
    return ''
  end
  return name and ('[%s](%s)'):format(name, uri or name) or ('(%s)'):format(content.type)
end

local function message(update, render_text)
  local key = update.sessionUpdate .. ':' .. update.messageId
  local known = messages[key]
  if not known then
    known = { text = '' }
    messages[key] = known
  end
  local text = shown_text(update.content, known.text)
  local joined = update.sessionUpdate == 'user_message_chunk' and known.text ~= '' and text ~= '' and '\n' or ''
  known.text = update.replace and text or known.text .. joined .. text
  known.whole = update.replace
  if known.text ~= '' or page.has(key) then
    if update.sessionUpdate ~= 'user_message_chunk' then
      under_head(key)
    end
    write(key, function()
      return render_text(known.text, not known.whole)
    end, known.whole and update.sessionUpdate == 'agent_thought_chunk')
  end
end

-- Some models count their calls anew in every turn.
local function tool_call(update, params)
  local key = ('tool:%s:%s'):format(params.turnId, update.toolCallId)
  local call = calls[key] or {}
  calls[key] = call
  if update.status == 'in_progress' and not call.since then
    call.since = not session.loading and vim.uv.now() or nil
  elseif (update.status == 'completed' or update.status == 'failed') and call.since then
    call.seconds = call.seconds or (vim.uv.now() - call.since) / 1000
  end
  for _, name in ipairs({ 'title', 'status', 'rawInput', 'content', 'interrupted' }) do
    if update[name] ~= nil then
      call[name] = update[name]
    end
  end
  under_head(key)
  write(key, function()
    return render.tool(call)
  end, call.status == 'completed' or call.status == 'failed')
end

local function once(key, lines)
  if lines then
    write(key, function()
      return lines
    end)
  end
end

local takers = {
  user_message_chunk = function(update)
    head = nil
    message(update, render.user)
  end,
  agent_message_chunk = function(update)
    message(update, render.text)
  end,
  agent_thought_chunk = function(update)
    message(update, render.thought)
  end,
  tool_call = tool_call,
  tool_call_update = tool_call,
  sources = function(update)
    once('sources:' .. update.messageId, render.sources(update.sources))
  end,
  change = function(update)
    changes[update.changeId] = vim.tbl_extend('force', changes[update.changeId] or {}, update)
    once('change:' .. update.changeId, render.change(changes[update.changeId]))
  end,
  notice = function(update, params)
    once(('notice:%s:%s'):format(params.seq or vim.uv.hrtime(), update.text:sub(1, 40)), render.notice(update.text))
  end,
  turn_state = function(update, params)
    if update.state == 'idle' then
      once('end:' .. (params.turnId or tostring(params.seq)), render.ended(update))
    end
  end,
  hunk = function(update)
    local before = waiting[update.name] or 0
    waiting[update.name] = #update.hunks > 0 and #update.hunks or nil
    if #update.hunks > before and not session.loading then
      local what = #update.hunks == 1 and 'a proposed change waits' or ('%d proposed changes wait'):format(#update.hunks)
      say.info(('%s in %s'):format(what, update.name))
    end
  end,
}

-- Shows a question of the server, and later its answer.
function M.question(params, answer)
  local key = ('question:%s:%s'):format(params.turnId, params.toolCall.toolCallId)
  under_head(key)
  once(key, render.question(params, answer))
  flush()
end

-- Names of files with proposed changes, and how many wait in all.
function M.waiting()
  local names, number = vim.tbl_keys(waiting), 0
  table.sort(names)
  for _, count in pairs(waiting) do
    number = number + count
  end
  return names, number
end

-- The text of a person's message by its id.
function M.user_text(id)
  local known = messages['user_message_chunk:' .. id]
  return known and known.text
end

-- The id of the person's message that a row belongs to: of that message, or the last one before it.
function M.user_message_at(row)
  local here, found = page.at(row), nil
  for _, key in ipairs(page.keys()) do
    found = key:match('^user_message_chunk:(.+)$') or found
    if key == here then
      break
    end
  end
  return found
end

local function clear()
  dirty, by_key, head = {}, {}, nil
  messages, calls, changes, closed, waiting = {}, {}, {}, {}, {}
  page.clear()
  history.written()
end

session.subscribe(function(what, update, params)
  if what == 'clear' then
    clear()
  elseif what == 'update' and takers[update.sessionUpdate] then
    page.make()
    takers[update.sessionUpdate](update, params)
  end
end)

return M
