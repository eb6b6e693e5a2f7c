-- KEYS: 2 owners, 3 meta. ARGV: 3 lease ms, 4 the owner hashes' common beginning. At most 100.
note_service(KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[3])
-- A lease that ends later than its own length from now was taken before the clock stepped back. Who lives renews it long
-- before that; who does not must not keep its work until the clock is there again.
local furthest = redis.pcall('ZREVRANGE', KEYS[2], 0, 99, 'WITHSCORES')
for i = 1, #furthest, 2 do
  local owner = ARGV[4] .. furthest[i]
  local length = redis.pcall('HGET', owner, 'lease')
  length = type(length) == 'string' and tonumber(length)
  if length and tonumber(furthest[i + 1]) > now_ms + length then
    call('ZADD', KEYS[2], now_ms + length, furthest[i])
    call('HSET', owner, 'expires_at', now_ms + length)
  end
end
local names, others = redis.pcall('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms, 'LIMIT', 0, 101), {}
for i = 1, #names do
  if names[i] ~= ARGV[1] then others[#others + 1] = names[i] end
end
return others
