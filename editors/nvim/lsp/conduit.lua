-- Conduit as a language server of Neovim >= 0.11; read by vim.lsp.enable('conduit'), for files of every type.
local abilities = require('conduit.abilities')

return {
  cmd = { 'conduit', 'serve' },
  root_dir = function(bufnr, on_dir)
    on_dir(vim.fs.root(bufnr, '.git') or vim.fn.getcwd())
  end,
  -- Which of Conduit's own notifications and requests the handlers below understand.
  init_options = { conduit = { updates = true, status = true, editor = abilities.offers() } },
  handlers = vim.tbl_extend('error', abilities.handlers(), {
    ['conduit/session/update'] = function(_, params)
      require('conduit').on_update(params)
    end,
    ['conduit/status'] = function(_, params)
      require('conduit').on_status(params)
    end,
  }),
}
