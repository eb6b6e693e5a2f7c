-- New entries of several streams, in the order given, until count or bytes are used up.
-- KEYS[2..] streams. ARGV[3] bytes; per stream three: count, 1 = a lane (made when missing), and '' or an id: the
-- answer to an earlier read was lost, so first what this consumer has got after that id.
-- Answers flat, per stream: entries, last delivered id when drained (else '', and '-' when there is more to repeat),
-- then the entries. Answers WRONGTYPE when a key is no stream and the others have nothing.
local me = ARGV[1]
local bytes, budget = 0, tonumber(ARGV[3])
local out, n, total, spoiled = {}, 0, 0, nil

-- Makes a vanished group again at 0 ('$' would skip what is there). A waiting list that is gone is just empty.
local function make_group(stream, is_lane)
  if is_lane == '1' then
    call('XGROUP', 'CREATE', stream, 'dispatchers', '0', 'MKSTREAM')
  elseif call('EXISTS', stream) == 1 then
    call('XGROUP', 'CREATE', stream, 'dispatchers', '0')
  else
    return false
  end
  return true
end

local function last_delivered(stream)
  local groups = redis.pcall('XINFO', 'GROUPS', stream)
  for g = 1, #groups do
    local group = {}
    for i = 1, #groups[g], 2 do group[groups[g][i]] = groups[g][i + 1] end
    if group['name'] == 'dispatchers' then return group['last-delivered-id'] end
  end
  return '0-0'
end

for k = 2, #KEYS do
  local a = 3 * k - 2
  local stream, is_lane, from = KEYS[k], ARGV[a + 1], ARGV[a + 2]
  local left = tonumber(ARGV[a])
  local fresh = from == ''
  if fresh then from = '>' end
  local head, found, drained, before = n + 1, 0, false, bytes - 1
  n = n + 2
  -- In chunks of at most 8, as many as should fit by what was read so far: a lane of large documents is not known
  -- before the first.
  while left > 0 and bytes < budget do
    local ask = 1
    if found > 0 then
      ask = math.min(left, 8, math.floor((budget - bytes) * found / (bytes - before)) + 1)
    end
    local got = redis.pcall('XREADGROUP', 'GROUP', 'dispatchers', me, 'COUNT', ask, 'STREAMS', stream, from)
    if got and got.err then
      -- A key that is no stream holds up nothing but itself.
      if string.sub(got.err, 1, 9) == 'WRONGTYPE' then
        spoiled = got
        if is_lane ~= '1' then say_spoiled('wait') end
        break
      end
      if string.sub(got.err, 1, 7) ~= 'NOGROUP' then return got end
      -- With the group went what there was to repeat.
      fresh, from = true, '>'
      if not make_group(stream, is_lane) then drained = true break end
      got = call('XREADGROUP', 'GROUP', 'dispatchers', me, 'COUNT', ask, 'STREAMS', stream, from)
    end
    if not got then drained = true break end
    local entries = got[1][2]
    local size = #entries
    for i = 1, size do
      local entry = entries[i]
      local fields = entry[2]
      local document = fields and fields[2]
      out[n + 1] = entry[1]
      if not fields then  -- repeated, and deleted since
        call('XACK', stream, 'dispatchers', entry[1])
        found = found - 1
      elseif fields[1] == 'job' and not fields[3] and #document < longest then
        out[n + 2] = document
        n = n + 2
        bytes = bytes + #document
      else
        local extra, more
        document, extra, more = uncommon(fields, 1)
        out[n + 2], out[n + 3] = document, extra
        n = n + 3
        bytes = bytes + #document + more
      end
    end
    found = found + size
    left = left - size
    if fresh then
      if size < ask then drained = true break end
    elseif size < ask then
      fresh, from = true, '>'
    else
      from = entries[size][1]
    end
  end
  total = total + found
  out[head] = found
  out[head + 1] = not fresh and '-' or drained and last_delivered(stream) or ''
end
if spoiled and total == 0 then return spoiled end
return out
