-- Says of each file named on the command line whether it is Lua, without running any of it.
for _, name in ipairs(arg) do
  local chunk, message = loadfile(name, 't')
  print('== ' .. name)
  print(_VERSION)
  if not chunk then print((message:gsub('%c', ' '))) end
  print('== ' .. (chunk and 0 or 1))
  collectgarbage()
end
