-- Sites one after the other, each thread from another one on; at the end one line of figures.
local bodies = {}
local threads = 0

for line in io.lines(os.getenv("BENCH_BODIES")) do
  bodies[#bodies + 1] = line
end

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(_)
  turn = number * 17
end

function request()
  turn = turn + 1
  local headers = { ["Content-Type"] = "application/geo+json", ["X-Api-Key"] = os.getenv("BENCH_KEY") }
  return wrk.format("POST", "/site-checks", headers, bodies[turn % #bodies + 1])
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p95": %f, "max": %f}\n',
    summary.requests, summary.duration / 1e6, failed,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency.max / 1e3))
end
