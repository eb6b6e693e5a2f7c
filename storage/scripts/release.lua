-- KEYS: 2 owners, 3 epoch, 4 control. Lapsed from now on, for others to take over, and fenced itself.
local epoch = redis.pcall('INCR', KEYS[3])
call('HSET', KEYS[1], 'epoch', type(epoch) == 'number' and epoch or 0, 'expires_at', 0)
redis.pcall('ZADD', KEYS[2], 0, ARGV[1])
redis.pcall('XADD', KEYS[4], 'MAXLEN', '~', 1000, '*', 'kind', 'release', 'consumer', ARGV[1])
return 1
