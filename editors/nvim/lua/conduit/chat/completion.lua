-- Names behind `@` and `/` in the prompt. A small language server inside Neovim offers them to the chat's buffer, so that
-- 'omnifunc', vim.lsp.completion and every completion plugin that knows language servers show them.
local options = require('conduit.options')
local page = require('conduit.chat.page')
local server = require('conduit.server')
local session = require('conduit.session')

local M = {}

local CLIENT = 'conduit.chat'
local KINDS = { file = 17, folder = 19, terminal = 18, command = 3 } -- LSP 3.17, CompletionItemKind

-- What is being typed at a place: the sign, its first byte column, and what follows it.
local function typed(row, column)
  local line = vim.api.nvim_buf_get_lines(page.buffer, row, row + 1, false)[1] or ''
  local before = line:sub(1, column)
  local first_line = row == page.marker_row() + 1
  local name = first_line and before:match('^/([%w_%-:]*)$')
  if name then
    return '/', 0, name
  end
  local start, word = before:match('()@([^%s@]*)$')
  if start and (start == 1 or before:sub(start - 1, start - 1):match('[%s%(]')) then
    return '@', start - 1, word
  end
end

local function item(label, kind, detail, text, row, first, column, number)
  local place = { start = { line = row, character = first }, ['end'] = { line = row, character = column } }
  return {
    label = label,
    kind = kind,
    detail = detail,
    filterText = text,
    sortText = ('%04d'):format(number),
    textEdit = { range = place, newText = text },
  }
end

local function mentions(row, first, column, word, answer)
  server.request('conduit/mention/list', { query = word, limit = 50, sessionId = session.current.id }, function(err, result)
    local found = {}
    for number, each in ipairs(not err and result.mentions or {}) do
      local text = '@' .. (each.name:match('[%s#"]') and ('"%s"'):format(each.name) or each.name)
      table.insert(found, item(each.name, KINDS[each.kind], each.kind, text, row, first, column, number))
    end
    answer(found)
  end, { root = session.current.root })
end

local function commands(row, first, column, answer)
  server.request('conduit/command/list', { sessionId = session.current.id }, function(err, result)
    local found = {}
    for number, each in ipairs(not err and result.commands or {}) do
      local label = '/' .. each.name .. (each.hint ~= '' and ' ' .. each.hint or '')
      table.insert(found, item(label, KINDS.command, each.description, '/' .. each.name, row, first, column, number))
    end
    answer(found)
  end, { root = session.current.root })
end

local function complete(params, answer)
  local row, column = params.position.line, params.position.character
  local sign, first, word = typed(row, column)
  local method = sign == '/' and 'conduit/command/list' or 'conduit/mention/list'
  if not sign or row <= page.marker_row() or server.offers(method) == false then
    return answer({ isIncomplete = false, items = {} })
  end
  local function done(items)
    -- Neovim filters by what was typed meanwhile, if it is still the same name.
    local cursor = vim.api.nvim_win_get_cursor(0)
    local here = vim.api.nvim_get_current_buf() == page.buffer and cursor[1] - 1 == row
    local now, start = nil, nil
    if here then
      now, start = typed(row, cursor[2])
    end
    answer({ isIncomplete = true, items = now == sign and start == first and items or {} })
  end
  if sign == '/' then
    return commands(row, first, column, done)
  end
  mentions(row, first, column, word, done)
end

local function start(dispatchers)
  local closing, number = false, 0
  local function answer(method, params, callback)
    if method == 'initialize' then
      callback(nil, {
        capabilities = {
          positionEncoding = 'utf-8',
          textDocumentSync = { openClose = false, change = 0 },
          completionProvider = { triggerCharacters = { '@', '/' } },
        },
        serverInfo = { name = CLIENT },
      })
    elseif method == 'textDocument/completion' then
      complete(params, function(result)
        callback(nil, result)
      end)
    else
      callback(nil, vim.NIL)
    end
  end
  return {
    request = function(method, params, callback)
      number = number + 1
      vim.schedule(function()
        answer(method, params, callback)
      end)
      return true, number
    end,
    notify = function(method)
      if method == 'exit' then
        closing = true
        dispatchers.on_exit(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
    end,
  }
end

-- Offers names in the chat's buffer.
function M.attach(bufnr)
  vim.lsp.start({
    name = CLIENT,
    cmd = start,
    root_dir = vim.fn.getcwd(),
    capabilities = { general = { positionEncodings = { 'utf-8' } } },
    on_attach = function(client)
      vim.bo[bufnr].omnifunc = 'v:lua.vim.lsp.omnifunc'
      vim.bo[bufnr].completeopt = 'menuone,noselect,popup'
      if options.get('chat.completion') then
        vim.lsp.completion.enable(true, client.id, bufnr, { autotrigger = true })
      end
    end,
  }, { bufnr = bufnr })
end

return M
