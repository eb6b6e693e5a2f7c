-- KEYS: 1 the breaker, 2 control. ARGV: 1 scope, 2 forced_open, forced_closed or closed (ends a forced state, and
-- only that), 3 reason. As store_breaker.lua writes it. Answers 1 = changed, the state found.
if not must_be(KEYS[1], 'hash') then return spoiled end
local found = call('HMGET', KEYS[1], 'state', 'version', 'opened_at', 'reason')
local state, wanted = found[1] or 'closed', ARGV[2]
local forced = string.sub(state, 1, 7) == 'forced_'
-- The same state for another reason (mass_invalid) is taken over: it is the operator's from now on.
if wanted == 'closed' and not forced or state == wanted and found[4] == ARGV[3] then return { 0, state } end
local version = string.format('%.0f', (tonumber(found[2]) or 0) + 1)
local opened_at = wanted == 'forced_open' and now_ms or found[3] or 0
call('HSET', KEYS[1], 'version', version, 'state', wanted, 'failures', 0, 'opened_at', opened_at, 'retry_at', 0,
  'open_for', 0, 'reason', wanted == 'closed' and '' or ARGV[3], 'probes', 0, 'probes_at', 0)
if wanted == 'closed' then call('PEXPIRE', KEYS[1], 86400000) else call('PERSIST', KEYS[1]) end
tell(KEYS[2], 'kind', 'breaker', 'scope', ARGV[1], 'state', wanted, 'version', version)
return { 1, state }
