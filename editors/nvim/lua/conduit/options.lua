-- The options of setup(): one table, from which the defaults, the checks and the help pages are made.
local M = {}

-- Each is { name, default, types, what it says }; a name with a dot lies in a table of its own.
M.specs = {
  {
    'enable',
    true,
    'boolean',
    'Start the server with the first file. With `false` it starts with the first `:Conduit` command.',
  },
  {
    'cmd',
    nil,
    'table',
    "The command of the server, such as `{ 'uvx', '--from', 'conduit-ls', 'conduit', 'serve' }`. By default `conduit serve`: "
      .. 'of the folder `.venv` of the project if it is there, else of the `PATH`.',
  },
  { 'root_markers', { '.git' }, 'table', 'What lies in the folder of a project. Without any of them it is the current folder.' },
  {
    'settings',
    {},
    'table',
    "Settings of the server for this Neovim alone, such as `{ model = 'sonnet', mode = 'auto' }`.",
  },
  {
    'lend',
    true,
    { 'boolean', 'table' },
    'What the model may ask of this Neovim: all, nothing (`false`), or `{ rename = false }` for all but some.',
  },
  { 'chat.position', 'right', 'string', 'Where the chat opens: `right`, `left`, `below`, `above`, `float` or `tab`.' },
  { 'chat.size', 0.42, 'number', 'How much of the screen the chat takes, as a share of its width (or height).' },
  { 'chat.fold', true, 'boolean', 'Whether thinking and tool calls are folded.' },
  { 'chat.completion', true, 'boolean', 'Whether `@` and `/` offer names while they are typed; with `false` only `<C-x><C-o>` does.' },
  { 'review.signs', true, 'boolean', 'Whether proposed changes have signs.' },
  { 'completion.enable', true, 'boolean', 'Whether ghost text is asked for, where the server offers it.' },
  { 'completion.debounce_ms', 200, 'number', 'How long typing has to pause before ghost text is asked for (0.11; 0.12 has its own).' },
  { 'restart.attempts', 5, 'number', 'How often a server that ended by itself is started again, each time after a longer pause.' },
  { 'keys', {}, 'table', 'Keys by name, as listed under *Keys*; `false` takes one away. `keys = false` takes all away.' },
}

local given = {}

local function each_known(prefix, values, visit)
  for name, value in pairs(values) do
    local full = prefix .. name
    local inner = false
    for _, spec in ipairs(M.specs) do
      inner = inner or vim.startswith(spec[1], full .. '.')
    end
    if inner and type(value) == 'table' then
      each_known(full .. '.', value, visit)
    else
      visit(full, value)
    end
  end
end

local function check(name, value)
  for _, spec in ipairs(M.specs) do
    if spec[1] == name then
      local types = type(spec[3]) == 'table' and spec[3] or { spec[3] }
      if name == 'keys' and value == false or vim.list_contains(types, type(value)) then
        return
      end
      error(('conduit: the option %s must be a %s, not a %s'):format(name, table.concat(types, ' or a '), type(value)), 0)
    end
  end
  error(('conduit: there is no option %s; `:help conduit-options` lists them all'):format(name), 0)
end

-- Takes what a person gave to setup(); a mistake is an error that names the option.
function M.set(values)
  each_known('', values or {}, check)
  given = vim.deepcopy(values or {})
end

-- The value of an option by its full name, such as `chat.position`.
function M.get(name)
  local value = given
  for part in vim.gsplit(name, '.', { plain = true }) do
    value = type(value) == 'table' and value[part]
    if value == nil then
      break
    end
  end
  if value == nil then
    for _, spec in ipairs(M.specs) do
      if spec[1] == name then
        return vim.deepcopy(spec[2])
      end
    end
    error('no such option: ' .. name)
  end
  return value
end

return M
