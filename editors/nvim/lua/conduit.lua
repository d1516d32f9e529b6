-- A chat in a scratch buffer over Conduit's own methods. Code actions need none of this.
local M = {}

local session, chat -- the id of the conversation, the buffer that shows it

local function client()
  return vim.lsp.get_clients({ name = 'conduit' })[1] or error('Conduit runs in no buffer; open a file first')
end

local function report(err)
  vim.notify('Conduit: ' .. (err.message or vim.inspect(err)), vim.log.levels.ERROR)
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
  vim.api.nvim_buf_set_text(chat, -1, -1, -1, -1, vim.split(text, '\n', { plain = true }))
  vim.api.nvim_win_set_cursor(vim.fn.bufwinid(chat), { vim.api.nvim_buf_line_count(chat), 0 })
end

function M.on_update(params)
  local update = params.update
  if params.sessionId ~= session then
    return
  elseif update.sessionUpdate == 'agent_message_chunk' then
    show(update.content.text or '')
  elseif update.sessionUpdate == 'tool_call' then
    show(('\n> %s\n\n'):format(update.title or 'tool'))
  end
end

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
    session = result.sessionId
    act(session)
  end)
end

-- Asks about the folder, with the current file and (first, last) of its lines, counted from 1, as context.
function M.ask(text, lines)
  local uri = vim.uri_from_bufnr(0)
  local context = { activeDocument = uri }
  if lines then
    context.selection = {
      uri = uri,
      range = { start = { line = lines[1] - 1, character = 0 }, ['end'] = { line = lines[2], character = 0 } },
    }
  end
  with_session(function(id)
    show(('\n# %s\n\n'):format(text))
    local params = { sessionId = id, prompt = { { type = 'text', text = text } }, context = context }
    client():request('conduit/session/prompt', params, function(err, result)
      if err then
        return report(err)
      end
      show(result.stopReason == 'end_turn' and '\n' or ('\n\n(%s)\n'):format(result.stopReason))
    end)
  end)
end

function M.stop()
  if session then
    client():notify('conduit/session/cancel', { sessionId = session })
  end
end

function M.forget()
  session = nil
end

-- Without a name: asks which.
function M.choose_model(name)
  with_session(function(id)
    local function choose(model)
      local params = { sessionId = id, model = model }
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
          return model.name
        end,
      }, function(model)
        return model and choose(model.id)
      end)
    end)
  end)
end

return M
