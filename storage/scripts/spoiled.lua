-- Keys that hold what they should not. Looked for before anything is written, because Redis undoes nothing when a script
-- fails half-way. What was met is said in NS:spoiled, by what the key is for, for all processes to see (sample.lua).
local prefix_of_all = string.sub(KEYS[1], 1, -(#ARGV[1] + 7))  -- NS:owner:CONSUMER
local function say_spoiled(kind)
  local clock = redis.call('TIME')
  redis.pcall('HSET', prefix_of_all .. 'spoiled', kind, clock[1])
end

local function holds(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == kind or found == 'none'
end

-- An XADD to it will go through.
local function takes(key)
  local about = redis.pcall('XINFO', 'STREAM', key)
  if about.err then return holds(key, 'stream') end
  for f = 1, #about, 2 do
    if about[f] == 'last-generated-id' then return about[f + 1] ~= '18446744073709551615-18446744073709551615' end
  end
  return true
end

-- nil stands for 0.
local function whole(value)
  return not value or #value < 16 and string.match(value, '^%-?%d+$') ~= nil
end

-- A MessagePack value, or nil when it is none.
local function unpacked(text)
  local good, value = pcall(cmsgpack.unpack, text)
  return good and type(value) == 'table' and value or nil
end
