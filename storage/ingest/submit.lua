-- Jobs handed in over HTTP, those of a request together: counted once, known by their ids and stored in their lanes, or
-- nothing of it.
-- KEYS: 1-3 the lanes, then the counters, then per request its replay mark, when it has one, and per job its hash and,
-- when it has one, its audience with the place that goes to.
-- ARGV: 1 how many counters, three limits for each, then three per request: number of its counter (0 none), seconds its
-- replay mark is kept (0 none), how many jobs; and behind them seven per job: number of its lane, total, sha256,
-- document, correlation id, traceparent, 1 = has an audience.
-- Answers now, then six numbers per request: 0 stored, 1 repeat, 2 conflict, 3 no audience, 4 limited, 5 replayed; the
-- three counts; number of the first job's lane, and the total of all.
local lane_names, lane_numbers = { 'high', 'normal', 'bulk' }, { high = 1, normal = 2, bulk = 3 }
for k = 1, 3 do
  if not must_be(KEYS[k], 'stream') then return spoiled end
end

-- What is known of a job, before anything is written. `a` is where its arguments begin. code: 0 new, 1 repeat,
-- 2 conflict, 3 no audience.
local function look(key, list, taken, a)
  local known = redis.pcall('HMGET', key, 'state', 'sha256', 'lane', 'total')
  local lane, total = tonumber(ARGV[a]), tonumber(ARGV[a + 1])
  if known.err or (known[2] and known[2] ~= ARGV[a + 2]) then return { code = 2, lane = lane, total = 0 } end
  if known[2] then return { code = 1, lane = lane_numbers[known[3]] or lane, total = tonumber(known[4]) or 0 } end
  if list then
    total = redis.pcall('LLEN', list)
    if type(total) ~= 'number' or total == 0 then return { code = 3, lane = lane, total = 0 } end
  end
  return { code = 0, lane = lane, total = total, key = key, list = list, taken = taken, state = known[1], a = a }
end

local function store(job)
  local a, lane, entry = job.a, KEYS[job.lane], nil
  if job.list then call('RENAME', job.list, job.taken) end
  if ARGV[a + 4] == '' and ARGV[a + 5] == '' then
    entry = call('XADD', lane, '*', 'job', ARGV[a + 3])
  else
    entry = call('XADD', lane, '*', 'job', ARGV[a + 3], 'correlation_id', ARGV[a + 4], 'traceparent', ARGV[a + 5])
  end
  -- A state without a digest: cancelled before it came.
  call('HSET', job.key, 'state', job.state or 'accepted', 'lane', lane_names[job.lane], 'total', job.total, 'left',
    job.total, 'sha256', ARGV[a + 2], 'entry', lane .. ' ' .. entry, 'created_at', now_ms)
  if job.state then call('PERSIST', job.key) end
end

-- Code and total of a request whose jobs were looked at. Stored once one of them is new, refused once one is refused.
local function store_all(jobs)
  local code, total = 1, 0
  for _, job in ipairs(jobs) do
    if job.code > 1 then return job.code, 0 end
    code, total = math.min(code, job.code), total + job.total
  end
  for _, job in ipairs(jobs) do
    if job.code == 0 then store(job) end
  end
  return code, total
end

local counters = tonumber(ARGV[1])
local loaded = {}
for c = 1, counters do loaded[c] = load_counter(KEYS[3 + c]) end

local k, a, answers, n = 3 + counters, 2 + 3 * counters, { now_ms }, 1
while ARGV[a] do
  local c, mark, mark_seconds, jobs = tonumber(ARGV[a]), nil, ARGV[a + 1], {}
  if mark_seconds ~= '0' then
    mark, k = KEYS[k + 1], k + 1
  end
  local count = tonumber(ARGV[a + 2])
  a = a + 3
  for j = 1, count do
    local key, list, taken = KEYS[k + 1], nil, nil
    k = k + 1
    if ARGV[a + 6] == '1' then
      list, taken, k = KEYS[k + 1], KEYS[k + 2], k + 2
    end
    jobs[j], a = look(key, list, taken, a), a + 7
  end
  local admitted, minute, hour, day, code, total = true, 0, 0, 0, 4, 0
  if c > 0 then
    admitted, minute, hour, day = count_request(loaded[c], tonumber(ARGV[3 * c - 1]), tonumber(ARGV[3 * c]),
      tonumber(ARGV[3 * c + 1]))
  end
  if admitted then
    if mark and not call('SET', mark, '1', 'NX', 'EX', mark_seconds) then
      code = 5
    else
      code, total = store_all(jobs)
    end
  end
  answers[n + 1], answers[n + 2], answers[n + 3], answers[n + 4] = code, minute, hour, day
  answers[n + 5], answers[n + 6], n = jobs[1].lane, total, n + 6
end

for c = 1, counters do store_counter(KEYS[3 + c], loaded[c]) end
return answers
