-- These tokens may be sent to again. KEYS: 1 control, 2 NS:endpoints, 3 NS:suppressed, 4.. their marks, whose names
-- disabled endpoints have there. Answers how many were marked.
local gone = call('DEL', unpack(KEYS, 4))
for k = 4, #KEYS do call('HDEL', KEYS[2], string.sub(KEYS[k], #KEYS[3] + 2)) end
tell(KEYS[1], 'kind', 'forget')
return gone
