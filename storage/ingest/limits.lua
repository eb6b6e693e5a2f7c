-- Requests counted in fixed windows of Redis's clock (UTC minute, hour, day). Needs `call` and `now_ms`. A counter is
-- loaded, counts any number of requests and is stored again: one read and one write however many they are.
-- Its key holds "AT m h d": the minute of its last request (since the epoch) and the counts of that minute and of its
-- hour and day; it goes when the day is over.

local function load_counter(key)
  local at = math.floor(now_ms / 60000)
  local counter = { at = at, 0, 0, 0 }
  local known = redis.pcall('GET', key)  -- another type than its own: begun anew, as what is no counter
  local last, m, h, d = string.match(type(known) == 'string' and known or '', '^(%d+) (%d+) (%d+) (%d+)$')
  if not last then return counter end
  last = tonumber(last)
  -- The clock went back: the windows do not, or more than their limits would fit. By more than a day it was wrong.
  if last > at and last - at <= 1440 then counter.at = last end
  at = counter.at
  if last == at then counter[1] = tonumber(m) end
  if math.floor(last / 60) == math.floor(at / 60) then counter[2] = tonumber(h) end
  if math.floor(last / 1440) == math.floor(at / 1440) then counter[3] = tonumber(d) end
  return counter
end

-- minute, hour, day: how many requests each window takes, 0 = no limit. Counted in all windows or, when one is full,
-- in none. Answers true when it is admitted, and the three counts.
local function count_request(counter, minute, hour, day)
  if (minute == 0 or counter[1] < minute) and (hour == 0 or counter[2] < hour) and (day == 0 or counter[3] < day) then
    counter[1], counter[2], counter[3], counter.changed = counter[1] + 1, counter[2] + 1, counter[3] + 1, true
    return true, counter[1], counter[2], counter[3]
  end
  return false, counter[1], counter[2], counter[3]
end

local function store_counter(key, counter)
  if not counter.changed then return end
  local at = counter.at
  call('SET', key, string.format('%d %d %d %d', at, counter[1], counter[2], counter[3]), 'PX',
    (math.floor(at / 1440) + 1) * 86400000 - math.min(now_ms, at * 60000))
end
