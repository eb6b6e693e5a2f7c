-- Claims entries of a lapsed consumer (or this process's own of an earlier life). KEYS: 2 owners, 3 epoch,
-- 4 the other's owner hash, 5 waiting, 6-9 lanes, 10 progress, 11 suspects, 12 meta. ARGV: 3 the other, 4 count, 5 bytes, 6 the waiting lists' common
-- beginning, 7-10 the lanes' names, 11 the step: the same again, because its answer was lost, answers the same entries, 12 lease ms. Answers flat,
-- per stream with something: entries, "SCOPE\tLANE", the entries as in entries.lua. With nothing left the other's record goes.
-- Entries whose progress, or lists whose names, cannot be read stay where they are until that is mended: `remains`.
local other, count, budget, step = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[11]
local out, n, bytes = {}, 0, 0

-- What the other ran alone when it died: "EPOCH POSITION STREAM ID".
local alone_epoch, alone_position, alone_entry =
  string.match(holds(KEYS[4], 'hash') and call('HGET', KEYS[4], 'alone') or '', '^(%d+) (%d+) (.*)$')

-- Up to which recipients it was started when its process died, by company; the one that died alone, and how often.
-- Kept as { started, died, position, epochs } (docs/storage.md, Suspects). `died`: this death is to be counted.
local function suspicion(entry, died)
  local record = suspicion_of(KEYS[11], entry)
  if not record and entry ~= alone_entry then return { -1, -1, -1 }, -1, 0 end
  record = record or no_suspicion()
  if died then
    for i = 1, 3 do record[2][i] = math.max(record[1][i], record[2][i]) end
    record[1] = { -1, -1, -1 }
    if entry == alone_entry then
      if record[3] ~= tonumber(alone_position) then record[3], record[4] = tonumber(alone_position), {} end
      table.insert(record[4], alone_epoch)
    end
    if type(redis.pcall('HSET', KEYS[11], entry, cmsgpack.pack(record))) ~= 'number' then say_spoiled('suspects') end
  end
  return record[2], record[3], #record[4]
end

local function give(stream, entry, deliveries, died)
  local document, extra, more = uncommon(entry[2], deliveries)
  extra[7] = call('HGET', KEYS[10], stream .. ' ' .. entry[1]) or ''
  extra[8], extra[9], extra[10] = suspicion(stream .. ' ' .. entry[1], died)
  out[n + 1], out[n + 2], out[n + 3] = entry[1], document, extra
  n = n + 3
  bytes = bytes + #document + more
end

-- The latest step that claimed something: its number, then by turns member, stream and ids.
local taken = call('HGET', KEYS[1], 'taken')
taken = taken and unpacked(taken) or {}
if not holds(KEYS[10], 'hash') then
  say_spoiled('progress')
  return out
end
if taken[1] == step then
  for t = 2, #taken, 3 do
    local stream, ids, head, found = taken[t + 1], taken[t + 2], n + 1, 0
    n = n + 2
    for i = 1, type(ids) == 'table' and #ids or 0 do
      local pending = redis.pcall('XPENDING', stream, 'dispatchers', ids[i], ids[i], 1, ARGV[1])
      local entry = pending[1] and call('XRANGE', stream, ids[i], ids[i])[1]
      if entry then
        give(stream, entry, pending[1][4], false)
        found = found + 1
      end
    end
    out[head], out[head + 1] = found, taken[t]
  end
  return out
end

local remains = false
if other ~= ARGV[1] then
  note_service(KEYS[2], KEYS[12], tonumber(ARGV[12]), ARGV[12])
  local expires_at = redis.pcall('ZSCORE', KEYS[2], other)
  if type(expires_at) ~= 'string' or tonumber(expires_at) > now_ms then return out end
  local epoch = redis.pcall('INCR', KEYS[3])
  if type(epoch) ~= 'number' then
    say_spoiled('epoch')
    return out
  end
  if not holds(KEYS[4], 'hash') then  -- its owner can do nothing with it either
    say_spoiled('owner')
    call('DEL', KEYS[4])
  end
  call('HSET', KEYS[4], 'epoch', epoch)  -- from here on it is fenced
  call('ZADD', KEYS[2], 0, other)
end

local streams, members, named = { KEYS[6], KEYS[7], KEYS[8], KEYS[9] }, {}, redis.pcall('SMEMBERS', KEYS[5])
if named.err then
  say_spoiled('waiting')
  remains = true
end
for i = 1, #named do
  local scope, lane = string.match(named[i], '^([^\t]+)\t(%l+)$')
  if lane == 'high' or lane == 'normal' or lane == 'bulk' or lane == 'results' then
    members[#members + 1] = named[i]
    streams[#streams + 1] = ARGV[6] .. scope .. ':' .. lane
  end
end

local function claim(stream, pending, claimed)
  local ids, deliveries = {}, {}
  for i = 1, #pending do
    ids[i] = pending[i][1]
    deliveries[ids[i]] = pending[i][4] + 1
  end
  for _, entry in ipairs(call('XCLAIM', stream, 'dispatchers', ARGV[1], 0, unpack(ids))) do
    if entry then
      give(stream, entry, deliveries[entry[1]], true)
      claimed[#claimed + 1] = entry[1]
      deliveries[entry[1]] = nil
    end
  end
  for id in pairs(deliveries) do  -- deleted: nothing to do
    call('XACK', stream, 'dispatchers', id)
    call('HDEL', KEYS[10], stream .. ' ' .. id)
    call('HDEL', KEYS[11], stream .. ' ' .. id)
  end
  return '(' .. ids[#ids]
end

taken = { step }
for k = 1, #streams do
  local head, claimed, from = n + 1, {}, '-'
  n = n + 2
  while true do
    local left = count - #claimed
    local full = left <= 0 or bytes >= budget
    local ask = full and 1 or math.min(left, 8)
    local pending = redis.pcall('XPENDING', streams[k], 'dispatchers', from, '+', ask, other)
    if pending.err and not holds(streams[k], 'stream') then
      say_spoiled('wait')
      remains = true
    end
    if pending.err or #pending == 0 then break end
    remains = true
    if full then break end
    from = claim(streams[k], pending, claimed)
  end
  count = count - #claimed
  if #claimed > 0 then
    local member = members[k - 4] or '\t' .. ARGV[6 + k]
    out[head], out[head + 1] = #claimed, member
    for _, each in ipairs({ member, streams[k], claimed }) do taken[#taken + 1] = each end
  else
    n = n - 2
  end
end
if #taken > 1 then call('HSET', KEYS[1], 'taken', cmsgpack.pack(taken)) end

if not remains and other ~= ARGV[1] then
  for k = 1, #streams do redis.pcall('XGROUP', 'DELCONSUMER', streams[k], 'dispatchers', other) end
  call('DEL', KEYS[4])
  call('ZREM', KEYS[2], other)
end
return out
