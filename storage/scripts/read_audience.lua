-- Part of a job's audience. KEYS: 2 its list, 3 the job's hash. ARGV: 3 the position to begin at ('' = the head), 4 count,
-- 5 bytes, 6 how much of an element. Answers the first's position, how many are behind, and the elements.
local known = redis.pcall('HGET', KEYS[3], 'drawn')
if type(known) == 'table' or not whole(known) or not holds(KEYS[2], 'list') then
  say_spoiled(holds(KEYS[2], 'list') and 'job' or 'taken')
  return redis.error_reply('WRONGTYPE where an audience is, or how far it has come')
end
local drawn = tonumber(known or 0)
local first = math.max(tonumber(ARGV[3]) or drawn, drawn)
local answer, n, bytes = { first, 0 }, 2, 0
local at, left, budget, longest = first - drawn, tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local length = redis.pcall('LLEN', KEYS[2])
if type(length) ~= 'number' then return answer end
while left > 0 and bytes < budget and at < length do
  local part = call('LRANGE', KEYS[2], at, at + math.min(left, 32) - 1)
  for i = 1, #part do
    answer[n + i] = string.sub(part[i], 1, longest)
    bytes = bytes + #answer[n + i]
  end
  n, at, left = n + #part, at + #part, left - #part
end
answer[2] = math.max(length - at, 0)
return answer
