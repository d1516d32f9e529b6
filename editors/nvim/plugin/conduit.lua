-- Loads nothing but the name of the command: no server starts before setup(), vim.lsp.enable('conduit') or `:Conduit`.
vim.api.nvim_create_user_command('Conduit', function(command)
  require('conduit.commands').execute(command)
end, {
  nargs = '*',
  range = true,
  bang = true,
  complete = function(...)
    return require('conduit.commands').complete(...)
  end,
  desc = 'Conduit: chat, ask, review, … (:help conduit-commands)',
})

-- Before the first language server starts, so that all of them hear that Conduit reads versions of diagnostics.
vim.api.nvim_create_autocmd({ 'BufReadPre', 'BufNewFile' }, {
  group = vim.api.nvim_create_augroup('conduit.plugin', {}),
  once = true,
  callback = function()
    if package.loaded['vim.lsp'] and vim.lsp.is_enabled and vim.lsp.is_enabled('conduit') then
      require('conduit.start').listen()
    end
  end,
})
