-- Runs an answer and one test as one chunk, and records on descriptor 3 what they came to. What
-- tests rest on is put back after the answer was read; a program that leaves early has no record.
local spec = {}
for line in io.lines('backfeed_spec') do spec[#spec + 1] = line end
local word, guards, before = spec[1], tonumber(spec[2]), tonumber(spec[3])
local keep = dofile('backfeed_kept.lua')
for _, name in ipairs { 'backfeed_spec', 'backfeed_kept.lua', 'backfeed_harness.lua' } do os.remove(name) end
local report = assert(io.open('/dev/fd/3', 'w'))

local MAIN = '@main.lua'
local getinfo, sethook, traceback = debug.getinfo, debug.sethook, debug.traceback
local exit, format, gsub, match, select = os.exit, string.format, string.gsub, string.match, select
local pcall, sub, tostring, type, xpcall = pcall, string.sub, tostring, type, xpcall
local assert, error, stderr, write, flush = assert, error, io.stderr, io.stderr.write, report.flush
local globals, loaded = _G, package.loaded
local phase, executed, told = 'code', 0, false

local function tell(failure)
  if told then return end
  told = true
  local said = 'null'
  if failure then
    local message = gsub(gsub(sub(failure.message, 1, 300), '[%c\\\128-\255]', ' '), '"', "'")
    said = format('{"type": "%s", "message": "%s", "line": %d}', failure.type, message, failure.line)
  end
  local count = executed + (failure and 0 or guards)
  write(report, format('{"word": "%s", "tests": [{"executed": %d, "phase": "%s", "error": %s}]}',
    word, count, phase, said))
  flush(report)
end

-- Is this level of the stack in the test?
local function in_test(level)
  local info = getinfo(level + 1, 'Sl')
  return phase == 'test' and info ~= nil and info.source == MAIN and info.currentline > before
end

local function counted(...)
  if in_test(2) then executed = executed + 1 end
  if (...) or select('#', ...) == 0 then return assert(...) end
  local message = select(2, ...)
  if select('#', ...) < 2 then message = 'assertion failed!' end
  error(message, 2)
end

-- Was a function called by the test, be it by way of a library?
local function by_test()
  for level = 3, 40 do
    local info = getinfo(level, 'Sl')
    if not info then return false end
    if info.what ~= 'C' and not match(info.source, '^@/usr/') then return (in_test(level)) end
  end
end

local function left(code, ...)
  local good = code == nil or code == true or code == 0
  if by_test() or (phase == 'test' and not good) then
    tell(not good and { type = 'AssertionError', message = 'exit ' .. tostring(code), line = 0 } or nil)
  end
  return exit(code, ...)
end

-- Where something was raised: by `error` and `assert` of the test it says that this does not hold.
local function failed(raised)
  local failure = { type = 'error', line = 0 }
  local _, text = pcall(tostring, raised)
  text = type(text) == 'string' and text or 'an error'
  local asked = false
  for level = 2, 40 do
    local info = getinfo(level, 'Slf')
    if not info then break end
    if info.func == error or info.func == assert or info.func == counted then
      asked = true
    elseif info.what ~= 'C' then
      if info.source == MAIN and phase == 'test' and info.currentline > before then
        failure.line = info.currentline - before
        failure.type = asked and 'AssertionError' or 'error'
      end
      break
    end
  end
  local missing = match(text, "^[^\n]-module '([^'\n]+)' not found")
  if missing then failure.type, failure.line = 'ModuleNotFoundError', 0 end
  failure.message = missing or gsub(match(text, '^[^\n]*'), '^main%.lua:%d+: ', '')
  write(stderr, traceback(text), '\n')
  return failure
end

local put_back = keep({ _G, string, table, math, os, io, debug, coroutine, utf8, package,
  package.loaded, package.searchers, getmetatable('') }, 0)

-- The answer has been read: gives the test its names.
local function begin()
  local info = getinfo(2, 'Sl')
  if info.source ~= MAIN or info.currentline ~= before or phase ~= 'code' then return end
  sethook()
  put_back()
  for name in pairs(loaded) do
    if match(name, '^lua%-?unit$') or match(name, '^luassert') or match(name, '^busted') then loaded[name] = nil end
  end
  phase = 'test'
  globals.assert, globals.os.exit = counted, left
  return globals, counted, error, globals.os
end

rawset(_G, '__backfeed_test__', begin)
_G.arg = { [0] = 'main.lua' }
local chunk, wrong = loadfile('main.lua', 't')
if not chunk then
  phase = tonumber(match(wrong, '^main%.lua:(%d+)') or 0) > before and 'reading' or 'code'
  write(stderr, wrong, '\n')
  tell { type = 'SyntaxError', message = wrong, line = 0 }
  exit(1)
end
local good, failure = xpcall(chunk, failed)
if not good then
  tell(type(failure) == 'table' and failure or { type = 'error', message = tostring(failure), line = 0 })
  exit(1)
end
if phase == 'test' then tell() end
exit(0, false)
