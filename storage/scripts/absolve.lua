-- A process that was taken over turns out to live, so what it ran alone has not killed it. Not fenced: it takes back
-- nothing but what was counted for its own epoch. KEYS: 1 its owner hash, 2 suspects. ARGV: 1 consumer, 2 epoch, 3 the
-- entry.
local call = redis.call
local alone = redis.pcall('HGET', KEYS[1], 'alone')
if type(alone) == 'string' and string.match(alone, '^%d+') == ARGV[2] then call('HDEL', KEYS[1], 'alone') end
local record = suspicion_of(KEYS[2], ARGV[3])
for i = record and #record[4] or 0, 1, -1 do
  if record[4][i] == ARGV[2] then
    table.remove(record[4], i)
    call('HSET', KEYS[2], ARGV[3], cmsgpack.pack(record))
  end
end
return 1
