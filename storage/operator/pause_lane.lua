-- KEYS: 1 paused, 2 control. ARGV: 1 lane, 2 lane_pause or lane_resume. Answers 1 = changed.
if not must_be(KEYS[1], 'set') then return spoiled end
call('SREM', KEYS[1], '')  -- as always.lua, for a set
if call(ARGV[2] == 'lane_pause' and 'SADD' or 'SREM', KEYS[1], ARGV[1]) == 0 then return 0 end
tell(KEYS[2], 'kind', ARGV[2], 'lane', ARGV[1])
return 1
