local show

local function compound(value, depth)
  local parts, length = {}, #value
  for n = 1, length do parts[n] = show(value[n], depth) end
  local keys = {}
  for key in pairs(value) do
    if math.type(key) ~= 'integer' or key < 1 or key > length then keys[#keys + 1] = key end
  end
  table.sort(keys, function(one, other)
    if type(one) == type(other) and type(one) ~= 'boolean' then return one < other end
    return type(one) < type(other)
  end)
  for _, key in ipairs(keys) do
    local plain = type(key) == 'string' and key:match('^[%a_][%w_]*$')
    parts[#parts + 1] = (plain and key or '[' .. show(key, depth) .. ']') .. ' = ' .. show(value[key], depth)
  end
  return '{' .. table.concat(parts, ', ') .. '}'
end

function show(value, depth)
  if depth > 6 then error('deep') end
  local kind = math.type(value) or type(value)
  if kind == 'nil' or kind == 'boolean' or kind == 'integer' then return tostring(value) end
  if kind == 'float' and value == value and value ~= math.huge and value ~= -math.huge then
    local short = string.format('%.14g', value)
    local text = tonumber(short) == value and short or string.format('%.17g', value)
    return text:find('[.e]') and text or text .. '.0'
  end
  if kind == 'string' and utf8.len(value) then
    return (string.format('%q', value):gsub('\\\n', '\\n'))
  end
  if kind == 'table' and getmetatable(value) == nil then return compound(value, depth + 1) end
  error('no value')
end

local function backfeed_record(number, call)
  local found = table.pack(pcall(call))
  if not found[1] or found.n < 2 then return end
  local good, text = pcall(function()
    local parts = {}
    for n = 2, found.n do parts[n - 1] = show(found[n], 0) end
    return table.concat(parts, ', ')
  end)
  if good and #text <= 400 then io.write('\nbackfeed-record ', number, ' ', text, '\n') end
end

@CALLS@
