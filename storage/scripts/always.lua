-- With memory used up Redis refuses a script's first write, not those after it, and never an HDEL. So these
-- scripts go through: a lease is kept, and finished work can leave.
call('HDEL', KEYS[1], 'none')
