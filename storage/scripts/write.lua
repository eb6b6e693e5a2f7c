-- A checkpoint, all or nothing: with a key that cannot be used it answers a list of such keys' numbers, and has written
-- nothing; the rest can be written without what needs them. KEYS: 2 waiting, 3 due, 4 due:items, 5 results, 6 tokens, 7 dead, 8 progress,
-- 9 suspects, 10 outbox, 11 its state, then the streams of `done`, the waiting lists of `parks`, the job hashes, a list and a job hash per cut,
-- a list per withheld token, the contents of parks and letters, a stream and a content per entry that referred to one. ARGV: 3 sequence, 4 results' maximal length
-- (0 = none), 5 retention ms, 6-14 how many done streams, parks, jobs, results, tokens, dead letters, progress, cuts, withheld,
-- 15-18 how many result posts, completions and posts that have ended, how many may be open, 19 contents, 20 entries that
-- referred to one; then parks, contents, completions, progress and the rest.
-- Answers the sequence found.
local before = tonumber(owner[2])
if not before then return redis.error_reply('WRONGTYPE the sequence in the record of this process') end
local sequence = tonumber(ARGV[3])
if sequence <= before then return before end

local results_length, retention = ARGV[4], ARGV[5]
local streams, parks, jobs = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local results, tokens, dead = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local progress, cuts, withheld = tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local posts, completions, posts_ended = tonumber(ARGV[15]), tonumber(ARGV[16]), tonumber(ARGV[17])
local fixed = 11
local first_withheld = fixed + streams + parks + jobs + 2 * cuts
local contents, released = tonumber(ARGV[19]), tonumber(ARGV[20])
local first_content = first_withheld + withheld
local withheld_length = 100000  -- of a scope
local argument = 20
local function take()
  argument = argument + 1
  return ARGV[argument]
end

local unusable = {}
local function need(good, key, kind)
  if good then return end
  unusable[#unusable + 1] = key
  say_spoiled(kind)
end
local open = {}  -- streams that take more
local function taking(key)
  if open[key] == nil then open[key] = takes(key) end
  return open[key]
end
if tokens > 0 then need(takes(KEYS[6]), 6, 'tokens') end
if dead > 0 then need(takes(KEYS[7]), 7, 'dead') end
local per_park = 7
local parked, due = false, false
for i = 1, parks do
  local at = argument + 1 + (i - 1) * per_park
  if ARGV[at] ~= '' then  -- has a time
    due = true
  else
    parked = true
    local lane = string.match(ARGV[at + 1], '^job=.*\t(.*)$')
    local ready = not lane or taking(string.sub(KEYS[5], 1, -8) .. 'wait:ready:' .. lane)
    need(ready and taking(KEYS[fixed + streams + i]), fixed + streams + i, 'wait')
  end
end
if parked then need(holds(KEYS[2], 'set'), 2, 'waiting') end
if due then
  need(holds(KEYS[3], 'zset'), 3, 'due')
  need(holds(KEYS[4], 'hash'), 4, 'due:items')
end
for i = 1, withheld do need(takes(KEYS[first_withheld + i]), first_withheld + i, 'withheld') end
if progress > 0 then need(holds(KEYS[8], 'hash'), 8, 'progress') end
if posts + completions > 0 then need(takes(KEYS[10]), 10, 'outbox') end
if posts + completions + posts_ended > 0 then
  local known = redis.pcall('HMGET', KEYS[11], 'open', 'dropped')
  need(not known.err and whole(known[1]) and whole(known[2]), 11, 'outbox:state')
end

-- What the records of jobs say, by key: one may be in here several times.
local first_job = fixed + streams + parks
local job_of = {}
local known_states = { accepted = 1, scheduled = 1, running = 1, paused = 1, done = 1, cancelled = 1, dead = 1 }
local at = argument + parks * per_park + contents * 2 + completions * 5 + progress * 2
for i = 1, jobs do
  local key, pairs_ = KEYS[first_job + i], ARGV[at + 5]
  local good
  if pairs_ == '=' then
    local state = redis.pcall('HGET', key, 'state')
    good = type(state) ~= 'table' and (not state or known_states[state])
    job_of[key] = { state = state }
    at = at + 6
  else
    local names = { 'state', 'left' }
    for n = 1, tonumber(pairs_) do names[n + 2] = ARGV[at + 4 + 2 * n] end
    local job = redis.pcall('HMGET', key, unpack(names))
    good = not job.err and (not job[1] or known_states[job[1]] and (job[2] or job[1] == 'cancelled'))
    for n = 2, #names do good = good and whole(job[n]) end
    if not job_of[key] then job_of[key] = { state = job[1], left = good and tonumber(job[2] or nil) } end
    at = at + 5 + 2 * tonumber(pairs_)
  end
  need(good, first_job + i, 'job')
end
for c = 1, cuts do
  local list, job = first_job + jobs + 2 * c - 1, first_job + jobs + 2 * c
  local drawn = redis.pcall('HGET', KEYS[job], 'drawn')
  need(holds(KEYS[list], 'list'), list, 'taken')
  need(type(drawn) ~= 'table' and whole(drawn), job, 'job')
end
if #unusable > 0 then return unusable end

call('HSET', KEYS[1], 'sequence', ARGV[3])

-- What tenants have posted (docs/result-webhooks.md). Open are posts that have not ended, wherever they are: in the
-- outbox, parked, or scheduled.
local posts_open, most_open, dropped = nil, tonumber(ARGV[18]), 0
if posts + completions + posts_ended > 0 then
  posts_open = math.max(tonumber(call('HGET', KEYS[11], 'open') or 0) - posts_ended, 0)
end
local function post(document, correlation, traceparent)
  if posts_open >= most_open then
    dropped = dropped + 1
    return
  end
  posts_open = posts_open + 1
  call('XADD', KEYS[10], '*', 'job', document, 'correlation_id', correlation, 'traceparent', traceparent)
end

local function post_completion(completion, key)
  local names = { 'state', 'total', 'created_at', 'started_at', 'finished_at', 'delivered', 'failed', 'invalid_token',
    'quarantined', 'suppressed', 'expired', 'cancelled', 'dead' }
  local found = call('HMGET', key, unpack(names))
  local function number(f) return string.format('%.0f', tonumber(found[f] or 0) or 0) end
  local state = found[1] == 'cancelled' and 'cancelled' or 'done'
  local text = { '"state":"' .. state .. '","total":' .. number(2) .. ',"counts":{"' .. names[6] .. '":' .. number(6) }
  for f = 7, #names do text[#text + 1] = ',"' .. names[f] .. '":' .. number(f) end
  text[#text + 1] = '}'
  for f = 3, 5 do
    if found[f] then text[#text + 1] = ',"' .. names[f] .. '":' .. number(f) end
  end
  post(completion[1] .. table.concat(text) .. completion[2], completion[3], completion[4])
end

for i = 1, parks do
  local due, member = take(), take()
  local document, resume, correlation, traceparent, content = take(), take(), take(), take(), take()
  local stream = KEYS[fixed + streams + i]
  -- A paused job may have been resumed meanwhile, and nobody reads its list then.
  local tenant, id, lane = string.match(member, '^job=([^/]*)/(.*)\t(.*)$')
  if tenant then
    local names = string.sub(KEYS[5], 1, -8)  -- NS:results
    if redis.pcall('HGET', names .. 'job:' .. tenant .. ':' .. id, 'state') ~= 'paused' then
      stream, member = names .. 'wait:ready:' .. lane, 'ready\t' .. lane
    end
  end
  if due ~= '' then
    local item = ARGV[2] .. '-' .. ARGV[3] .. '-' .. i
    call('ZADD', KEYS[3], due, item)
    local rest = { stream, member, document, resume, correlation, traceparent }
    if content ~= '' then rest[7] = content end
    call('HSET', KEYS[4], item, cmsgpack.pack(rest))
  else
    local fields = { 'job', document, 'resume', resume, 'correlation_id', correlation, 'traceparent', traceparent }
    if content ~= '' then fields[9], fields[10] = 'content', content end
    add_rest(stream, KEYS[2], member, fields)
  end
end

-- What rests and letters refer to, stored with the first. One that cannot be read as what it should be is written anew
-- and kept for ever: nobody knows any more how many refer to it.
for c = 1, contents do
  local key, text, more = KEYS[first_content + c], take(), take()
  local refs = redis.pcall('HGET', key, 'refs')
  if refs == false and call('EXISTS', key) == 0 then
    call('HSET', key, 'document', text, 'refs', more)
  elseif type(refs) == 'string' and string.match(refs, '^%d+$') then
    call('HINCRBY', key, 'refs', more)
  else
    call('DEL', key)
    call('HSET', key, 'document', text, 'refs', 'lost')
  end
end

local completion_of = {}  -- by the job's place
for _ = 1, completions do
  local place = tonumber(take())
  completion_of[place] = { take(), take(), take(), take() }
end

local suspects = call('EXISTS', KEYS[9]) == 1
for _ = 1, progress do
  local entry, ended = take(), take()
  if ended == '' then call('HDEL', KEYS[8], entry) else call('HSET', KEYS[8], entry, ended) end
end

if jobs > 0 then
  local clock = call('TIME')
  local now = clock[1] .. string.format('%03d', math.floor(clock[2] / 1000))
  local correlation, traceparent  -- of the job at hand
  local function finish(key, tenant, id, place)
    call('PEXPIRE', key, retention)
    if completion_of[place] then post_completion(completion_of[place], key) end
    if results_length ~= '0' then
      local fields = { 'tenant', tenant, 'job', id, 'outcome', 'job_done', 'at', now }
      if correlation ~= '' then fields[9], fields[10] = 'correlation_id', correlation end
      if traceparent ~= '' then fields[#fields + 1], fields[#fields + 2] = 'traceparent', traceparent end
      redis.pcall('XADD', KEYS[5], 'MAXLEN', '~', results_length, '*', unpack(fields))
    end
  end
  -- A job of one recipient, counted at once: half of what the general case costs.
  local function only_recipient(key, tenant, id, place, outcome)
    local state = job_of[key].state
    if not state then return end
    if state ~= 'cancelled' then state = 'done' end
    call('HSET', key, outcome, 1, 'left', 0, 'state', state, 'finished_at', now)
    finish(key, tenant, id, place)
  end
  local function several(key, tenant, id, place, pairs_)
    local job = job_of[key]
    local left, ended = job.left, 0
    for _ = 1, pairs_ do
      local outcome, count = take(), take()
      ended = ended + count
      if left then call('HINCRBY', key, outcome, count) end
    end
    if not left then return end
    left = left - ended
    job.left = left
    local state = job.state
    if left <= 0 and state ~= 'done' then
      if state ~= 'cancelled' then state = 'done' end
      job.state = state
      call('HSET', key, 'left', left, 'state', state, 'finished_at', now)
      finish(key, tenant, id, place)
    elseif state == 'scheduled' or state == 'accepted' then
      job.state = 'running'
      call('HSET', key, 'left', left, 'state', 'running', 'started_at', now)
    else
      call('HSET', key, 'left', left)
    end
  end
  for i = 1, jobs do
    local key, tenant, id = KEYS[first_job + i], take(), take()
    correlation, traceparent = take(), take()
    local pairs_ = take()
    if pairs_ == '=' then
      only_recipient(key, tenant, id, i, take())
    else
      several(key, tenant, id, i, tonumber(pairs_))
    end
  end
end

-- What has left the head of an audience is in `parks`.
for c = 1, cuts do
  local list, job = KEYS[first_job + jobs + 2 * c - 1], KEYS[first_job + jobs + 2 * c]
  local first, count = tonumber(take()), tonumber(take())
  local drawn = tonumber(redis.pcall('HGET', job, 'drawn') or 0) or 0
  local leave = first + count - drawn
  if first <= drawn and leave > 0 then
    redis.pcall('LTRIM', list, leave, -1)
    if call('EXISTS', job) == 1 then redis.pcall('HSET', job, 'drawn', first + count) end
  end
end

for _ = 1, results do  -- best effort: a spoiled results stream stops no work
  local size = tonumber(take())
  redis.pcall('XADD', KEYS[5], 'MAXLEN', '~', results_length, '*', unpack(ARGV, argument + 1, argument + size))
  argument = argument + size
end
for i = 1, tokens + dead do
  local size = tonumber(take())
  call('XADD', i <= tokens and KEYS[6] or KEYS[7], '*', unpack(ARGV, argument + 1, argument + size))
  argument = argument + size
end
for i = 1, withheld do
  local size = tonumber(take())
  call('XADD', KEYS[first_withheld + i], 'MAXLEN', '~', withheld_length, '*',
    unpack(ARGV, argument + 1, argument + size))
  argument = argument + size
end

for _ = 1, posts do post(take(), take(), take()) end
if posts_open then call('HSET', KEYS[11], 'open', posts_open) end
if dropped > 0 then call('HINCRBY', KEYS[11], 'dropped', dropped) end

for s = 1, streams do
  local stream, last = KEYS[fixed + s], tonumber(take()) + argument
  while argument < last do
    local stop = argument + 500 < last and argument + 500 or last
    redis.pcall('XACK', stream, 'dispatchers', unpack(ARGV, argument + 1, stop))
    redis.pcall('XDEL', stream, unpack(ARGV, argument + 1, stop))
    for i = argument + 1, suspects and stop or argument do redis.pcall('HDEL', KEYS[9], stream .. ' ' .. ARGV[i]) end
    argument = stop
  end
end

-- Who deletes an entry gives back its reference.
for r = 1, released do
  local stream, content, id = KEYS[first_content + contents + 2 * r - 1], KEYS[first_content + contents + 2 * r], take()
  redis.pcall('XACK', stream, 'dispatchers', id)
  if redis.pcall('XDEL', stream, id) == 1 then release(content) end
  if suspects then call('HDEL', KEYS[9], stream .. ' ' .. id) end
end
return before
