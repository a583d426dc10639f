-- Remembers what tables hold, and puts it back: `keep(tables)` gives a function that does so.
-- What has been added since stays.
local next, pairs, rawget, rawset, type = next, pairs, rawget, rawset, type
local getmetatable, setmetatable = debug.getmetatable, debug.setmetatable

-- `depth` is how far tables in tables are looked into.
return function(tables, depth)
  local kept = {}
  local function look(one, left)
    if type(one) ~= 'table' or kept[one] then return end
    local fields = {}
    for name, value in next, one do fields[name] = value end
    kept[one] = { fields = fields, meta = getmetatable(one) }
    if left > 0 then
      look(kept[one].meta, left - 1)
      for _, value in next, fields do look(value, left - 1) end
    end
  end
  for _, one in pairs(tables) do look(one, depth) end
  return function()
    for one, was in next, kept do
      setmetatable(one, was.meta)
      for name, value in next, was.fields do
        if rawget(one, name) ~= value then rawset(one, name, value) end
      end
    end
  end
end
