-- Jobs handed in over HTTP. Each is counted, known by its id and stored in its lane, or nothing of it.
-- KEYS: 1-3 the lanes, then the counters, then per job its hash and, when it has them, its replay mark, and its
-- audience with the place that goes to. ARGV: 1 how many counters, three limits for each, then nine per job: number of
-- its counter (0 none), number of its lane, total, sha256, document, correlation id, traceparent, seconds its replay
-- mark is kept (0 none), 1 = has an audience.
-- Answers now, then six numbers per job: 0 stored, 1 repeat, 2 conflict, 3 no audience, 4 limited, 5 replayed; the three
-- counts; number of the lane and total.
local lane_names, lane_numbers = { 'high', 'normal', 'bulk' }, { high = 1, normal = 2, bulk = 3 }
for k = 1, 3 do
  if not must_be(KEYS[k], 'stream') then return spoiled end
end

local function store(key, list, taken, lane, a)
  local job = redis.pcall('HMGET', key, 'state', 'sha256', 'lane', 'total')
  local total, sha256 = ARGV[a + 3], ARGV[a + 4]
  if job.err then return 2, lane, 0 end
  if job[2] then
    if job[2] ~= sha256 then return 2, lane, 0 end
    return 1, lane_numbers[job[3]] or lane, tonumber(job[4]) or 0
  end
  if list then
    total = redis.pcall('LLEN', list)
    if type(total) ~= 'number' or total == 0 then return 3, lane, 0 end
    call('RENAME', list, taken)
  end
  local entry
  if ARGV[a + 6] == '' and ARGV[a + 7] == '' then
    entry = call('XADD', KEYS[lane], '*', 'job', ARGV[a + 5])
  else
    entry = call('XADD', KEYS[lane], '*', 'job', ARGV[a + 5], 'correlation_id', ARGV[a + 6], 'traceparent', ARGV[a + 7])
  end
  -- A state without a digest: cancelled before it came.
  call('HSET', key, 'state', job[1] or 'accepted', 'lane', lane_names[lane], 'total', total, 'left', total, 'sha256',
    sha256, 'entry', KEYS[lane] .. ' ' .. entry, 'created_at', now_ms)
  if job[1] then call('PERSIST', key) end
  return 0, lane, tonumber(total)
end

local counters = tonumber(ARGV[1])
local loaded = {}
for c = 1, counters do loaded[c] = load_counter(KEYS[3 + c]) end

local k, a, answers, n = 3 + counters, 1 + 3 * counters, { now_ms }, 1
while k < #KEYS do
  local key, mark, list, taken = KEYS[k + 1], nil, nil, nil
  k = k + 1
  if ARGV[a + 8] ~= '0' then
    mark, k = KEYS[k + 1], k + 1
  end
  if ARGV[a + 9] == '1' then
    list, taken, k = KEYS[k + 1], KEYS[k + 2], k + 2
  end
  local lane, c = tonumber(ARGV[a + 2]), tonumber(ARGV[a + 1])
  local admitted, minute, hour, day, code, total = true, 0, 0, 0, 4, 0
  if c > 0 then
    admitted, minute, hour, day = count_request(loaded[c], tonumber(ARGV[3 * c - 1]), tonumber(ARGV[3 * c]),
      tonumber(ARGV[3 * c + 1]))
  end
  if admitted then
    if mark and not call('SET', mark, '1', 'NX', 'EX', ARGV[a + 8]) then
      code = 5
    else
      code, lane, total = store(key, list, taken, lane, a)
    end
  end
  answers[n + 1], answers[n + 2], answers[n + 3], answers[n + 4] = code, minute, hour, day
  answers[n + 5], answers[n + 6] = lane, total
  n, a = n + 6, a + 9
end

for c = 1, counters do store_counter(KEYS[3 + c], loaded[c]) end
return answers
