-- A dead letter that cannot be taken up where it was becomes a new job on a lane. KEYS: 1 dead, 2 the lane. ARGV:
-- 1 entry, 2 its document without an id, 3 what the names of contents begin with. Answers the new entry, or gone.
local letter = call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return 'gone' end
if not must_be(KEYS[2], 'stream') then return spoiled end
local fields = { 'job', ARGV[2] }
for f = 1, #letter[2], 2 do
  local name = letter[2][f]
  if name == 'correlation_id' or name == 'traceparent' then
    fields[#fields + 1], fields[#fields + 2] = name, letter[2][f + 1]
  end
end
local entry = call('XADD', KEYS[2], '*', unpack(fields))
call('XDEL', KEYS[1], ARGV[1])
release_content_of(letter[2], ARGV[3])
return entry
