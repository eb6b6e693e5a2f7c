-- KEYS: 2 the breaker, 3 control. ARGV: 3 version, 4 scope, 5 state, 6 failures, 7 opened_at, 8 retry_at, 9 open_for,
-- 10 reason. Answers the hash as it is then.
-- One that is no number is as good as none: whoever holds the state stores it again.
local version = tonumber(call('HGET', KEYS[2], 'version')) or 0
if tonumber(ARGV[3]) == version + 1 then
  call('HSET', KEYS[2], 'version', ARGV[3], 'state', ARGV[5], 'failures', ARGV[6], 'opened_at', ARGV[7], 'retry_at',
    ARGV[8], 'open_for', ARGV[9], 'reason', ARGV[10], 'probes', 0, 'probes_at', 0)
  -- A scope may be any web push or webhook host: those that are well are forgotten after a day.
  if ARGV[5] == 'closed' then call('PEXPIRE', KEYS[2], 86400000) else call('PERSIST', KEYS[2]) end
  call('XADD', KEYS[3], 'MAXLEN', '~', 1000, '*', 'kind', 'breaker', 'scope', ARGV[4], 'state', ARGV[5], 'version',
    ARGV[3])
end
return call('HGETALL', KEYS[2])
