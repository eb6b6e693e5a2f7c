-- One dead letter goes back to work: off NS:dead, onto the ready list, and out of the job's count of dead, in one
-- step, so that a crash before or after loses nothing and repeats nothing. KEYS: 1 the job, 2 dead, 3 waiting,
-- 4 the ready list. ARGV: 1 entry, 2 the ready list's member, 3 resume, 4 recipients, 5 when the job was stored.
-- Answers moved, gone (somebody else was first), or cancelled.
local letter = call('XRANGE', KEYS[2], ARGV[1], ARGV[1])[1]
if not letter then return 'gone' end
if not must_be(KEYS[1], 'hash') or not must_be(KEYS[3], 'set') or not must_be(KEYS[4], 'stream') then
  return spoiled
end
local resume, recipients = ARGV[3], tonumber(ARGV[4])
local counted, state = string.find(resume, '^%d+ %d+ h ') ~= nil, nil
if counted then
  local job = call('HMGET', KEYS[1], 'state', 'left', 'dead', 'created_at')
  for f = 2, 4 do
    if job[f] and not string.match(job[f], '^%-?%d+$') then return spoiled end
  end
  state = job[1]
  -- Records go a day after a job's end. A later one under the same id is another job: not to be counted in.
  local same = job[2] and tonumber(job[4] or 0) - tonumber(ARGV[5]) <= 60000
  counted = same and tonumber(job[3] or 0) >= recipients
  if same and state == 'cancelled' then return 'cancelled' end
  if not counted then resume = string.gsub(resume, '^(%d+ %d+) h ', '%1 - ') end
end

local content
local fields = { 'job', '', 'resume', resume, 'correlation_id', '', 'traceparent', '' }
for f = 1, #letter[2], 2 do
  for own = 1, #fields, 2 do
    if fields[own] == letter[2][f] and fields[own] ~= 'resume' then fields[own + 1] = letter[2][f + 1] end
  end
  if letter[2][f] == 'content' then content = letter[2][f + 1] end
end
if content then fields[#fields + 1], fields[#fields + 2] = 'content', content end  -- its reference goes along
if call('EXISTS', KEYS[4]) == 0 then
  call('XGROUP', 'CREATE', KEYS[4], 'dispatchers', '0', 'MKSTREAM')
end
call('SADD', KEYS[3], ARGV[2])
call('XADD', KEYS[4], '*', unpack(fields))
if counted then
  call('HINCRBY', KEYS[1], 'dead', -recipients)
  call('HINCRBY', KEYS[1], 'left', recipients)
  if state == 'done' or state == 'dead' then
    call('HSET', KEYS[1], 'state', 'running')
    call('HDEL', KEYS[1], 'finished_at')
  end
  call('PERSIST', KEYS[1])
end
-- A post of results is open again (write.lua).
if string.match(ARGV[2], '\tresults$') then
  redis.pcall('HINCRBY', string.sub(KEYS[2], 1, -5) .. 'outbox:state', 'open', 1)
end
call('XDEL', KEYS[2], ARGV[1])
return 'moved'
