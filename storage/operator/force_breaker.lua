-- KEYS: 1 the breaker, 2 control. ARGV: 1 scope, 2 forced_open, forced_closed or closed (ends a forced state, and
-- only that; of a half-open one it gives back the probes of a process that is gone), 3 reason. A record that cannot be
-- read is replaced, by a closed one at the least. Answers 1 = changed, the state found.
local known = { closed = true, open = true, half_open = true, forced_open = true, forced_closed = true }
local found = redis.pcall('HMGET', KEYS[1], 'state', 'reason', 'version')
local readable = not found.err and (not found[1] or known[found[1]]) and (not found[3] or string.match(found[3], '^%d+$'))
if not readable then
  call('DEL', KEYS[1])
  set_breaker(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
  return { 1, 'unreadable' }
end
call('HDEL', KEYS[1], 'none')  -- as always.lua
local state, wanted = found[1] or 'closed', ARGV[2]
local forced = string.sub(state, 1, 7) == 'forced_'
if wanted == 'closed' and state == 'half_open' then call('HSET', KEYS[1], 'probes', 0, 'probes_at', 0) end
-- The same state for another reason (mass_invalid) is taken over: it is the operator's from now on.
if wanted == 'closed' and not forced or state == wanted and found[2] == ARGV[3] then return { 0, state } end
set_breaker(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
return { 1, state }
