-- Makes jobs known before anything of them is sent. KEYS[2..] job hashes. ARGV: 3 what every key begins with, 4 retention
-- ms; per job lane, total, sha256, entry (stream and id), created_at, the state it gets ('running', 'scheduled'; '' = a
-- parked rest), its audience ("TENANT:NAME", '' = none). Answers per job 0 accepted, 1 resumed, 2 repeat, 3 conflict,
-- 4 cancelled, 5 paused, 6 no such audience, 7 its record, or its audience, holds what it should not: to be asked again
-- once that is mended.
local prefix, retention = ARGV[3], ARGV[4]

-- The list is the job's own from now on (a submission over HTTP has taken it before: then the job is known). Answers
-- its length.
local function take_audience(key, name, known)
  local list, taken = prefix .. 'audience:' .. name, prefix .. 'taken:' .. string.sub(key, #prefix + 5)
  if (not known or call('EXISTS', taken) == 0) and call('TYPE', list).ok == 'list' then call('RENAME', list, taken) end
  local length = redis.pcall('LLEN', taken)
  return type(length) == 'number' and length or 0
end

local known_states = { cancelled = 4, paused = 5, dead = 6 }
local states = { accepted = true, scheduled = true, running = true, paused = true, done = true, cancelled = true, dead = true }

local function usable(job)
  if job.err or job[1] and not states[job[1]] then return false end
  if not job[2] then return true end
  return string.match(job[2], '^%x+$') and job[3] and string.match(job[3], '^.+ %d+%-%d+$') and whole(job[4]) and
    whole(job[5]) and whole(job[6])
end

local function audience_usable(key, name)
  return holds(prefix .. 'audience:' .. name, 'list') and holds(prefix .. 'taken:' .. string.sub(key, #prefix + 5), 'list')
end

local answers = {}
for k = 2, #KEYS do
  local key, a = KEYS[k], 7 * (k - 2) + 5
  local total, sha256, entry, state = ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 5]
  local job = redis.pcall('HMGET', key, 'state', 'sha256', 'entry', 'left', 'total', 'drawn')
  if not usable(job) then
    say_spoiled('job')
    answers[k - 1] = 7
  elseif ARGV[a + 6] ~= '' and not audience_usable(key, ARGV[a + 6]) then
    say_spoiled('audience')
    answers[k - 1] = 7
  elseif state == '' then  -- whatever its document: it was accepted whole
    answers[k - 1] = known_states[job[1]] or 1
  elseif job[2] and job[2] ~= sha256 then
    answers[k - 1] = 3
  elseif job[2] and job[3] ~= entry then
    answers[k - 1] = 2
  elseif job[2] and job[1] ~= 'accepted' then
    answers[k - 1] = known_states[job[1]] or 1
  else
    if ARGV[a + 6] ~= '' then total = take_audience(key, ARGV[a + 6], job[2]) end
    answers[k - 1] = 0
    if job[1] == 'cancelled' then  -- before it was read: what its recipients end as is still counted
      state, answers[k - 1] = 'cancelled', 4
      call('PERSIST', key)  -- it was kept for a time only, in case that the job never came
    end
    if total == 0 then
      call('HSET', key, 'state', 'dead', 'lane', ARGV[a], 'total', 0, 'sha256', sha256, 'entry', entry, 'created_at',
        ARGV[a + 4], 'finished_at', now_ms)
      call('PEXPIRE', key, retention)
      answers[k - 1] = 6
    elseif state == 'running' then
      call('HSET', key, 'state', state, 'lane', ARGV[a], 'total', total, 'left', total, 'sha256', sha256, 'entry', entry,
        'created_at', ARGV[a + 4], 'started_at', now_ms)
    else
      call('HSET', key, 'state', state, 'lane', ARGV[a], 'total', total, 'left', total, 'sha256', sha256, 'entry', entry,
        'created_at', ARGV[a + 4])
    end
  end
end
return answers
