-- Put before every script of the operators. They are fenced by nobody: what they write are records that every
-- process obeys. tell() is how the processes hear of it.
local call = redis.call
local function tell(control, ...)
  call('XADD', control, 'MAXLEN', '~', 1000, '*', ...)
end
local function must_be(key, kind)
  local found = call('TYPE', key).ok
  return found == kind or found == 'none'
end
-- Redis undoes nothing when a script fails half-way: looked at before anything is written.
local spoiled = { err = 'WRONGTYPE a key of the engine holds something else' }
