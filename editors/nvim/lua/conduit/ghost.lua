-- Text that is proposed while typing. Neovim 0.12 shows it itself; for 0.11 it is shown here, by a mark.
local keys = require('conduit.keys')
local options = require('conduit.options')

local M = {}

local METHOD = 'textDocument/inlineCompletion'
local INVOKED, AUTOMATIC = 1, 2 -- LSP 3.18, InlineCompletionTriggerKind
local space = vim.api.nvim_create_namespace('conduit.ghost')
local native = vim.lsp.inline_completion

local timer, asked -- a pause of typing, the request under way
local shown -- { bufnr, row, column, text }: the rest of the item, from the cursor on

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
  return column >= start and vim.startswith(text, before) and text:sub(#before + 1) or nil
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
  local lines = vim.split(shown.text, '\n', { plain = true })
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
    timer:close()
    timer = nil
  end
  if asked then
    asked.client:cancel_request(asked.id)
    asked = nil
  end
end

-- The text of an answer, which is one item or none.
local function text_of(client, result, row, column)
  local item, line = result and (result.items or result)[1], vim.api.nvim_get_current_line()
  if not item then
    return ''
  end
  local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
  local start = column
  if item.range and item.range.start.line == row then
    start = vim.str_byteindex(line, client.offset_encoding, item.range.start.character, false)
  end
  return rest_of(text, line, start, column) or ''
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
    local text = text_of(client, result, cursor[1] - 1, cursor[2])
    if text ~= '' then
      shown = { bufnr = bufnr, row = cursor[1] - 1, column = cursor[2], text = text }
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
    local text = shown.text
    if vim.startswith(text, typed) and #text > #typed then
      shown.text, shown.column = text:sub(#typed + 1), column
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
    local text = shown.text
    local taken = part_of(text, part)
    hide()
    insert(taken)
    local rest = text:sub(#taken + 1)
    if rest ~= '' then
      local row, column = unpack(vim.api.nvim_win_get_cursor(0))
      shown = { bufnr = vim.api.nvim_get_current_buf(), row = row - 1, column = column, text = rest }
      show()
    end
  end)
  return true
end

-- -- Neovim 0.12 ------------------------------------------------------------------------------------------------------

-- What Neovim keeps of the ghost text of a buffer. It is Neovim's own affair: where a version has none, nothing is kept
-- after a part was taken until it asks again, and it asks when it wants to.
local function kept(bufnr)
  local ok, found = pcall(function()
    return require('vim.lsp._capability').all.inline_completion.active[bufnr]
  end)
  return ok and found or nil
end

-- Goes on showing what is left of an item, at the cursor: the next word is taken before the server could be asked again.
local function keep(item, rest)
  local its = rest ~= '' and kept(vim.api.nvim_get_current_buf())
  local client = vim.lsp.get_client_by_id(item.client_id)
  if its and client then
    pcall(function()
      local at = vim.lsp.util.make_position_params(0, client.offset_encoding).position
      local range = vim.range.lsp(its.bufnr, { start = at, ['end'] = at }, client.offset_encoding)
      its.current = vim.tbl_extend('force', item, { insert_text = rest, range = range })
      its:show()
    end)
  end
end

-- Neovim's own way inserts the item where it was asked for, beside what was typed along it since.
local function accept_native(part)
  return native.get({
    on_accept = function(item)
      local client = vim.lsp.get_client_by_id(item.client_id)
      if part == 'all' and not (client and client.name == 'conduit') then
        return item
      end
      local text = type(item.insert_text) == 'table' and item.insert_text.value or item.insert_text
      local row, column = unpack(vim.api.nvim_win_get_cursor(0))
      local first_row, start = row - 1, column
      if item.range then
        first_row, start = item.range:to_extmark()
      end
      local rest = first_row == row - 1 and rest_of(text, vim.api.nvim_get_current_line(), start, column)
      if rest then
        local taken = part_of(rest, part)
        insert(taken)
        keep(item, rest:sub(#taken + 1))
      end
    end,
  })
end

local function ask_native()
  local its = kept(vim.api.nvim_get_current_buf())
  if its then
    pcall(function()
      its:reset_timer() -- the request that comes by itself would end this one
      its:request(INVOKED)
    end)
  end
end

-- -- both -------------------------------------------------------------------------------------------------------------

-- Takes `all`, the next `word` or the next `line`; false when nothing is shown. May be called from an <expr> mapping.
function M.accept(part)
  if native then
    return accept_native(part)
  end
  return accept_own(part)
end

-- Asks for ghost text at the cursor now; from normal mode behind it at the end of a line, else before it.
function M.ask()
  local act = vim.schedule_wrap(native and ask_native or function()
    stop_asking()
    request(INVOKED)
  end)
  if vim.fn.mode() ~= 'n' then
    return act()
  end
  local column, length = vim.api.nvim_win_get_cursor(0)[2], #vim.api.nvim_get_current_line()
  vim.api.nvim_create_autocmd('InsertEnter', { buffer = 0, once = true, callback = act })
  vim.cmd.startinsert({ bang = column + 1 >= length })
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
