-- A Neovim with a screen, driven from this one as a person drives it: keys go in, lines of text are seen.
local M = {}
M.__index = M

M.wait_ms = 30000
local number = 0

-- Starts Neovim with the plugin as the set-up page says; `init` is more of its init.lua.
function M.start(init, columns, lines)
  local config = vim.fn.tempname() .. '.lua'
  vim.fn.writefile(vim.split(([[
    vim.opt.runtimepath:append(vim.env.CONDUIT_TEST_PLUGIN)
    vim.o.swapfile = false
    vim.o.shada = ''
    vim.o.messagesopt = 'wait:0,history:500' -- nobody is there to press a key after a message
    %s
  ]]):format(init or "require('conduit').setup()"), '\n'), config)
  local self = setmetatable({ channel = nil }, M)
  local nvim = vim.env.CONDUIT_TEST_NVIM
  self.channel = vim.fn.jobstart({ nvim, '--embed', '-u', config, '-i', 'NONE' }, { rpc = true })
  assert(self.channel > 0, nvim .. ' does not start')
  vim.rpcrequest(self.channel, 'nvim_ui_attach', columns or 120, lines or 40, { rgb = true })
  return self
end

function M:call(name, ...)
  local mode = vim.rpcrequest(self.channel, 'nvim_get_mode')
  if mode.blocking then
    -- It waits for a key; what it shows then is told by what it was asked last.
    vim.wait(M.wait_ms, function()
      mode = vim.rpcrequest(self.channel, 'nvim_get_mode')
      return not mode.blocking
    end, 20)
    if mode.blocking and name ~= 'nvim_input' then
      error(('Neovim waits for a key in mode %s'):format(mode.mode))
    end
  end
  return vim.rpcrequest(self.channel, name, ...)
end

-- Runs Lua there and returns what it returns.
function M:lua(code, ...)
  return self:call('nvim_exec_lua', code, { ... })
end

-- Types keys.
function M:type(keys)
  self:call('nvim_input', keys)
end

function M:command(command)
  self:call('nvim_command', command)
end

-- The screen as lines of text.
function M:screen()
  return self:lua([[
    vim.cmd('redraw!')
    local lines = {}
    for row = 1, vim.o.lines do
      local cells = {}
      for column = 1, vim.o.columns do
        cells[column] = vim.fn.screenstring(row, column)
      end
      lines[row] = (table.concat(cells):gsub('%s+$', ''))
    end
    return lines
  ]])
end

-- Keeps the screen as a file, for a person to look at.
function M:look(name)
  local folder = vim.env.CONDUIT_TEST_SCREENS
  local lines = self:screen()
  if folder then
    number = number + 1
    vim.fn.mkdir(folder, 'p')
    vim.fn.writefile(lines, ('%s/%02d-%s.txt'):format(folder, number, name))
  end
  return lines
end

-- The messages that were shown.
function M:messages()
  return self:lua("return vim.fn.execute('messages')")
end

-- Waits until Lua there returns something true, and returns that.
function M:wait(what, code, ...)
  local arguments = { ... }
  local value
  local held = vim.wait(M.wait_ms, function()
    value = self:lua(code, unpack(arguments))
    return value and value ~= vim.NIL
  end, 20)
  if held then
    return value
  end
  local said = self:messages()
  error(('%s did not happen; said: %s; screen:\n%s'):format(what, said, table.concat(self:look('failed'), '\n')))
end

-- Waits until a text is on the screen.
function M:see(text)
  local found
  local held = vim.wait(M.wait_ms, function()
    found = self:screen()
    return table.concat(found, '\n'):find(text, 1, true) ~= nil
  end, 50)
  return held and found or error(('%q is not seen:\n%s'):format(text, table.concat(found, '\n')))
end

-- The lines of a buffer, by its name.
function M:lines(name)
  return self:lua(
    [[
    local name = ...
    return vim.api.nvim_buf_get_lines(name == '' and 0 or vim.fn.bufnr('^' .. name .. '$'), 0, -1, false)
  ]],
    name or ''
  )
end

function M:chat()
  return table.concat(self:lines('conduit://chat'), '\n')
end

-- Waits for a text in the chat, and for the end of the turn.
function M:answered(text)
  self:wait(('%q in the chat'):format(text), [[
    local chat = vim.fn.bufnr('^conduit://chat$')
    if chat == -1 then return false end
    local text = table.concat(vim.api.nvim_buf_get_lines(chat, 0, -1, false), '\n')
    return text:find(..., 1, true) ~= nil and not require('conduit.session').current.busy
  ]], text)
end

function M:stop()
  pcall(self.command, self, 'qall!')
  assert(vim.fn.jobwait({ self.channel }, M.wait_ms)[1] >= 0, 'Neovim does not end')
end

return M
