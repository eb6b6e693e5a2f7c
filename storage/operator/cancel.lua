-- KEYS: 1 the job, 2 control, 3.. its lists. ARGV: 1 tenant, 2 id, 3 how long a job not read yet is remembered, 4..
-- the lists. Answers 1 = changed, the state found, entries moved, 1 = more to move. What waited for the job goes
-- back to the engine, which counts it as cancelled.
if not must_be(KEYS[1], 'hash') or not lists_usable(3) then return spoiled end
local state = call('HGET', KEYS[1], 'state')
local changed = 0
if state ~= 'done' and state ~= 'cancelled' and state ~= 'dead' then
  call('HSET', KEYS[1], 'state', 'cancelled')
  call('HDEL', KEYS[1], 'paused_from')
  if not state then call('PEXPIRE', KEYS[1], ARGV[3]) end
  tell(KEYS[2], 'kind', 'cancel', 'tenant', ARGV[1], 'id', ARGV[2])
  changed = 1
end
local moved, more = move_lists(3, 4)
return { changed, state or '', moved, more }
