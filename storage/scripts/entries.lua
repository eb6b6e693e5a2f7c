-- Entries go back flat, id and document by turns: a Lua table for each would double the script's cost. What is
-- rare (other fields, a delivery count) follows its document as an array.

-- A document is at most 4 MiB; of a longer one so much is sent that the parser sees that it is too long.
local longest = 4194305

local function uncommon(fields, deliveries)
  local document, correlation, traceparent, resume = '', '', '', ''
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'job' then document = fields[i + 1]
    elseif name == 'correlation_id' then correlation = fields[i + 1]
    elseif name == 'traceparent' then traceparent = fields[i + 1]
    elseif name == 'resume' then resume = fields[i + 1] end
  end
  return string.sub(document, 1, longest),
    { string.sub(correlation, 1, 256), string.sub(traceparent, 1, 256), string.sub(resume, 1, longest), deliveries }
end
