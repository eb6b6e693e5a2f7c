-- Written before what was taken over is started: should this process die, it counts as the doing of what was started.
-- KEYS: 2 suspects. ARGV: 3 what runs alone from now on ("POSITION STREAM ID", '' = nothing), then by turns entries, in
-- which company (1 many, 2 some, 3 few) and up to which recipient they have been started.
if not holds(KEYS[2], 'hash') then
  say_spoiled('suspects')
  return redis.error_reply('WRONGTYPE NS:suspects')  -- what was taken over waits until it is mended
end
if ARGV[3] == '' then
  call('HDEL', KEYS[1], 'alone')
else
  call('HSET', KEYS[1], 'alone', ARGV[2] .. ' ' .. ARGV[3])
end
for a = 4, #ARGV, 3 do
  -- The answer to these marks may have been lost, and the entry be over by now: nobody would take them away again.
  local stream, id = string.match(ARGV[a], '^(.*) (%d+%-%d+)$')
  if #redis.pcall('XRANGE', stream, id, id) > 0 then
    local record = suspicion_of(KEYS[2], ARGV[a]) or no_suspicion()
    record[1][tonumber(ARGV[a + 1])] = tonumber(ARGV[a + 2])
    call('HSET', KEYS[2], ARGV[a], cmsgpack.pack(record))
  end
end
return 1
