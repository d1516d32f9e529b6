-- The functions that a person's configuration may call; everything else is loaded when it is used.
local M = {}

-- Takes options (`:help conduit-options`) and, unless `enable` is false, starts the server with the first file.
function M.setup(options)
  require('conduit.options').set(options)
  require('conduit.start').listen()
  if require('conduit.options').get('enable') then
    vim.lsp.enable('conduit')
  end
end

-- For a status line: the state, the model, and what the conversation has cost; empty while no server is wanted.
function M.statusline()
  return package.loaded['conduit.server'] and require('conduit.status').line() or ''
end

-- What `:Conduit NAME …` does.
function M.run(name, ...)
  return require('conduit.commands').run(name, ...)
end

return M
