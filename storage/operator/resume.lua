-- KEYS: 1 the job, 2 control, 3.. its lists. ARGV: 1 tenant, 2 id, 3.. the lists. Answers 1 = changed, the state
-- found and the state now, entries moved, 1 = more to move. Of a job that is not paused it moves what an interrupted
-- resume, or a process that had not heard of it yet, left behind.
if not must_be(KEYS[1], 'hash') or not lists_usable(3) then return spoiled end
local job = call('HMGET', KEYS[1], 'state', 'paused_from', 'started_at')
local changed, state = 0, job[1] or ''
if state == 'paused' then
  state = not job[3] and job[2] or 'running'
  call('HSET', KEYS[1], 'state', state)
  call('HDEL', KEYS[1], 'paused_from')
  tell(KEYS[2], 'kind', 'resume', 'tenant', ARGV[1], 'id', ARGV[2])
  changed = 1
end
local moved, more = move_lists(3, 3)
return { changed, job[1] or '', state, moved, more }
