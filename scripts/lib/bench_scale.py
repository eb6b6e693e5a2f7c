"""Whether a notification costs the same among many: the rows of scripts/bench --scale."""

import bench_jobs

QUICK_SHARE = 20


class Scale:
    def __init__(self, rows, quick):
        self.rows, self.stack = rows, rows.stack
        self.share = QUICK_SHARE if quick else 1
        self.cases = {}
        for recipients in (10_000, 100_000, 1_000_000, 10_000_000):
            self._add(f"recipients-{recipients}", self._bulk, recipients, bench_jobs.BULK_SIZE)
        for tenants in (1, 10, 100, 1_000):
            self._add(f"tenants-{tenants}", self._tenants, 300_000, tenants)
        self._add("jobs-1-audience", self._audience, 1_000_000)
        for jobs in (100, 1_000, 10_000):
            self._add(f"jobs-{jobs}", self._bulk, 1_000_000, 1_000_000 // jobs)

    def _add(self, name, make, recipients, *extra):
        self.cases[name] = (make, max(recipients // self.share, 10_000), *extra)

    def names(self):
        return list(self.cases)

    def run(self, name):
        make, recipients, *extra = self.cases[name]
        # Made when wanted and gone after: the largest has gigabytes.
        path = self.stack.directory / "scale.resp"
        fill, job = make(path, recipients, *extra)
        try:
            with self.stack.redis() as redis:
                redis.command("FLUSHALL")
                return self.rows.throughput(redis, name, fill, recipients, self.rows.sink, job=job)
        finally:
            path.unlink()

    def _bulk(self, path, recipients, size):
        key = self.stack.key("jobs:bulk")
        return bench_jobs.Fill(path, key, lambda n: bench_jobs.bulk(n, size), recipients // size), None

    def _tenants(self, path, recipients, tenants):
        return bench_jobs.Fill(path, self.stack.key("jobs"), lambda n: bench_jobs.of_tenant(n, tenants), recipients), None

    def _audience(self, path, recipients):
        audience = (self.stack.key("audience:default:everyone"), recipients)
        fill = bench_jobs.Fill(path, self.stack.key("jobs:bulk"), lambda n: bench_jobs.of_audience("everyone"), 1, audience)
        return fill, self.stack.key("job:default:everyone")
