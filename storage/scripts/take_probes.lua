-- KEYS: 2 the breaker. ARGV: 3 version, 4 wanted (negative: given back), 5 probes in all, 6 ms after which a probe
-- not heard of is given up (its process died). Answers how many are granted.
local breaker = call('HMGET', KEYS[2], 'version', 'state', 'probes', 'probes_at')
if breaker[1] ~= ARGV[3] or breaker[2] ~= 'half_open' then return 0 end
local taken = tonumber(breaker[3]) or 0
local since = now_ms - (tonumber(breaker[4]) or 0)
if since > tonumber(ARGV[6]) or since < 0 then taken = 0 end  -- or the clock was set back
local wanted = tonumber(ARGV[4])
if wanted < 0 then
  call('HSET', KEYS[2], 'probes', math.max(taken + wanted, 0))
  return 0
end
local granted = math.max(math.min(wanted, ARGV[5] - taken), 0)
if granted > 0 then call('HSET', KEYS[2], 'probes', taken + granted, 'probes_at', now_ms) end
return granted
