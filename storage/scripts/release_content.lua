-- One reference less to a job's content, which goes with the last. A count that cannot be read is left alone.
local function release(key)
  local refs = redis.pcall('HGET', key, 'refs')
  if type(refs) ~= 'string' or not string.match(refs, '^%d+$') then return end
  if tonumber(refs) <= 1 then call('DEL', key) else call('HINCRBY', key, 'refs', -1) end
end
-- The one that the entry with these fields referred to, if it did.
local function release_content_of(fields, names)
  for f = 1, #fields, 2 do
    if fields[f] == 'content' then release(names .. fields[f + 1]) end
  end
end
