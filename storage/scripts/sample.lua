-- KEYS: 2 waiting, 3 due, 4 dead, 5-7 lanes. 8 paused lanes, 9 suppressed, 10 owners, 11 meta. ARGV: 3 the waiting lists' common beginning. Answers { now, due, next
-- due, dead, [length, pending, oldest id] per lane, [member, length, …] of the waiting lists, paused lanes, 1 = some tokens are suppressed, leases that hold, processes fenced so far }. Takes away waiting
-- lists that have been empty for a minute: a scope may be any host.
local function length(kind, key)
  local found = redis.pcall(kind, key)
  return type(found) == 'number' and found or 0
end
local next_due = redis.pcall('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local answer = { now_ms, length('ZCARD', KEYS[3]), next_due[2] or '', length('XLEN', KEYS[4]) }
for k = 5, 7 do
  local pending = redis.pcall('XPENDING', KEYS[k], 'dispatchers')
  local oldest = redis.pcall('XRANGE', KEYS[k], '-', '+', 'COUNT', 1)
  answer[k] = { length('XLEN', KEYS[k]), pending.err and 0 or pending[1], oldest[1] and oldest[1][1] or '' }
end

local lists, members = {}, redis.pcall('SMEMBERS', KEYS[2])
for i = 1, #members do
  local stream = ARGV[3] .. string.gsub(members[i], '\t', ':')
  local entries = length('XLEN', stream)
  if entries == 0 then
    local about, age = redis.pcall('XINFO', 'STREAM', stream), 0
    for f = 1, #about, 2 do
      if about[f] == 'last-generated-id' then age = now_ms - string.match(about[f + 1], '^%d+') end
    end
    if age > 60000 then call('DEL', stream) end
    if age > 60000 or call('EXISTS', stream) == 0 then call('SREM', KEYS[2], members[i]) end
  else
    lists[#lists + 1] = members[i]
    lists[#lists + 1] = entries
  end
end
answer[8] = lists
local paused = redis.pcall('SMEMBERS', KEYS[8])
answer[9] = paused.err and {} or paused
answer[10] = call('EXISTS', KEYS[9])
answer[11] = call('ZCOUNT', KEYS[10], '(' .. now_ms, '+inf')
answer[12] = tonumber(call('HGET', KEYS[11], 'fenced') or 0)
return answer
