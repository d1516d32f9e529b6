-- The current file beside what is proposed for it, as a diff of two windows. The right side is a picture of the proposal:
-- changes are accepted in the left one, with `:Conduit accept`. And what a turn changed, which the server has shown.
local review = require('conduit.review')
local say = require('conduit.say')
local server = require('conduit.server')
local session = require('conduit.session')

local M = {}

-- Calls `show` with the lines of a file as the server says that they would be; asks again when it was typed in meanwhile.
local function proposed(bufnr, show, failed)
  local tick = vim.b[bufnr].changedtick
  server.request('conduit/hunk/text', { uri = vim.uri_from_bufnr(bufnr) }, function(err, result)
    if not vim.api.nvim_buf_is_loaded(bufnr) then
      return
    elseif vim.b[bufnr].changedtick ~= tick then
      return proposed(bufnr, show, failed)
    elseif err then
      return failed and failed(err)
    end
    local text = (result.after or ''):gsub('\r?\n$', '')
    show(text == '' and {} or vim.split(text, '\r?\n'))
  end, { bufnr = bufnr })
end

local function fill(other, lines)
  vim.bo[other].modifiable = true
  vim.api.nvim_buf_set_lines(other, 0, -1, false, lines)
  vim.bo[other].modifiable = false
end

-- Draws the right side anew when a proposal changes or is decided, and closes it with the last one.
local function follow(bufnr, other, window)
  local group = vim.api.nvim_create_augroup('conduit.diff.' .. other, {})
  vim.api.nvim_create_autocmd('User', {
    group = group,
    pattern = 'ConduitReview',
    callback = function(event)
      if not vim.api.nvim_buf_is_valid(other) then
        return true
      elseif event.data ~= bufnr then
        return
      elseif #review.shown(bufnr) == 0 then
        vim.api.nvim_buf_delete(other, { force = true })
        return true
      end
      proposed(bufnr, function(lines)
        if vim.api.nvim_buf_is_valid(other) then
          fill(other, lines)
        end
      end)
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = other,
    once = true,
    callback = function()
      vim.schedule(function()
        if vim.api.nvim_win_is_valid(window) then
          vim.api.nvim_win_call(window, function()
            vim.cmd('diffoff')
          end)
        end
      end)
    end,
  })
end

-- Opens the diff of the current file.
function M.open()
  local window = review.window()
  if not window then
    return say.info('nothing is proposed for this file; `:Conduit hunks` lists where something is')
  end
  local bufnr = vim.api.nvim_win_get_buf(window)
  proposed(bufnr, function(lines)
    if not vim.api.nvim_win_is_valid(window) or vim.api.nvim_win_get_buf(window) ~= bufnr then
      return
    end
    vim.api.nvim_set_current_win(window)
    vim.cmd('rightbelow vertical new')
    local other, side = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
    vim.bo[other].buftype, vim.bo[other].bufhidden, vim.bo[other].swapfile = 'nofile', 'wipe', false
    vim.bo[other].filetype = vim.bo[bufnr].filetype
    fill(other, lines)
    vim.wo[side][0].winbar = 'proposed'
    vim.cmd.diffthis()
    vim.api.nvim_set_current_win(window)
    vim.cmd.diffthis()
    follow(bufnr, other, window)
  end, say.error)
end

local function choose_file(preview)
  local paths = {}
  for _, file in ipairs(preview.files) do
    table.insert(paths, file.action ~= 'none' and file.path or nil)
  end
  local function show(path)
    session.ask('conduit/session/diff', { turnId = preview.turnId, path = path })
  end
  if #paths < 2 then
    return show(paths[1]) -- without any, the server says why
  end
  vim.ui.select(paths, { prompt = 'What the turn changed in', kind = 'conduit.file' }, function(path)
    return path and show(path)
  end)
end

-- Shows what the newest turn that changed files changed in one of them.
function M.turn()
  if not session.current.id then
    return say.info('there is no conversation that changed files')
  elseif not session.offered('conduit/session/diff') then
    return
  end
  review.when_decided(function()
    session.ask('conduit/session/undo', { preview = true }, choose_file)
  end)
end

return M
