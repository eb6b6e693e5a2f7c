-- KEYS: 2 waiting, 3 due, 4 dead, 5-8 lanes. 9 paused lanes, 10 suppressed, 11 owners, 12 meta,
-- 13 outbox state, 14 progress, 15 suspects. ARGV: 3 the waiting lists' common beginning. Answers { now, due, next
-- due, dead, [length, pending, oldest id] per lane, [member, length, …] of the waiting lists, paused lanes, 1 = some tokens are suppressed, leases that hold, processes fenced so far,
-- posts open, posts dropped }. Takes away waiting
-- lists that have been empty for a minute: a scope may be any host; and what is known of entries that are gone.
local function length(kind, key)
  local found = redis.pcall(kind, key)
  return type(found) == 'number' and found or 0
end
local next_due = redis.pcall('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local answer = { now_ms, length('ZCARD', KEYS[3]), next_due[2] or '', length('XLEN', KEYS[4]) }
for k = 5, 8 do
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
answer[9] = lists
local paused = redis.pcall('SMEMBERS', KEYS[9])
answer[10] = paused.err and {} or paused
answer[11] = call('EXISTS', KEYS[10])
answer[12] = call('ZCOUNT', KEYS[11], '(' .. now_ms, '+inf')
answer[13] = tonumber(call('HGET', KEYS[12], 'fenced') or 0)
local posts = redis.pcall('HMGET', KEYS[13], 'open', 'dropped')
answer[14], answer[15] = tonumber(posts[1] or 0), tonumber(posts[2] or 0)

-- An entry takes along what is known of it, unless somebody else deleted it, or its stream: that is looked for, a few
-- at a time.
for k = 14, 15 do
  local some = redis.pcall('HRANDFIELD', KEYS[k], 16)
  for i = 1, #some do
    local stream, id = string.match(some[i], '^(.*) (%d+%-%d+)$')
    local found = stream and redis.pcall('XRANGE', stream, id, id)
    if found and not found.err and #found == 0 then call('HDEL', KEYS[k], some[i]) end
  end
end
return answer
