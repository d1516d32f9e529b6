-- Forty files with proposals: typing, a server that is killed and started again, decisions, undo and redo.
local session = require('session')

local client = session.open('pkg/m00.py')
vim.bo.undolevels = vim.bo.undolevels
for _, name in ipairs({ 'pkg/m01.py', 'pkg/m02.py', 'pkg/m00.py' }) do
  vim.cmd.edit(name)
end
local buffers = {}
for _, name in ipairs({ 'pkg/m00.py', 'pkg/m01.py', 'pkg/m02.py' }) do
  buffers[name] = vim.fn.bufnr(name)
end

local function ask(method, params)
  local answer = client:request_sync(method, params, 60000, 0)
  return answer and answer.result or error(method .. ': ' .. vim.inspect(answer))
end

local function hunks()
  return ask('conduit/hunk/list', vim.empty_dict()).hunks
end

-- All bytes of all files, the lines of all buffers, and the hunks.
local steps = {}
local function look(step)
  local files, lines = {}, {}
  for path in vim.fs.dir('.', { depth = 3 }) do
    if path:match('^pkg/.*%.py$') then
      local file = assert(io.open(path, 'rb'))
      files[path] = file:read('*a')
      file:close()
    end
  end
  for name, buffer in pairs(buffers) do
    lines[name] = vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
  end
  steps[step] = { files = files, lines = lines, hunks = hunks() }
end

vim.cmd('Conduit ask change everything')
session.wait('half of the proposals', function()
  return #hunks() >= 20
end)
vim.api.nvim_buf_set_lines(buffers['pkg/m00.py'], 9, 9, true, { '# mine, behind' })
vim.api.nvim_buf_set_lines(buffers['pkg/m01.py'], 0, 0, true, { '# mine, before' })
vim.api.nvim_buf_set_text(buffers['pkg/m02.py'], 4, 12, 4, 12, { ' + mine' })
session.wait_for_answer('All proposed.')
session.wait('the typed text at the server', function()
  local found = {}
  for _, hunk in ipairs(hunks()) do
    found[hunk.name] = hunk
  end
  return found['pkg/m02.py'].conflict and found['pkg/m01.py'].line == 5
end)
look('proposed')

-- The server dies, and is started again for the same buffers, with what is unsaved in them.
for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
  vim.uv.kill(pid, 'sigkill')
end
session.wait('the end of the server', function()
  return client:is_stopped()
end)
client = session.wait('the new server', function()
  local new = vim.lsp.get_clients({ name = 'conduit' })[1]
  return new and new ~= client and new.initialized and #vim.tbl_keys(new.attached_buffers) == 3 and new
end)
look('restarted')

local decisions = vim.json.decode(vim.env.CONDUIT_TEST_DECISIONS)
local chosen, again, turn = {}, nil, nil
for _, hunk in ipairs(steps.restarted.hunks) do
  if vim.tbl_contains(decisions.accept, hunk.name .. ' ' .. hunk.kind) then
    table.insert(chosen, hunk.hunkId)
  elseif hunk.name == decisions.regenerate then
    again = hunk.hunkId
  end
  turn = hunk.turnId
end
local id = steps.restarted.hunks[1].sessionId
ask('conduit/hunk/accept', { hunkIds = chosen })
look('accepted')
ask('conduit/hunk/regenerate', { hunkId = again })
look('regenerated')
local rest = vim.tbl_map(function(hunk)
  return hunk.hunkId
end, hunks())
ask('conduit/hunk/reject', { hunkIds = rest })
look('rejected')
vim.api.nvim_buf_set_lines(0, 0, 0, true, { '# typed after the decision' })
local undone = ask('conduit/session/undo', { sessionId = id, turnId = turn })
look('undone')
ask('conduit/session/redo', { sessionId = id, turnId = turn })
look('redone')

session.finish({ steps = steps, chosen = chosen, undone = undone })
