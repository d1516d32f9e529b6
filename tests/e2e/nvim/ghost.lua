-- The keys of ghost text, on a screen: faster than the server could be asked again, and with nothing shown.
local Child = require('child')

local seen = {}
local nvim = Child.start(
  [[
    require('conduit').setup()
    vim.api.nvim_create_autocmd('CursorMovedI', { callback = function() vim.g.moved_to = vim.fn.getpos('.') end })
  ]],
  100,
  20
)

local function last_line(text)
  nvim:wait(('the line %q'):format(text), "return vim.fn.getline('$') == ...", text)
end

-- Two words at once, a line, and the rest.
nvim:command('edit shop.py')
nvim:wait('the server', "return require('conduit.server').state == 'running'")
nvim:type('GA ')
nvim:see('return sum(')
nvim:type('<M-w><M-w>')
last_line('    return sum(')
nvim:see('price for price')
nvim:look('words')
nvim:type('<M-l>')
last_line('        price for price in prices')
nvim:see('    )')
nvim:type('<M-y>')
last_line('    )')

-- What was typed along it is not inserted twice.
nvim:type('<CR>other = ')
nvim:see('other = value + 1')
nvim:type('va<M-y>')
nvim:wait('the whole', "return vim.fn.getline('$'):find('value %+ 1')")
seen.lines = nvim:lines()
nvim:type('<Esc>')
nvim:wait('normal mode', "return vim.fn.mode() == 'n'")
nvim:command('silent write')

-- Where nothing is proposed by itself: a key is what it is in Neovim, <Esc> and a letter.
nvim:command('edit notes.txt')
nvim:wait('the keys', "return vim.fn.maparg('<M-l>', 'i') ~= ''")
nvim:type('i')
nvim:wait('insert mode', "return vim.fn.mode() == 'i'")
nvim:type('<M-l>')
nvim:wait('normal mode', "return vim.fn.mode() == 'n'")

-- Asked for, from both modes; the model takes longer than Neovim waits to ask.
nvim:command('normal! $')
nvim:command('Conduit complete')
nvim:see('# the end of it all')
nvim:look('asked')
nvim:type('<M-y>')
last_line('# the end of it all')
nvim:type('<CR># or of')
last_line('# or of')
nvim:wait('the end of the typing', "return vim.deep_equal(vim.g.moved_to, vim.fn.getpos('.'))")
nvim:command('Conduit complete')
nvim:see('# or of nothing')
nvim:type('<M-y>')
last_line('# or of nothing')
seen.mode = nvim:lua('return vim.fn.mode()')
seen.notes = nvim:lines()
nvim:stop()

vim.fn.writefile({ vim.json.encode(seen) }, vim.env.CONDUIT_TEST_SEEN)
