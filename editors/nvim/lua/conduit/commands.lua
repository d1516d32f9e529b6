-- `:Conduit NAME …`: one table, from which the command, its completion and the help pages are made.
local M = {}

local function names_of(list)
  return function()
    return list
  end
end

local function files(lead)
  return vim.fn.getcompletion(lead, 'file')
end

-- Each is { name, arguments, what it does, { module, function }, complete =, bang =, range = }. The function gets what
-- was typed behind the name, and { bang, lines } where lines are the first and last of the range.
M.specs = {
  { 'chat', '', 'Open the chat, go to it, or close it when the cursor is in it.', { 'chat', 'toggle' } },
  {
    'ask',
    '[text]',
    'Ask about the folder, the current file and the selected lines. Without a text the lines are attached to the prompt.',
    { 'chat', 'ask' },
    range = true,
  },
  { 'stop', '', 'Stop what is running; prompts that wait come back to you.', { 'commands', 'stop' } },
  { 'answer', '', 'Answer the question that waits.', { 'permission', 'again' } },
  { 'new', '', 'Begin another conversation.', { 'session', 'new' } },
  { 'sessions', '[words]', 'Open an earlier conversation, one that contains the words.', { 'pick', 'session' } },
  {
    'model',
    '[name]',
    'Choose the model of this conversation.',
    { 'pick', 'model' },
  },
  {
    'mode',
    '[ask|review|auto]',
    'Choose what this conversation may do: `ask` only reads, `review` proposes, `auto` changes files.',
    { 'pick', 'mode' },
    complete = names_of({ 'ask', 'review', 'auto' }),
  },
  { 'accept', '', 'Accept the proposed change at the cursor; with `!` all of the file.', { 'review', 'accept' }, bang = true },
  { 'acceptall', '', 'Accept every proposed change of every file.', { 'review', 'accept_all' } },
  { 'reject', '', 'Reject the proposed change at the cursor; with `!` all of the file.', { 'review', 'reject' }, bang = true },
  { 'rejectall', '', 'Reject every proposed change of every file.', { 'review', 'reject_all' } },
  { 'retry', '[what is wanted]', 'Let the model propose the change at the cursor anew.', { 'review', 'regenerate' } },
  { 'hunks', '', 'List the proposed changes in the quickfix window.', { 'review', 'list' } },
  { 'diff', '', 'Show the current file beside what is proposed for it.', { 'diff', 'open' } },
  { 'changes', '', 'Show what the newest turn changed in a file, before and after.', { 'diff', 'turn' } },
  { 'undo', '', 'Take back what the newest turn changed in files.', { 'commands', 'undo' } },
  { 'redo', '', 'Make it again.', { 'commands', 'redo' } },
  {
    'edit',
    '[instruction]',
    'Have the selected lines (or the current one) changed; the change is proposed in place.',
    { 'edit', 'run' },
    range = true,
  },
  { 'regenerate', '', 'Let the model answer your last message anew.', { 'chat.prompt', 'regenerate' } },
  { 'resend', '', 'Edit your message at the cursor, and send it in its place.', { 'chat.prompt', 'edit_message' } },
  {
    'rewind',
    '',
    'Go back to before your message at the cursor; with `!` the files go back too.',
    { 'commands', 'rewind' },
    bang = true,
  },
  { 'unrewind', '', 'Take the newest rewind back.', { 'chat.prompt', 'unrewind' } },
  { 'queue', '', 'Take a waiting prompt out of the queue, to edit it.', { 'pick', 'queue' } },
  {
    'attach',
    '[file]',
    'Attach a file, a picture, or the current file (with a range: those lines) to the prompt.',
    { 'commands', 'attach' },
    range = true,
    complete = files,
  },
  { 'yank', '', 'Yank the code block at the cursor of the chat, else the newest one.', { 'chat.code', 'yank' } },
  { 'complete', '', 'Ask for ghost text now.', { 'ghost', 'ask' } },
  { 'rename', '[title]', 'Give this conversation another title.', { 'session', 'rename' } },
  { 'fork', '', 'Go on in a copy of this conversation.', { 'session', 'fork' } },
  { 'export', '[file]', 'Write this conversation as Markdown, into a file or a new buffer.', { 'session', 'export' }, complete = files },
  { 'delete', '', 'Delete this conversation for good.', { 'session', 'delete' } },
  { 'usage', '', 'Show what was used today and in this conversation.', { 'reports', 'usage' } },
  { 'doctor', '', 'Show what works and what is missing.', { 'reports', 'doctor' } },
  { 'log', '', 'Open the log of the server.', { 'reports', 'log' } },
  { 'logs', '', 'Collect redacted logs, settings and versions in a file for a report.', { 'reports', 'collect' } },
  { 'restart', '', 'End the server and start it again; the conversation goes on.', { 'server', 'restart' } },
}

local function spec_of(name)
  for _, spec in ipairs(M.specs) do
    if spec[1] == name then
      return spec
    end
  end
end

-- Runs a subcommand; `given` may have `bang` and `lines`.
function M.run(name, argument, given)
  local spec = spec_of(name)
  if not spec then
    return require('conduit.say').error(('there is no `:Conduit %s`; `:help conduit-commands` lists them all'):format(name))
  end
  local module, action = unpack(spec[4])
  require('conduit.start').begin()
  return require('conduit.' .. module)[action](argument or '', given or {})
end

-- What `:Conduit` does.
function M.execute(command)
  local name, argument = command.args:match('^(%S*)%s*(.*)$')
  local bang = command.bang or name:sub(-1) == '!'
  name = name:gsub('!$', '')
  local lines = command.range > 0 and { command.line1, command.line2 } or nil
  M.run(name == '' and 'chat' or name, vim.trim(argument), { bang = bang, lines = lines })
end

-- Completes names, and arguments where there is something to offer.
function M.complete(lead, line)
  local behind = line:match('Conduit!?%s+(.*)$') or ''
  local name = behind:match('^(%S+)%s')
  if name then
    local spec = spec_of(name)
    local offered = spec and spec.complete and spec.complete(lead) or {}
    return vim.tbl_filter(function(each)
      return vim.startswith(each, lead)
    end, offered)
  end
  local found = {}
  for _, spec in ipairs(M.specs) do
    if vim.startswith(spec[1], lead) then
      table.insert(found, spec[1])
    end
  end
  table.sort(found)
  return found
end

function M.stop()
  require('conduit.session').stop()
  require('conduit.edit').cancel()
end

function M.undo()
  require('conduit.session').undo('undo')
end

function M.redo()
  require('conduit.session').undo('redo')
end

function M.rewind(_, given)
  require('conduit.chat.prompt').rewind(given.bang)
end

function M.attach(path, given)
  require('conduit.chat.prompt').attach(path, given.lines)
end

return M
