-- A job's own waiting lists (SCOPE job=TENANT/ID, one a lane), which the engine never reads, go to the lists of what
-- is ready. From KEYS[at] on: waiting, then a job's list and the ready one per lane; ARGV the same way: bytes at
-- most, then the members of NS:waiting.
local function lists_usable(at)
  for k = at + 1, #KEYS do
    if not must_be(KEYS[k], 'stream') then return false end
  end
  return must_be(KEYS[at], 'set')
end

-- Answers entries moved, and 1 when there are more: Redis serves nobody else meanwhile.
local function move_lists(at, first)
  local moved, bytes, budget = 0, 0, tonumber(ARGV[first])
  for k = at + 1, #KEYS, 2 do
    local from, to = KEYS[k], KEYS[k + 1]
    local member, ready = ARGV[first + k - at], ARGV[first + k - at + 1]
    local cursor = '-'
    while true do
      if bytes >= budget then return moved, call('EXISTS', from) end
      local entries = call('XRANGE', from, cursor, '+', 'COUNT', 8)
      if #entries == 0 then break end
      if call('EXISTS', to) == 0 then call('XGROUP', 'CREATE', to, 'dispatchers', '0', 'MKSTREAM') end
      call('SADD', KEYS[at], ready)
      for i = 1, #entries do
        local fields = entries[i][2]
        call('XADD', to, '*', unpack(fields))
        call('XDEL', from, entries[i][1])
        for f = 2, #fields, 2 do bytes = bytes + #fields[f] end
        moved = moved + 1
      end
      cursor = '(' .. entries[#entries][1]
    end
    call('DEL', from)
    call('SREM', KEYS[at], member)
  end
  return moved, 0
end
