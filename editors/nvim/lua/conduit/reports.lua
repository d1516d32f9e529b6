-- What the server says about itself: what was used, what works, its log.
local say = require('conduit.say')
local server = require('conduit.server')
local session = require('conduit.session')
local status = require('conduit.status')

local M = {}

local function tokens(spend)
  local cost = spend.cost and (', ' .. status.dollars(spend.cost.amount)) or ''
  local unpriced = spend.unpriced > 0 and (', %d answers without a known price'):format(spend.unpriced) or ''
  return ('%d tokens in, %d out%s%s'):format(spend.inputTokens, spend.outputTokens, cost, unpriced)
end

function M.usage()
  if not session.offered('conduit/usage/report') then
    return
  end
  server.request('conduit/usage/report', { sessionId = session.current.id }, function(err, result)
    if err then
      return say.error(err)
    end
    local lines = { 'today ' .. tokens(result.today) }
    if result.session then
      local size = result.session.contextSize
      local share = size and (' of %d'):format(size) or ''
      table.insert(lines, 'this conversation ' .. tokens(result.session))
      table.insert(lines, ('its context holds %d%s tokens'):format(result.session.contextUsed, share))
    end
    say.info(table.concat(lines, '\n'))
  end, { root = session.current.root })
end

function M.doctor()
  vim.cmd('checkhealth conduit')
end

-- The server writes its log to its error output, which Neovim keeps.
function M.log()
  vim.cmd.split(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd('normal! G')
end

function M.collect()
  if session.offered('conduit/logs/collect') then
    server.request('conduit/logs/collect', vim.empty_dict(), function(err, result)
      return err and say.error(err) or say.info('the logs are in ' .. result.path)
    end)
  end
end

return M
