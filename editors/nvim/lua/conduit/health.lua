-- `:checkhealth conduit`: this Neovim, the server, and what the server's own doctor says.
local options = require('conduit.options')
local protocol = require('conduit.protocol')
local server = require('conduit.server')

local M = {}

local WAIT_MS = 20000

local function editor()
  vim.health.start('Neovim')
  if vim.fn.has('nvim-0.11') == 1 then
    local version = vim.version()
    vim.health.ok(('%d.%d.%d'):format(version.major, version.minor, version.patch))
  else
    vim.health.error('Neovim 0.11 or newer is needed')
  end
  if pcall(vim.treesitter.language.add, 'markdown') and vim.treesitter.language.add('markdown') then
    vim.health.ok('the chat is highlighted by tree-sitter')
  else
    vim.health.warn('the tree-sitter parser of Markdown is missing: the chat has no colours')
  end
  vim.health.info(vim.lsp.inline_completion and 'ghost text: by Neovim' or 'ghost text: by the plugin')
end

local function running()
  vim.health.start('Server')
  local root = vim.fs.root(0, options.get('root_markers')) or vim.fn.getcwd()
  local own = vim.lsp.config.conduit.cmd
  local cmd, problem = server.find(root)
  if type(own) == 'table' then
    cmd = own
  end
  if not cmd then
    vim.health.error(problem)
    return nil
  end
  vim.health.ok(('command: `%s`'):format(table.concat(cmd, ' ')))
  local client = server.client()
  if client then
    local info = client.server_info or {}
    vim.health.ok(('running: %s %s, protocol %d'):format(info.name or 'conduit', info.version or '', protocol.version))
  elseif server.state == 'failed' then
    vim.health.error(server.problem)
  else
    vim.health.info(('%s; it starts with the first file (after setup() or vim.lsp.enable) or command'):format(server.state))
  end
  return cmd
end

local REPORT = {
  ok = vim.health.ok,
  warning = vim.health.warn,
  missing = vim.health.info,
  broken = vim.health.error,
}

local function doctor(cmd)
  vim.health.start('Doctor')
  local client = server.client()
  local checks
  if client and server.offers('conduit/doctor') then
    local answer = client:request_sync('conduit/doctor', vim.empty_dict(), WAIT_MS)
    checks = answer and answer.result and answer.result.checks
  else
    local words = vim.list_slice(cmd)
    words[#words] = words[#words] == 'serve' and 'doctor' or words[#words]
    local ok, done = pcall(function()
      return vim.system(vim.list_extend(words, { '--json' }), { text = true, timeout = WAIT_MS }):wait()
    end)
    local read, report = pcall(vim.json.decode, ok and done.stdout or '')
    checks = read and report.checks
  end
  if not checks then
    return vim.health.error(('the doctor does not answer; `%s doctor` in a terminal says why'):format(cmd[1]))
  end
  for _, check in ipairs(checks) do
    local report = REPORT[check.state] or vim.health.info
    report(('%s: %s'):format(check.name, check.detail))
  end
end

function M.check()
  editor()
  local cmd = running()
  if cmd then
    doctor(cmd)
  end
end

return M
