-- Dead letters without their documents. KEYS: 1 dead. ARGV: 1 XRANGE or XREVRANGE, 2 from, 3 to, 4 limit, 5 tenant
-- and 6 reason ('' = all). Looks at no more than 512 letters and about 8 MiB a call. Answers the id looked at last
-- ('' = that was all), then per letter its id, the names and values but the document, and the document's length.
local want, cursor, bytes, looked = tonumber(ARGV[4]), ARGV[2], 0, 0
local last, out = '', {}
while true do
  local page = call(ARGV[1], KEYS[1], cursor, ARGV[3], 'COUNT', 8)
  for i = 1, #page do
    local fields, kept, size = page[i][2], {}, 0
    local matches = { tenant = ARGV[5], reason = ARGV[6] }
    for f = 1, #fields, 2 do
      local name, value = fields[f], fields[f + 1]
      if matches[name] == value then matches[name] = '' end
      if name == 'job' then
        size = #value
      else
        kept[#kept + 1] = name
        kept[#kept + 1] = string.sub(value, 1, 262144)
      end
    end
    bytes, looked, last = bytes + size, looked + 1, page[i][1]
    if matches.tenant == '' and matches.reason == '' then
      out[#out + 1] = page[i][1]
      out[#out + 1] = kept
      out[#out + 1] = size
      want = want - 1
    end
    if want <= 0 or looked >= 512 or bytes >= 8388608 then return { last, out } end
  end
  if #page < 8 then return { '', out } end
  cursor = '(' .. last
end
