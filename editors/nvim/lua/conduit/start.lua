-- What is set up once, when the first server is there or setup() was called.
local M = {}

local listening, begun

-- Cheap, and before any other language server starts: they are told that versions of diagnostics are read.
function M.listen()
  if not listening then
    listening = true
    require('conduit.abilities').listen()
  end
end

-- With the first server.
function M.begin()
  if begun then
    return
  end
  begun = true
  M.listen()
  require('conduit.review').listen()
  require('conduit.session').listen()
  require('conduit.ghost').listen()
  require('conduit.keys').map_global()
end

return M
