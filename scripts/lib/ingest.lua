-- For wrk: POST /v1/jobs with the key and the file given, so many at once on a connection.
-- wrk … -s ingest.lua URL -- DEPTH KEY FILE
local request_text

function init(args)
  local file = assert(io.open(args[3], "rb"))
  wrk.method, wrk.body = "POST", file:read("*a")
  file:close()
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["X-API-Key"] = args[2]
  request_text = string.rep(wrk.format(nil, "/v1/jobs"), tonumber(args[1]))
end

function request()
  return request_text
end
