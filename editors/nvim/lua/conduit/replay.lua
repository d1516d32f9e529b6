-- What arrives while a conversation is loaded: its history, and between it what a turn says that runs meanwhile.
local M = {}

local function same(update)
  return update.sessionUpdate .. ':' .. (update.messageId or update.toolCallId or '')
end

-- Puts what is stored in its order, each once, and behind it what is only said, unless something stored says it too.
function M.in_order(held)
  local stored, said, known, place = {}, {}, {}, {}
  for _, params in ipairs(held) do
    if params.seq then
      local key = params.seq .. vim.json.encode(params.update)
      if not known[key] then
        known[key] = true
        place[params] = #stored
        table.insert(stored, params)
        if params.update.messageId or params.update.toolCallId then
          known[same(params.update) .. tostring(params.turnId)] = true
        elseif params.update.sessionUpdate == 'turn_state' and params.update.state == 'idle' then
          known['over:' .. tostring(params.turnId)] = true
        end
      end
    end
  end
  for _, params in ipairs(held) do
    local over = known['over:' .. tostring(params.turnId)] and params.update.sessionUpdate ~= 'queue_update'
    if not params.seq and not over and not known[same(params.update) .. tostring(params.turnId)] then
      table.insert(said, params)
    end
  end
  table.sort(stored, function(one, other)
    return one.seq < other.seq or one.seq == other.seq and place[one] < place[other]
  end)
  return vim.list_extend(stored, said)
end

return M
