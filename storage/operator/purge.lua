-- Dead letters are deleted, and their references to contents given back. KEYS: 1 dead. ARGV: what the names of
-- contents begin with, then entries. Answers how many there were.
if not must_be(KEYS[1], 'stream') then return spoiled end
local gone = 0
for a = 2, #ARGV do
  local letter = call('XRANGE', KEYS[1], ARGV[a], ARGV[a])[1]
  if letter then
    call('XDEL', KEYS[1], ARGV[a])
    release_content_of(letter[2], ARGV[1])
    gone = gone + 1
  end
end
return gone
