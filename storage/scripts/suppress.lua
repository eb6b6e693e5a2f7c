-- Tokens not to be sent to for a while. KEYS: 2 NS:suppressed, 3 NS:endpoints, then a key a token. ARGV: from 3 on two a
-- token, its time in ms (0 = forget) and its entry in NS:endpoints ('' = none).
-- A key of its own each, because Redis 7.0 knows no expiry of fields; its value is its end, which a look-up reads
-- without asking for the expiry. NS:suppressed lives as long as the longest of them: while it is not there, no process
-- need look anything up. Endpoints past the bound are disabled all the same, but not listed.
local most_endpoints = 10000
local longest, listed = 0, holds(KEYS[3], 'hash')
if not listed then say_spoiled('endpoints') end
for k = 4, #KEYS do
  local ttl, entry = tonumber(ARGV[2 * k - 5]), ARGV[2 * k - 4]
  local name = string.sub(KEYS[k], #KEYS[2] + 2)
  if ttl > 0 then
    call('SET', KEYS[k], string.format('%.0f', now_ms + ttl), 'PX', ARGV[2 * k - 5])
    if ttl > longest then longest = ttl end
    if entry ~= '' and listed and call('HLEN', KEYS[3]) < most_endpoints then call('HSET', KEYS[3], name, entry) end
  else
    call('DEL', KEYS[k])
    if listed then call('HDEL', KEYS[3], name) end
  end
end
if longest > 0 and call('PTTL', KEYS[2]) < longest then call('SET', KEYS[2], 1, 'PX', longest) end
return 1
