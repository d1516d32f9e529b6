-- From the text of a prompt to what is sent: `@name` attaches a file, `@name#L3-L7` lines of it, the name of a picture the
-- picture, and `@terminal` what is selected in the terminal. The text itself is sent as it is.
local M = {}

local PICTURES = { png = 'image/png', jpg = 'image/jpeg', jpeg = 'image/jpeg', gif = 'image/gif', webp = 'image/webp' }
local MOST_BYTES = 20 * 1024 * 1024

local function path_of(name, root)
  local path = vim.fs.normalize(name)
  if not path:match('^/') and not path:match('^%a:') then
    path = vim.fs.joinpath(root, path)
  end
  return (vim.uv.fs_stat(path) or vim.fn.bufloaded(path) == 1) and path or nil
end

local function lines_of(path, first, last)
  local bufnr = vim.fn.bufnr(path)
  if bufnr ~= -1 and vim.api.nvim_buf_is_loaded(bufnr) then
    return vim.api.nvim_buf_get_lines(bufnr, first - 1, last, false)
  end
  return vim.list_slice(vim.fn.readfile(path, '', last), first, last)
end

local function picture(path, mime)
  local stat = vim.uv.fs_stat(path)
  if not stat or stat.size > MOST_BYTES then
    error(('%s is too large for a picture'):format(path), 0)
  end
  local file = assert(io.open(path, 'rb'))
  local data = file:read('*a')
  file:close()
  return { type = 'image', mimeType = mime, data = vim.base64.encode(data) }
end

local function block(path, first, last, root)
  local mime = PICTURES[(path:match('%.(%w+)$') or ''):lower()]
  local uri = vim.uri_from_fname(path)
  local name = vim.fs.relpath(root, path) or path
  if mime then
    return picture(path, mime)
  elseif first then
    local text = table.concat(lines_of(path, first, last), '\n') .. '\n'
    return { type = 'resource', resource = { uri = ('%s#L%d-L%d'):format(uri, first, last), text = text } }
  end
  return { type = 'resource_link', uri = uri, name = name }
end

-- One mention at the beginning of `text`: its path, lines, and what follows it.
local function mention(text, root)
  local quoted, behind = text:match('^@"([^"]+)"()')
  local word = quoted or text:match('^@([^%s"#]+)')
  if not word then
    return nil
  end
  local rest = text:sub(quoted and behind or #word + 2)
  local path = path_of(word, root)
  while not path and word:match('[%.,;:!%?%)]$') do
    word = word:sub(1, -2)
    path = path_of(word, root)
  end
  local first, last = rest:match('^#L(%d+)%-L?(%d+)')
  first = first or rest:match('^#L(%d+)')
  return path, tonumber(first), tonumber(last or first)
end

-- Whether a mention at the beginning of `text` is the terminal's. The server asks for what is selected there.
local function is_terminal(text)
  local behind = text:match('^@terminal(.?.?)')
  return behind and not behind:match('^[%w_/%-]') and not behind:match('^%.%w') and require('conduit.abilities').offers().terminalSelection
end

-- The content of a prompt; an error is a sentence.
function M.parse(text, root)
  local found, seen = { { type = 'text', text = text } }, {}
  local start = 1
  while true do
    local at = text:find('@', start, true)
    if not at then
      return found
    end
    if at == 1 or text:sub(at - 1, at - 1):match('[%s%(]') then
      local path, first, last = mention(text:sub(at), root)
      local key = path and ('%s:%s:%s'):format(path, first, last)
      if path and not seen[key] then
        seen[key] = true
        table.insert(found, block(path, first, last, root))
      elseif not path and not seen.terminal and is_terminal(text:sub(at)) then
        seen.terminal = true
        table.insert(found, { type = 'resource_link', uri = 'conduit:/terminal', name = 'terminal' })
      end
    end
    start = at + 1
  end
end

-- The mention of a path, and of some of its lines.
function M.mention(path, root, first, last)
  local name = vim.fs.relpath(root, path) or path
  local quoted = name:match('[%s#"]') and ('"%s"'):format(name) or name
  return '@' .. quoted .. (first and ('#L%d-L%d'):format(first, last) or '')
end

-- Some lines of a buffer as words of a prompt: their mention, or where there is no file the lines themselves.
function M.quote(bufnr, root, first, last)
  local path = vim.api.nvim_buf_get_name(bufnr)
  if vim.bo[bufnr].buftype == '' and path ~= '' and not path:match('^%a[%w+.-]+://') then
    return ' ' .. M.mention(path, root, first, last)
  end
  local lines, fence = vim.api.nvim_buf_get_lines(bufnr, first - 1, last, false), '```'
  while table.concat(lines, '\n'):find(fence, 1, true) do
    fence = fence .. '`'
  end
  return ('\n\n%s%s\n%s\n%s'):format(fence, vim.bo[bufnr].filetype, table.concat(lines, '\n'), fence)
end

-- Whether a text has the mention of a file, or of some of its lines.
function M.mentions(text, uri, root)
  local ok, path = pcall(vim.uri_to_fname, (uri:gsub('#.*$', '')))
  local name = ok and (vim.fs.relpath(root, path) or path)
  return name and (text:find('@' .. name, 1, true) or text:find('@"' .. name, 1, true)) and true or false
end

-- Puts the lines into `content` as they were in `before`, the content of the message whose place it takes: the file may
-- have changed since, so that others stand there. Returns the names of those that did.
function M.as_before(content, before)
  local texts, changed = {}, {}
  for _, each in ipairs(before) do
    if each.type == 'resource' then
      texts[each.resource.uri] = each.resource.text
    end
  end
  for _, each in ipairs(content) do
    local text = each.type == 'resource' and texts[each.resource.uri]
    if text and text ~= each.resource.text then
      each.resource.text = text
      table.insert(changed, vim.fs.basename(each.resource.uri))
    end
  end
  return changed
end

-- The text in content blocks.
function M.text(blocks)
  local texts = {}
  for _, each in ipairs(blocks) do
    if each.type == 'text' then
      table.insert(texts, each.text)
    end
  end
  return table.concat(texts, '\n')
end

return M
