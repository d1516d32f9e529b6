-- What is chosen from a list, all by vim.ui.select: conversations, models, modes.
local say = require('conduit.say')
local server = require('conduit.server')
local session = require('conduit.session')

local M = {}

-- Asks which of this folder's conversations, newest first, to open again.
function M.session(query)
  server.request('conduit/session/list', { query = query or '' }, function(err, result)
    if err then
      return say.error(err)
    elseif #result.sessions == 0 then
      return say.info('there is no such conversation in this folder')
    end
    vim.ui.select(result.sessions, {
      prompt = 'Conversation',
      kind = 'conduit.session',
      format_item = function(info)
        local title = info.title ~= '' and info.title or 'Untitled'
        local now = info.sessionId == session.current.id and ' (this one)' or info.running and ' (running)' or ''
        return ('%s  %s%s'):format(os.date('%Y-%m-%d %H:%M', math.floor(info.updatedAt)), title, now)
      end,
    }, function(info)
      if info then
        require('conduit.chat').open()
        session.open(info.sessionId)
      end
    end)
  end)
end

-- Without a name: asks which. `ask` only reads, `review` proposes, `auto` may change files.
function M.mode(name)
  session.with(function()
    local function choose(mode)
      session.ask('conduit/session/setMode', { modeId = mode }, function()
        say.info(('this conversation is in mode %s now'):format(mode))
      end)
    end
    if name and name ~= '' then
      return choose(name)
    end
    vim.ui.select(session.current.modes, {
      prompt = 'Mode',
      kind = 'conduit.mode',
      format_item = function(mode)
        return ('%s%s: %s'):format(mode.id == session.current.mode and '* ' or '', mode.id, mode.description)
      end,
    }, function(mode)
      return mode and choose(mode.id)
    end)
  end)
end

local BADGES = { { 'tool_calling', 'tools' }, { 'vision', 'vision' }, { 'documents', 'documents' }, { 'audio', 'audio' }, { 'reasoning', 'thinking' }, { 'local', 'local' } }

local function badges(model)
  local can = {}
  for _, badge in ipairs(BADGES) do
    table.insert(can, (model.capabilities or {})[badge[1]] and badge[2] or nil)
  end
  local size = model.contextTokens and ('%dk'):format(model.contextTokens / 1000)
  return table.concat(vim.list_extend({ size }, can), ', ')
end

-- Those that can be asked; the others on request.
local function select_model(models, ready, choose)
  local items = vim.tbl_filter(function(model)
    return model.ready == ready
  end, models)
  local others = #models - #items
  if ready and others > 0 then
    table.insert(items, { more = ('… %d more, which are not set up'):format(others) })
  end
  vim.ui.select(items, {
    prompt = 'Model',
    kind = 'conduit.model',
    format_item = function(model)
      if model.more then
        return model.more
      end
      local mark = model.modelId == session.current.model and '* ' or ''
      local what = model.ready and badges(model) or model.note
      return ('%s%s%s'):format(mark, model.name, what ~= '' and (' (%s)'):format(what) or '')
    end,
  }, function(model)
    if model and model.more then
      select_model(models, false, choose)
    elseif model then
      choose(model.modelId)
    end
  end)
end

-- Without a name: asks which.
function M.model(name)
  session.with(function()
    local function choose(model)
      session.ask('conduit/session/setModel', { modelId = model }, function()
        say.info(model .. ' answers from now on')
      end)
    end
    if name and name ~= '' then
      return choose(name)
    end
    session.request('conduit/models/list', vim.empty_dict(), function(err, result)
      if err then
        return say.error(err)
      end
      select_model(result.models, true, choose)
    end)
  end)
end

-- The prompts that wait for the running turn: the chosen one is taken out, and can be edited.
function M.queue()
  local items = session.current.queue
  if #items == 0 then
    return say.info('no prompt waits')
  end
  vim.ui.select(items, {
    prompt = 'Take out of the queue, to edit it',
    kind = 'conduit.queue',
    format_item = function(item)
      return (item.text:gsub('\n.*', ' …'))
    end,
  }, function(item)
    if item and session.offered('conduit/session/unqueue') then
      session.ask('conduit/session/unqueue', { queueId = item.queueId }, function(result)
        require('conduit.chat.prompt').unqueued(require('conduit.chat.blocks').text(result.prompt))
      end)
    end
  end)
end

return M
