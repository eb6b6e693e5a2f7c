-- KEYS: 2 owners. ARGV: 3 lease ms.
local expires_at = now_ms + ARGV[3]
call('HSET', KEYS[1], 'expires_at', expires_at)
call('ZADD', KEYS[2], expires_at, ARGV[1])
return 1
