-- Places in texts, from one server's unit of columns to another's; an edit of one server in the units of another.
local M = {}

-- A line of a document, by its number from 0: as it is in its buffer, else as on disk.
local function line_of(uri, number)
  local bufnr = vim.uri_to_bufnr(uri)
  if vim.api.nvim_buf_is_loaded(bufnr) then
    return vim.api.nvim_buf_get_lines(bufnr, number, number + 1, false)[1] or ''
  end
  local ok, lines = pcall(vim.fn.readfile, vim.uri_to_fname(uri), '', number + 1)
  return ok and (lines[number + 1] or ''):gsub('\r$', '') or ''
end

-- Converts a position from the unit of one client to that of another.
function M.position(uri, position, from, to)
  local before, after = from.offset_encoding, to.offset_encoding
  if before == after then
    return position
  end
  local line = line_of(uri, position.line)
  local byte = vim.str_byteindex(line, before, position.character, false)
  return { line = position.line, character = vim.str_utfindex(line, after, byte, false) }
end

function M.range(uri, range, from, to)
  return {
    start = M.position(uri, range.start, from, to),
    ['end'] = M.position(uri, range['end'], from, to),
  }
end

local function edits_in(uri, edits, from, to)
  return vim.tbl_map(function(edit)
    return { range = M.range(uri, edit.range, from, to), newText = edit.newText }
  end, edits)
end

-- Converts a WorkspaceEdit; an edit of a file that a step before it renamed speaks of the text of the old one.
function M.workspace_edit(edit, from, to)
  if edit.documentChanges then
    local old = {}
    return {
      documentChanges = vim.tbl_map(function(step)
        if step.kind then
          if step.kind == 'rename' then
            old[step.newUri] = old[step.oldUri] or step.oldUri
          end
          return step
        end
        local uri = step.textDocument.uri
        return { textDocument = step.textDocument, edits = edits_in(old[uri] or uri, step.edits, from, to) }
      end, edit.documentChanges),
    }
  end
  local changes = vim.empty_dict()
  for uri, edits in pairs(edit.changes or {}) do
    changes[uri] = edits_in(uri, edits, from, to)
  end
  return { changes = changes }
end

return M
