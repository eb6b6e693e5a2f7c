-- A rest onto a waiting list, which is made with its first. Redis gives a new stream 4 KiB at once, and the lists of
-- origins are thousands with a rest or two each: a copy has just what it needs.
local function add_rest(stream, waiting, member, fields)
  local fresh = call('EXISTS', stream) == 0
  if fresh then call('XGROUP', 'CREATE', stream, 'dispatchers', '0', 'MKSTREAM') end
  call('SADD', waiting, member)  -- also of a list that is there: the set may have been lost
  call('XADD', stream, '*', unpack(fields))
  if fresh and string.find(member, '://', 1, true) then
    local copy = stream .. ':copy'
    if redis.pcall('COPY', stream, copy, 'REPLACE') == 1 then call('RENAME', copy, stream) end
  end
end
