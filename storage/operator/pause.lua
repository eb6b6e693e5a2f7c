-- KEYS: 1 the job, 2 control. ARGV: 1 tenant, 2 id. Answers 1 = changed, the state found.
if not must_be(KEYS[1], 'hash') then return spoiled end
local state = call('HGET', KEYS[1], 'state')
if state ~= 'running' and state ~= 'scheduled' and state ~= 'accepted' then return { 0, state or '' } end
call('HSET', KEYS[1], 'state', 'paused', 'paused_from', state)
tell(KEYS[2], 'kind', 'pause', 'tenant', ARGV[1], 'id', ARGV[2])
return { 1, state }
