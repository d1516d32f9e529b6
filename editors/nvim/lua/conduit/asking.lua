-- Asks the other language servers of a buffer, and waits for them in a coroutine.
local M = {}

local ANSWER_MS = 12000 -- how long the other servers may take, less than Conduit's own patience
local START_MS = 5000 -- how long they may take to start with a file that was opened for a question

function M.fail(text)
  error({ code = vim.lsp.protocol.ErrorCodes.InternalError, message = text }, 0)
end

-- Waits until `start` calls what it is given, at most `limit_ms`; returns what that was called with, or nothing.
function M.await(limit_ms, start)
  local co = coroutine.running()
  local result, yielded
  local timer = assert(vim.uv.new_timer())
  local function done(...)
    if not result then
      result = vim.F.pack_len(...)
      timer:stop()
      timer:close()
      if yielded then
        coroutine.resume(co)
      end
    end
  end
  timer:start(math.max(limit_ms, 0), 0, vim.schedule_wrap(function()
    done()
  end))
  start(done)
  if not result then
    yielded = true
    coroutine.yield()
  end
  return vim.F.unpack_len(result)
end

local function pause(ms)
  M.await(ms, function() end)
end

function M.version_of(bufnr)
  return vim.lsp.util.buf_versions[bufnr]
end

-- The other servers of a buffer that know a method.
function M.servers(bufnr, method)
  return vim.tbl_filter(function(client)
    return client.name ~= 'conduit' and client.initialized
  end, vim.lsp.get_clients({ bufnr = bufnr, method = method }))
end

-- Asks several servers at once: { client, result } of each that answered in time, in their order, and what the last
-- one said that could not.
function M.ask(clients, method, params, bufnr)
  local answers, open, problem = {}, #clients, nil
  M.await(ANSWER_MS, function(done)
    for index, client in ipairs(clients) do
      local sent = client:request(method, params(client), function(err, result)
        answers[index] = not err and { client = client, result = result } or nil
        problem = err and err.message or problem
        open = open - 1
        if open == 0 then
          done()
        end
      end, bufnr)
      open = sent and open or open - 1
    end
    if open == 0 then
      done()
    end
  end)
  local found = {}
  for index = 1, #clients do
    table.insert(found, answers[index] and answers[index].result and answers[index])
  end
  return found, problem
end

-- The buffer of a document; a file that nobody opened is loaded, out of sight, so that its servers know it.
function M.buffer_of(document)
  local bufnr = vim.uri_to_bufnr(document.uri)
  if vim.api.nvim_buf_is_loaded(bufnr) then
    return bufnr
  end
  local ok, problem = pcall(vim.fn.bufload, bufnr)
  if not ok then
    M.fail(('%s cannot be loaded: %s'):format(document.uri, problem))
  end
  local until_ms = vim.uv.now() + START_MS
  while #M.servers(bufnr) == 0 and vim.uv.now() < until_ms do
    pause(20)
  end
  return bufnr
end

-- Neovim collects changes for a moment; Conduit must know them before it hears of their version.
function M.flush(conduit, bufnr)
  pcall(function()
    require('vim.lsp._changetracking').flush(conduit, bufnr)
  end)
end

-- The servers that can answer, and what was typed so far sent to Conduit too.
function M.prepare(conduit, params, method)
  local bufnr = M.buffer_of(params.textDocument)
  local found = M.servers(bufnr, method)
  if #found == 0 then
    M.fail(('no language server of this file offers %s'):format(method))
  end
  M.flush(conduit, bufnr)
  return bufnr, found, M.version_of(bufnr)
end

return M
