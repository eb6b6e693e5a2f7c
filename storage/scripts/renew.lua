-- KEYS: 2 owners, 3 meta. ARGV: 3 lease ms. Good as long as the epoch stands, however late: nobody has taken over.
note_service(KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[3])
local expires_at = now_ms + ARGV[3]
call('HSET', KEYS[1], 'expires_at', expires_at, 'lease', ARGV[3])
-- It was not there: the set has been lost. Those who live come back by themselves; who has only pending entries left is
-- given a lease, whose end others wait for.
if redis.pcall('ZADD', KEYS[2], expires_at, ARGV[1]) == 1 then
  local prefix = string.sub(KEYS[3], 1, -5)  -- NS:meta
  local streams, waiting = { 'jobs:high', 'jobs', 'jobs:bulk', 'outbox' }, redis.pcall('SMEMBERS', prefix .. 'waiting')
  for i = 1, #waiting do streams[#streams + 1] = 'wait:' .. string.gsub(waiting[i], '\t', ':') end
  for i = 1, #streams do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', prefix .. streams[i], 'dispatchers')
    for c = 1, #consumers do
      local known = {}
      for f = 1, #consumers[c], 2 do known[consumers[c][f]] = consumers[c][f + 1] end
      if known.pending > 0 then call('ZADD', KEYS[2], 'NX', expires_at, known.name) end
    end
  end
end
return 1
