"""How each row of the benchmark is measured."""

import pathlib
import subprocess
import time

import bench_jobs
from bench_ingest import Ingest
from bench_sink import BEARER_CHARACTERS, BODY_BYTES, DistantSink, Sink
from e2e.process import cpu_seconds, free_port, peak_rss_bytes, wait_until

POLL_S = 0.005
HIGH_RATE = 200
# Jobs of the bulk lane that keep the engine busy while urgent ones are measured, and how many are added at a time.
BACKLOG_JOBS = 400
REFILL_JOBS = 20
# Each line "job at" of the urgent jobs among all results; in Redis, because there are a million others.
URGENT_RESULTS = """
local found, last = {}, ARGV[1]
local page = redis.call('XRANGE', KEYS[1], '(' .. last, '+', 'COUNT', 20000)
for _, entry in ipairs(page) do
  last = entry[1]
  local job, at, tenant
  for i = 1, #entry[2], 2 do
    local name = entry[2][i]
    if name == 'job' then job = entry[2][i + 1] elseif name == 'at' then at = entry[2][i + 1]
    elseif name == 'tenant' then tenant = entry[2][i + 1] end
  end
  if tenant == 'urgent' and at then found[#found + 1] = job .. ' ' .. at end
end
return {last, #page, found}
"""


def thread_cpu_seconds(pid):
    """Finer than the clock ticks of /proc/PID/stat: nanoseconds, but only of threads that still run."""
    total = 0
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        total += int(path.read_text().split()[0])
    return total / 1e9


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Rows:
    def __init__(self, stack, sizes):
        self.stack, self.sizes = stack, sizes
        self.sink = Sink(stack)
        self.redis_process = stack.start_redis("--appendonly", "no", "--auto-aof-rewrite-percentage", "0")
        self.ingest = Ingest(stack, self.redis_process)
        self.fills = self._make_fills()
        self.headers = self._record_headers()
        self.sink.start()

    def _make_fills(self):
        def made(name, lane, documents, jobs):
            return bench_jobs.Fill(self.stack.directory / f"{name}.resp", self.stack.key(lane), documents, jobs)
        singles, bulks = self.sizes["single"], self.sizes["bulk"]
        return {
            "single": made("single", "jobs", lambda n: bench_jobs.single(n, False), singles),
            "single-id": made("single-id", "jobs", lambda n: bench_jobs.single(n, True), singles),
            "bulk": made("bulk", "jobs:bulk", bench_jobs.bulk, bulks),
            "distant": made("distant", "jobs:bulk", bench_jobs.bulk, self.sizes["distant"]),
            "backlog": made("backlog", "jobs:bulk", bench_jobs.bulk, BACKLOG_JOBS),
            "refill": made("refill", "jobs:bulk", bench_jobs.bulk, REFILL_JOBS),
            "one": made("one", "jobs", lambda n: bench_jobs.single(n, False), 1),
        }

    def _record_headers(self):
        self.fills["one"].pour(self.stack.redis_port)
        engine = None

        def send_one():
            nonlocal engine
            engine = self._start_engine({})
        headers, body = self.sink.record_request(send_one)
        self._stop_engine(engine)
        bearer = dict(headers).get("authorization", "")
        if body != BODY_BYTES or len(bearer) != len("Bearer ") + BEARER_CHARACTERS:
            raise RuntimeError(f"the engine sent {body} bytes with a credential of {len(bearer)} characters; "
                               f"h2load would send {BODY_BYTES} and {BEARER_CHARACTERS + 7}")
        return headers

    def _start_engine(self, sections, sink=None):
        fcm = (sink or self.sink).engine_sections()
        engine = self.stack.start_engine({"fcm.default": fcm, **sections}, ready=False, name=f"engine-{free_port()}")
        return engine

    def _stop_engine(self, engine):
        code = engine.process.stop()
        self.stack.processes.remove(engine.process)
        if code != 0:
            raise RuntimeError(f"dispatchd ended with {code}:\n{engine.process.tail()}")

    def run(self, row):
        if row == "ceiling":
            return self._ceiling()
        if row == "ingest-ceiling":
            return self.ingest.ceiling(self.sizes["ingest"])
        with self.stack.redis() as redis:
            redis.command("FLUSHALL")
            if row == "idle":
                return self._idle()
            if row.startswith("ingest"):
                return self._ingest(redis, row)
            if row.startswith("urgent"):
                return self._urgent(redis, beside_bulk=row == "urgent")
            if row == "distant":
                with DistantSink(self.stack) as sink:
                    return self._row_throughput(redis, row, sink)
            return self._row_throughput(redis, row, self.sink)

    def _ceiling(self):
        measured = self.sink.ceiling(self.sizes["ceiling"], self.headers)
        million = self.sizes["ceiling"] / 1e6
        measured["cpu"] = {name: value / million for name, value in measured["cpu"].items()}
        return measured

    # Throughput ----------------------------------------------------------------------------------------------

    def _row_throughput(self, redis, row, sink):
        fill = self.fills[row.removesuffix("-aof")]
        count = fill.jobs * (1 if row.startswith("single") else bench_jobs.BULK_SIZE)
        return self.throughput(redis, row, fill, count, sink, row.endswith("-aof"))

    def throughput(self, redis, row, fill, count, sink, append_only=False, job=None):
        """From a filled lane to the last acknowledged entry; `job`: and until this one's hash says that it is done."""
        fill.pour(self.stack.redis_port)
        if redis.command("XLEN", fill.key) != fill.jobs:
            raise RuntimeError(f"{row}: the lane was not filled")
        if append_only:
            self._append_only(redis, True)
        engine = self._start_engine({}, sink)
        pids = {"engine": engine.process.pid, "redis": self.redis_process.pid, "sink": sink.process.pid}
        asks = [("XLEN", fill.key), ("XPENDING", fill.key, "dispatchers")]

        def pending():
            length, summary = redis.pipeline(asks)
            return length, summary[0] if isinstance(summary, list) else 0
        wait_until(lambda: pending() != (fill.jobs, 0), 30, f"{row}: the engine reading", every=0.001)
        started, before = time.monotonic(), {name: cpu_seconds(pid) for name, pid in pids.items()}
        wait_until(lambda: pending() == (0, 0), 600, f"{row}: all acknowledged", every=POLL_S)
        if job:
            wait_until(lambda: redis.command("HGET", job, "state") == "done", 600, f"{row}: the job done", every=POLL_S)
        elapsed = time.monotonic() - started
        used = {name: (cpu_seconds(pid) - before[name]) / count * 1e6 for name, pid in pids.items()}
        peak = peak_rss_bytes(engine.process.pid)
        self._verify(engine, row, count)
        self._stop_engine(engine)
        if append_only:
            self._append_only(redis, False)
        return {"rate": count / elapsed, "cpu": used, "peak_rss_bytes": peak}

    def _append_only(self, redis, wanted):
        redis.command("CONFIG", "SET", "appendfsync", "everysec")
        redis.command("CONFIG", "SET", "appendonly", "yes" if wanted else "no")

        # Switching it on writes all that is there already; that must not run beside the measurement.
        def settled():
            info = redis.command("INFO", "persistence")
            return "aof_rewrite_in_progress:0" in info and "aof_rewrite_scheduled:0" in info
        wait_until(settled, 120, "the append-only file written", every=0.05)

    def _verify(self, engine, row, count):
        def metrics_agree():
            metrics = engine.metrics()
            total = metrics.sum("dispatch_notifications_total")
            delivered = metrics.sum("dispatch_notifications_total", outcome="delivered")
            return total == delivered == count
        wait_until(metrics_agree, 5, f"{row}: {count} delivered and nothing else")

    def _ingest(self, redis, row):
        engine = self._start_engine(self.ingest.sections())
        engine.wait_ready()
        self.stack.ctl("lane", "pause", "normal")
        measured = self.ingest.measure(redis, engine, row, self.sizes["ingest"])
        self._stop_engine(engine)
        return measured

    # Latency and idling --------------------------------------------------------------------------------------

    def _urgent(self, redis, beside_bulk):
        samples = self.sizes["urgent"]
        if beside_bulk:
            self.fills["backlog"].pour(self.stack.redis_port)
        engine = self._start_engine({"results": {"level": "all", "max_length": 10_000_000}})
        engine.wait_ready()
        record = self.stack.directory / "urgent.tsv"
        sent_before = engine.metrics().sum("dispatch_notifications_total")
        started = time.monotonic()
        loader = self.stack.start("urgent", self.stack.ctl_argv(
            "load", "--lane", "high", "--rate", HIGH_RATE, "--jobs", samples, "--tenant", "urgent", "--platforms",
            "android", "--quiet", "--record", record))
        deadline = started + samples / HIGH_RATE + 30
        while loader.alive():
            if time.monotonic() > deadline:
                raise TimeoutError("urgent: the loader did not end")
            if beside_bulk and redis.command("XLEN", self.stack.key("jobs:bulk")) < BACKLOG_JOBS - REFILL_JOBS:
                self.fills["refill"].pour(self.stack.redis_port)
            try:
                loader.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
        elapsed = time.monotonic() - started
        if loader.code() != 0:
            raise RuntimeError("urgent: the loader failed:\n" + loader.tail())
        self.stack.processes.remove(loader)
        sent_after = engine.metrics().sum("dispatch_notifications_total")
        wait_until(lambda: self.stack.lanes_empty(redis), 120, "urgent: the backlog done", every=0.1)
        latencies = self._latencies(redis, record, samples)
        self._stop_engine(engine)
        return {"p50_ms": percentile(latencies, 0.50), "p99_ms": percentile(latencies, 0.99),
                "samples": len(latencies), "bulk_rate": (sent_after - sent_before - samples) / elapsed if beside_bulk else 0}

    def _latencies(self, redis, record, samples):
        """Of each urgent job: from just before its XADD (the loader's clock, µs) to `at` of its result (whole ms, so
        half of one is added)."""
        answered, last, size = {}, "0-0", 1
        while size > 0:
            last, size, found = redis.command("EVAL", URGENT_RESULTS, 1, self.stack.key("results"), last)
            answered.update(line.split(" ") for line in found)
        latencies = []
        with open(record, encoding="ascii") as file:
            for line in file:
                sent_us, _, job, *_ = line.split("\t")
                if job in answered:
                    latencies.append(int(answered[job]) + 0.5 - int(sent_us) / 1000)
        if len(latencies) != samples:
            raise RuntimeError(f"urgent: results of {len(latencies)} jobs out of {samples}")
        return latencies

    def _idle(self):
        engine = self._start_engine({})
        engine.wait_ready()
        # One breath after being ready, so that start-up is not measured.
        time.sleep(1)
        started, before = time.monotonic(), thread_cpu_seconds(engine.process.pid)
        time.sleep(self.sizes["idle"])
        used = thread_cpu_seconds(engine.process.pid) - before
        elapsed = time.monotonic() - started
        self._stop_engine(engine)
        return {"cpu_percent": used / elapsed * 100}
