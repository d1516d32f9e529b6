-- Neovim tells a server only its own diagnostics when it asks for code actions. Conduit fixes those of others, so they are
-- added to the question.
local M = {}

local METHOD = 'textDocument/codeAction'

local function position(bufnr, row, column, encoding)
  local line = vim.api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  return { line = row, character = vim.str_utfindex(line, encoding, math.min(column, #line), false) }
end

-- The diagnostics of other sources that touch a range, as LSP has them.
local function of_others(bufnr, range, client)
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(bufnr)) do
    local last = each.end_lnum or each.lnum
    if each.lnum <= range['end'].line and last >= range.start.line and each.source ~= 'conduit' then
      local said = vim.tbl_get(each, 'user_data', 'lsp') or {}
      table.insert(found, {
        range = {
          start = position(bufnr, each.lnum, each.col, client.offset_encoding),
          ['end'] = position(bufnr, last, each.end_col or each.col, client.offset_encoding),
        },
        message = each.message,
        severity = each.severity,
        source = each.source,
        code = each.code,
        relatedInformation = said.relatedInformation,
      })
    end
  end
  return found
end

local function with_others(rpc, params)
  local own = vim.tbl_get(params, 'context', 'diagnostics')
  local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'conduit', bufnr = bufnr })) do
    if client.rpc == rpc and own and #own == 0 then
      params = vim.deepcopy(params)
      params.context.diagnostics = of_others(bufnr, params.range, client)
    end
  end
  return params
end

-- Returns the connection of a client, which adds them from now on.
function M.wrap(rpc)
  local request = rpc.request
  rpc.request = function(method, params, ...)
    return request(method, method == METHOD and with_others(rpc, params) or params, ...)
  end
  return rpc
end

return M
