-- A request that stores no job is counted. KEYS: 1 its counter, 2 its replay mark.
-- ARGV: 1-3 limits, 4 seconds the mark is kept, 5 and 6: whether there is a counter, a mark. Answers now, 0 admitted, 4 limited, 5 replayed, and the three counts.
local admitted, minute, hour, day = true, 0, 0, 0
if ARGV[5] == '1' then
  local counter = load_counter(KEYS[1])
  admitted, minute, hour, day = count_request(counter, tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
  store_counter(KEYS[1], counter)
end
local code = admitted and 0 or 4
if admitted and ARGV[6] == '1' and not call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[4]) then code = 5 end
return { now_ms, code, minute, hour, day }
