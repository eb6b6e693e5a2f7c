-- KEYS: 1 the breaker, 2 control. ARGV: 1 scope, 2 forced_open, forced_closed or closed (ends a forced state, and
-- only that), 3 reason. Answers 1 = changed, the state found.
if not must_be(KEYS[1], 'hash') then return spoiled end
local found = call('HMGET', KEYS[1], 'state', 'reason')
local state, wanted = found[1] or 'closed', ARGV[2]
local forced = string.sub(state, 1, 7) == 'forced_'
-- The same state for another reason (mass_invalid) is taken over: it is the operator's from now on.
if wanted == 'closed' and not forced or state == wanted and found[2] == ARGV[3] then return { 0, state } end
set_breaker(KEYS[1], KEYS[2], ARGV[1], wanted, ARGV[3])
return { 1, state }
