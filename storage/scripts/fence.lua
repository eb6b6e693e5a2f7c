-- Put before every script that writes. KEYS[1] NS:owner:CONSUMER, ARGV[1] consumer, ARGV[2] its epoch.
local call = redis.call
local owner = call('HMGET', KEYS[1], 'epoch', 'sequence')
if owner[1] ~= ARGV[2] then return redis.error_reply('FENCED another process took over') end
