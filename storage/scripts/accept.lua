-- Makes jobs known before anything of them is sent. KEYS[2..] job hashes; per job ARGV: lane, total, sha256, entry
-- (stream and id), created_at, 1 = scheduled, 1 = a parked rest. Answers per job 0 accepted, 1 resumed, 2 repeat,
-- 3 conflict, 4 cancelled, 5 paused.
local answers = {}
for k = 2, #KEYS do
  local key, a = KEYS[k], 7 * (k - 2) + 3
  local lane, total, sha256, entry, created_at = ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4]
  local state = ARGV[a + 5] == '1' and 'scheduled' or 'running'
  local job = redis.pcall('HMGET', key, 'state', 'sha256', 'entry')
  if ARGV[a + 6] == '1' then  -- whatever its document: it was accepted whole
    answers[k - 1] = not job.err and (job[1] == 'cancelled' and 4 or job[1] == 'paused' and 5) or 1
  elseif job.err then
    answers[k - 1] = 3
  elseif job[2] and job[2] ~= sha256 then
    answers[k - 1] = 3
  elseif job[2] and job[3] ~= entry then
    answers[k - 1] = 2
  elseif job[1] == 'cancelled' then
    -- Cancelled before it was read: what its recipients end as is still counted.
    if not job[2] then
      call('HSET', key, 'lane', lane, 'total', total, 'left', total, 'sha256', sha256, 'entry', entry,
        'created_at', created_at)
    end
    answers[k - 1] = 4
  elseif job[2] and job[1] ~= 'accepted' then
    answers[k - 1] = job[1] == 'paused' and 5 or 1
  else
    call('HSET', key, 'state', state, 'lane', lane, 'total', total, 'left', total, 'sha256', sha256, 'entry', entry,
      'created_at', created_at)
    if state == 'running' then call('HSET', key, 'started_at', now_ms) end
    answers[k - 1] = 0
  end
end
return answers
