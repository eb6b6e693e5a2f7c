-- KEYS: 2 owners, 3 meta. ARGV: 3 lease ms. Good as long as the epoch stands, however late: nobody has taken over.
note_service(KEYS[2], KEYS[3], tonumber(ARGV[3]), ARGV[3])
local expires_at = now_ms + ARGV[3]
call('HSET', KEYS[1], 'expires_at', expires_at)
call('ZADD', KEYS[2], expires_at, ARGV[1])
return 1
