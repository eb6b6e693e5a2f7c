-- KEYS: 2 owners, 3 meta. ARGV: 3 lease ms. At most 100.
note_service(KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[3])
local names, others = redis.pcall('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms, 'LIMIT', 0, 101), {}
for i = 1, #names do
  if names[i] ~= ARGV[1] then others[#others + 1] = names[i] end
end
return others
