-- Inline edit: some lines and an instruction; what comes back are proposed changes, shown in place.
local say = require('conduit.say')
local server = require('conduit.server')
local session = require('conduit.session')

local M = {}

local METHOD = 'conduit/inlineEdit'
local space = vim.api.nvim_create_namespace('conduit.edit')
local running = {} -- handles of requests, with the mark that shows them

local function start(bufnr, window, first, last, instruction)
  local text = vim.api.nvim_buf_get_lines(bufnr, last - 1, last, false)[1] or ''
  local mark = vim.api.nvim_buf_set_extmark(bufnr, space, first - 1, 0, {
    virt_lines = { { { '✎ Conduit: ' .. instruction .. ' … (:Conduit stop)', 'Comment' } } },
    virt_lines_above = first > 1,
    end_row = last - 1,
    hl_eol = true,
    hl_group = 'Visual',
    end_col = #text,
  })
  local client = server.client()
  local encoding = client and client.offset_encoding or 'utf-16'
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(bufnr), version = vim.lsp.util.buf_versions[bufnr] },
    range = {
      start = { line = first - 1, character = 0 },
      ['end'] = { line = last - 1, character = vim.str_utfindex(text, encoding, #text, false) },
    },
    instruction = instruction,
  }
  local each
  each = server.request(METHOD, params, function(err, result)
    running[each] = nil
    if vim.api.nvim_buf_is_valid(bufnr) then
      vim.api.nvim_buf_del_extmark(bufnr, space, mark)
    end
    if err or result.error then
      return say.error(err or result.error)
    end
    say.info(result.message ~= '' and result.message or ('%d proposed changes wait'):format(#result.hunkIds))
    if #result.hunkIds > 0 and vim.api.nvim_win_is_valid(window) and vim.api.nvim_win_get_buf(window) == bufnr then
      require('conduit.review').refresh(bufnr)
    end
  end, { bufnr = bufnr })
  running[each] = true
end

-- Edits the lines of a range, or the current one; without an instruction it is asked for.
function M.run(instruction, given)
  local bufnr, window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local row = vim.api.nvim_win_get_cursor(0)[1]
  local first, last = unpack(given.lines or { row, row })
  if vim.bo[bufnr].buftype ~= '' then
    return say.info('only files can be edited')
  elseif not session.offered(METHOD) then
    return
  end
  local tick = vim.b[bufnr].changedtick
  local function with(text)
    if not text or vim.trim(text) == '' then
      return
    elseif vim.b[bufnr].changedtick ~= tick then
      return say.warn('the text has changed meanwhile; select the lines again')
    end
    start(bufnr, window, first, last, vim.trim(text))
  end
  if instruction ~= '' then
    return with(instruction)
  end
  vim.ui.input({ prompt = ('Change line%s %s: '):format(first == last and '' or 's', first == last and first or first .. '-' .. last) }, with)
end

-- Stops all inline edits that are under way.
function M.cancel()
  for each in pairs(running) do
    server.cancel(each)
  end
end

return M
