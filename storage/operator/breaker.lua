-- The breaker's next version, as store_breaker.lua writes it; `closed` only ends what was forced. Where none can be read
-- it is one that every process takes for newer than what it remembers.
local function set_breaker(breaker, control, scope, wanted, reason)
  local found = call('HMGET', breaker, 'version', 'opened_at')
  local version = string.format('%.0f', (tonumber(found[1]) or now_ms) + 1)
  local opened_at = wanted == 'forced_open' and now_ms or found[2] or 0
  call('HSET', breaker, 'version', version, 'state', wanted, 'failures', 0, 'opened_at', opened_at, 'retry_at', 0,
    'open_for', 0, 'reason', wanted == 'closed' and '' or reason, 'probes', 0, 'probes_at', 0)
  if wanted == 'closed' then call('PEXPIRE', breaker, 86400000) else call('PERSIST', breaker) end
  tell(control, 'kind', 'breaker', 'scope', scope, 'state', wanted, 'version', version)
end
