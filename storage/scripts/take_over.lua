-- Claims entries of a lapsed consumer (or this process's own of an earlier life). KEYS: 2 owners, 3 epoch,
-- 4 the other's owner hash, 5 waiting, 6-8 lanes, 9 progress, 10 suspects. ARGV: 3 the other, 4 count, 5 bytes, 6 the waiting lists' common
-- beginning, 7-9 the lanes' names. Answers flat, per stream with something: entries, "SCOPE\tLANE", the entries
-- as in entries.lua. With nothing left its record goes.
local other, count, budget = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local out, n, bytes, remains = {}, 0, 0, false
if other ~= ARGV[1] then
  local expires_at = call('ZSCORE', KEYS[2], other)
  if not expires_at or tonumber(expires_at) > now_ms then return out end
  call('HSET', KEYS[4], 'epoch', call('INCR', KEYS[3]))  -- from here on it is fenced
end

local streams, members = { KEYS[6], KEYS[7], KEYS[8] }, call('SMEMBERS', KEYS[5])
for i = 1, #members do
  streams[i + 3] = ARGV[6] .. string.gsub(members[i], '\t', ':')
end

-- How often the entry was recovered without having got anywhere, and how often its process died while it ran alone:
-- "RECOVERIES:MARKED:DEATHS". Whatever progress or end is written forgets it (write.lua).
local function suspect(entry)
  local recoveries, marked, deaths =
    string.match(call('HGET', KEYS[10], entry) or '0:0:0', '(%d+):(%d+):(%d+)')
  recoveries, deaths = recoveries + 1, deaths + marked
  call('HSET', KEYS[10], entry, string.format('%d:0:%d', recoveries, deaths))
  return recoveries, deaths
end

local function claim(stream, pending)
  local ids, deliveries = {}, {}
  for i = 1, #pending do
    ids[i] = pending[i][1]
    deliveries[ids[i]] = pending[i][4] + 1
  end
  local found = 0
  for _, entry in ipairs(call('XCLAIM', stream, 'dispatchers', ARGV[1], 0, unpack(ids))) do
    if entry then
      local document, extra = uncommon(entry[2], deliveries[entry[1]])
      extra[5] = call('HGET', KEYS[9], stream .. ' ' .. entry[1]) or ''
      extra[6], extra[7] = suspect(stream .. ' ' .. entry[1])
      out[n + 1], out[n + 2], out[n + 3] = entry[1], document, extra
      n = n + 3
      found = found + 1
      bytes = bytes + #document + #extra[3]
      deliveries[entry[1]] = nil
    end
  end
  for id in pairs(deliveries) do call('XACK', stream, 'dispatchers', id) end  -- deleted: nothing to do
  return found, '(' .. ids[#ids]
end

for k = 1, #streams do
  local head, found, from = n + 1, 0, '-'
  n = n + 2
  while true do
    local full = count <= 0 or bytes >= budget
    local ask = full and 1 or math.min(count, 8)
    local pending = redis.pcall('XPENDING', streams[k], 'dispatchers', from, '+', ask, other)
    if pending.err or #pending == 0 then break end
    remains = true
    if full then break end
    local claimed
    claimed, from = claim(streams[k], pending)
    found = found + claimed
    count = count - claimed
  end
  if found > 0 then
    out[head], out[head + 1] = found, members[k - 3] or '\t' .. ARGV[6 + k]
  else
    n = n - 2
  end
end

if not remains and other ~= ARGV[1] then
  for k = 1, #streams do redis.pcall('XGROUP', 'DELCONSUMER', streams[k], 'dispatchers', other) end
  call('DEL', KEYS[4])
  call('ZREM', KEYS[2], other)
end
return out
