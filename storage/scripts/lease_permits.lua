-- The arithmetic of core/policy/permit_schedule.cpp on Redis's clock. KEYS[2..] limits. ARGV: 3 wanted, 4 horizon
-- us; per scope interval us, lag us. Answers now, granted, and the first slot per scope.
local clock = call('TIME')
local now = clock[1] * 1000000 + clock[2]
local granted, horizon = tonumber(ARGV[3]), tonumber(ARGV[4])
if horizon > 1000000 then horizon = 1000000 end
local first, cut = {}, {}
for k = 2, #KEYS do
  local interval, lag = tonumber(ARGV[2 * k + 1]), tonumber(ARGV[2 * k + 2])
  local tat = tonumber(call('GET', KEYS[k]) or 0)
  -- Further ahead than any lease reaches: a clock that jumped back, or a lower rate before a reload. Where it is cut to
  -- has to be stored, or it would be as far ahead the next time.
  local furthest = now + 1000000 + math.ceil(interval)
  if tat > furthest then
    tat = furthest
    cut[k] = true
  end
  local slot = math.max(tat, now - lag)
  local reach = now + horizon - slot
  granted = math.min(granted, reach < 0 and 0 or math.floor(reach / interval) + 1)
  first[k] = slot
end
local answer = { now, granted }
for k = 2, #KEYS do
  if granted > 0 or cut[k] then
    local tat = first[k] + math.ceil(granted * ARGV[2 * k + 1])
    -- A tat that lies behind by more than the lag says nothing: the key may go.
    local keep = math.max(tat - now, 0) + ARGV[2 * k + 2]
    call('SET', KEYS[k], string.format('%.0f', tat), 'PX', math.ceil(keep / 1000) + 1000)
  end
  answer[k + 1] = first[k]
end
return answer
