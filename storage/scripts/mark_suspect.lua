-- Written before a suspect entry is run alone: should this process die meanwhile, it counts as the entry's doing.
-- KEYS: 2 suspects. ARGV: 3 the entry.
local recoveries, _, deaths = string.match(call('HGET', KEYS[2], ARGV[3]) or '0:0:0', '(%d+):(%d+):(%d+)')
call('HSET', KEYS[2], ARGV[3], recoveries .. ':1:' .. deaths)
return 1
