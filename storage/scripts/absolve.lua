-- A process that was taken over turns out to live, so what it ran alone has not killed it. Not fenced: it takes back
-- nothing but what was counted for its own epoch. KEYS: 1 its owner hash, 2 suspects. ARGV: 1 consumer, 2 epoch, 3 the
-- entry.
local call = redis.call
if string.match(call('HGET', KEYS[1], 'alone') or '', '^%d+') == ARGV[2] then call('HDEL', KEYS[1], 'alone') end
local record = call('HGET', KEYS[2], ARGV[3])
record = record and cmsgpack.unpack(record)
for i = record and #record[4] or 0, 1, -1 do
  if record[4][i] == ARGV[2] then
    table.remove(record[4], i)
    call('HSET', KEYS[2], ARGV[3], cmsgpack.pack(record))
  end
end
return 1
