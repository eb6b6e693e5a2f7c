-- These tokens may be sent to again. KEYS: 1 control, 2.. their marks. Answers how many were marked.
local gone = call('DEL', unpack(KEYS, 2))
tell(KEYS[1], 'kind', 'forget')
return gone
