-- Leases are counted while Redis serves. Every renewal and every look for lapsed leases leaves its time in NS:meta
-- `served_at`, each process several times a lease. Half a lease without any is Redis's doing: it was away from all of
-- them (restarted, paused, cut off, or its clock has leapt). The leases that stand are good for `grace` ms from now on,
-- so that their owners have the chance to renew first. A score of 0 is no lease: released, or being taken over.
local function note_service(owners, meta, lease, grace)
  local served_at = redis.pcall('HGET', meta, 'served_at')
  served_at = type(served_at) == 'string' and tonumber(served_at)
  if served_at and now_ms - served_at > lease / 2 then
    local standing = redis.pcall('ZRANGE', owners, '(0', now_ms + grace, 'BYSCORE')
    for i = 1, #standing do redis.call('ZADD', owners, 'XX', now_ms + grace, standing[i]) end
  end
  redis.pcall('HSET', meta, 'served_at', now_ms)
end
