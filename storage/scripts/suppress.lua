-- Tokens not to be sent to for a while. KEYS: 2 NS:suppressed, then a key a token. ARGV: 3.. its time in ms, 0 = forget.
-- A key of its own each, because Redis 7.0 knows no expiry of fields; its value is its end, which a look-up reads
-- without asking for the expiry. NS:suppressed lives as long as the longest of them: while it is not there, no process
-- need look anything up.
local longest = 0
for k = 3, #KEYS do
  local ttl = tonumber(ARGV[k])
  if ttl > 0 then
    call('SET', KEYS[k], string.format('%.0f', now_ms + ttl), 'PX', ARGV[k])
    if ttl > longest then longest = ttl end
  else
    call('DEL', KEYS[k])
  end
end
if longest > 0 and call('PTTL', KEYS[2]) < longest then call('SET', KEYS[2], 1, 'PX', longest) end
return 1
