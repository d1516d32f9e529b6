-- What a status line shows. The event `User ConduitStatus` comes with every change of it.
local server = require('conduit.server')

local M = {}

local note -- the newest `conduit/status`
local spent = {} -- per conversation: what its answers cost, by event number, and the tokens of the newest

local function changed()
  if M.pending then
    return
  end
  M.pending = true
  vim.schedule(function()
    M.pending = false
    vim.api.nvim_exec_autocmds('User', { pattern = 'ConduitStatus', modeline = false })
    vim.cmd.redrawstatus()
  end)
end

-- Takes the notification `conduit/status`.
function M.on_status(params)
  note = params
  vim.g.conduit_status = params.state
  changed()
end

-- Takes the updates `usage_update`; one that comes again with a replay counts once.
function M.on_usage(id, seq, update)
  local of_session = spent[id] or { costs = {} }
  spent[id] = of_session
  if update.cost and seq then
    of_session.costs[seq] = update.cost.amount
  end
  of_session.used, of_session.size = update.used, update.size
  changed()
end

-- Tokens in the context of a conversation, the size of that context (or nil), and dollars spent (or nil).
function M.usage(id)
  local of_session = spent[id]
  if not of_session then
    return nil
  end
  local sum
  for _, amount in pairs(of_session.costs) do
    sum = (sum or 0) + amount
  end
  sum = sum and sum > 0 and sum or nil
  return of_session.used, of_session.size, sum
end

function M.dollars(amount)
  return (amount < 0.01 and '$%.4f' or '$%.2f'):format(amount)
end

function M.state()
  return server.state == 'running' and (note and note.state or 'ready') or server.state
end

local function download()
  if note and note.state == 'downloading' and note.totalBytes and note.totalBytes > 0 then
    return (' %d%%'):format(100 * (note.downloadedBytes or 0) / note.totalBytes)
  end
  return ''
end

-- The model without its vendor: `smollm2-135m`.
function M.model()
  local current = require('conduit.session').current
  local model = current.model or (note and note.model) or ''
  return model:match('[^/]+$') or ''
end

function M.line()
  local state = M.state()
  if state == 'stopped' then
    return ''
  end
  local parts = { 'conduit ' .. state .. download() }
  if server.state == 'running' then
    local _, _, cost = M.usage(require('conduit.session').current.id)
    table.insert(parts, M.model() ~= '' and M.model() or nil)
    table.insert(parts, cost and M.dollars(cost) or nil)
  end
  return (table.concat(parts, ' · '):gsub('%%', '%%%%'))
end

server.listen(changed)

return M
