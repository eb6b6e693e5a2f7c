-- A fresh epoch for this process. KEYS: 1 its owner hash, 2 owners, 3 epoch, 4 meta, 5 control, 6.. lanes.
-- ARGV: 1 consumer, 2 lease ms, 3 schema. Answers the epoch, control's last id, and when the
-- namespace was made (another time = Redis lost everything since).
local schema = redis.call('HGET', KEYS[4], 'schema')
if schema and schema ~= ARGV[3] then
  return redis.error_reply('SCHEMA the namespace has version ' .. schema .. ', this engine ' .. ARGV[3])
end
for k = 6, #KEYS do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[k], 'dispatchers', '0', 'MKSTREAM')
  if made.err and string.sub(made.err, 1, 9) ~= 'BUSYGROUP' then return made end
end
if not schema then redis.call('HSET', KEYS[4], 'schema', ARGV[3], 'created_at', now_ms) end
local created_at = redis.call('HGET', KEYS[4], 'created_at') or ''
-- Those who live through an outage are back sooner than after half a lease; a new process does not know whether there
-- was one, or only nobody.
local lease = tonumber(ARGV[2])
note_service(KEYS[2], KEYS[4], lease, math.min(lease / 2, 3000))
local epoch = redis.call('INCR', KEYS[3])
local expires_at = now_ms + ARGV[2]
redis.call('HSET', KEYS[1], 'epoch', epoch, 'expires_at', expires_at, 'sequence', 0, 'lease', ARGV[2])
redis.call('ZADD', KEYS[2], expires_at, ARGV[1])
local newest = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)
return { epoch, newest[1] and newest[1][1] or '0-0', created_at }
