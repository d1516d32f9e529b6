-- The life of the server: found, started, checked, started again when it ended by itself. Nothing here waits: who asks
-- for something is called back, with an answer or with a sentence that says why there is none.
local options = require('conduit.options')
local protocol = require('conduit.protocol')
local say = require('conduit.say')

local M = {}

-- 'stopped', 'starting', 'running', 'restarting' or 'failed'; `problem` says why it failed.
M.state, M.problem = 'stopped', nil

local WAIT_MS = 30000 -- how long a request waits for a server that is not there yet
local SLOW_MS = 10000 -- when a person is told that it takes long
local FIRST_PAUSE_MS, LAST_PAUSE_MS = 500, 30000
local SOUND_MS = 60000 -- a server that ran so long begins with short pauses again

local waiting = {} -- requests that wait for a server
local open = {} -- per client: the requests that it has not answered
local attached = {} -- buffers that have or had a server, with its folder
local last_config, failures, started_ms, timer, leaving
local ended -- how a process ended, while its client is told
local listeners = {}

-- `listener(what)` is called with 'state', and with 'restarted' when a new server took the place of one that had ended.
function M.listen(listener)
  table.insert(listeners, listener)
end

local function tell(what)
  for _, listener in ipairs(listeners) do
    listener(what)
  end
end

local function enter(state, problem)
  M.state, M.problem = state, problem
  tell('state')
end

local function root_of(bufnr)
  return vim.fs.root(bufnr, options.get('root_markers')) or vim.fn.getcwd()
end

-- The command for a folder, or nil and a sentence.
function M.find(root)
  local cmd = options.get('cmd')
  if not cmd then
    local own = vim.fs.joinpath(root, '.venv', vim.fn.has('win32') == 1 and 'Scripts/conduit.exe' or 'bin/conduit')
    cmd = { vim.fn.executable(own) == 1 and own or 'conduit', 'serve' }
  end
  if vim.fn.executable(cmd[1]) == 1 then
    return cmd
  end
  local what = ('the server `%s` was not found. Install it with `pipx install conduit-ls` (or `uv tool install conduit-ls`)'):format(cmd[1])
  return nil, what .. ", or name it with `require('conduit').setup({ cmd = { … } })`, then `:Conduit restart`"
end

-- For the configuration of the client: where the project of a buffer is; not called back when there is no server.
function M.root_dir(bufnr, on_dir)
  local root = root_of(bufnr)
  if type(vim.lsp.config.conduit.cmd) == 'table' then
    return on_dir(root) -- a person's own, which Neovim has checked
  end
  local cmd, problem = M.find(root)
  if cmd then
    return on_dir(root)
  elseif M.problem ~= problem then
    enter('failed', problem)
    say.error(problem)
  end
end

-- For the configuration of the client.
function M.cmd(dispatchers, config)
  local cmd, problem = M.find(config and config.root_dir or vim.fn.getcwd())
  local told = dispatchers.on_exit
  -- Neovim would tell of an unexpected end in a message of several lines that waits for a key; on_exit() below tells it.
  dispatchers = vim.tbl_extend('force', dispatchers, {
    on_exit = function(code, signal)
      ended = { code, signal }
      told(0, 0)
    end,
  })
  local extra = { cwd = config and config.cmd_cwd, env = config and config.cmd_env }
  return require('conduit.problems').wrap(vim.lsp.rpc.start(cmd or error(problem, 0), dispatchers, extra))
end

-- The server in use: that of a folder if one is named, else that of the current buffer, else any.
function M.client(root)
  local here = vim.api.nvim_get_current_buf()
  local best, rank
  for _, client in ipairs(vim.lsp.get_clients({ name = 'conduit' })) do
    local fits = client.conduit_fits and not client:is_stopped()
    local own = client.attached_buffers[here] and 2 or 1
    if fits and (not root or client.root_dir == root) and own > (rank or 0) then
      best, rank = client, own
    end
  end
  return best
end

-- Whether the running server offers a method; nil when none runs.
function M.offers(method)
  local client = M.client()
  local own = client and vim.tbl_get(client.server_capabilities, 'experimental', 'conduit', 'methods')
  return own and vim.list_contains(own, method)
end

local function refuse(problem)
  local asked = waiting
  waiting = {}
  for _, each in ipairs(asked) do
    each.callback({ message = problem, stopped = true })
  end
end

local function send(client, each)
  local of_client = open[client.id] or {}
  open[client.id] = of_client
  local sent, id = client:request(each.method, each.params, function(err, result)
    if of_client[each] then
      of_client[each] = nil
      each.callback(err, result)
    end
  end, each.bufnr)
  if sent then
    of_client[each] = true
    each.client, each.id = client, id
  else
    each.callback({ message = 'the server has just ended', stopped = true })
  end
end

-- Asks the server, which is started if need be. The callback is called once: with an answer, or with an error whose
-- `stopped` says that no server answered. `to` may name a `bufnr` or a `root`. Returns a handle for cancel().
function M.request(method, params, callback, to)
  to = to or {}
  params = next(params) ~= nil and params or vim.empty_dict() -- an empty table would be sent as a list
  local each = { method = method, params = params, callback = callback, bufnr = to.bufnr }
  local client = M.client(to.root)
  if client then
    send(client, each)
    return each
  end
  if M.state == 'failed' then
    local problem = M.problem
    vim.schedule(function()
      callback({ message = problem, stopped = true })
    end)
    return each
  end
  table.insert(waiting, each)
  vim.defer_fn(function()
    for index, other in ipairs(waiting) do
      if other == each then
        table.remove(waiting, index)
        callback({ message = ('the server is not there after %d s; see :checkhealth conduit'):format(WAIT_MS / 1000), stopped = true })
      end
    end
  end, WAIT_MS)
  if M.state == 'stopped' then
    M.start()
  end
  return each
end

function M.cancel(each)
  if each.client and open[each.client.id] and open[each.client.id][each] then
    each.client:cancel_request(each.id)
  end
end

function M.notify(method, params, root)
  local client = M.client(root)
  return client and client:notify(method, params)
end

-- Starts the server for the current folder, without a buffer.
function M.start(config)
  if not config then
    config = last_config or vim.deepcopy(vim.lsp.config.conduit)
    if type(config.root_dir) == 'function' then
      config.root_dir = root_of(0)
    end
  end
  if M.state ~= 'restarting' then
    enter('starting')
  end
  local ok, id = pcall(vim.lsp.start, config, { attach = false, silent = true })
  if ok and id then
    return id
  end
  local _, problem = M.find(config.root_dir or vim.fn.getcwd())
  problem = problem or ('the server could not be started: ' .. tostring(not ok and id or 'see :checkhealth vim.lsp'))
  enter('failed', problem)
  say.error(problem)
  refuse(problem)
end

-- For the configuration of the client.
function M.before_init(_, config)
  started_ms = vim.uv.now()
  last_config = config
  if M.state ~= 'restarting' then
    enter('starting')
  end
  local mine = started_ms
  vim.defer_fn(function()
    if started_ms == mine and (M.state == 'starting' or M.state == 'restarting') then
      say.warn('the server is still starting; what you send waits for it')
    end
  end, SLOW_MS)
end

local function mismatch(result)
  local name = result.serverInfo and result.serverInfo.version
  local speaks = vim.tbl_get(result, 'capabilities', 'experimental', 'conduit', 'protocol')
  if speaks == protocol.version then
    return nil
  end
  local newer = speaks and speaks > protocol.version
  return ('the server%s speaks protocol %s and this plugin %d; update the %s, then `:Conduit restart`'):format(
    name and (' ' .. name) or '',
    speaks or 'none',
    protocol.version,
    newer and 'plugin' or 'server'
  )
end

-- For the configuration of the client.
function M.on_init(client, result)
  local problem = mismatch(result)
  if problem then
    client.conduit_fits, client.conduit_ending = false, true
    enter('failed', problem)
    say.error(problem)
    refuse(problem)
    return client:stop()
  end
  client.conduit_fits = true
  require('conduit.start').begin()
  local again = M.state == 'restarting'
  enter('running')
  local asked = waiting
  waiting = {}
  for _, each in ipairs(asked) do
    send(client, each)
  end
  if again then
    for bufnr, root in pairs(attached) do
      if root == client.root_dir and vim.api.nvim_buf_is_loaded(bufnr) then
        vim.lsp.buf_attach_client(bufnr, client.id)
      end
    end
    tell('restarted')
  end
end

-- For the configuration of the client: a buffer has the server now.
function M.on_attach(client, bufnr)
  attached[bufnr] = client.root_dir
end

local function start_again(config)
  local sound = started_ms and vim.uv.now() - started_ms > SOUND_MS
  failures = sound and 1 or (failures or 0) + 1
  if failures > options.get('restart.attempts') then
    local problem = ('the server ended %d times; `:checkhealth conduit` and `:Conduit log` say more, `:Conduit restart` tries again'):format(failures)
    enter('failed', problem)
    say.error(problem)
    return refuse(problem)
  end
  enter('restarting')
  local pause = math.min(FIRST_PAUSE_MS * 2 ^ (failures - 1), LAST_PAUSE_MS)
  say.warn(('the server ended by itself; it is started again in %.1f s'):format(pause / 1000))
  timer = vim.defer_fn(function()
    timer = nil
    if M.state == 'restarting' then
      M.start(config)
    end
  end, pause)
end

-- For the configuration of the client. Whatever was not answered is told so, once.
function M.on_exit(code, signal, client_id)
  if ended then
    code, signal, ended = ended[1], ended[2], nil
  end
  vim.schedule(function()
    local client_open = open[client_id] or {}
    open[client_id] = nil
    for each in pairs(client_open) do
      each.callback({ message = 'the server ended before it answered', stopped = true })
    end
    local client = vim.lsp.get_client_by_id(client_id)
    if leaving or M.state == 'failed' or (client and client.conduit_ending) then
      return
    elseif code == 0 and signal == 0 or signal == 15 then
      return M.client() or enter('stopped')
    end
    start_again(client and client.config or last_config)
  end)
end

-- Ends the server if it runs, and starts a new one for the same buffers.
function M.restart()
  if timer then
    timer:stop()
    timer = nil
  end
  failures = 0
  local running = vim.lsp.get_clients({ name = 'conduit' })
  for _, client in ipairs(running) do
    client.conduit_ending = true
    client:stop()
  end
  enter('restarting')
  local function begin()
    M.start(last_config)
  end
  local limit = vim.uv.now() + 3000
  local function when_ended()
    local left = vim.tbl_filter(function(client)
      return not client:is_stopped()
    end, running)
    if #left == 0 then
      return begin()
    elseif vim.uv.now() > limit then
      for _, client in ipairs(left) do
        client:stop(true)
      end
      return vim.defer_fn(begin, 200)
    end
    vim.defer_fn(when_ended, 50)
  end
  when_ended()
end

vim.api.nvim_create_autocmd('VimLeavePre', {
  group = vim.api.nvim_create_augroup('conduit.server', {}),
  callback = function()
    leaving = true
  end,
})

return M
