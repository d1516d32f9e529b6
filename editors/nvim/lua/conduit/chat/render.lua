-- From what the server tells to lines of Markdown. Each function returns whole lines, the last one empty.
local folds = require('conduit.chat.folds')

local M = {}

local MOST_LINES = 200 -- of one tool's output; the whole of it is in the log of the conversation

local function lines_of(text)
  return vim.split((text:gsub('\r\n', '\n')), '\n', { plain = true })
end

local function quote(lines, found)
  for _, line in ipairs(lines) do
    table.insert(found, line == '' and '>' or '> ' .. line)
  end
end

local function fence(text, language, found)
  local ticks = '```'
  while text:find(ticks, 1, true) do
    ticks = ticks .. '`'
  end
  local lines = lines_of((text:gsub('\n$', '')))
  local more = #lines - MOST_LINES
  if more > 0 then
    lines = vim.list_slice(lines, 1, MOST_LINES)
    table.insert(lines, ('… %d more lines'):format(more))
  end
  quote({ ticks .. language }, found)
  quote(lines, found)
  quote({ ticks }, found)
end

function M.user(text)
  local found = { '## You', '' }
  vim.list_extend(found, lines_of(text))
  table.insert(found, '')
  return found
end

function M.head()
  return { '## Conduit', '' }
end

function M.text(text)
  local found = lines_of((text:gsub('\n+$', '')))
  table.insert(found, '')
  return found
end

function M.thought(text, running)
  local found = { ('> %s %s'):format(folds.THOUGHT, running and 'Thinking …' or 'Thought') }
  quote(lines_of((text:gsub('\n+$', ''))), found)
  table.insert(found, '')
  return found
end

local function input(raw, found)
  local names = vim.tbl_keys(raw)
  table.sort(names)
  for _, name in ipairs(names) do
    local value = raw[name]
    local shown = type(value) == 'string' and value or vim.json.encode(value)
    if shown:find('\n') then
      quote({ name .. ':' }, found)
      fence(shown, '', found)
    else
      quote({ ('%s: `%s`'):format(name, shown) }, found)
    end
  end
end

-- `call`: title, status, rawInput, content, seconds.
function M.tool(call)
  local took = call.seconds and call.seconds >= 0.1 and (' · %.1f s'):format(call.seconds) or ''
  local failed = call.status == 'failed' and (call.interrupted and ' · interrupted' or ' · failed') or ''
  local found = { ('> %s %s%s%s'):format(folds.SIGNS[call.status] or folds.SIGNS.pending, call.title or 'Tool', failed, took) }
  if call.rawInput and next(call.rawInput) then
    input(call.rawInput, found)
  end
  for _, each in ipairs(call.content or {}) do
    local text = each.content and each.content.text or ''
    local diff = text:match('^```diff\n(.*)```$')
    if vim.trim(text) ~= '' then
      fence(diff or text, diff and 'diff' or '', found)
    end
  end
  table.insert(found, '')
  return found
end

-- A question about an effect, and once it is there the answer.
function M.question(params, answer)
  local found = { ('> **May Conduit %s?**'):format((params.toolCall.title:gsub('^%u', string.lower))) }
  if params.reason and params.reason ~= '' then
    quote({ '', params.reason }, found)
  end
  if params.preview and params.preview ~= '' then
    fence(params.preview, params.effect == 'execute' and 'sh' or 'diff', found)
  end
  quote({ answer and ('→ %s'):format(answer) or 'Answer with `:Conduit answer`.' }, found)
  table.insert(found, '')
  return found
end

function M.notice(text)
  local found = {}
  quote(lines_of(text), found)
  table.insert(found, '')
  return found
end

-- What a person accepted; nil for what a turn did, which its tool calls show, and for an undo, of which a notice tells.
function M.change(change)
  if change.cause ~= 'accept' or change.status ~= 'applied' then
    return nil
  end
  local names = vim.tbl_map(function(file)
    return '`' .. (file.newPath or file.path) .. '`'
  end, change.files or {})
  return M.notice('Accepted: ' .. table.concat(names, ', '))
end

function M.sources(sources)
  local found = { 'Sources:', '' }
  for number, page in ipairs(sources) do
    table.insert(found, ('%d. [%s](%s)'):format(number, page.title ~= '' and page.title or page.url, page.url))
  end
  table.insert(found, '')
  return found
end

local REASONS = {
  cancelled = 'Stopped.',
  max_tokens = 'Cut off: the answer reached its longest size.',
  max_turn_requests = 'Stopped: too many rounds of tools.',
  refusal = 'The model refused to answer.',
  loop = 'Stopped: the model repeated itself.',
  budget = 'Stopped: the budget is used up.',
}

-- The end of a turn, where there is something to say of it.
function M.ended(update)
  if update.stopReason == 'end_turn' or not update.stopReason then
    return nil
  elseif update.error then
    return M.notice('**Error:** ' .. update.error)
  end
  return M.notice(('*%s*'):format(REASONS[update.stopReason] or update.stopReason))
end

return M
