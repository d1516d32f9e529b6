-- A chat in a scratch buffer over Conduit's own methods. Code actions need none of this.
local review = require('conduit.review')

local M = {}

local session, chat -- the id of the conversation, the buffer that shows it
local modes = {} -- what the server said that a conversation can be in
local shown = {} -- per message: where its text begins in the chat, and the text so far
local loading = false -- a stored conversation is on its way; its first update takes the place of what is shown

local START_MS = 5000

-- The server of this folder; right after a file was opened it may still be starting.
local function client()
  local found
  vim.wait(START_MS, function()
    found = vim.lsp.get_clients({ name = 'conduit' })[1]
    return found ~= nil
  end, 20)
  return found or error('Conduit runs in no buffer; open a file of a folder first', 0)
end

local function report(err)
  vim.notify('Conduit: ' .. (err.message or vim.inspect(err)), vim.log.levels.ERROR)
end

local function lines_of(text)
  return vim.split(text, '\n', { plain = true })
end

-- Adds text at the end of the chat, which is opened when nobody sees it.
local function show(text)
  if not (chat and vim.api.nvim_buf_is_valid(chat)) then
    chat = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(chat, 'conduit://chat')
    vim.bo[chat].filetype = 'markdown'
  end
  if vim.fn.bufwinid(chat) == -1 then
    vim.api.nvim_open_win(chat, false, { split = 'right' })
  end
  vim.api.nvim_buf_set_text(chat, -1, -1, -1, -1, lines_of(text))
  vim.api.nvim_win_set_cursor(vim.fn.bufwinid(chat), { vim.api.nvim_buf_line_count(chat), 0 })
end

-- Adds to a message; with `replace` the text takes the place of what was shown of it.
local function show_message(update)
  local message, text = shown[update.messageId], update.content.text or ''
  if not message then
    show('') -- so that there is a chat
    local row = vim.api.nvim_buf_line_count(chat) - 1
    message = { row = row, column = #vim.api.nvim_buf_get_lines(chat, row, row + 1, false)[1], text = '' }
    shown[update.messageId] = message
  end
  if not update.replace then
    show(text)
    message.text = message.text .. text
  elseif message.text ~= text then
    local old = lines_of(message.text)
    local last_row = message.row + #old - 1
    local last_column = (#old == 1 and message.column or 0) + #old[#old]
    vim.api.nvim_buf_set_text(chat, message.row, message.column, last_row, last_column, lines_of(text))
    message.text = text
  end
end

-- Shown when the server has taken the question in: one that it refuses stays out of the answer that is being written.
local function show_question(text)
  local lines = lines_of(text)
  show(('\n# %s\n\n'):format(lines[1]))
  if #lines > 1 then
    show(table.concat(lines, '\n', 2) .. '\n\n')
  end
end

local function clear()
  shown = {}
  if chat and vim.api.nvim_buf_is_valid(chat) then
    vim.api.nvim_buf_set_lines(chat, 0, -1, false, {})
  end
end

function M.on_update(params)
  local update = params.update
  review.on_update(update)
  if params.sessionId ~= session then
    return
  end
  if loading == 'asked' then
    clear()
    loading = 'arriving'
  end
  if update.sessionUpdate == 'user_message_chunk' then
    show_question(update.content.text or ('(%s)'):format(update.content.type))
  elseif update.sessionUpdate == 'agent_message_chunk' then
    show_message(update)
  elseif update.status == 'in_progress' then
    show(('\n> %s\n\n'):format(update.title))
  elseif update.status == 'failed' then
    show(('\n> %s: failed\n\n'):format(update.title))
  elseif update.sessionUpdate == 'hunk' and #update.hunks > 0 and not loading then
    local what = #update.hunks == 1 and 'a proposed change waits' or ('%d proposed changes wait'):format(#update.hunks)
    vim.notify(('Conduit: %s in %s'):format(what, update.name))
  elseif update.sessionUpdate == 'notice' then
    if loading then
      show(('\n> %s\n\n'):format(update.text))
    else
      vim.notify('Conduit: ' .. update.text)
    end
  elseif update.sessionUpdate == 'turn_state' and update.state == 'idle' then
    show(update.stopReason == 'end_turn' and '\n' or ('\n\n(%s)\n'):format(update.error or update.stopReason))
  end
end

-- For a status line: ready, busy, waiting, downloading or error.
function M.on_status(params)
  vim.g.conduit_status = params.state
end

local function with_session(act)
  if session then
    return act(session)
  end
  client():request('conduit/session/new', { cwd = client().root_dir }, function(err, result)
    if err then
      return report(err)
    end
    session, modes = result.sessionId, result.modes.availableModes
    act(session)
  end)
end

-- Asks about the folder, with the current file and (first, last) of its lines, counted from 1, as context.
function M.ask(text, lines)
  local uri = vim.uri_from_bufnr(0)
  local context = { activeDocument = { uri = uri } }
  if lines then
    context.selection = {
      start = { line = lines[1] - 1, character = 0 },
      ['end'] = { line = lines[2], character = 0 },
    }
  end
  with_session(function(id)
    local params = { sessionId = id, prompt = { { type = 'text', text = text } }, context = context }
    client():request('conduit/session/prompt', params, function(err)
      return err and report(err)
    end)
  end)
end

function M.stop()
  if session then
    client():notify('conduit/session/cancel', { sessionId = session })
  end
end

-- Takes back what the newest turn that changed files changed; with 'redo' it is made again.
function M.undo(which)
  if session then
    client():request('conduit/session/' .. which, { sessionId = session }, function(err)
      return err and report(err)
    end)
  end
end

function M.forget()
  session = nil
end

-- Shows a stored conversation in the chat; the next question goes on with it.
local function open(id)
  local before = session
  session, loading = id, 'asked'
  client():request('conduit/session/load', { sessionId = id }, function(err, result)
    loading = false
    if err then
      session = before
      return report(err)
    end
    modes = result.modes.availableModes
  end)
end

-- Asks which of this folder's conversations, newest first, to open again.
function M.choose_session(query)
  client():request('conduit/session/list', { query = query }, function(err, result)
    if err then
      return report(err)
    elseif #result.sessions == 0 then
      return vim.notify('Conduit: there is no such conversation in this folder')
    end
    vim.ui.select(result.sessions, {
      prompt = 'Conversation',
      format_item = function(info)
        local title = info.title ~= '' and info.title or 'Untitled'
        return ('%s  %s%s'):format(os.date('%Y-%m-%d %H:%M', info.updatedAt), title, info.running and ' (running)' or '')
      end,
    }, function(info)
      return info and open(info.sessionId)
    end)
  end)
end

-- Without a name: asks which. `ask` only reads, `review` proposes, `auto` may change files.
function M.choose_mode(name)
  with_session(function(id)
    local function choose(mode)
      client():request('conduit/session/setMode', { sessionId = id, modeId = mode }, function(err)
        return err and report(err) or vim.notify(('Conduit: this conversation is in mode %s now'):format(mode))
      end)
    end
    if name then
      return choose(name)
    end
    vim.ui.select(modes, {
      prompt = 'Mode',
      format_item = function(mode)
        return ('%s: %s'):format(mode.id, mode.description)
      end,
    }, function(mode)
      return mode and choose(mode.id)
    end)
  end)
end

-- Without a name: asks which.
function M.choose_model(name)
  with_session(function(id)
    local function choose(model)
      local params = { sessionId = id, modelId = model }
      client():request('conduit/session/setModel', params, function(err)
        return err and report(err) or vim.notify('Conduit: ' .. model .. ' answers from now on')
      end)
    end
    if name then
      return choose(name)
    end
    client():request('conduit/models/list', vim.empty_dict(), function(err, result)
      if err then
        return report(err)
      end
      vim.ui.select(result.models, {
        prompt = 'Model',
        format_item = function(model)
          return model.ready and model.name or ('%s (%s)'):format(model.name, model.note)
        end,
      }, function(model)
        return model and choose(model.modelId)
      end)
    end)
  end)
end

return M
