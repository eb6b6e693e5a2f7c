-- Parked rests whose time has come go to their waiting lists. KEYS: 2 waiting, 3 due, 4 due:items. ARGV: 3 limit.
-- At most 8 MiB a call: Redis serves nobody else meanwhile. Answers how many. One that cannot be moved is tried again a
-- while later, and holds up nothing behind it.
local later_ms = 3000
local items = redis.pcall('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms, 'LIMIT', 0, ARGV[3])
for key, kind in pairs({ [KEYS[2]] = 'set', [KEYS[3]] = 'zset', [KEYS[4]] = 'hash' }) do
  if not holds(key, kind) then
    say_spoiled(string.sub(key, #prefix_of_all + 1))
    return 0
  end
end
-- nil: it says nothing that could be moved.
local function rest_of(packed)
  local rest = unpacked(packed)
  for i = 1, 6 do
    if not rest or type(rest[i]) ~= 'string' then return nil end
  end
  local list = prefix_of_all .. 'wait:'
  return string.sub(rest[1], 1, #list) == list and rest or nil
end
local open = {}  -- lists that take more
local function taking(stream)
  if open[stream] == nil then open[stream] = takes(stream) end
  return open[stream]
end
local moved, bytes = 0, 0
for i = 1, #items do
  local packed = call('HGET', KEYS[4], items[i])
  local rest = packed and rest_of(packed)
  local stream = rest and rest[1]
  if rest and taking(stream) then
    local fields = { 'job', rest[3], 'resume', rest[4], 'correlation_id', rest[5], 'traceparent', rest[6] }
    if rest[7] then fields[9], fields[10] = 'content', rest[7] end
    add_rest(stream, KEYS[2], rest[2], fields)
    call('HDEL', KEYS[4], items[i])
    call('ZREM', KEYS[3], items[i])
  else
    say_spoiled(rest and 'wait' or 'due:items')
    if packed then call('ZADD', KEYS[3], now_ms + later_ms, items[i]) else call('ZREM', KEYS[3], items[i]) end
  end
  moved = moved + 1
  bytes = bytes + (packed and #packed or 0)
  if bytes >= 8388608 then break end
end
return moved
