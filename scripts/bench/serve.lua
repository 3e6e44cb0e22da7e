-- SPDX-License-Identifier: Apache-2.0
-- wrk: the lines of the file $BODIES as request bodies, in turn. Ends with one line
-- "result REQUESTS_PER_SECOND P50_MS P99_MS ERRORS".
local requests = {}
local next_one = 0

function init()
  for body in io.lines(os.getenv("BODIES")) do
    requests[#requests + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("result %.0f %.2f %.2f %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
