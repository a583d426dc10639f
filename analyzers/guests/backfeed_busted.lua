-- Runs busted, and records on descriptor 3 what tests came to. Before each test, what tests rest on
-- is put back; a program that leaves early has no record.
local spec = io.open('backfeed_spec')
local word = spec:read('l')
spec:close()
local keep = dofile('backfeed_kept.lua')
for _, name in ipairs { 'backfeed_spec', 'backfeed_kept.lua', 'backfeed_busted.lua' } do os.remove(name) end
local report = assert(io.open('/dev/fd/3', 'w'))
local format, gsub, match, sub, tostring = string.format, string.gsub, string.match, string.sub, tostring
local write, flush, type, pairs = report.write, report.flush, type, pairs
local executed, failure = 0, nil

local function tell()
  local said = 'null'
  if failure then
    local message = gsub(gsub(sub(failure.message, 1, 300), '[%c\\\128-\255]', ' '), '"', "'")
    said = format('{"type": "%s", "message": "%s", "line": %d}', failure.type, message, failure.line)
  end
  write(report, format('{"word": "%s", "tests": [{"executed": %d, "phase": "test", "error": %s}]}',
    word, executed, said))
  flush(report)
end

-- The first thing that went wrong, whatever it was.
local function failed(kind, element, message, trace)
  if failure then return end
  local text = type(message) == 'string' and message or type(message) == 'table' and tostring(message.message or message)
    or tostring(message)
  local missing = match(text, "module '([^'\n]+)' not found")
  local name = element and element.name or ''
  failure = { type = missing and 'ModuleNotFoundError' or kind, line = trace and trace.currentline or 0,
    message = missing or (name .. ': ' .. text) }
end

if not pcall(require, 'busted.runner') then
  failure = { type = 'ModuleNotFoundError', message = 'busted', line = 0 }
  tell()
  os.exit(1)
end

local function handler()
  local busted = require 'busted'
  local made = require 'busted.outputHandlers.base' ()
  local luassert = {}
  require 'luassert'
  for name, module in pairs(package.loaded) do
    if match(name, '^luassert%.?') and type(module) == 'table' then luassert[#luassert + 1] = module end
  end
  for _, library in pairs { string, table, math, os, io, debug, coroutine, package } do luassert[#luassert + 1] = library end
  local put_back = keep(luassert, 3)
  local globals = keep({ _G }, 0)
  busted.subscribe({ 'test', 'start' }, function()
    globals()
    put_back()
    return nil, true
  end, { priority = 1 })
  busted.subscribe({ 'test', 'end' }, function(element, _, status)
    if status ~= 'pending' then executed = executed + 1 end
    if status ~= 'success' and status ~= 'pending' and not failure then failed('AssertionError', element, status) end
    return nil, true
  end, { priority = 1 })
  busted.subscribe({ 'failure' }, function(element, _, message, trace)
    failed('AssertionError', element, message, trace)
    return nil, true
  end, { priority = 1 })
  busted.subscribe({ 'error' }, function(element, _, message, trace)
    failed('error', element, message, trace)
    return nil, true
  end, { priority = 1 })
  busted.subscribe({ 'exit' }, function()
    tell()
    return nil, true
  end, { priority = 1 })
  return made
end
package.preload['busted.outputHandlers.backfeed'] = function()
  return handler
end
arg = { [0] = 'busted', '--output=backfeed', '--keep-going', table.unpack(arg) }
require 'busted.runner' { standalone = false }
