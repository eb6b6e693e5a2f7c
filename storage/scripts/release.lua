-- KEYS: 2 owners, 3 epoch, 4 control. Lapsed from now on, for others to take over, and fenced itself.
call('HSET', KEYS[1], 'epoch', call('INCR', KEYS[3]), 'expires_at', 0)
call('ZADD', KEYS[2], 0, ARGV[1])
call('XADD', KEYS[4], 'MAXLEN', '~', 1000, '*', 'kind', 'release', 'consumer', ARGV[1])
return 1
