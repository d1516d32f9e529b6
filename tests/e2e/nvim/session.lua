-- What the scripts beside this one share: Neovim as a person has it after the set-up page, and waits with a bound.
local M = {}

vim.opt.runtimepath:append(vim.env.CONDUIT_TEST_PLUGIN)
vim.cmd('filetype on')
vim.cmd.runtime('plugin/conduit.lua')
require('conduit').setup()

M.updates = {} -- every update that came
M.said = {} -- every message
vim.api.nvim_create_autocmd('User', {
  pattern = 'ConduitUpdate',
  callback = function(event)
    table.insert(M.updates, event.data.update)
  end,
})
vim.notify = function(text)
  table.insert(M.said, text)
end

-- Waits until `holds` returns something, and returns that.
function M.wait(what, holds)
  local value
  local held = vim.wait(30000, function()
    value = holds()
    return value
  end, 5)
  return held and value
    or error(('%s did not happen within 30 s; said: %s; messages: %s; chat:\n%s'):format(what, vim.inspect(M.said), vim.fn.execute('messages'), M.chat()))
end

-- Opens a file and waits for the server that vim.lsp.enable started for it.
function M.open(name)
  vim.cmd.edit(name)
  return M.wait('the server', function()
    local client = vim.lsp.get_clients({ name = 'conduit', bufnr = 0 })[1]
    return client and client.initialized and client
  end)
end

-- The lines of the chat, joined.
function M.chat()
  local buffer = vim.fn.bufnr('conduit://chat')
  return buffer == -1 and '' or table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

function M.wait_for_chat(text)
  return M.wait(('%q in the chat'):format(text), function()
    return M.chat():find(text, 1, true) and M.chat()
  end)
end

-- Waits for an answer that is complete: shown, and stored by the server.
function M.wait_for_answer(text)
  M.wait_for_chat(text)
  return M.wait('the end of the turn', function()
    return vim.g.conduit_status == 'ready' and not require('conduit.session').current.busy
  end)
end

-- Waits for a message to the person that contains a text.
function M.wait_for_message(text)
  return M.wait(('the message %q'):format(text), function()
    for _, said in ipairs(M.said) do
      if said:find(text, 1, true) then
        return said
      end
    end
  end)
end

-- What the server lists as conversations of this folder.
function M.list(client)
  return client:request_sync('conduit/session/list', vim.empty_dict(), 20000).result.sessions
end

function M.lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

-- Hands what was seen to the test, and ends the server as an editor does.
function M.finish(seen)
  local client = vim.lsp.get_clients({ name = 'conduit' })[1]
  client:stop()
  M.wait('the end of the server', function()
    return client:is_stopped()
  end)
  vim.fn.writefile({ vim.json.encode(seen) }, vim.env.CONDUIT_TEST_SEEN)
end

return M
