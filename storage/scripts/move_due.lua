-- Parked rests whose time has come go to their waiting lists. KEYS: 2 waiting, 3 due, 4 due:items. ARGV: 3 limit.
-- At most 8 MiB a call: Redis serves nobody else meanwhile. Answers how many.
local items = call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms, 'LIMIT', 0, ARGV[3])
local moved, bytes = 0, 0
for i = 1, #items do
  local packed = call('HGET', KEYS[4], items[i])
  if packed then
    local rest = cmsgpack.unpack(packed)
    local stream = rest[1]
    local fields = { 'job', rest[3], 'resume', rest[4], 'correlation_id', rest[5], 'traceparent', rest[6] }
    if rest[7] then fields[9], fields[10] = 'content', rest[7] end
    add_rest(stream, KEYS[2], rest[2], fields)
    call('HDEL', KEYS[4], items[i])
    moved = moved + 1
    bytes = bytes + #packed
  end
  call('ZREM', KEYS[3], items[i])
  if bytes >= 8388608 then break end
end
return moved
