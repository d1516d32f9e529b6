-- Proposed changes where they would land: the old lines marked, the new ones below them, nothing of it in the buffer.
-- The server knows what waits and moves it along with what is typed; here it is only shown and decided.
local options = require('conduit.options')
local say = require('conduit.say')
local server = require('conduit.server')

local M = {}

local space = vim.api.nvim_create_namespace('conduit.review')
local shown = {} -- by buffer: the hunks that are shown there
local timers = {} -- by buffer: a refresh that waits for the end of typing
local PAUSE_MS = 120

local LINKS = { Add = 'DiffAdd', Delete = 'DiffDelete', Sign = 'DiffChange', Warn = 'WarningMsg' }

local function new_lines(hunk)
  local title = hunk.conflict and 'proposed instead of your own change:' or nil
  local lines = title and { { { title, 'ConduitWarn' } } } or {}
  if hunk.kind == 'delete' or hunk.kind == 'move' then
    local text = hunk.kind == 'delete' and 'the file is to be deleted' or ('to be moved to ' .. vim.uri_to_fname(hunk.movedTo))
    return { { { text, 'ConduitWarn' } } }
  end
  for line in vim.gsplit(hunk.newText:gsub('\r?\n$', ''), '\r?\n') do
    if hunk.newText ~= '' then
      table.insert(lines, { { line ~= '' and line or ' ', 'ConduitAdd' } })
    end
  end
  return lines
end

local function sign_of(hunk)
  local inserted = hunk.line == hunk.endLine
  return hunk.conflict and '!' or inserted and '+' or hunk.newText == '' and '-' or '~'
end

local function mark(bufnr, hunk)
  local last = vim.api.nvim_buf_line_count(bufnr) - 1
  local inserted = hunk.line == hunk.endLine
  local above = inserted and hunk.line <= last
  local row = math.min(inserted and hunk.line or hunk.endLine - 1, last)
  vim.api.nvim_buf_set_extmark(bufnr, space, row, 0, { virt_lines = new_lines(hunk), virt_lines_above = above })
  hunk.mark = vim.api.nvim_buf_set_extmark(bufnr, space, math.min(hunk.line, last), 0, {
    sign_text = options.get('review.signs') and sign_of(hunk) or nil,
    sign_hl_group = hunk.conflict and 'ConduitWarn' or 'ConduitSign',
  })
  for line = hunk.line, math.min(hunk.endLine - 1, last) do
    vim.api.nvim_buf_set_extmark(bufnr, space, line, 0, { line_hl_group = 'ConduitDelete' })
  end
end

local function show(bufnr, hunks)
  shown[bufnr] = #hunks > 0 and hunks or nil
  vim.api.nvim_buf_clear_namespace(bufnr, space, 0, -1)
  for _, hunk in ipairs(hunks) do
    mark(bufnr, hunk)
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'ConduitReview', modeline = false, data = bufnr })
end

-- Asks what waits in a buffer, and shows it; an answer about an older text is dropped and asked for again.
function M.refresh(bufnr)
  local conduit = vim.lsp.get_clients({ name = 'conduit', bufnr = bufnr })[1]
  if not conduit or not vim.api.nvim_buf_is_loaded(bufnr) then
    return
  end
  local tick = vim.b[bufnr].changedtick
  conduit:request('conduit/hunk/list', { uri = vim.uri_from_bufnr(bufnr) }, function(err, result)
    if err or not vim.api.nvim_buf_is_loaded(bufnr) then
      return
    elseif vim.b[bufnr].changedtick ~= tick then
      return M.refresh(bufnr)
    end
    show(bufnr, result.hunks)
  end, bufnr)
end

-- Called for each update of a session: something waits now, or does not any more.
function M.on_update(update)
  if update.sessionUpdate ~= 'hunk' then
    return
  end
  for _, conduit in ipairs(vim.lsp.get_clients({ name = 'conduit' })) do
    for bufnr in pairs(conduit.attached_buffers) do
      if vim.uri_from_bufnr(bufnr) == update.uri then
        M.refresh(bufnr)
      end
    end
  end
end

local function typed(bufnr)
  if shown[bufnr] and not timers[bufnr] then
    timers[bufnr] = vim.defer_fn(function()
      timers[bufnr] = nil
      M.refresh(bufnr)
    end, PAUSE_MS)
  end
end

-- Shows hunks in every buffer that Conduit is attached to.
function M.listen()
  for name, link in pairs(LINKS) do
    vim.api.nvim_set_hl(0, 'Conduit' .. name, { link = link, default = true })
  end
  local group = vim.api.nvim_create_augroup('conduit.review', {})
  vim.api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local attached = vim.lsp.get_client_by_id(event.data.client_id)
      if attached and attached.name == 'conduit' then
        M.refresh(event.buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI' }, {
    group = group,
    callback = function(event)
      typed(event.buf)
    end,
  })
end

-- The hunks of the current buffer with the rows where they are now: marks follow what is typed at once.
local function placed()
  local bufnr = vim.api.nvim_get_current_buf()
  local found = {}
  for _, hunk in ipairs(shown[bufnr] or {}) do
    local row = vim.api.nvim_buf_get_extmark_by_id(bufnr, space, hunk.mark, {})[1]
    table.insert(found, { hunk = hunk, first = row, last = row + math.max(hunk.endLine - hunk.line, 1) - 1 })
  end
  return found
end

local function at_cursor()
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  for _, each in ipairs(placed()) do
    if row >= each.first and row <= each.last then
      return each.hunk
    end
  end
end

local deciding, after = 0, {}

-- Calls `act` when what was decided has reached the files.
function M.when_decided(act)
  if deciding == 0 then
    return act()
  end
  table.insert(after, act)
end

local function decide(decision, params, done)
  deciding = deciding + 1
  server.request('conduit/hunk/' .. decision, params, function(err, result)
    deciding = deciding - 1
    if deciding == 0 then
      local acts = after
      after = {}
      for _, act in ipairs(acts) do
        vim.schedule(act)
      end
    end
    if err then
      return say.error(err)
    elseif #result.left > 0 then
      say.warn(('%d were left: you changed their lines yourself. Decide each by itself.'):format(#result.left))
    end
    return done and done(result)
  end)
end

local function decide_here(decision, all)
  if all then
    return decide(decision, { uri = vim.uri_from_bufnr(0) })
  end
  local hunk = at_cursor()
  if not hunk then
    return say.info('no proposed change is at the cursor')
  end
  decide(decision, { hunkIds = { hunk.hunkId }, sessionId = hunk.sessionId })
end

-- Accepts the hunk at the cursor, or with `bang` every hunk of the file.
function M.accept(_, given)
  decide_here('accept', given.bang)
end

function M.reject(_, given)
  decide_here('reject', given.bang)
end

local function decide_all(decision, word)
  decide(decision, vim.empty_dict(), function(result)
    say.info(('%d proposed changes %s'):format(#result.hunkIds, word))
  end)
end

function M.accept_all()
  decide_all('accept', 'accepted')
end

function M.reject_all()
  decide_all('reject', 'rejected')
end

-- Lets the model propose the hunk at the cursor anew.
function M.regenerate(instruction)
  local hunk = at_cursor()
  if not hunk then
    return say.info('no proposed change is at the cursor')
  end
  local params = { hunkId = hunk.hunkId, sessionId = hunk.sessionId, instruction = instruction }
  server.request('conduit/hunk/regenerate', params, function(err, result)
    if err or result.error then
      say.error(err or result.error)
    end
  end)
end

-- A window of this tab that shows a buffer with hunks: the current one if it does.
function M.window()
  for _, window in ipairs(vim.list_extend({ vim.api.nvim_get_current_win() }, vim.api.nvim_tabpage_list_wins(0))) do
    if shown[vim.api.nvim_win_get_buf(window)] then
      return window
    end
  end
end

-- The hunks that are shown in a buffer.
function M.shown(bufnr)
  return shown[bufnr] or {}
end

-- Goes to the next hunk of the file, or with -1 to the one before.
function M.jump(direction)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  local best
  for _, each in ipairs(placed()) do
    if (each.first - row) * direction > 0 and (not best or (best - each.first) * direction > 0) then
      best = each.first
    end
  end
  if best then
    vim.api.nvim_win_set_cursor(0, { best + 1, 0 })
  else
    say.info('there is no other proposed change in this file')
  end
end

-- One line about a hunk, for a list.
local function summary(hunk)
  if hunk.kind == 'move' then
    return 'move to ' .. vim.fn.fnamemodify(vim.uri_to_fname(hunk.movedTo), ':.')
  elseif hunk.kind ~= 'edit' then
    return hunk.kind .. ' the file'
  end
  local added = vim.split(hunk.newText, '\n', { trimempty = true })
  local first = vim.trim(added[1] or '')
  return ('+%d -%d  %s%s'):format(#added, hunk.endLine - hunk.line, hunk.conflict and '(conflict) ' or '', first)
end

-- Lists everything that waits in the quickfix window.
function M.list()
  server.request('conduit/hunk/list', vim.empty_dict(), function(err, result)
    if err then
      return say.error(err)
    elseif #result.hunks == 0 then
      return say.info('no proposed change waits')
    end
    local items = {}
    for _, hunk in ipairs(result.hunks) do
      local note = hunk.note ~= '' and ('  (the file %s)'):format(hunk.note) or ''
      table.insert(items, { filename = vim.uri_to_fname(hunk.uri), lnum = hunk.line + 1, text = summary(hunk) .. note })
    end
    vim.fn.setqflist({}, ' ', { title = 'Conduit: proposed changes', items = items })
    vim.cmd('botright copen')
  end)
end

return M
