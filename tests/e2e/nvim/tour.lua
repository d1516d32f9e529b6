-- What a person does in a day, with keys and commands, on a screen: each step hands over the exact state that it left.
local Child = require('child')

local seen = {}
local nvim = Child.start(nil, 110, 36)

local function running(of)
  of:wait('the server', "return require('conduit.server').state == 'running'")
end

local function proposals(number)
  return nvim:wait(
    number .. ' proposals',
    [[
    local space, found = vim.api.nvim_get_namespaces()['conduit.review'], {}
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, space, 0, -1, { details = true })) do
      if mark[4].virt_lines then
        table.insert(found, { mark[2], vim.trim(mark[4].virt_lines[1][1][1]) })
      end
    end
    return #found == ... and (#found == 0 and 'none' or found)
  ]],
    number
  )
end

-- A chat, typed with keys: it streams, a tool is called, and what is typed meanwhile stays and is undone alone.
nvim:command('edit shop.py')
running(nvim)
nvim:command('Conduit chat')
nvim:type('iexplain @shop.py<Esc><CR>')
nvim:wait('the first words', [[
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  return text:find('It adds', 1, true)
]])
nvim:type('itwo lines,<CR>typed meanwhile<Esc>')
nvim:look('streaming')
nvim:answered('The end.')
seen.chat = nvim:chat()
nvim:look('answered')
nvim:type('u')
nvim:wait('the undo', "return vim.fn.getline('$') == '## Prompt' or vim.fn.getline('$') == ''")
seen.undone = nvim:chat()
nvim:type('<C-r>')
nvim:wait('the redo', "return vim.fn.getline('$') == 'typed meanwhile'")
seen.redone = nvim:chat()
nvim:type('u')
nvim:wait('the undo', "return vim.fn.getline('$') ~= 'typed meanwhile'")
nvim:type('gg/by `prise<CR>')
nvim:wait('the search', "return vim.fn.line('.') > 1")
seen.found = nvim:lua("return vim.fn.getline('.')")
nvim:command('Conduit yank')
seen.yanked = nvim:lua("return vim.fn.getreg('\"')")
seen.folds = nvim:lua([[
  local found = {}
  for number = 1, vim.fn.line('$') do
    if vim.fn.foldclosed(number) == number then
      table.insert(found, (vim.fn.getline(number):gsub(' · %d+%.%d s', '')))
    end
  end
  return found
]])

-- A permission, answered in the question of vim.ui.select.
nvim:command('Conduit mode auto')
nvim:wait('the mode', "return require('conduit.session').current.mode == 'auto'")
nvim:command('Conduit ask write the notes')
nvim:see('1: Allow once')
nvim:look('permission')
nvim:type('1<CR>')
nvim:answered('Noted.')
seen.notes = vim.fn.readfile('notes.txt')
seen.permission = nvim:chat()
nvim:command('Conduit mode review')
nvim:wait('the mode', "return require('conduit.session').current.mode == 'review'")

-- Three proposals in two files: one accepted, one rejected, one accepted and undone.
nvim:command('wincmd h')
nvim:command('Conduit ask improve the shop')
nvim:answered('Proposed two.')
seen.proposed = proposals(2)
nvim:look('proposed')
nvim:command('Conduit diff')
nvim:wait('the diff', 'return #vim.tbl_filter(function(w) return vim.wo[w].diff end, vim.api.nvim_list_wins()) == 2')
nvim:look('diff')
nvim:type('gg')
nvim:wait('the first line', "return vim.fn.line('.') == 1")
nvim:command('Conduit accept')
proposals(1)
nvim:wait('the acceptance', "return vim.fn.getline(1):find('very')")
nvim:type(']h')
nvim:wait('the next change', "return vim.fn.line('.') == 5")
nvim:command('Conduit reject')
seen.decided = { proposals(0), nvim:lines() }
nvim:wait('the end of the diff', 'return not vim.wo.diff')
nvim:command('Conduit ask improve the prices')
nvim:answered('Proposed one.')
nvim:command('write | edit prices.py')
proposals(1)
nvim:command('Conduit accept!')
nvim:wait('the acceptance', "return vim.fn.getline(2):find('round')")
seen.accepted = nvim:lines()
nvim:command('Conduit changes')
nvim:wait('the difference', 'return #vim.api.nvim_list_tabpages() == 2 and vim.wo.diff')
nvim:look('changes')
nvim:command('tabclose')
nvim:command('Conduit undo')
nvim:wait('the undo', "return not vim.fn.getline(2):find('round')")
seen.taken_back = nvim:lines()
proposals(1)
nvim:command('Conduit reject!')
proposals(0)

-- A code action on a diagnostic of another source.
nvim:command('silent write | edit shop.py')
nvim:lua([[
  local at = vim.fn.getline(6):find('prise') - 1
  vim.diagnostic.set(vim.api.nvim_create_namespace('other'), 0, { {
    lnum = 5, col = at, end_col = at + 5, message = "undefined name 'prise'", source = 'other', severity = 1,
  } })
  vim.api.nvim_win_set_cursor(0, { 6, at })
  vim.lsp.buf.code_action({ apply = true, filter = function(action)
    return action.title == 'Fix this problem' or action.title:find('^Fix')
  end })
]])
nvim:wait('the fix', "return vim.fn.getline(6):find('price%(item')")
seen.fixed = nvim:lines()

-- An inline edit on a selection.
nvim:type('6GV:Conduit edit use map<CR>')
proposals(1)
nvim:look('inline-edit')
nvim:command('Conduit accept!')
nvim:wait('the change', "return vim.fn.getline(6):find('map')")
seen.edited = nvim:lines()

-- Ghost text: a word, then all of it.
nvim:type('Go<CR>def all_of(prices):<CR>return ')
nvim:see('return sum(prices)')
nvim:look('ghost')
nvim:type('<M-w>')
nvim:wait('the word', "return vim.fn.getline('$'):find('sum$')")
nvim:see('return sum(prices)')
nvim:type('<M-y>')
nvim:wait('the rest', "return vim.fn.getline('$'):find('sum%(prices%)$')")
nvim:type('<Esc>')
seen.completed = nvim:lines()

-- The server is killed: what is sent meanwhile waits, and the conversation goes on.
nvim:lua([[
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    vim.uv.kill(pid, 'sigkill')
  end
]])
nvim:wait('the end of the server', "return vim.fn.execute('messages'):find('it is started again', 1, true)")
nvim:command('Conduit ask still there?')
nvim:look('killed')
nvim:answered('Yes, still there.')
nvim:look('recovered')
seen.recovered = nvim:chat()
seen.said = nvim:messages()
nvim:command('Conduit chat')
nvim:type('Gialmost lost<Esc>')
nvim:wait('what was typed', "return vim.fn.getline('$') == 'almost lost'")
nvim:stop()

-- Another Neovim: the prompt that was not sent is there, and the history.
nvim = Child.start("vim.lsp.enable('conduit')", 110, 36)
nvim:command('edit shop.py')
running(nvim)
nvim:lua([[
  vim.ui.select = function(items, _, choose)
    choose(vim.iter(items):find(function(item) return item.title:find('explain') end))
  end
]])
nvim:command('Conduit sessions')
nvim:answered('Yes, still there.')
nvim:look('reloaded')
seen.reloaded = nvim:chat()
nvim:stop()

vim.fn.writefile({ vim.json.encode(seen) }, vim.env.CONDUIT_TEST_SEEN)
