-- What NS:suspects holds of an entry: { started, died, position, epochs } (docs/storage.md, Suspects). nil when there is
-- nothing, or nothing that can be used: it begins anew then.
local function suspicion_of(suspects, entry)
  local text = redis.pcall('HGET', suspects, entry)
  if type(text) ~= 'string' then return nil end
  local record = unpacked(text)
  local good = record and type(record[1]) == 'table' and type(record[2]) == 'table' and type(record[3]) == 'number' and
    type(record[4]) == 'table'
  for i = 1, 3 do good = good and type(record[1][i]) == 'number' and type(record[2][i]) == 'number' end
  if not good then
    say_spoiled('suspects')
    return nil
  end
  return record
end
local function no_suspicion() return { { -1, -1, -1 }, { -1, -1, -1 }, -1, {} } end
