-- KEYS: 2 waiting, 3 due, 4 dead, 5-8 lanes. 9 paused lanes, 10 suppressed, 11 owners, 12 meta,
-- 13 outbox state, 14 epoch, 15 progress, 16 suspects. ARGV: 3 the waiting lists' common beginning. Answers { now, due, next
-- due, dead, [length, pending, oldest id] per lane, [member, length, …] of the waiting lists, paused lanes, 1 = some tokens are suppressed, leases that hold, processes fenced so far,
-- posts open, posts dropped, kinds of spoiled keys }. Takes away waiting
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
answer[10] = paused.err and { '?' } or paused
answer[11] = call('EXISTS', KEYS[10])
answer[12] = length('ZCARD', KEYS[11]) > 0 and call('ZCOUNT', KEYS[11], '(' .. now_ms, '+inf') or 0
local fenced = redis.pcall('HGET', KEYS[12], 'fenced')
answer[13] = type(fenced) == 'string' and tonumber(fenced) or 0
local posts = redis.pcall('HMGET', KEYS[13], 'open', 'dropped')
answer[14], answer[15] = tonumber(posts[1] or 0) or 0, tonumber(posts[2] or 0) or 0

-- What has a name of its own is looked at here; what else was met (say_spoiled) is known for a while.
local spoiled = {}
for _, each in ipairs({ 'hash meta outbox:state due:items suspects progress endpoints spoiled', 'set paused waiting',
  'zset due owners', 'string epoch suppressed', 'stream jobs:high jobs jobs:bulk results tokens dead control outbox' }) do
  local kind
  for name in string.gmatch(each, '%S+') do
    local key = prefix_of_all .. name
    if not kind then kind = name
    elseif not holds(key, kind) then spoiled[name] = true
    -- Lanes apart: of their entries, which may be large, this would fetch two.
    elseif kind == 'stream' and not string.match(name, '^jobs') and not takes(key) then spoiled[name] = true end
  end
end
local epoch = redis.pcall('GET', KEYS[14])
if type(epoch) ~= 'table' and not whole(epoch) then spoiled.epoch = true end
local met = redis.pcall('HGETALL', prefix_of_all .. 'spoiled')
for i = 1, #met, 2 do
  if string.match(met[i], '^[%l:_]+$') and now_ms / 1000 - (tonumber(met[i + 1]) or 0) < 8 then
    spoiled[met[i]] = true
  else
    redis.pcall('HDEL', prefix_of_all .. 'spoiled', met[i])
  end
end
local kinds = {}
for name in pairs(spoiled) do kinds[#kinds + 1] = name end
answer[16] = kinds

-- An entry takes along what is known of it, unless somebody else deleted it, or its stream: that is looked for, a few
-- at a time.
for k = 15, 16 do
  local some = redis.pcall('HRANDFIELD', KEYS[k], 16)
  for i = 1, #some do
    local stream, id = string.match(some[i], '^(.*) (%d+%-%d+)$')
    local found = stream and redis.pcall('XRANGE', stream, id, id)
    if found and not found.err and #found == 0 then call('HDEL', KEYS[k], some[i]) end
  end
end
return answer
