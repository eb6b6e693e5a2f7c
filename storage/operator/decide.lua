-- An operator's word on the tokens withheld of a scope: accept them as dead (events on NS:tokens, and marks so that
-- nothing is sent to them) or discard them. With the last of them the scope's breaker is released, if that is what
-- holds it. KEYS: 1 the breaker, 2 control, 3 withheld, 4 tokens, 5 suppressed (its marks' keys are made here: same
-- hash tag). ARGV: 1 scope, 2 accept or discard, 3 tokens at most. Answers how many tokens, 1 = there are more, 1 =
-- the breaker is released.
if not must_be(KEYS[1], 'hash') or not must_be(KEYS[3], 'stream') or not must_be(KEYS[4], 'stream') then
  return spoiled
end
local longest = 0
local function accept(fields)
  local event, mark, ttl = { 'event', 'invalid' }, nil, 0
  for f = 1, #fields, 2 do
    if fields[f] == 'mark' then
      mark = fields[f + 1]
    elseif fields[f] == 'until' then
      ttl = tonumber(fields[f + 1]) - now_ms
    else
      event[#event + 1], event[#event + 2] = fields[f], fields[f + 1]
    end
  end
  call('XADD', KEYS[4], '*', unpack(event))
  if not mark or ttl <= 0 then return end
  call('SET', KEYS[5] .. ':' .. mark, string.format('%.0f', now_ms + ttl), 'PX', string.format('%.0f', ttl))
  if ttl > longest then longest = ttl end
end

local found = call('HMGET', KEYS[1], 'state', 'reason')
local held = found[1] == 'forced_open' and found[2] == 'mass_invalid'
local withheld = call('XRANGE', KEYS[3], '-', '+', 'COUNT', ARGV[3])
for i = 1, #withheld do
  if ARGV[2] == 'accept' then accept(withheld[i][2]) end
  call('XDEL', KEYS[3], withheld[i][1])
end
if longest > 0 and call('PTTL', KEYS[5]) < longest then
  call('SET', KEYS[5], 1, 'PX', string.format('%.0f', longest))
end
if call('XLEN', KEYS[3]) > 0 then return { #withheld, 1, 0 } end
call('DEL', KEYS[3])
if #withheld == 0 and not held then return { 0, 0, 0 } end
-- Before the breaker's own event: whoever hears that it is closed has heard why.
tell(KEYS[2], 'kind', 'hygiene', 'scope', ARGV[1], 'decision', ARGV[2])
if held then set_breaker(KEYS[1], KEYS[2], ARGV[1], 'closed', '') end
return { #withheld, 0, held and 1 or 0 }
