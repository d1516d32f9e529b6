-- Writes the help file, and the tables of the page docs/neovim.md, from the tables of options, commands and keys:
--   nvim --clean -l editors/nvim/scripts/document.lua
-- With `check` nothing is written, and it is an error when something would be.
local here = vim.fs.dirname(vim.fs.dirname(vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p')))
vim.opt.runtimepath:append(here)
local commands = require('conduit.commands').specs
local keys = require('conduit.keys').specs
local options = require('conduit.options').specs

local WIDTH = 78
local MODES = { n = 'normal', i = 'insert' }
local PLACES = {
  { 'global', 'Everywhere; a key that you have mapped already stays yours' },
  { 'chat', 'In the chat' },
  { 'ghost', 'While ghost text is shown' },
}

local function default(value)
  if value == nil then
    return 'none'
  end
  return (vim.inspect(value):gsub('"', "'"))
end

local function kind(spec)
  return type(spec[3]) == 'table' and table.concat(spec[3], ' or ') or spec[3]
end

local function usage(spec)
  local range, bang = spec.range and '[range]' or '', spec.bang and '[!]' or ''
  return vim.trim((':%sConduit %s%s %s'):format(range, spec[1], bang, spec[2]))
end

-- -- the page ---------------------------------------------------------------------------------------------------------

local function row(...)
  return '| ' .. table.concat({ ... }, ' | ') .. ' |'
end

local function code(text)
  return '`' .. text:gsub('|', '\\|') .. '`'
end

local tables = {
  commands = function()
    local lines = { row('command', 'what it does'), '|---|---|' }
    for _, spec in ipairs(commands) do
      table.insert(lines, row(code(usage(spec)), spec[3]))
    end
    return lines
  end,
  options = function()
    local lines = { row('option', 'type', 'default', 'what it does'), '|---|---|---|---|' }
    for _, spec in ipairs(options) do
      table.insert(lines, row(code(spec[1]), kind(spec), code(default(spec[2])), spec[4]))
    end
    return lines
  end,
  keys = function()
    local lines = { row('key', 'mode', 'where', 'name', 'what it does'), '|---|---|---|---|---|' }
    for _, spec in ipairs(keys) do
      table.insert(lines, row(code(spec[4]), MODES[spec[3]], spec[2], code(spec[1]), spec[5]))
    end
    return lines
  end,
}

local function page(text)
  for name, make in pairs(tables) do
    local first, last = ('<!-- %s: generated -->'):format(name), '<!-- end -->'
    local start = text:find(first, 1, true)
    assert(start, name .. ' has no place on the page')
    local stop = text:find(last, start, true)
    text = text:sub(1, start + #first - 1) .. '\n' .. table.concat(make(), '\n') .. '\n' .. text:sub(stop)
  end
  return text
end

-- -- the help file ----------------------------------------------------------------------------------------------------

local help = {}

local function add(line)
  table.insert(help, (line:gsub('%s+$', '')))
end

local function wrap(text, indent)
  local line = ''
  for word in text:gsub('`:(%S+) ', '`:%1\1'):gmatch('%S+') do
    word = word:gsub('\1', ' ')
    if #line > 0 and #indent + #line + 1 + #word > WIDTH then
      add(indent .. line)
      line = ''
    end
    line = #line > 0 and line .. ' ' .. word or word
  end
  add(indent .. line)
end

local function heading(text, tag)
  add(('='):rep(WIDTH))
  add(text .. (' '):rep(WIDTH - #text - #tag - 2) .. '*' .. tag .. '*')
  add('')
end

local function entry(title, tag)
  local star = '*' .. tag .. '*'
  if #title + #star + 1 > WIDTH then
    add((' '):rep(WIDTH - #star) .. star)
    add(title)
  else
    add(title .. (' '):rep(WIDTH - #title - #star) .. star)
  end
end

local function help_text()
  local intro = vim.fn.readfile(vim.fs.joinpath(here, 'scripts', 'introduction.txt'))
  vim.list_extend(help, intro)
  heading('COMMANDS', 'conduit-commands')
  wrap('One command, `:Conduit`, with what is to be done; <Tab> completes it. Without a name it is `:Conduit chat`.', '')
  add('')
  for _, spec in ipairs(commands) do
    entry(usage(spec), ':Conduit-' .. spec[1])
    wrap(spec[3], '    ')
    add('')
  end
  heading('OPTIONS', 'conduit-options')
  wrap('Given to `setup()`. A name with a dot lies in a table of its own: `chat = { position = "float" }`.', '')
  add('')
  for _, spec in ipairs(options) do
    entry(('%s  (%s, default `%s`)'):format(spec[1], kind(spec), (default(spec[2]))), 'conduit-option-' .. spec[1])
    wrap(spec[4], '    ')
    add('')
  end
  heading('KEYS', 'conduit-keys')
  wrap("Each has a name, by which the option `keys` sets another one: `keys = { send = '<leader>s', stop = false }`.", '')
  add('')
  for _, place in ipairs(PLACES) do
    add(place[2] .. ':')
    add('')
    for _, spec in ipairs(keys) do
      if spec[2] == place[1] then
        add(('    %-14s %-17s %s'):format(spec[4], spec[1], spec[5]))
      end
    end
    add('')
  end
  add(' vim:tw=78:ts=8:ft=help:norl:')
  return table.concat(help, '\n') .. '\n'
end

-- -- write or check ---------------------------------------------------------------------------------------------------

local function read(path)
  local file = io.open(path, 'rb')
  local text = file and file:read('*a') or ''
  return file and file:close() and text or text
end

local check, stale = _G.arg[1] == 'check', {}
local written = {
  [vim.fs.joinpath(here, 'doc', 'conduit.txt')] = help_text,
  [vim.fs.joinpath(vim.fs.dirname(vim.fs.dirname(here)), 'docs', 'neovim.md')] = page,
}
for path, make in pairs(written) do
  local before = read(path)
  local after = make(before)
  if before ~= after and check then
    table.insert(stale, path)
  elseif before ~= after then
    local file = assert(io.open(path, 'wb'))
    file:write(after)
    file:close()
    print('written: ' .. path)
  end
end
if #stale > 0 then
  io.stderr:write('run `poe nvim-docs`: ' .. table.concat(stale, ', ') .. '\n')
  os.exit(1)
end
