-- The first minute of a person who has set nothing up: no key, no network; the embedded model answers.
local Child = require('child')
Child.wait_ms = 150000

local nvim = Child.start(nil, 110, 36)
nvim:command('edit app.py')
nvim:command('Conduit chat')
nvim:type('iSay hello.<Esc><CR>')
nvim:wait('an answer that streams', [[
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  for number, line in ipairs(lines) do
    if line == '## Conduit' then
      for next = number + 1, #lines - 2 do
        if lines[next]:match('^%a') then return true end
      end
    end
  end
]])
nvim:look('first-run')
nvim:command('Conduit stop')
nvim:wait('the end', "return require('conduit.session').current.busy == false")
nvim:wait('the status line', "return not require('conduit').statusline():match('busy')")
nvim:look('first-answer')
local seen = {
  chat = nvim:chat(),
  statusline = nvim:lua("return require('conduit').statusline()"),
}
nvim:command('checkhealth conduit')
nvim:wait('the report', "return vim.fn.search('Doctor', 'nw') > 0")
seen.health = nvim:lines()
nvim:look('health')
nvim:stop()
vim.fn.writefile({ vim.json.encode(seen) }, vim.env.CONDUIT_TEST_SEEN)
