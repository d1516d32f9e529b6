-- The buffer of the chat: what was said, as items of whole lines, then a marker line, then the prompt. It is text that a
-- person may edit anywhere; marks remember where each item is.
local M = {}

M.MARKER = '## Prompt'
M.NAME = 'conduit://chat'

local space = vim.api.nvim_create_namespace('conduit.chat')
local items, by_key = {}, {}
local marker
local made = {} -- called when the buffer was made

M.buffer = nil

function M.exists()
  return M.buffer ~= nil and vim.api.nvim_buf_is_valid(M.buffer)
end

-- `act(bufnr)` is called for the buffer: when it is made, or now if it is there.
function M.on_made(act)
  table.insert(made, act)
  if M.exists() then
    act(M.buffer)
  end
end

local function mark_at(row, id)
  return vim.api.nvim_buf_set_extmark(M.buffer, space, row, 0, { id = id })
end

local function row_of(id)
  return vim.api.nvim_buf_get_extmark_by_id(M.buffer, space, id, {})[1]
end

local function line_at(row)
  return vim.api.nvim_buf_get_lines(M.buffer, row, row + 1, false)[1]
end

local function start_empty()
  items, by_key = {}, {}
  vim.api.nvim_buf_clear_namespace(M.buffer, space, 0, -1)
end

-- The buffer, which is made if there is none.
function M.make()
  if M.exists() then
    return M.buffer
  end
  M.buffer = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(M.buffer, M.NAME)
  vim.bo[M.buffer].bufhidden, vim.bo[M.buffer].swapfile = 'hide', false
  vim.api.nvim_buf_set_lines(M.buffer, 0, -1, false, { M.MARKER, '' })
  start_empty()
  marker = mark_at(0)
  vim.bo[M.buffer].filetype = 'conduit'
  for _, act in ipairs(made) do
    act(M.buffer)
  end
  return M.buffer
end

-- The row of the marker line; where a person deleted it, it is put back there, and what follows is the prompt.
function M.marker_row()
  local row = row_of(marker)
  if row and line_at(row) == M.MARKER then
    return row
  end
  local count = vim.api.nvim_buf_line_count(M.buffer)
  for other = count - 1, 0, -1 do
    if line_at(other) == M.MARKER then
      mark_at(other, marker)
      return other
    end
  end
  row = math.min(row or count, count)
  vim.api.nvim_buf_set_lines(M.buffer, row, row, false, { M.MARKER })
  if row + 1 == vim.api.nvim_buf_line_count(M.buffer) then
    vim.api.nvim_buf_set_lines(M.buffer, row + 1, row + 1, false, { '' })
  end
  mark_at(row, marker)
  return row
end

function M.prompt()
  return vim.api.nvim_buf_get_lines(M.buffer, M.marker_row() + 1, -1, false)
end

function M.set_prompt(lines)
  vim.api.nvim_buf_set_lines(M.buffer, M.marker_row() + 1, -1, false, #lines > 0 and lines or { '' })
end

function M.windows()
  return M.exists() and vim.fn.win_findbuf(M.buffer) or {}
end

-- Runs `edit` without moving what is seen: a cursor in the prompt stays on its text, and in view.
function M.keep_view(edit)
  local before = {}
  for _, window in ipairs(M.windows()) do
    local cursor = vim.api.nvim_win_get_cursor(window)
    before[window] = { cursor = cursor, behind = cursor[1] - 1 - M.marker_row() }
  end
  edit()
  local row = M.marker_row()
  for window, was in pairs(before) do
    if was.behind >= 0 then
      local last = vim.api.nvim_buf_line_count(M.buffer)
      vim.api.nvim_win_set_cursor(window, { math.min(row + 1 + was.behind, last), was.cursor[2] })
    end
  end
end

local function same_ends(old, new)
  local first, last, least = 0, 0, math.min(#old, #new)
  while first < least and old[first + 1] == new[first + 1] do
    first = first + 1
  end
  while last < least - first and old[#old - last] == new[#new - last] do
    last = last + 1
  end
  return first, last
end

local function next_row(item)
  local following = items[item.index + 1]
  return following and row_of(following.mark) or M.marker_row()
end

-- Writes new items, { key, lines } each, behind the others.
function M.append(new)
  local row, all = M.marker_row(), {}
  for _, each in ipairs(new) do
    vim.list_extend(all, each[2])
  end
  vim.api.nvim_buf_set_lines(M.buffer, row, row, false, all)
  for _, each in ipairs(new) do
    local key, lines = each[1], each[2]
    local item = { key = key, lines = lines, mark = mark_at(row), index = #items + 1 }
    items[item.index], by_key[key] = item, item
    row = row + #lines
  end
  mark_at(row, marker)
end

-- Writes what is new about an item; only lines that differ are touched.
function M.write(key, lines)
  local item = by_key[key]
  local same, same_end = same_ends(item.lines, lines)
  local first = row_of(item.mark)
  local stop = math.max(next_row(item) - same_end, first)
  local start = math.max(first, stop - (#item.lines - same - same_end))
  local between = vim.list_slice(lines, same + 1, #lines - same_end)
  if stop > start or #between > 0 then
    vim.api.nvim_buf_set_lines(M.buffer, start, stop, false, between)
  end
  item.lines = lines
  mark_at(first, item.mark)
end

-- The row where an item begins.
function M.row(key)
  return by_key[key] and row_of(by_key[key].mark)
end

function M.has(key)
  return by_key[key] ~= nil
end

-- The key of the item at a row, and its first row.
function M.at(row)
  local found
  for _, item in ipairs(items) do
    if row_of(item.mark) > row then
      break
    end
    found = item
  end
  if found and row < M.marker_row() then
    return found.key, row_of(found.mark)
  end
end

-- The keys of all items, in order.
function M.keys()
  return vim.tbl_map(function(item)
    return item.key
  end, items)
end

-- Takes what was said away; the prompt stays.
function M.clear()
  if not M.exists() then
    return
  end
  vim.api.nvim_buf_set_lines(M.buffer, 0, M.marker_row(), false, {})
  start_empty()
  marker = mark_at(0)
end

return M
