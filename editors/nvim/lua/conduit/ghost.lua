-- Text that is proposed while typing. Neovim 0.12 shows it itself; for 0.11 it is shown here, by a mark.
local keys = require('conduit.keys')
local options = require('conduit.options')

local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2 -- LSP 3.18, InlineCompletionTriggerKind
local space = vim.api.nvim_create_namespace('conduit.ghost')
local native = vim.lsp.inline_completion

local timer, asked -- a pause of typing, the request under way
local shown -- { bufnr, row, column, texts, index }: the rest of each item, from the cursor on

local function part_of(text, part)
  if part == 'all' then
    return text
  elseif part == 'line' then
    return text:match('^\n?[^\n]*')
  end
  return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%w_%s]+') or text
end

-- What an item adds behind the cursor; nil when what stands before the cursor is not what it begins with.
local function rest_of(text, line, start, column)
  local before = line:sub(start + 1, column)
  return vim.startswith(text, before) and text:sub(#before + 1) or nil
end

local function insert(text)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
  local last = #lines == 1 and column + #text or #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, last })
end

-- -- Neovim 0.11 ------------------------------------------------------------------------------------------------------

local function hide()
  if shown and vim.api.nvim_buf_is_valid(shown.bufnr) then
    vim.api.nvim_buf_clear_namespace(shown.bufnr, space, 0, -1)
  end
  shown = nil
end

local function show()
  local lines = vim.split(shown.texts[shown.index], '\n', { plain = true })
  local below = vim.tbl_map(function(line)
    return { { line, 'ConduitGhost' } }
  end, vim.list_slice(lines, 2))
  vim.api.nvim_buf_clear_namespace(shown.bufnr, space, 0, -1)
  vim.api.nvim_buf_set_extmark(shown.bufnr, space, shown.row, shown.column, {
    virt_text = { { lines[1], 'ConduitGhost' } },
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    right_gravity = true,
  })
end

local function stop_asking()
  if timer then
    timer:stop()
    timer = nil
  end
  if asked then
    asked.client:cancel_request(asked.id)
    asked = nil
  end
end

local function items_of(client, result, row, column)
  local line, found = vim.api.nvim_get_current_line(), {}
  for _, item in ipairs(result and (result.items or result) or {}) do
    local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
    local start = column
    if item.range and item.range.start.line == row then
      start = vim.str_byteindex(line, client.offset_encoding, item.range.start.character, false)
    end
    local rest = rest_of(text, line, start, column)
    table.insert(found, rest and rest ~= '' and rest or nil)
  end
  return found
end

local function request(kind)
  stop_asking()
  local bufnr = vim.api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ name = 'conduit', bufnr = bufnr, method = METHOD })[1]
  if not client then
    return
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = kind }
  local tick, cursor = vim.b[bufnr].changedtick, vim.api.nvim_win_get_cursor(0)
  local mine
  local sent, id = client:request(METHOD, params, function(err, result)
    local same = asked == mine and vim.api.nvim_get_current_buf() == bufnr and vim.b[bufnr].changedtick == tick
    asked = asked ~= mine and asked or nil
    if err or not same or not vim.deep_equal(vim.api.nvim_win_get_cursor(0), cursor) or not vim.fn.mode():match('^i') then
      return
    end
    local texts = items_of(client, result, cursor[1] - 1, cursor[2])
    if #texts > 0 then
      shown = { bufnr = bufnr, row = cursor[1] - 1, column = cursor[2], texts = texts, index = 1 }
      show()
    end
  end, bufnr)
  mine = sent and { client = client, id = id } or nil
  asked = mine
end

-- The cursor moved or something was typed: what was typed as shown leaves the rest, anything else hides it.
local function moved()
  stop_asking()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  if shown and shown.bufnr == vim.api.nvim_get_current_buf() and row - 1 == shown.row and column >= shown.column then
    local typed = vim.api.nvim_get_current_line():sub(shown.column + 1, column)
    local text = shown.texts[shown.index]
    if vim.startswith(text, typed) and #text > #typed then
      shown.texts, shown.index, shown.column = { text:sub(#typed + 1) }, 1, column
      return show()
    end
  end
  hide()
  timer = vim.defer_fn(function()
    timer = nil
    if vim.fn.mode():match('^i') and vim.fn.pumvisible() == 0 then
      request(AUTOMATIC)
    end
  end, options.get('completion.debounce_ms'))
end

local function watch(bufnr)
  local group = vim.api.nvim_create_augroup('conduit.ghost.' .. bufnr, {})
  vim.api.nvim_create_autocmd({ 'InsertEnter', 'CursorMovedI', 'TextChangedI' }, { group = group, buffer = bufnr, callback = moved })
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufLeave' }, {
    group = group,
    buffer = bufnr,
    callback = function()
      stop_asking()
      hide()
    end,
  })
end

local function accept_own(part)
  if not shown then
    return false
  end
  vim.schedule(function()
    if not shown then
      return
    end
    local text = shown.texts[shown.index]
    local taken = part_of(text, part)
    hide()
    insert(taken)
    local rest = text:sub(#taken + 1)
    if rest ~= '' then
      local row, column = unpack(vim.api.nvim_win_get_cursor(0))
      shown = { bufnr = vim.api.nvim_get_current_buf(), row = row - 1, column = column, texts = { rest }, index = 1 }
      show()
    end
  end)
  return true
end

-- -- Neovim 0.12 ------------------------------------------------------------------------------------------------------

local function accept_native(part)
  if part == 'all' then
    return native.get()
  end
  return native.get({
    on_accept = function(item)
      local text = type(item.insert_text) == 'table' and item.insert_text.value or item.insert_text
      local column = vim.api.nvim_win_get_cursor(0)[2]
      local start = column
      if item.range then
        local _, first = item.range:to_extmark()
        start = first
      end
      local rest = rest_of(text, vim.api.nvim_get_current_line(), start, column)
      if rest then
        insert(part_of(rest, part))
      end
    end,
  })
end

-- -- both -------------------------------------------------------------------------------------------------------------

-- Takes `all`, the next `word` or the next `line`; false when nothing is shown. May be called from an <expr> mapping.
function M.accept(part)
  if native then
    return accept_native(part)
  end
  return accept_own(part)
end

-- Shows another proposal; false when nothing is shown.
function M.turn(by)
  if native then
    native.select({ count = by })
    return true
  elseif not shown then
    return false
  end
  vim.schedule(function()
    if shown then
      shown.index = (shown.index - 1 + by) % #shown.texts + 1
      show()
    end
  end)
  return true
end

-- Asks for ghost text at the cursor now.
function M.ask()
  local normal = vim.fn.mode() == 'n'
  if normal then
    vim.cmd.startinsert()
  end
  if not native then
    vim.schedule(function()
      request(INVOKED)
    end)
  end
end

function M.listen()
  vim.api.nvim_set_hl(0, 'ConduitGhost', { link = 'NonText', default = true })
  vim.api.nvim_create_autocmd('LspAttach', {
    group = vim.api.nvim_create_augroup('conduit.ghost', {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if not client or client.name ~= 'conduit' or not options.get('completion.enable') then
        return
      elseif not client:supports_method(METHOD, event.buf) then
        return
      end
      keys.map_ghost(event.buf)
      if native then
        native.enable(true, { bufnr = event.buf })
      else
        watch(event.buf)
      end
    end,
  })
end

return M
