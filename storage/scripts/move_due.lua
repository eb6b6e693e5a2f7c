-- Parked rests whose time has come go to their waiting lists. KEYS: 2 waiting, 3 due, 4 due:items. ARGV: 3 limit.
-- At most 8 MiB a call: Redis serves nobody else meanwhile. Answers how many.
local items = call('ZRANGEBYSCORE', KEYS[3], '-inf', now_ms, 'LIMIT', 0, ARGV[3])
local moved, bytes = 0, 0
for i = 1, #items do
  local packed = call('HGET', KEYS[4], items[i])
  if packed then
    local rest = cmsgpack.unpack(packed)
    local stream = rest[1]
    if call('EXISTS', stream) == 0 then
      call('XGROUP', 'CREATE', stream, 'dispatchers', '0', 'MKSTREAM')
      call('SADD', KEYS[2], rest[2])
    end
    call('XADD', stream, '*', 'job', rest[3], 'resume', rest[4], 'correlation_id', rest[5], 'traceparent', rest[6])
    call('HDEL', KEYS[4], items[i])
    moved = moved + 1
    bytes = bytes + #packed
  end
  call('ZREM', KEYS[3], items[i])
  if bytes >= 8388608 then break end
end
return moved
