-- What Conduit may ask of the other language servers in this Neovim: the requests `conduit/editor/*`.
-- A handler may wait: Neovim runs it in a coroutine, and it goes on when the other servers have answered.
local asking = require('conduit.asking')
local options = require('conduit.options')
local places = require('conduit.places')

local M = {}

local published = {} -- per client and buffer: the newest diagnostics that it published, with the version it named
local offered = {} -- code actions that were listed, by id
local waiting = {} -- what is called when diagnostics arrive

local function at(params, client, conduit, more)
  local position = places.position(params.textDocument.uri, params.position, conduit, client)
  return vim.tbl_extend('force', { textDocument = { uri = params.textDocument.uri }, position = position }, more or {})
end

local function locations(method, more)
  return function(conduit, params)
    local bufnr, clients, version = asking.prepare(conduit, params, method)
    local found = {}
    for _, answer in ipairs(asking.ask(clients, method, function(client)
      return at(params, client, conduit, more and more(params))
    end, bufnr)) do
      local list = vim.islist(answer.result) and answer.result or { answer.result }
      for _, each in ipairs(list) do
        local uri, range = each.uri or each.targetUri, each.range or each.targetSelectionRange
        table.insert(found, { uri = uri, range = places.range(uri, range, answer.client, conduit) })
      end
    end
    return { version = version, locations = found }
  end
end

local function symbol_in(conduit, client, uri, symbol)
  local range = symbol.selectionRange or symbol.location and symbol.location.range
  local place = symbol.location and symbol.location.uri or uri
  local children = {}
  for _, child in ipairs(symbol.children or {}) do
    table.insert(children, symbol_in(conduit, client, uri, child))
  end
  return {
    name = symbol.name,
    kind = symbol.kind,
    containerName = symbol.containerName,
    location = range and { uri = place, range = places.range(place, range, client, conduit) },
    children = #children > 0 and children or nil,
  }
end

local function symbols(conduit, params)
  local method = params.query and 'workspace/symbol' or 'textDocument/documentSymbol'
  local bufnr, clients, version, uri
  if params.query then
    clients = asking.servers(nil, method)
  else
    uri = params.textDocument.uri
    bufnr, clients, version = asking.prepare(conduit, params, method)
  end
  local found = {}
  for _, answer in ipairs(asking.ask(clients, method, function()
    return params.query and { query = params.query } or { textDocument = { uri = uri } }
  end, bufnr)) do
    for _, symbol in ipairs(answer.result) do
      table.insert(found, symbol_in(conduit, answer.client, uri, symbol))
    end
  end
  return { version = version, symbols = found }
end

local function rename(conduit, params)
  local bufnr, clients, version = asking.prepare(conduit, params, 'textDocument/rename')
  local why
  for _, client in ipairs(clients) do
    local found, problem = asking.ask({ client }, 'textDocument/rename', function()
      return at(params, client, conduit, { newName = params.newName })
    end, bufnr)
    if found[1] then
      return { version = version, edit = places.workspace_edit(found[1].result, client, conduit) }
    end
    why = why or problem
  end
  return why and asking.fail(why) or { version = version }
end

-- What a server said about lines, as it said it: it knows its own diagnostics again by their data.
local function known_problems(client, bufnr, range)
  local found = {}
  for _, pull in ipairs({ true, false }) do
    local namespace = vim.lsp.diagnostic.get_namespace(client.id, pull)
    for _, each in ipairs(vim.diagnostic.get(bufnr, { namespace = namespace })) do
      local said = each.user_data and each.user_data.lsp
      if said and each.lnum <= range['end'].line and (each.end_lnum or each.lnum) >= range.start.line then
        table.insert(found, said)
      end
    end
  end
  return found
end

local function edit_of(action, conduit)
  local client = vim.lsp.get_client_by_id(action.client_id)
  local whole = action.said
  if client and not whole.edit and client:supports_method('codeAction/resolve', action.bufnr) then
    local answer = asking.ask({ client }, 'codeAction/resolve', function()
      return whole
    end, action.bufnr)[1]
    whole = answer and answer.result or whole
  end
  return client and whole.edit and places.workspace_edit(whole.edit, client, conduit)
end

local function shown_action(action, id)
  return {
    id = id,
    title = action.title,
    kind = action.kind,
    isPreferred = action.isPreferred,
    disabled = action.disabled,
  }
end

local function code_actions(conduit, params)
  local bufnr, clients, version = asking.prepare(conduit, params, 'textDocument/codeAction')
  local kept = params.resolve and offered[params.resolve]
  if kept then
    if kept.bufnr ~= bufnr or kept.version ~= version then
      return { version = version, actions = {} }
    end
    local action = shown_action(kept.said, params.resolve)
    action.edit = edit_of(kept, conduit)
    return { version = version, actions = { action } }
  end
  offered = {}
  local list, uri = {}, params.textDocument.uri
  for _, answer in ipairs(asking.ask(clients, 'textDocument/codeAction', function(client)
    local range = places.range(uri, params.range, conduit, client)
    local context = { diagnostics = known_problems(client, bufnr, range), only = params.only, triggerKind = 1 }
    return { textDocument = { uri = uri }, range = range, context = context }
  end, bufnr)) do
    for index, said in ipairs(answer.result) do
      -- A bare command has a text as its command and can only be run.
      local id = ('%d:%d:%d'):format(answer.client.id, version, index)
      local action = type(said.command) == 'string' and { title = said.title } or said
      offered[id] = { client_id = answer.client.id, bufnr = bufnr, version = version, said = action }
      table.insert(list, shown_action(action, id))
    end
  end
  return { version = version, actions = list }
end

-- What all servers of a buffer say about the version that it has now; nil when one of them is not done.
local function diagnostics_now(conduit, bufnr, uri)
  local version, found, oldest, heard = asking.version_of(bufnr), {}, nil, false
  local pulling = asking.servers(bufnr, 'textDocument/diagnostic')
  local answers = asking.ask(pulling, 'textDocument/diagnostic', function()
    return { textDocument = { uri = uri } }
  end, bufnr)
  if #answers < #pulling then
    return nil
  end
  for _, answer in ipairs(answers) do
    heard = true
    for _, each in ipairs(answer.result.items or {}) do
      table.insert(found, { each, answer.client })
    end
  end
  for _, client in ipairs(asking.servers(bufnr)) do
    local said = published[client.id] and published[client.id][bufnr]
    if said and not vim.list_contains(pulling, client) then
      heard = true
      if said.version ~= version then
        oldest = said.version or vim.NIL
      end
      for _, each in ipairs(said.diagnostics) do
        table.insert(found, { each, client })
      end
    end
  end
  if not heard or oldest or asking.version_of(bufnr) ~= version then
    return nil, oldest
  end
  return {
    version = version,
    diagnostics = vim.tbl_map(function(each)
      local problem, client = each[1], each[2]
      return {
        range = places.range(uri, problem.range, client, conduit),
        message = type(problem.message) == 'table' and problem.message.value or problem.message,
        severity = problem.severity,
        source = problem.source,
        code = problem.code,
      }
    end, found),
  }
end

local function diagnostics(conduit, params)
  local until_ms = vim.uv.now() + params.waitMs
  local bufnr = asking.buffer_of(params.textDocument)
  while true do
    asking.flush(conduit, bufnr)
    local result, oldest = diagnostics_now(conduit, bufnr, params.textDocument.uri)
    if result or vim.uv.now() >= until_ms then
      return result or { version = oldest, diagnostics = {} }
    end
    -- Whoever is asked again does not say when it is done; whoever publishes does.
    asking.await(math.min(until_ms - vim.uv.now(), 250), function(done)
      table.insert(waiting, done)
    end)
  end
end

local function save(_, params)
  local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
  if not vim.api.nvim_buf_is_loaded(bufnr) then
    return { saved = false, reason = 'it is not open' }
  end
  if asking.version_of(bufnr) ~= params.textDocument.version then
    return { saved = false, version = asking.version_of(bufnr), reason = 'it was changed meanwhile' }
  end
  local ok, problem = pcall(vim.api.nvim_buf_call, bufnr, function()
    vim.cmd('silent update')
  end)
  local saved = ok and not vim.bo[bufnr].modified
  return { saved = saved, version = asking.version_of(bufnr), reason = not ok and tostring(problem) or nil }
end

-- What was selected last in the terminal that was used last.
local function terminal_selection()
  local infos = vim.fn.getbufinfo({ bufloaded = 1 })
  table.sort(infos, function(a, b)
    return a.lastused > b.lastused
  end)
  for _, info in ipairs(infos) do
    if vim.bo[info.bufnr].buftype == 'terminal' and vim.api.nvim_buf_get_mark(info.bufnr, '<')[1] > 0 then
      local lines = vim.api.nvim_buf_call(info.bufnr, function()
        return vim.fn.getregion(vim.fn.getpos("'<"), vim.fn.getpos("'>"), { type = vim.fn.visualmode() })
      end)
      return { text = table.concat(lines, '\n') }
    end
  end
  return { text = '' }
end

local function open_diff(_, params)
  vim.cmd.tabnew()
  for number, text in ipairs({ params.before, params.after }) do
    if number == 2 then
      vim.cmd('rightbelow vnew')
    end
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.swapfile = 'nofile', 'wipe', false
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(text, '\n', { plain = true }))
    vim.bo.filetype = vim.filetype.match({ filename = vim.uri_to_fname(params.uri) }) or ''
    vim.bo.modifiable = false
    vim.wo[0][0].winbar = (params.title:gsub('%%', '%%%%'))
    vim.cmd.diffthis()
  end
  return { opened = true }
end

local answers = {
  save = save,
  diagnostics = diagnostics,
  references = locations('textDocument/references', function(params)
    return { context = params.context }
  end),
  definition = locations('textDocument/definition'),
  rename = rename,
  symbols = symbols,
  codeActions = code_actions,
  terminalSelection = terminal_selection,
  openDiff = open_diff,
}

-- What Neovim says at `initialize` that it can do, as far as the option `lend` allows.
function M.offers()
  local lend = options.get('lend')
  local found = vim.empty_dict()
  for name in pairs(answers) do
    found[name] = lend == true or (type(lend) == 'table' and lend[name] ~= false)
  end
  return found
end

-- Handlers by method, for the configuration of the client.
function M.handlers()
  local handlers = {}
  for ability, answer in pairs(answers) do
    handlers['conduit/editor/' .. ability] = function(_, params, context)
      local client = assert(vim.lsp.get_client_by_id(context.client_id))
      local ok, result = pcall(answer, client, params)
      if ok then
        return result
      end
      local message = type(result) == 'table' and result.message or tostring(result)
      return nil, vim.lsp.rpc_response_error(vim.lsp.protocol.ErrorCodes.InternalError, message)
    end
  end
  return handlers
end

-- Keeps the version that servers name with their diagnostics, which Neovim itself forgets.
function M.listen()
  local method = 'textDocument/publishDiagnostics'
  local show = vim.lsp.handlers[method]
  vim.lsp.handlers[method] = function(err, result, context, ...)
    if result and result.uri then
      local of_client = published[context.client_id] or {}
      published[context.client_id] = of_client
      of_client[vim.uri_to_bufnr(result.uri)] = { version = result.version, diagnostics = result.diagnostics }
    end
    local woken = waiting
    waiting = {}
    for _, wake in ipairs(woken) do
      vim.schedule(wake)
    end
    return show(err, result, context, ...)
  end
  local capabilities = { textDocument = { publishDiagnostics = { versionSupport = true } } }
  vim.lsp.config('*', { capabilities = capabilities })
end

return M
