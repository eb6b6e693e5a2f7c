-- KEYS: 2 owners. Reads only; at most 100.
local names, others = call('ZRANGEBYSCORE', KEYS[2], '-inf', now_ms, 'LIMIT', 0, 101), {}
for i = 1, #names do
  if names[i] ~= ARGV[1] then others[#others + 1] = names[i] end
end
return others
