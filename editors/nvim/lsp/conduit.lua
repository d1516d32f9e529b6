-- Conduit as a language server of Neovim >= 0.11; read by vim.lsp.enable('conduit'), for files of every type.
-- Each function loads its module when it is called.
local abilities = require('conduit.abilities')
local options = require('conduit.options')

local function of_server(name)
  return function(...)
    return require('conduit.server')[name](...)
  end
end

return {
  cmd = of_server('cmd'),
  root_dir = of_server('root_dir'),
  before_init = of_server('before_init'),
  on_init = of_server('on_init'),
  on_attach = of_server('on_attach'),
  on_exit = of_server('on_exit'),
  -- Neovim 0.11 does not know of it itself.
  capabilities = { textDocument = { inlineCompletion = { dynamicRegistration = false } } },
  -- Which of Conduit's own notifications and requests the handlers below understand.
  init_options = {
    conduit = { updates = true, status = true, permission = true, editor = abilities.offers() },
    settings = vim.tbl_extend('force', vim.empty_dict(), options.get('settings')),
  },
  handlers = vim.tbl_extend('error', abilities.handlers(), {
    ['conduit/session/requestPermission'] = function(_, params)
      return require('conduit.permission').ask(params)
    end,
    ['conduit/session/update'] = function(_, params)
      require('conduit.session').on_update(params)
    end,
    ['conduit/status'] = function(_, params)
      require('conduit.status').on_status(params)
    end,
  }),
}
