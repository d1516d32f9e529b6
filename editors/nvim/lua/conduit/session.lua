-- The conversation of this Neovim: which one it is, what the server is told of it, and who hears what became of it.
local say = require('conduit.say')
local server = require('conduit.server')
local status = require('conduit.status')

local M = {}

-- id, root, title, mode, model, modes; `seq` is the newest event that was seen, `busy` that a turn runs, `queue` the
-- prompts that wait for it.
M.current = { queue = {} }
M.loading = false -- a stored conversation is on its way

local listeners = {}
local held = {} -- updates of the conversation that is being loaded

-- `listener(what, value)`: 'update' with one, 'clear' when another conversation is shown, 'changed' otherwise.
function M.subscribe(listener)
  table.insert(listeners, listener)
end

local function tell(what, value, params)
  for _, listener in ipairs(listeners) do
    listener(what, value, params)
  end
end

local function take(result, root)
  local current = M.current
  current.id, current.root = result.sessionId, root
  current.title, current.mode, current.model = result.session.title, result.session.mode, result.session.model
  current.modes, current.busy = result.modes.availableModes, result.session.running or current.busy
  current.seq = math.max(current.seq or 0, result.lastSeq or 0)
  tell('changed')
end

-- The folder of this conversation, or where it would begin.
function M.root()
  return M.current.root or vim.fs.root(vim.fn.getcwd(), '.git') or vim.fn.getcwd()
end

-- Asks the server of this conversation.
function M.request(method, params, callback)
  return server.request(method, params, callback, { root = M.current.root })
end

-- As `request`, about this conversation; an error is told.
function M.ask(method, params, callback)
  params.sessionId = M.current.id
  return M.request(method, params, function(err, result)
    if err then
      return say.error(err)
    end
    return callback and callback(result)
  end)
end

-- Calls `act` when there is a conversation; `failed` (or a message) tells why there is none.
function M.with(act, failed)
  if M.current.id then
    return act()
  end
  local client = server.client()
  local root = client and client.root_dir
  server.request('conduit/session/new', vim.empty_dict(), function(err, result)
    if err then
      return (failed or say.error)(err)
    end
    if not M.current.id then
      M.current.seq = 0
      take(result, root or server.client().root_dir)
    end
    act()
  end, { root = root })
end

-- The next prompt begins another conversation.
function M.new()
  M.current = { queue = {} }
  tell('clear')
  tell('changed')
end

local appliers = {
  current_mode_update = function(current, update)
    current.mode = update.currentModeId
  end,
  session_info_update = function(current, update)
    current.title, current.model = update.title or current.title, update.model or current.model
  end,
  queue_update = function(current, update)
    current.queue = update.items
  end,
  turn_state = function(current, update)
    current.busy, current.waits = update.state ~= 'idle', update.state == 'requires_action'
  end,
}

-- Takes an update of this conversation, or of the one that is being loaded.
local function show(params)
  local update, current = params.update, params.sessionId == M.loading and M.arriving or M.current
  current.seq = math.max(current.seq or 0, params.seq or 0)
  local apply = appliers[update.sessionUpdate]
  if apply then
    apply(current, update)
  end
  if update.sessionUpdate == 'conversation_reset' then
    return M.loading ~= params.sessionId and M.open(params.sessionId)
  end
  tell('update', update, params)
  if apply then
    tell('changed')
  end
end

-- Takes the notification `conduit/session/update`.
function M.on_update(params)
  local update = params.update
  require('conduit.review').on_update(update)
  vim.api.nvim_exec_autocmds('User', { pattern = 'ConduitUpdate', modeline = false, data = params })
  if update.sessionUpdate == 'usage_update' then
    status.on_usage(params.sessionId, params.seq, update)
  end
  if params.sessionId == M.loading then
    table.insert(held, params) -- a turn may run meanwhile: what it says comes between the history
  elseif params.sessionId == M.current.id then
    show(params)
  end
end

local function load(id, from, arrived, failed)
  local before = M.current
  held = {}
  M.loading, M.arriving = id, from and before or { queue = {}, root = before.root }
  if not from then
    M.current = M.arriving
    M.current.id = id
    tell('clear')
  end
  M.request('conduit/session/load', { sessionId = id, replayFrom = from }, function(err, result)
    if M.loading == id then
      for _, params in ipairs(require('conduit.replay').in_order(held)) do
        show(params)
      end
      held = {}
      M.loading = false
    end
    if err then
      return failed(err, before)
    end
    M.current.busy = result.session.running
    take(result, M.current.root or server.client().root_dir)
    return arrived and arrived()
  end)
end

-- Shows a stored conversation; the next prompt goes on with it.
function M.open(id, arrived)
  load(id, nil, arrived, function(err, before)
    say.error(err)
    M.current = { queue = {}, root = before.root }
    tell('changed')
    if before.id and before.id ~= id then
      M.open(before.id)
    end
  end)
end

-- After the server was started again: what was missed comes, and what it repaired.
local function resume()
  local current = M.current
  if not current.id then
    return
  end
  current.busy, current.waits, current.queue = false, false, {}
  load(current.id, current.seq or 0, function()
    say.info('the server is there again, and the conversation goes on')
  end, function(err)
    say.error(err)
  end)
end

function M.stop()
  if M.current.id then
    server.notify('conduit/session/cancel', { sessionId = M.current.id }, M.current.root)
  end
end

-- Takes back what the newest turn that changed files changed; with 'redo' it is made again.
function M.undo(which)
  if not M.current.id then
    return say.info('there is no conversation whose changes could be taken back')
  end
  require('conduit.review').when_decided(function()
    M.ask('conduit/session/' .. which, {}, function(result)
      say.info(result.message)
    end)
  end)
end

-- Whether the server offers a method; if it does not, that is said.
function M.offered(method)
  local offers = server.offers(method)
  if offers == false then
    say.warn(('this server does not offer %s; a newer one does'):format(method))
  end
  return offers ~= false
end

function M.rename(title)
  if not M.current.id or not M.offered('conduit/session/rename') then
    return
  end
  local function set(given)
    if given and vim.trim(given) ~= '' then
      M.ask('conduit/session/rename', { title = vim.trim(given) }, function(result)
        M.current.title = result.session.title
        tell('changed')
      end)
    end
  end
  if title and title ~= '' then
    return set(title)
  end
  vim.ui.input({ prompt = 'Title: ', default = M.current.title }, set)
end

function M.delete()
  if not M.current.id or not M.offered('conduit/session/delete') then
    return
  end
  vim.ui.select({ 'Keep it', 'Delete it' }, { prompt = ('Delete “%s” for good?'):format(M.current.title or '') }, function(answer)
    if answer == 'Delete it' then
      M.ask('conduit/session/delete', {}, function()
        M.new()
        say.info('the conversation is deleted')
      end)
    end
  end)
end

-- Writes the conversation as Markdown: into a file, or into a new buffer.
function M.export(path)
  if not M.current.id or not M.offered('conduit/session/export') then
    return
  end
  M.ask('conduit/session/export', {}, function(result)
    local lines = vim.split(result.markdown, '\n', { plain = true })
    if path and path ~= '' then
      vim.fn.writefile(lines, vim.fs.normalize(path))
      return say.info('written to ' .. path)
    end
    vim.cmd.vnew()
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
    vim.bo.filetype = 'markdown'
  end)
end

function M.fork()
  if not M.current.id or not M.offered('conduit/session/fork') then
    return
  end
  M.ask('conduit/session/fork', {}, function(result)
    M.open(result.sessionId, function()
      say.info('this is a copy of the conversation now; the other one stays as it was')
    end)
  end)
end

function M.listen()
  if M.listening then
    return
  end
  M.listening = true
  server.listen(function(what)
    if what == 'restarted' then
      resume()
    elseif server.state ~= 'running' and M.current.busy then
      M.current.busy, M.current.waits, M.current.queue = false, false, {}
    end
    tell('changed')
  end)
end

return M
