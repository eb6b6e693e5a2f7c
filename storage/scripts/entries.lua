-- Entries go back flat, id and document by turns: a Lua table for each would double the script's cost. What is
-- rare (other fields, a delivery count) follows its document as an array.

-- A document is at most 4 MiB; of a longer one so much is sent that the parser sees that it is too long.
local longest = 4194305

-- What rests of a job have in common is a key of its own. It stands in an answer once, with the first of them (then ''
-- for the others); 0 when it is gone, 1 when the key holds something else.
local given, prefix = {}, string.sub(KEYS[1], 1, -(#ARGV[1] + 7))  -- NS:owner:CONSUMER
local function content_of(ref)
  if ref == '' or given[ref] then return '' end
  given[ref] = true
  local text = redis.pcall('HGET', prefix .. 'content:' .. ref, 'document')
  if type(text) == 'string' then return string.sub(text, 1, longest) end
  return text and 1 or 0
end

local function uncommon(fields, deliveries)
  local document, correlation, traceparent, resume, content = '', '', '', '', ''
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'job' then document = fields[i + 1]
    elseif name == 'correlation_id' then correlation = fields[i + 1]
    elseif name == 'traceparent' then traceparent = fields[i + 1]
    elseif name == 'resume' then resume = fields[i + 1]
    elseif name == 'content' then content = string.sub(fields[i + 1], 1, 256) end
  end
  local shared = content_of(content)
  return string.sub(document, 1, longest),
    { string.sub(correlation, 1, 256), string.sub(traceparent, 1, 256), string.sub(resume, 1, longest), deliveries,
      content, shared }, #resume + (type(shared) == 'string' and #shared or 0)
end
